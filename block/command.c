/* SPDX-License-Identifier: MIT */
#include <block/command.h>

/*
 * A command is made of requests: each segment becomes a part of the command, and parts that are
 * neighbours in physical memory become one piece for the device.
 *
 *	requests    │ A: page 7, page 8        │ B: page 3 (out of reach)  │
 *	parts       │ A page 7 │ A page 8 │ B page 3, bounce page 9        │
 *	pieces      │ 7 and 8: 8192 bytes │ 9: 4096 bytes                  │
 *
 * The parts say where the data belong, and to which request. The pieces are all that a driver needs
 * to know. A command is full if the device could take no further piece or byte, or if there is no
 * bounce page. The rest of the request then goes into a later command.
 *
 * Data that are written are copied when the command is made, with the lock of the queue held: up to
 * 128 KiB. This is the price of a device that does not reach all memory.
 */

void command_begin(struct block_command *command, enum block_op op, u64 sector)
{
	command->op = op;
	command->sector = sector;
	command->nr_sectors = 0;
	command->nr_pieces = 0;
	command->nr_parts = 0;
}

/* Makes the bytes a part of the last piece, or a new piece. Returns false if that is too much. */
static bool add_piece(struct block_command *command, phys_addr_t addr, u32 length)
{
	struct block_device *device = command->device;
	struct dma_piece *last = &command->pieces[command->nr_pieces];

	if (command->nr_pieces) {
		last--;
		if (last->addr + last->length == addr &&
		    dma_reaches(&device->reach, last->addr, last->length + length)) {
			last->length += length;
			return true;
		}
		last++;
	}
	if (command->nr_pieces >= device->max_segments)
		return false;
	*last = (struct dma_piece){ addr, length };
	command->nr_pieces++;
	return true;
}

static bool add_part(struct block_command *command, struct dma_pool *pool,
		     struct block_request *request, struct page *page, u32 offset, u32 length)
{
	struct block_part *part = &command->parts[command->nr_parts];
	phys_addr_t addr = page_to_phys(page) + offset;
	struct page *bounce = NULL;

	if (command->nr_parts == BLOCK_MAX_SEGMENTS)
		return false;
	if (!dma_reaches(&pool->reach, addr, length)) {
		bounce = dma_bounce_get(pool);
		if (!bounce)
			return false;
		addr = page_to_phys(bounce);
	}
	if (!add_piece(command, addr, length)) {
		if (bounce)
			dma_bounce_put(pool, bounce);
		return false;
	}
	if (bounce && request->op == BLOCK_WRITE)
		dma_bounce_copy(pool, bounce, page, offset, length, true);
	*part = (struct block_part){ request, page, offset, length, bounce };
	command->nr_parts++;
	command->nr_sectors += length >> SECTOR_SHIFT;
	request->issued += length;
	return true;
}

bool command_add(struct block_command *command, struct dma_pool *pool,
		 struct block_request *request)
{
	const struct block_segment *s = request->segments;
	u32 skip = request->issued;

	for (; skip >= s->length && request->issued < request->bytes; s++)
		skip -= s->length;
	for (; request->issued < request->bytes; s++, skip = 0) {
		u32 room = command->device->max_bytes - (command->nr_sectors << SECTOR_SHIFT);
		u32 length = min(s->length - skip, room);

		if (!length || !add_part(command, pool, request, s->page, s->offset + skip, length))
			return false;
		if (skip + length < s->length)
			return false;
	}
	return true;
}

void command_finish(struct block_command *command, struct dma_pool *pool, int error)
{
	for (u32 i = 0; i < command->nr_parts; i++) {
		struct block_part *part = &command->parts[i];

		if (!part->bounce)
			continue;
		if (command->op == BLOCK_READ && !error)
			dma_bounce_copy(pool, part->bounce, part->page, part->offset, part->length,
					false);
		dma_bounce_put(pool, part->bounce);
	}
}
