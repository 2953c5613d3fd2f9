/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/kmap_local.h>
#include <mm/kvmalloc.h>
#include <tests/kernel/block_fake.h>

/* The disk for tests. A sector has the same number in each of its words. */

/* Reads or writes the first word of each sector of a command. */
static void move(struct fake *fake, struct block_command *command)
{
	u64 sector = command->sector;

	for (u32 i = 0; i < command->nr_pieces; i++) {
		struct dma_piece *piece = &command->pieces[i];

		for (u32 at = 0; at < piece->length; at += SECTOR_SIZE, sector++) {
			phys_addr_t addr = piece->addr + at;
			struct page *page = pfn_to_page((unsigned long)(addr >> PAGE_SHIFT));
			u32 *word = kmap_local_page(page);

			word += (u32)addr % PAGE_SIZE / sizeof(*word);
			if (command->op == BLOCK_WRITE)
				fake->cache[sector] = *word;
			else
				*word = fake->cache[sector];
			kunmap_local(word);
		}
	}
}

static int start(struct block_device *device, struct block_command *command)
{
	struct fake *fake = device->driver;
	struct fake_log entry = { command->op, (u32)command->sector, command->nr_sectors,
				  command->nr_pieces };

	int error = 0;

	spin_acquire(&fake->lock);
	if (fake->refuse) {
		fake->refuse--;
		error = -EBUSY;
		goto out;
	}
	for (u32 i = 0; i < command->nr_pieces; i++)
		fake->out_of_reach += !dma_reaches(&device->reach, command->pieces[i].addr,
						   command->pieces[i].length);
	fake->log[fake->nr_logged++ % FAKE_COMMANDS] = entry;
	fake->held[fake->nr_held++] = command;
	fake->most_held = max(fake->most_held, fake->nr_held);
out:
	spin_release(&fake->lock);
	return error;
}

static void reset(struct block_device *device, struct block_command *command)
{
	struct fake *fake = device->driver;
	unsigned long flags = spin_lock_irqsave(&fake->lock);

	fake->nr_resets++;
	fake->nr_held = 0;
	spin_unlock_irqrestore(&fake->lock, flags);
	if (fake->answer_in_reset)
		fake->dead = false;
}

void fake_end(struct fake *fake, u32 i)
{
	struct block_command *command;
	int error = 0;
	unsigned long flags;

	if (fake->dead)
		return;
	flags = spin_lock_irqsave(&fake->lock);
	command = fake->held[i];
	fake->nr_held--;
	memmove(&fake->held[i], &fake->held[i + 1], (fake->nr_held - i) * sizeof(fake->held[0]));
	spin_unlock_irqrestore(&fake->lock, flags);
	if (command->op == BLOCK_FLUSH)
		memcpy(fake->medium, fake->cache, sizeof(fake->cache));
	else if (fake->bad_sector >= command->sector &&
		 fake->bad_sector < command->sector + command->nr_sectors)
		error = -EIO;
	else
		move(fake, command);
	block_complete(command, error);
}

void fake_end_all(struct fake *fake)
{
	while (fake->nr_held && !fake->dead)
		fake_end(fake, 0);
}

struct fake *fake_register(u32 depth, const struct dma_reach *reach, u32 max_segments,
			   u32 max_bytes)
{
	struct fake *fake = kvzalloc(sizeof(*fake), GFP_KERNEL);

	if (!fake)
		return NULL;
	fake->ops = (struct block_ops){ .start = start, .reset = reset, .queue_depth = depth };
	fake->bad_sector = ~0ull;
	fake->device = (struct block_device){ .name = "fake",
					      .number = 240 << 8,
					      .nr_numbers = 1,
					      .nr_sectors = FAKE_SECTORS,
					      .max_segments = max_segments,
					      .max_bytes = max_bytes,
					      .ops = &fake->ops,
					      .driver = fake };
	if (reach)
		fake->device.reach = *reach;
	if (!block_register(&fake->device))
		return fake;
	kvfree(fake);
	return NULL;
}

void fake_unregister(struct fake *fake)
{
	block_unregister(&fake->device);
	kvfree(fake);
}
