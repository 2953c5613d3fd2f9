/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <block/account.h>
#include <lib/errno.h>
#include <sched/sched.h>

/*
 * The work of each device, in the units of Linux's /proc/diskstats. The clock is that of the ticks,
 * 10 ms: reading it costs one load. A request counts for the partition that it names, and for the
 * whole disk.
 */

#define MS_PER_TICK (1000u / HZ)

/* With the lock held: adds the time since the latest change. */
static void pass_time(struct block_device *device)
{
	u32 ms = (sched_ticks - device->last_change) * MS_PER_TICK;

	device->last_change = sched_ticks;
	if (device->counts.in_flight) {
		device->counts.busy_ms += ms;
		device->counts.weighted_ms += ms * device->counts.in_flight;
	}
}

void account_begin(struct block_request *request)
{
	request->started = sched_ticks;
	for (struct block_device *d = request->device; d; d = d->whole) {
		unsigned long flags = spin_lock_irqsave(&d->count_lock);

		pass_time(d);
		d->counts.in_flight++;
		spin_unlock_irqrestore(&d->count_lock, flags);
	}
}

void account_end(struct block_request *request)
{
	u32 ms = (sched_ticks - request->started) * MS_PER_TICK;

	for (struct block_device *d = request->device; d; d = d->whole) {
		unsigned long flags = spin_lock_irqsave(&d->count_lock);

		pass_time(d);
		d->counts.in_flight--;
		d->counts.requests[request->op]++;
		d->counts.sectors[request->op] += request->bytes >> SECTOR_SHIFT;
		d->counts.ms[request->op] += ms;
		d->counts.errors += request->error == -EIO;
		spin_unlock_irqrestore(&d->count_lock, flags);
	}
}

void account_merge(struct block_request *request)
{
	for (struct block_device *d = request->device; d; d = d->whole) {
		unsigned long flags = spin_lock_irqsave(&d->count_lock);

		d->counts.merged[request->op]++;
		spin_unlock_irqrestore(&d->count_lock, flags);
	}
}

void account_get(struct block_device *device, struct block_counts *counts)
{
	unsigned long flags = spin_lock_irqsave(&device->count_lock);

	pass_time(device);
	*counts = device->counts;
	spin_unlock_irqrestore(&device->count_lock, flags);
}
