/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <fs/inode.h>
#include <fs/poll.h>
#include <kernel/syscall.h>
#include <lib/limits.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <sched/wait.h>

/*
 * poll(2) and select(2): a thread waits until one of several files is ready.
 *
 * There is one wait queue for all of them. Each change of a pipe or a terminal wakes all threads in
 * it, and each of these asks its files again. The price is a useless wake-up now and then; in
 * return a thread is in one queue instead of a hundred. While no thread polls, a change costs one
 * load.
 *
 * No wake-up is missed: the poller counts itself in nr_pollers before it asks the files, and
 * poll_wake() looks at nr_pollers after the change. Both have a full barrier in between, so either
 * the poller sees the change, or poll_wake() sees the poller.
 */

#define MOST_POLLED 1024u

struct pollfd {
	s32 fd;
	u16 events, revents;
};

/* A file that is asked; NULL if the number means none. */
struct polled {
	struct file *file;
	u32 fd, events, revents;
};

struct wait_queue poll_queue;
u32 nr_pollers;

static u32 ask(struct polled *polled, u32 nr)
{
	u32 ready = 0;

	for (u32 i = 0; i < nr; i++) {
		struct file *file = polled[i].file;
		u32 now = POLLNVAL;

		if (file)
			now = file->ops->poll ? file->ops->poll(file) : POLLIN | POLLOUT;
		polled[i].revents = now & (polled[i].events | POLLERR | POLLHUP | POLLNVAL);
		ready += polled[i].revents != 0;
	}
	return ready;
}

/* Waits until a file is ready, until the time end (0: for ever), or for a signal. */
static long poll_wait(struct polled *polled, u32 nr, u64 end)
{
	struct waiter waiter = { 0 };
	long result = 0;

	for (u32 i = 0; i < nr; i++)
		polled[i].file = file_of(polled[i].fd);
	__atomic_add_fetch(&nr_pollers, 1, __ATOMIC_SEQ_CST);
	for (;;) {
		u64 now = time_ns();

		prepare_to_wait(&poll_queue, &waiter);
		result = (long)ask(polled, nr);
		if (result || (end && now >= end))
			break;
		if (signal_pending()) {
			result = -ERESTARTNOHAND;
			break;
		}
		if (end)
			schedule_timeout(
				(long)min((end - now) / NS_PER_TICK + 1, (u64)INT_MAX / 2));
		else
			schedule();
	}
	finish_wait(&poll_queue, &waiter);
	__atomic_sub_fetch(&nr_pollers, 1, __ATOMIC_RELAXED);
	for (u32 i = 0; i < nr; i++) {
		if (polled[i].file)
			file_put(polled[i].file);
	}
	return result;
}

u64 poll_end(u64 ns)
{
	u64 now = time_ns();

	return ns < UINT64_MAX - now ? now + ns + 1 : 0;
}

long poll_files(unsigned long address, u32 nr, u64 end)
{
	struct pollfd __user *user = (struct pollfd __user *)address;
	u32 used = 0;
	struct pollfd *fds = NULL;
	struct polled *polled = NULL;
	long result = -ENOMEM;

	if (nr > MOST_POLLED)
		return -EINVAL;
	if (nr) {
		fds = kmalloc(nr * sizeof(*fds), GFP_KERNEL);
		polled = kmalloc(nr * sizeof(*polled), GFP_KERNEL);
		if (!fds || !polled)
			goto out;
		result = -EFAULT;
		if (copy_from_user(fds, user, nr * sizeof(*fds)))
			goto out;
	}
	/* A negative number is left out. */
	for (u32 i = 0; i < nr; i++) {
		if (fds[i].fd >= 0)
			polled[used++] =
				(struct polled){ .fd = (u32)fds[i].fd, .events = fds[i].events };
	}
	result = poll_wait(polled, used, end);
	used = 0;
	for (u32 i = 0; i < nr; i++)
		fds[i].revents = fds[i].fd >= 0 ? (u16)polled[used++].revents : 0;
	if (result >= 0 && nr && copy_to_user(user, fds, nr * sizeof(*fds)))
		result = -EFAULT;
out:
	kfree(polled);
	kfree(fds);
	return result;
}

SYSCALL(168, poll)
{
	s32 timeout = (s32)ARG3(regs);

	return poll_files(ARG1(regs), ARG2(regs),
			  timeout < 0 ? 0 : poll_end((u64)timeout * 1000000u));
}

/* The events of select(2)'s three sets, and the results that make a number appear in each. */
static const struct {
	u32 events, results;
} select_sets[3] = {
	{ POLLIN, POLLIN | POLLHUP | POLLERR },
	{ POLLOUT, POLLOUT | POLLERR },
	{ POLLPRI, POLLPRI },
};

#define FD_WORDS (MOST_POLLED / 32)

struct select {
	u32 sets[3][FD_WORDS];
	u32 nr_polled;
	struct polled polled[];
};

/* Makes the list of files from the sets, or writes the results into the sets. */
static long select_collect(struct select *select, u32 nr)
{
	for (u32 fd = 0; fd < nr; fd++) {
		u32 events = 0;

		for (u32 s = 0; s < 3; s++) {
			if (select->sets[s][fd / 32] & (1u << fd % 32))
				events |= select_sets[s].events;
		}
		if (events)
			select->polled[select->nr_polled++] =
				(struct polled){ .fd = fd, .events = events };
	}
	for (u32 i = 0; i < select->nr_polled; i++) {
		struct file *file = file_of(select->polled[i].fd);

		if (!file)
			return -EBADF;
		file_put(file);
	}
	return 0;
}

static long select_results(struct select *select)
{
	long nr = 0;

	memset(select->sets, 0, sizeof(select->sets));
	for (u32 i = 0; i < select->nr_polled; i++) {
		const struct polled *polled = &select->polled[i];

		for (u32 s = 0; s < 3; s++) {
			if ((polled->events & select_sets[s].events) &&
			    (polled->revents & select_sets[s].results)) {
				select->sets[s][polled->fd / 32] |= 1u << polled->fd % 32;
				nr++;
			}
		}
	}
	return nr;
}

long select_files(u32 nr, const u32 sets[3], u64 end)
{
	u32 used = min(nr, MOST_POLLED), bytes = (used + 31) / 32 * 4;
	struct select *select;
	long result = -EFAULT;

	if ((s32)nr < 0)
		return -EINVAL;
	select = kzalloc(sizeof(*select) + used * sizeof(select->polled[0]), GFP_KERNEL);
	if (!select)
		return -ENOMEM;
	for (u32 s = 0; s < 3; s++) {
		if (sets[s] && copy_from_user(select->sets[s], (void __user *)sets[s], bytes))
			goto out;
	}
	result = select_collect(select, used);
	if (!result)
		result = poll_wait(select->polled, select->nr_polled, end);
	if (result < 0)
		goto out;
	result = select_results(select);
	for (u32 s = 0; s < 3; s++) {
		if (sets[s] && copy_to_user((void __user *)sets[s], select->sets[s], bytes))
			result = -EFAULT;
	}
out:
	kfree(select);
	return result;
}

u64 poll_time_left(u64 end)
{
	u64 now = time_ns();

	return end > now ? end - now : 0;
}

SYSCALL(142, _newselect)
{
	const u32 sets[3] = { ARG2(regs), ARG3(regs), ARG4(regs) };
	void __user *user = (void __user *)ARG5(regs);
	u32 time[2];
	u64 end = 0;
	long result;

	if (user) {
		if (copy_from_user(time, user, sizeof(time)))
			return -EFAULT;
		if ((s32)time[0] < 0 || (s32)time[1] < 0)
			return -EINVAL;
		end = poll_end(time[0] * 1000000000ull + time[1] * 1000ull);
	}
	result = select_files(ARG1(regs), sets, end);
	/* Linux writes back the time that is left. */
	if (user && result >= 0) {
		u64 left = poll_time_left(end);

		time[0] = (u32)(left / 1000000000u);
		time[1] = (u32)(left % 1000000000u) / 1000;
		if (copy_to_user(user, time, sizeof(time)))
			result = -EFAULT;
	}
	return result;
}
