/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/memblock.h>

/*
 * What memblock should do, said in the simplest way: see memblock_model.c. The functions are named
 * after those of memblock and return what these must return.
 */

enum model_list { MODEL_MEMORY, MODEL_RESERVED, MODEL_PHYSMEM, MODEL_LISTS };

/* A stretch of addresses, from `start` to that of the next cell, all of which are alike. */
struct model_cell {
	phys_addr_t start;
	bool in[MODEL_LISTS];
	int nid[MODEL_LISTS];
	unsigned int flags; /* as memory */
};

#define MODEL_CELLS 1024

struct model {
	unsigned int nr;
	struct model_cell cells[MODEL_CELLS]; /* the first starts at 0 */
	unsigned long max[MODEL_LISTS];
	phys_addr_t array[MODEL_LISTS]; /* where it has grown to, 0: not grown */
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

/* The list as it must stand in the array, without the dummy; returns its total size. */
phys_addr_t model_regions(const struct model *m, enum model_list list, struct model_pieces *out);
/* The free pieces that for_each_free_mem_range() must show, upwards. */
void model_free_pieces(const struct model *m, int nid, unsigned int flags,
		       struct model_pieces *out);
/* Does the range share a byte with the list? All of it: does all of it lie in the list? */
bool model_touches(const struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size);
bool model_covers(const struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size);
