/* SPDX-License-Identifier: MIT */
#include "memblock_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lib/errno.h>

/*
 * The whole address space is one row of cells. Each cell records for its addresses whether they
 * are memory, reserved and in physmem, and their node and flags. Changing a range means cutting
 * the row at both ends and changing the cells between. Lists, free pieces and answers are read
 * from the row each time, from the left to the right. That is slow, and too simple to be wrong in
 * the same way as memblock, with which it shares only types and the interface.
 */

static phys_addr_t cap(phys_addr_t base, phys_addr_t size)
{
	return size > PHYS_ADDR_MAX - base ? PHYS_ADDR_MAX - base : size;
}

static phys_addr_t cell_end(const struct model *m, unsigned int i)
{
	return i + 1 < m->nr ? m->cells[i + 1].start : PHYS_ADDR_MAX;
}

static bool alike(const struct model_cell *a, const struct model_cell *b)
{
	for (int l = 0; l < MODEL_LISTS; l++)
		if (a->in[l] != b->in[l] || (a->in[l] && a->nid[l] != b->nid[l]))
			return false;
	return !a->in[MODEL_MEMORY] || a->flags == b->flags;
}

static void tidy(struct model *m)
{
	unsigned int n = 0;

	for (unsigned int i = 1; i < m->nr; i++)
		if (!alike(&m->cells[n], &m->cells[i]))
			m->cells[++n] = m->cells[i];
	m->nr = n + 1;
}

/* Makes a cell start at @addr. Returns its index; m->nr for PHYS_ADDR_MAX. */
static unsigned int cut(struct model *m, phys_addr_t addr)
{
	unsigned int i;

	for (i = 0; i < m->nr && m->cells[i].start < addr; i++)
		;
	if ((i < m->nr && m->cells[i].start == addr) || addr == PHYS_ADDR_MAX)
		return i;
	if (m->nr == MODEL_CELLS) {
		printf("model: more than %d cells\n", MODEL_CELLS);
		abort();
	}
	memmove(&m->cells[i + 1], &m->cells[i], (m->nr - i) * sizeof(m->cells[0]));
	m->cells[i] = m->cells[i - 1];
	m->cells[i].start = addr;
	m->nr++;
	return i;
}

/* A loop over the cells of [base, base + size), which first cuts the row at both ends. */
#define PAINT(m, c, base, size)                                                  \
	for (unsigned int _last,                                                 \
	     _i = (cut(m, base), _last = cut(m, (base) + (size)), cut(m, base)); \
	     _i < _last && ((c) = &(m)->cells[_i], true); _i++)

void model_init(struct model *m)
{
	memset(m, 0, sizeof(*m));
	m->nr = 1;
	m->limit = MEMBLOCK_ALLOC_ANYWHERE;
	m->max[MODEL_MEMORY] = m->max[MODEL_RESERVED] = INIT_MEMBLOCK_REGIONS;
	m->max[MODEL_PHYSMEM] = INIT_PHYSMEM_REGIONS;
}

phys_addr_t model_array_bytes(unsigned long max)
{
	phys_addr_t bytes = max * sizeof(struct memblock_region);

	return (bytes + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
}

/* --- reading the row -------------------------------------------------------------------------- */

phys_addr_t model_regions(const struct model *m, enum model_list list, struct model_pieces *out)
{
	phys_addr_t total = 0;

	out->nr = 0;
	for (unsigned int i = 0; i < m->nr; i++) {
		const struct model_cell *c = &m->cells[i];
		struct model_piece *last = out->nr ? &out->p[out->nr - 1] : NULL;
		unsigned int flags = list == MODEL_MEMORY ? c->flags : 0;

		if (!c->in[list])
			continue;
		total += cell_end(m, i) - c->start;
		if (last && last->end == c->start && last->nid == c->nid[list] &&
		    last->flags == flags)
			last->end = cell_end(m, i);
		else
			out->p[out->nr++] = (struct model_piece){ c->start, cell_end(m, i),
								  c->nid[list], flags };
	}
	return total;
}

static bool eligible(const struct model *m, const struct model_cell *c, int nid, unsigned int flags)
{
	if (nid != NUMA_NO_NODE && c->nid[MODEL_MEMORY] != nid)
		return false;
	if ((c->flags & MEMBLOCK_HOTPLUG) && m->movable_node && !(flags & MEMBLOCK_HOTPLUG))
		return false;
	if ((c->flags & MEMBLOCK_NOMAP) && !(flags & MEMBLOCK_NOMAP))
		return false;
	if ((c->flags & MEMBLOCK_DRIVER_MANAGED) && !(flags & MEMBLOCK_DRIVER_MANAGED))
		return false;
	return !(flags & MEMBLOCK_MIRROR) || (c->flags & MEMBLOCK_MIRROR);
}

void model_free_pieces(const struct model *m, int nid, unsigned int flags, struct model_pieces *out)
{
	out->nr = 0;
	for (unsigned int i = 0; i < m->nr; i++) {
		const struct model_cell *c = &m->cells[i];
		struct model_piece *last = out->nr ? &out->p[out->nr - 1] : NULL;

		if (!c->in[MODEL_MEMORY] || c->in[MODEL_RESERVED] || !eligible(m, c, nid, flags))
			continue;
		if (last && last->end == c->start && last->nid == c->nid[MODEL_MEMORY] &&
		    last->flags == c->flags)
			last->end = cell_end(m, i);
		else
			out->p[out->nr++] = (struct model_piece){ c->start, cell_end(m, i),
								  c->nid[MODEL_MEMORY], c->flags };
	}
}

bool model_touches(const struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + cap(base, size);

	for (unsigned int i = 0; i < m->nr; i++)
		if (m->cells[i].in[list] && base < end && m->cells[i].start < end &&
		    base < cell_end(m, i))
			return true;
	return false;
}

bool model_covers(const struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t end = base + cap(base, size);

	for (unsigned int i = 0; i < m->nr; i++)
		if (!m->cells[i].in[list] && m->cells[i].start < end && base < cell_end(m, i))
			return false;
	return true;
}

static unsigned long count(const struct model *m, enum model_list list)
{
	static struct model_pieces regions;

	model_regions(m, list, &regions);
	return regions.nr ? regions.nr : 1;
}

static unsigned long count_uncovered(const struct model *m, enum model_list list, phys_addr_t base,
				     phys_addr_t end)
{
	unsigned long n = 0;
	bool inside = false;

	for (unsigned int i = 0; i < m->nr; i++) {
		if (cell_end(m, i) <= base || m->cells[i].start >= end)
			continue;
		if (m->cells[i].in[list])
			inside = false;
		else if (!inside) {
			inside = true;
			n++;
		}
	}
	return n;
}

/* --- finding ---------------------------------------------------------------------------------- */

static phys_addr_t fit(const struct model *m, struct model_piece p, phys_addr_t size,
		       phys_addr_t align)
{
	phys_addr_t base;

	if (p.start >= p.end || p.end - p.start < size)
		return 0;
	if (!m->bottom_up) {
		base = (p.end - size) / align * align;
		return base >= p.start ? base : 0;
	}
	base = p.start % align ? p.start - p.start % align + align : p.start;
	return base >= p.start && base < p.end && p.end - base >= size ? base : 0;
}

static phys_addr_t find(const struct model *m, phys_addr_t size, phys_addr_t align,
			phys_addr_t start, phys_addr_t end, int nid, unsigned int flags)
{
	static struct model_pieces pieces;
	phys_addr_t base = 0;

	if (start < PAGE_SIZE)
		start = PAGE_SIZE;
	model_free_pieces(m, nid, flags, &pieces);
	for (unsigned int n = 0; n < pieces.nr && !base; n++) {
		struct model_piece p = pieces.p[m->bottom_up ? n : pieces.nr - 1 - n];

		p.start = p.start < start ? start : p.start;
		p.end = p.end > end ? end : p.end;
		base = fit(m, p, size, align);
	}
	return base;
}

static phys_addr_t find_pages(const struct model *m, phys_addr_t size, phys_addr_t start,
			      phys_addr_t end)
{
	phys_addr_t base = 0;

	if (m->has_mirror)
		base = find(m, size, PAGE_SIZE, start, end, NUMA_NO_NODE, MEMBLOCK_MIRROR);
	return base ? base : find(m, size, PAGE_SIZE, start, end, NUMA_NO_NODE, 0);
}

/* --- room ------------------------------------------------------------------------------------- */

static int room_for_two(struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size);

static bool grow(struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size)
{
	phys_addr_t bytes = model_array_bytes(2 * m->max[list]);
	phys_addr_t old_bytes = model_array_bytes(m->max[list]), old = m->array[list], at;

	if (!m->can_resize)
		return false;
	if (list == MODEL_RESERVED) {
		at = find_pages(m, bytes, base + size, m->limit);
		if (!at)
			at = find_pages(m, bytes, 0, base < m->limit ? base : m->limit);
	} else {
		at = find_pages(m, bytes, 0, m->limit);
	}
	if (!at)
		return false;
	if (list != MODEL_RESERVED && model_add(m, MODEL_RESERVED, at, bytes, MAX_NUMNODES, 0))
		return false;
	m->max[list] *= 2;
	m->array[list] = at;
	if (list == MODEL_RESERVED)
		model_add(m, MODEL_RESERVED, at, bytes, MAX_NUMNODES, 0);
	if (old && !room_for_two(m, MODEL_RESERVED, base, size))
		model_remove(m, MODEL_RESERVED, old, old_bytes);
	return true;
}

static int room_for_two(struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size)
{
	while (count(m, list) + 2 > m->max[list])
		if (!grow(m, list, base, size))
			return -ENOMEM;
	return 0;
}

/* --- changing --------------------------------------------------------------------------------- */

int model_add(struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size, int nid,
	      unsigned int flags)
{
	struct model_cell *c;

	size = cap(base, size);
	if (!size)
		return 0;
	if (model_touches(m, list, 0, PHYS_ADDR_MAX))
		while (count(m, list) + count_uncovered(m, list, base, base + size) > m->max[list])
			if (!grow(m, list, base, size))
				return -ENOMEM;
	PAINT(m, c, base, size)
	{
		if (c->in[list])
			continue;
		c->in[list] = true;
		c->nid[list] = nid;
		if (list == MODEL_MEMORY)
			c->flags = flags;
	}
	tidy(m);
	return 0;
}

int model_remove(struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size)
{
	struct model_cell *c;

	size = cap(base, size);
	if (!size)
		return 0;
	if (room_for_two(m, list, base, size))
		return -ENOMEM;
	PAINT(m, c, base, size)
	c->in[list] = false;
	tidy(m);
	return 0;
}

void model_empty(struct model *m, enum model_list list)
{
	for (unsigned int i = 0; i < m->nr; i++)
		m->cells[i].in[list] = false;
	tidy(m);
}

int model_change_flags(struct model *m, phys_addr_t base, phys_addr_t size, unsigned int set,
		       unsigned int clear)
{
	struct model_cell *c;

	size = cap(base, size);
	if (!size)
		return 0;
	if (room_for_two(m, MODEL_MEMORY, base, size))
		return -ENOMEM;
	PAINT(m, c, base, size)
	c->flags = (c->flags | set) & ~clear;
	tidy(m);
	return 0;
}

int model_mark_mirror(struct model *m, phys_addr_t base, phys_addr_t size)
{
	if (!m->mirror_asked)
		return 0;
	m->has_mirror = true;
	return model_change_flags(m, base, size, MEMBLOCK_MIRROR, 0);
}

int model_set_node(struct model *m, enum model_list list, phys_addr_t base, phys_addr_t size,
		   int nid)
{
	struct model_cell *c;

	size = cap(base, size);
	if (!size)
		return 0;
	if (room_for_two(m, list, base, size))
		return -ENOMEM;
	PAINT(m, c, base, size)
	c->nid[list] = nid;
	tidy(m);
	return 0;
}

static void erase_memory(struct model *m, phys_addr_t start, phys_addr_t end)
{
	struct model_cell *c;

	PAINT(m, c, start, end - start)
	c->in[MODEL_MEMORY] = false;
}

void model_trim(struct model *m, phys_addr_t align)
{
	static struct model_pieces regions;

	model_regions(m, MODEL_MEMORY, &regions);
	for (unsigned int i = 0; i < regions.nr; i++) {
		struct model_piece r = regions.p[i];
		phys_addr_t first_whole = r.start / align + (r.start % align != 0);
		phys_addr_t end_whole = r.end / align;

		if (first_whole >= end_whole) {
			erase_memory(m, r.start, r.end);
			continue;
		}
		erase_memory(m, r.start, first_whole * align);
		erase_memory(m, end_whole * align, r.end);
	}
	tidy(m);
}

/* --- allocation ------------------------------------------------------------------------------- */

static phys_addr_t take(struct model *m, phys_addr_t size, phys_addr_t align, phys_addr_t start,
			phys_addr_t end, int nid, unsigned int flags)
{
	phys_addr_t base = find(m, size, align, start, end, nid, flags);

	if (base && model_add(m, MODEL_RESERVED, base, size, MAX_NUMNODES, 0))
		return 0;
	return base;
}

static phys_addr_t take_on_nodes(struct model *m, phys_addr_t size, phys_addr_t align,
				 phys_addr_t start, phys_addr_t end, int nid, bool exact,
				 unsigned int flags)
{
	phys_addr_t base = take(m, size, align, start, end, nid, flags);

	if (!base && nid != NUMA_NO_NODE && !exact)
		base = take(m, size, align, start, end, NUMA_NO_NODE, flags);
	return base;
}

phys_addr_t model_alloc_range_nid(struct model *m, phys_addr_t size, phys_addr_t align,
				  phys_addr_t start, phys_addr_t end, int nid, bool exact)
{
	phys_addr_t base = 0;

	if (!align)
		align = SMP_CACHE_BYTES;
	if (nid == MAX_NUMNODES)
		nid = NUMA_NO_NODE;
	if (end <= 1)
		end = m->limit;
	if (m->has_mirror)
		base = take_on_nodes(m, size, align, start, end, nid, exact, MEMBLOCK_MIRROR);
	if (!base)
		base = take_on_nodes(m, size, align, start, end, nid, exact, 0);
	return base;
}

phys_addr_t model_alloc_virtual(struct model *m, phys_addr_t size, phys_addr_t align,
				phys_addr_t min_addr, phys_addr_t max_addr, int nid, bool exact)
{
	phys_addr_t base;

	if (max_addr > m->limit)
		max_addr = m->limit;
	base = model_alloc_range_nid(m, size, align, min_addr, max_addr, nid, exact);
	if (!base && min_addr)
		base = model_alloc_range_nid(m, size, align, 0, max_addr, nid, exact);
	return base;
}

/* --- limits ----------------------------------------------------------------------------------- */

static bool find_limit(const struct model *m, phys_addr_t limit, phys_addr_t *end)
{
	phys_addr_t seen = 0;

	for (unsigned int i = 0; i < m->nr; i++) {
		phys_addr_t size = cell_end(m, i) - m->cells[i].start;

		if (!m->cells[i].in[MODEL_MEMORY])
			continue;
		if (limit - seen <= size) {
			*end = m->cells[i].start + (limit - seen);
			return limit != 0;
		}
		seen += size;
	}
	return false;
}

void model_enforce_limit(struct model *m, phys_addr_t limit)
{
	phys_addr_t end;

	if (!find_limit(m, limit, &end))
		return;
	model_remove(m, MODEL_MEMORY, end, PHYS_ADDR_MAX);
	model_remove(m, MODEL_RESERVED, end, PHYS_ADDR_MAX);
}

void model_cap_range(struct model *m, phys_addr_t base, phys_addr_t size)
{
	size = cap(base, size);
	if (!size || room_for_two(m, MODEL_MEMORY, base, size))
		return;
	cut(m, base);
	cut(m, base + size);
	for (unsigned int i = 0; i < m->nr; i++)
		if ((m->cells[i].start < base || m->cells[i].start >= base + size) &&
		    !(m->cells[i].flags & MEMBLOCK_NOMAP))
			m->cells[i].in[MODEL_MEMORY] = false;
	tidy(m);
	model_remove(m, MODEL_RESERVED, 0, base);
	model_remove(m, MODEL_RESERVED, base + size, PHYS_ADDR_MAX);
}

void model_limit_remove_map(struct model *m, phys_addr_t limit)
{
	phys_addr_t end;

	if (find_limit(m, limit, &end))
		model_cap_range(m, 0, end);
}
