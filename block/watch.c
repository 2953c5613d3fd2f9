/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <block/watch.h>
#include <lib/errno.h>
#include <thread/thread.h>

/*
 * Disks that hang. A thread for each disk looks ten times a second for a command that should have
 * ended. It sleeps while there is no command at all, so a disk in peace costs nothing.
 *
 * If the device has completed nothing for the time-out, the driver resets it: it stops the device,
 * so that no late transfer can hit memory that has another owner by then. Then all commands are
 * taken back, and their requests are tried again. If there is no completion until the next
 * time-out either, the disk is dead, and every request ends with -EIO at once. A disk that is only
 * slow completes a command now and then, and is left alone.
 *
 * A thread of its own for each disk means that the reset of one disk, which takes seconds, does not
 * delay another. It also tries again what the driver has refused while nothing ran.
 */

static bool should_watch(struct block_queue *queue)
{
	unsigned long flags = spin_lock_irqsave(&queue->lock);
	bool idle = queue_is_idle(queue);

	queue->watched = !idle;
	spin_unlock_irqrestore(&queue->lock, flags);
	return !idle;
}

static void pause_for(long ticks)
{
	set_current_state(THREAD_SLEEPING);
	if (!kthread_should_stop())
		schedule_timeout(ticks);
	set_current_state(THREAD_RUNNABLE);
}

static int watch(void *arg)
{
	struct block_queue *queue = arg;

	thread_is_service();
	while (!kthread_should_stop()) {
		struct block_command *command;

		wait_event(&queue->wake, should_watch(queue) || kthread_should_stop());
		pause_for(HZ / 10);
		command = queue_overdue(queue);
		if (command) {
			queue->device->ops->reset(queue->device, command);
			queue_take_back(queue);
		} else {
			queue_run(queue);
		}
	}
	return 0;
}

int watch_start(struct block_queue *queue)
{
	queue->watcher = kthread_run(watch, queue, "disk/%s", queue->device->name);
	return queue->watcher ? 0 : -ENOMEM;
}

void watch_stop(struct block_queue *queue)
{
	kthread_stop(queue->watcher);
}
