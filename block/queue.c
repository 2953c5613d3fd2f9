/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <block/account.h>
#include <block/command.h>
#include <block/queue.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <mm/kmalloc.h>
#include <mm/kvmalloc.h>

/*
 * The queue of a disk. A disk with a moving head is fastest if it works upwards, and every disk is
 * faster with few large commands. But no request may wait for ever, and a write that somebody
 * relies on has to be on the medium before the next one.
 *
 *	reads   ──▶ waiting ──┐ up to 64 of each
 *	writes  ──▶ waiting ──┴──▶ sweep, sorted ──▶ command ──▶ running ──▶ done()
 *	                            neighbours become one command
 *	behind a flush ──▶ held
 *
 * A sweep takes the oldest requests, sorts them, and is then closed: new requests wait for the next
 * one. So a request waits for those before it only, and for 128 requests more. This is the N-step
 * scan of Teorey and Pinkerton ("A comparative analysis of disk scheduling policies", CACM 1972).
 * Reads and writes are taken in equal numbers: a thread that reads does not wait for a thousand
 * pages that are being written back.
 *
 * A flush is a barrier. It waits in `held` until all earlier writes have ended, and later writes
 * wait behind it. Reads pass. Flushes that meet there are served by one command.
 *
 * The invariant: each request is in exactly one place: `waiting`, `held` or `sweep`, or wholly in
 * commands; `left` counts the bytes that are not done. When it falls to 0 the request ends, or it
 * returns to `waiting` for its second and last try. A second try shares no command with other
 * requests, so a bad sector spoils only the request that asked for it.
 *
 * The lock is dropped before done() is called. The requests that have ended are therefore moved to
 * a list on the stack first.
 */

#define SWEEP_REQUESTS 64u /* of each kind */
#define ERRORS_SHOWN   10u /* messages in ten seconds */

static const char *const op_names[NR_BLOCK_OPS] = { "read", "write", "flush" };

/* --- requests --------------------------------------------------------------------------------- */

/* May the message of an error be shown? The first one after a pause counts those that were not. */
static bool may_show(struct block_queue *queue)
{
	u32 all = 0;

	if (sched_ticks - queue->error_ticks > 10 * HZ) {
		queue->error_ticks = sched_ticks;
		all = __atomic_exchange_n(&queue->nr_errors, 0, __ATOMIC_RELAXED);
	}
	if (all > ERRORS_SHOWN)
		pr_err("%s: %u more errors\n", queue->device->name, all - ERRORS_SHOWN);
	return __atomic_fetch_add(&queue->nr_errors, 1, __ATOMIC_RELAXED) < ERRORS_SHOWN;
}

/* With the lock held: a request enters the queue, or does so for its second try. */
static void add_waiting(struct block_queue *queue, struct block_request *request)
{
	request->issued = 0;
	request->left = request->bytes;
	request->failed = false;
	list_add_tail(&request->link, &queue->waiting[request->op]);
}

/* With the lock held: the writes behind a flush that has ended may go on, up to the next flush. */
static void release_held(struct block_queue *queue)
{
	while (!list_empty(&queue->held)) {
		struct block_request *request =
			list_entry(queue->held.next, struct block_request, link);

		if (request->op == BLOCK_FLUSH)
			return;
		list_del(&request->link);
		queue->nr_writes++;
		add_waiting(queue, request);
	}
}

/* With the lock held: a request has ended. */
static void end_request(struct block_queue *queue, struct block_request *request, int error,
			struct list_head *ended)
{
	request->error = error;
	queue->nr_writes -= request->op == BLOCK_WRITE;
	list_add_tail(&request->link, ended);
}

/* With the lock held: all bytes of a request have come back, or its flush has. */
static void try_again_or_end(struct block_queue *queue, struct block_request *request,
			     struct list_head *ended)
{
	if (!request->failed) {
		end_request(queue, request, 0, ended);
	} else if (queue->closing || queue->dead || request->tries) {
		end_request(queue, request, queue->closing ? -ENXIO : -EIO, ended);
	} else {
		request->tries++;
		queue->nr_retries++;
		if (request->op == BLOCK_FLUSH) {
			request->failed = false;
			list_add(&request->link, &queue->held);
		} else {
			add_waiting(queue, request);
		}
	}
}

/* Without the lock. */
static void report_ended(struct block_queue *queue, struct list_head *ended)
{
	struct block_request *request, *next;

	list_for_each_entry_safe(request, next, ended, link) {
		if (request->error == -EIO && may_show(queue))
			pr_err("%s: %s error, sector %llu, %u sectors\n", queue->device->name,
			       op_names[request->op], request->position,
			       request->bytes >> SECTOR_SHIFT);
		account_end(request);
		request->done(request);
	}
}

/* The lists of a queue; the first NR_REQUEST_LISTS hold requests that wait. */
#define NR_REQUEST_LISTS 4
#define NR_LISTS         7

static void all_lists(struct block_queue *queue, struct list_head **lists)
{
	*lists++ = &queue->sweep;
	*lists++ = &queue->waiting[BLOCK_READ];
	*lists++ = &queue->waiting[BLOCK_WRITE];
	*lists++ = &queue->held;
	*lists++ = &queue->flushed;
	*lists++ = &queue->free;
	*lists = &queue->running;
}

/* With the lock held: ends all requests that are in no command. */
static void fail_waiting(struct block_queue *queue, struct list_head *ended)
{
	struct list_head *lists[NR_LISTS];
	int error = queue->closing ? -ENXIO : -EIO;

	all_lists(queue, lists);
	for (u32 i = 0; i < NR_REQUEST_LISTS; i++) {
		while (!list_empty(lists[i])) {
			struct block_request *request =
				list_entry(lists[i]->next, struct block_request, link);

			list_del(&request->link);
			/* A part of it may be in a command, which ends it later. */
			request->failed = true;
			request->left -= request->bytes - request->issued;
			request->issued = request->bytes;
			queue->nr_writes += lists[i] == &queue->held && request->op == BLOCK_WRITE;
			if (!request->left)
				end_request(queue, request, error, ended);
		}
	}
}

/* --- commands --------------------------------------------------------------------------------- */

static struct block_command *take_free(struct block_queue *queue, enum block_op op, u64 sector)
{
	struct block_command *command = list_entry(queue->free.next, struct block_command, link);

	list_del(&command->link);
	queue->nr_busy++;
	command_begin(command, op, sector);
	return command;
}

static void put_free(struct block_queue *queue, struct block_command *command)
{
	list_add(&command->link, &queue->free);
	queue->nr_busy--;
}

/* With the lock held: the requests of a command that does not run get their bytes back. */
static void settle(struct block_queue *queue, struct block_command *command, int error,
		   struct list_head *ended)
{
	for (u32 i = 0; i < command->nr_parts; i++) {
		struct block_request *request = command->parts[i].request;

		request->failed |= error != 0;
		request->left -= command->parts[i].length;
		if (!request->left)
			try_again_or_end(queue, request, ended);
	}
	if (command->op == BLOCK_FLUSH) {
		/* Backwards, so that those which are tried again keep their order. */
		while (!list_empty(&queue->flushed)) {
			struct block_request *request =
				list_entry(queue->flushed.prev, struct block_request, link);

			list_del(&request->link);
			request->failed = error != 0;
			try_again_or_end(queue, request, ended);
		}
		queue->flushing = false;
		release_held(queue);
	}
	put_free(queue, command);
}

/* With the lock held: moves the oldest requests into an empty sweep. */
static void begin_sweep(struct block_queue *queue)
{
	for (u32 op = BLOCK_READ; op <= BLOCK_WRITE; op++) {
		for (u32 n = 0; n < SWEEP_REQUESTS && !list_empty(&queue->waiting[op]); n++) {
			struct list_head *link = queue->waiting[op].next, *before;
			struct block_request *request =
				list_entry(link, struct block_request, link);

			list_del(link);
			for (before = queue->sweep.prev; before != &queue->sweep;
			     before = before->prev)
				if (list_entry(before, struct block_request, link)->position <=
				    request->position)
					break;
			list_add(link, before);
		}
	}
}

/* With the lock held: may the request be a part of a command that holds earlier requests? */
static bool continues(const struct block_command *command, const struct block_request *request)
{
	const struct block_request *earlier = command->parts[command->nr_parts - 1].request;

	return request->op == command->op && !request->issued && !request->tries &&
	       !earlier->tries && request->position == command->sector + command->nr_sectors;
}

/* With the lock held. Returns the next command, or NULL. */
static struct block_command *make_command(struct block_queue *queue)
{
	struct block_command *command = NULL;

	if (list_empty(&queue->sweep))
		begin_sweep(queue);
	while (!list_empty(&queue->sweep)) {
		struct block_request *request =
			list_entry(queue->sweep.next, struct block_request, link);

		if (!command)
			command = take_free(queue, request->op,
					    request->position + (request->issued >> SECTOR_SHIFT));
		else if (!continues(command, request))
			break;
		if (command->nr_parts) {
			u32 parts = command->nr_parts;
			bool all = command_add(command, &queue->pool, request);

			if (command->nr_parts > parts)
				account_merge(request);
			if (!all)
				break;
		} else if (!command_add(command, &queue->pool, request)) {
			break;
		}
		list_del(&request->link);
	}
	if (command && !command->nr_parts) {
		put_free(queue, command); /* until a bounce page comes back */
		return NULL;
	}
	return command;
}

/* With the lock held: a flush whose turn has come. Returns its command, or NULL. */
static struct block_command *make_flush(struct block_queue *queue, struct list_head *ended)
{
	struct list_head *first;

	while (!queue->flushing && !queue->nr_writes && !list_empty(&queue->held)) {
		for (first = queue->held.next; first != &queue->held; first = queue->held.next) {
			if (list_entry(first, struct block_request, link)->op != BLOCK_FLUSH)
				break;
			list_del(first);
			list_add_tail(first, &queue->flushed);
		}
		queue->flushing = true;
		if (!queue->device->write_through)
			return take_free(queue, BLOCK_FLUSH, 0);
		settle(queue, take_free(queue, BLOCK_FLUSH, 0), 0, ended);
	}
	return NULL;
}

/* With the lock held. Returns false if the driver takes no further command now. */
static bool start(struct block_queue *queue, struct block_command *command, struct list_head *ended)
{
	int error;

	command->started = sched_ticks;
	command->running = true;
	list_add_tail(&command->link, &queue->running);
	error = queue->device->ops->start(queue->device, command);
	if (!error) {
		queue->nr_commands++;
		return true;
	}
	command->running = false;
	list_del(&command->link);
	if (error == -EBUSY) {
		queue->stalled = command;
		return false;
	}
	command_finish(command, &queue->pool, error);
	settle(queue, command, error, ended);
	return true;
}

/* With the lock held: starts what can be started. */
static void run(struct block_queue *queue, struct list_head *ended)
{
	while (!queue->resetting && !queue->dead && !queue->closing) {
		struct block_command *command = queue->stalled;

		queue->stalled = NULL;
		if (!command && !list_empty(&queue->free))
			command = make_flush(queue, ended);
		if (!command && !list_empty(&queue->free))
			command = make_command(queue);
		if (!command || !start(queue, command, ended))
			break;
	}
	if (!queue->watched && !queue_is_idle(queue)) {
		queue->watched = true;
		wake_up(&queue->wake);
	}
	if (queue->closing && !queue->nr_busy)
		wake_up_all(&queue->emptied);
}

bool queue_is_idle(const struct block_queue *queue)
{
	return !queue->nr_busy && list_empty(&queue->sweep) &&
	       list_empty(&queue->waiting[BLOCK_READ]) &&
	       list_empty(&queue->waiting[BLOCK_WRITE]) && list_empty(&queue->held);
}

void queue_run(struct block_queue *queue)
{
	LIST_HEAD(ended);
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	run(queue, &ended);
	spin_unlock_irqrestore(&queue->lock, flags);
	report_ended(queue, &ended);
}

void block_complete(struct block_command *command, int error)
{
	struct block_queue *queue = command->device->queue;
	LIST_HEAD(ended);
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	if (!command->running) {
		spin_unlock_irqrestore(&queue->lock, flags);
		pr_warn("%s: a command ends that does not run\n", queue->device->name);
		return;
	}
	list_del(&command->link);
	command->running = false;
	queue->answered = sched_ticks;
	if (!error)
		queue->nr_resets = 0;
	spin_unlock_irqrestore(&queue->lock, flags);

	command_finish(command, &queue->pool, error);

	flags = spin_lock_irqsave(&queue->lock);
	settle(queue, command, error, &ended);
	run(queue, &ended);
	spin_unlock_irqrestore(&queue->lock, flags);
	report_ended(queue, &ended);
}

/* --- submission ------------------------------------------------------------------------------- */

/* Sets bytes and position. Returns 0 or a negative errno. */
static int check_request(struct block_request *request)
{
	struct block_device *device = request->device;
	u64 bytes = 0;

	for (u32 i = 0; i < request->nr_segments; i++) {
		const struct block_segment *s = &request->segments[i];

		if (!s->length || (s->offset | s->length) % SECTOR_SIZE || s->offset >= PAGE_SIZE ||
		    s->length > PAGE_SIZE - s->offset)
			panic("%s: segment %u has offset %u, length %u", device->name, i, s->offset,
			      s->length);
		bytes += s->length;
	}
	request->position = request->sector + device->start;
	request->bytes = (u32)bytes;
	if (request->op == BLOCK_FLUSH)
		return bytes ? -EIO : 0;
	if (request->op == BLOCK_WRITE &&
	    (device->read_only || (device->whole && device->whole->read_only)))
		return -EROFS;
	if (bytes > UINT_MAX || request->sector > device->nr_sectors ||
	    bytes >> SECTOR_SHIFT > device->nr_sectors - request->sector)
		return -EIO;
	return 0;
}

/* With the lock held. */
static void enqueue(struct block_queue *queue, struct block_request *request,
		    struct list_head *ended)
{
	if (queue->closing || queue->dead) {
		queue->nr_writes += request->op == BLOCK_WRITE;
		end_request(queue, request, queue->closing ? -ENXIO : -EIO, ended);
	} else if (request->op == BLOCK_FLUSH ||
		   (request->op == BLOCK_WRITE && (queue->flushing || !list_empty(&queue->held)))) {
		list_add_tail(&request->link, &queue->held);
	} else {
		queue->nr_writes += request->op == BLOCK_WRITE;
		add_waiting(queue, request);
	}
}

void block_submit(struct block_request *request)
{
	struct block_device *device = request->device;
	struct block_queue *queue = device->whole ? device->whole->queue : device->queue;
	LIST_HEAD(ended);
	unsigned long flags;

	request->tries = 0;
	request->failed = false;
	request->issued = 0;
	request->error = check_request(request);
	request->left = request->bytes;
	account_begin(request);
	if (device->ops->transfer && !request->error)
		request->error = device->ops->transfer(device->whole ?: device, request);
	if (device->ops->transfer || request->error ||
	    (request->op != BLOCK_FLUSH && !request->bytes)) {
		account_end(request);
		request->done(request);
		return;
	}
	flags = spin_lock_irqsave(&queue->lock);
	enqueue(queue, request, &ended);
	run(queue, &ended);
	spin_unlock_irqrestore(&queue->lock, flags);
	report_ended(queue, &ended);
}

/* --- devices that hang ------------------------------------------------------------------------ */

struct block_command *queue_overdue(struct block_queue *queue)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);
	u32 limit = max(queue->device->timeout_ms * HZ / 1000, 2u);
	struct block_command *oldest = NULL;

	if (!list_empty(&queue->running)) {
		oldest = list_entry(queue->running.next, struct block_command, link);
		if (oldest->op == BLOCK_FLUSH)
			limit *= 3; /* it writes all that the disk has cached */
		/*
		 * A slow disk answers now and then. One that has answered others, but not this
		 * one for a much longer time, has lost it.
		 */
		if (sched_ticks - oldest->started <= limit ||
		    (sched_ticks - queue->answered <= limit &&
		     sched_ticks - oldest->started <= 8 * limit))
			oldest = NULL;
	}
	queue->resetting = oldest != NULL;
	spin_unlock_irqrestore(&queue->lock, flags);
	if (oldest)
		pr_err("%s: no answer to a %s of sector %llu within %u ms, reset\n",
		       queue->device->name, op_names[oldest->op], oldest->sector,
		       (sched_ticks - oldest->started) * (1000u / HZ));
	return oldest;
}

void queue_take_back(struct block_queue *queue)
{
	struct block_device *device = queue->device;
	LIST_HEAD(taken);
	LIST_HEAD(ended);
	struct block_command *command, *next;
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	queue->all_resets++;
	queue->dead = ++queue->nr_resets >= 2;
	while (!list_empty(&queue->running)) {
		command = list_entry(queue->running.next, struct block_command, link);
		list_del(&command->link);
		command->running = false;
		list_add_tail(&command->link, &taken);
	}
	if (queue->dead && queue->stalled) {
		list_add_tail(&queue->stalled->link, &taken);
		queue->stalled = NULL;
	}
	list_for_each_entry_safe(command, next, &taken, link) {
		command_finish(command, &queue->pool, -ETIMEDOUT);
		settle(queue, command, -ETIMEDOUT, &ended);
	}
	if (queue->dead)
		fail_waiting(queue, &ended);
	queue->resetting = false;
	queue->answered = sched_ticks;
	run(queue, &ended);
	spin_unlock_irqrestore(&queue->lock, flags);
	if (queue->dead)
		pr_err("%s: does not answer after a reset, is not used any more\n", device->name);
	report_ended(queue, &ended);
}

/* --- life of a queue -------------------------------------------------------------------------- */

int queue_create(struct block_device *device)
{
	struct block_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL);
	struct list_head *lists[NR_LISTS];
	u32 depth = device->ops->queue_depth;
	int error = -ENOMEM;

	if (!queue)
		return error;
	queue->commands = kvzalloc(depth * sizeof(*queue->commands), GFP_KERNEL);
	if (queue->commands)
		error = dma_pool_init(&queue->pool, &device->reach,
				      min(device->max_segments, device->max_bytes / SECTOR_SIZE));
	if (error) {
		kvfree(queue->commands);
		kfree(queue);
		return error;
	}
	all_lists(queue, lists);
	for (u32 i = 0; i < NR_LISTS; i++)
		*lists[i] = (struct list_head){ lists[i], lists[i] };
	for (u32 i = 0; i < depth; i++) {
		queue->commands[i].device = device;
		queue->commands[i].tag = i;
		list_add_tail(&queue->commands[i].link, &queue->free);
	}
	queue->device = device;
	device->queue = queue;
	return 0;
}

void queue_close(struct block_queue *queue)
{
	struct block_command *stalled;
	LIST_HEAD(ended);
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	queue->closing = true;
	stalled = queue->stalled;
	queue->stalled = NULL;
	if (stalled) {
		command_finish(stalled, &queue->pool, -ENXIO);
		settle(queue, stalled, -ENXIO, &ended);
	}
	fail_waiting(queue, &ended);
	spin_unlock_irqrestore(&queue->lock, flags);
	report_ended(queue, &ended);
	wait_event(&queue->emptied, !READ_ONCE(queue->nr_busy));
	/* A CPU that has ended a command may still count its requests, and hold the lock. */
	while (READ_ONCE(queue->device->counts.in_flight))
		msleep(1);
	flags = spin_lock_irqsave(&queue->lock);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void queue_destroy(struct block_queue *queue)
{
	dma_pool_destroy(&queue->pool);
	kvfree(queue->commands);
	queue->device->queue = NULL;
	kfree(queue);
}

void queue_counts(struct block_queue *queue, struct block_counts *counts)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);

	counts->commands = queue->nr_commands;
	counts->retries = queue->nr_retries;
	counts->resets = queue->all_resets;
	counts->bounced[0] = queue->pool.bounced[0];
	counts->bounced[1] = queue->pool.bounced[1];
	spin_unlock_irqrestore(&queue->lock, flags);
}
