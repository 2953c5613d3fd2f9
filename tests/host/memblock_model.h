/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/memblock.h>

/*
 * A second memblock, written in the simplest way, with which the first is compared. The functions
 * are named after those of memblock and return the expected result. See memblock_model.c.
 */

enum model_list { MODEL_MEMORY, MODEL_RESERVED, MODEL_PHYSMEM, MODEL_LISTS };

/* A range of addresses with equal properties, from `start` up to the start of the next cell. */
struct model_cell {
	phys_addr_t start;
	bool in[MODEL_LISTS];
	int nid[MODEL_LISTS];
	unsigned int flags; /* of memory */
};

#define MODEL_CELLS 1024

struct model {
	unsigned int nr;
	struct model_cell cells[MODEL_CELLS]; /* the first starts at 0 */
	unsigned long max[MODEL_LISTS];
	phys_addr_t array[MODEL_LISTS]; /* address of the grown array; 0 if it has not grown */
	phys_addr_t limit;
	bool bottom_up;
	bool can_resize;
	bool has_mirror;
	bool mirror_asked;
	bool movable_node;
};

struct model_piece {
	phys_addr_t start, end;
	int nid;
	unsigned int flags;
};

struct model_pieces {
	unsigned int nr;
	struct model_piece p[MODEL_CELLS];
};

void model_init(struct model *m);
phys_addr_t model_array_bytes(unsigned long max);

int model_add(struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size, int nid,
	      unsigned int flags);
int model_remove(struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size);
void model_empty(struct model *m, enum model_list list);
int model_change_flags(struct model *m, phys_addr_t base, phys_addr_t size, unsigned int set,
		       unsigned int clear);
int model_mark_mirror(struct model *m, phys_addr_t base, phys_addr_t size);
int model_set_node(struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size,
		   int nid);
void model_trim(struct model *m, phys_addr_t align);

phys_addr_t model_alloc_range_nid(struct model *m, phys_addr_t size, phys_addr_t align,
				  phys_addr_t start, phys_addr_t end, int nid, bool exact);
phys_addr_t model_alloc_virtual(struct model *m, phys_addr_t size, phys_addr_t align,
				phys_addr_t min_addr, phys_addr_t max_addr, int nid, bool exact);

void model_enforce_limit(struct model *m, phys_addr_t limit);
void model_cap_range(struct model *m, phys_addr_t base, phys_addr_t size);
void model_limit_remove_map(struct model *m, phys_addr_t limit);

/* Sets *out to the expected entries without the dummy. Returns their total size. */
phys_addr_t model_regions(const struct model *m, enum model_list list, struct model_pieces *out);
/* Sets *out to the pieces that for_each_free_mem_range() has to show, upwards. */
void model_free_pieces(const struct model *m, int nid, unsigned int flags,
		       struct model_pieces *out);
/* Whether at least one byte of the range is in the list, and whether all bytes are. */
bool model_touches(const struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size);
bool model_covers(const struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size);
