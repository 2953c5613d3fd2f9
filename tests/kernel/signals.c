/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <process/signal_queue.h>
#include <tests/kernel/ktest.h>

/* The queues of pending signals. Delivery needs a program: tests/user/. */

static struct signal_info tell(int signal, int code, u32 value)
{
	return (struct signal_info){ .signal = signal, .code = code, .word = { value } };
}

static int add(struct pending_signals *pending, u32 *count, int signal, int code, u32 value)
{
	struct signal_info info = tell(signal, code, value);

	return pending_add(pending, &info, count);
}

#define ALL (~0ull)

KTEST(signals, a_standard_signal_is_pending_once)
{
	struct pending_signals pending;
	struct signal_info info;
	u32 count = 0;

	pending_init(&pending);
	EXPECT_EQ(pending_take(&pending, ALL, &info, &count), 0);
	EXPECT_EQ(add(&pending, &count, SIGUSR1, SI_USER, 1), 0);
	EXPECT_EQ(add(&pending, &count, SIGUSR1, SI_USER, 2), 0);
	EXPECT_EQ(count, 1u);
	EXPECT_EQ(pending_take(&pending, ALL & ~SIG_BIT(SIGUSR1), &info, &count), 0);
	EXPECT_EQ(pending_take(&pending, ALL, &info, &count), SIGUSR1);
	EXPECT_EQ(info.word[0], 1u);
	EXPECT_EQ(pending_take(&pending, ALL, &info, &count), 0);
	EXPECT_EQ(count, 0u);
}

KTEST(signals, real_time_signals_queue_in_order)
{
	struct pending_signals pending;
	struct signal_info info;
	u32 count = 0;

	pending_init(&pending);
	for (u32 value = 0; value < 3; value++) {
		EXPECT_EQ(add(&pending, &count, NSIG, SI_QUEUE, value), 0);
		EXPECT_EQ(add(&pending, &count, SIGRTMIN, SI_QUEUE, value), 0);
	}
	EXPECT_EQ(count, 6u);
	for (u32 i = 0; i < 6; i++) {
		EXPECT_EQ(pending_take(&pending, ALL, &info, &count), i < 3 ? SIGRTMIN : NSIG);
		EXPECT_EQ(info.word[0], i % 3);
	}
	EXPECT_EQ(pending.set, 0ull);
}

KTEST(signals, exceptions_are_first)
{
	struct pending_signals pending;
	struct signal_info info;
	u32 count = 0;

	pending_init(&pending);
	add(&pending, &count, SIGHUP, SI_USER, 0);
	add(&pending, &count, SIGSEGV, SI_KERNEL, 7);
	EXPECT_EQ(pending_take(&pending, ALL, &info, &count), SIGSEGV);
	EXPECT_EQ(info.word[0], 7u);
	pending_drop(&pending, ALL, &count);
	EXPECT_EQ(pending_take(&pending, ALL, &info, &count), 0);
	EXPECT_EQ(count, 0u);
}

/* A full queue loses what a signal tells, but a signal of kill(2) is sent all the same. */
KTEST(signals, a_full_queue_refuses_only_data)
{
	struct pending_signals pending;
	struct signal_info info;
	u32 count = MAX_QUEUED_SIGNALS;

	pending_init(&pending);
	EXPECT_EQ(add(&pending, &count, SIGRTMIN, SI_QUEUE, 1), -EAGAIN);
	EXPECT_EQ(add(&pending, &count, SIGRTMIN, SI_USER, 1), 0);
	EXPECT_EQ(add(&pending, &count, SIGTERM, SI_USER, 1), 0);
	EXPECT_EQ(pending_take(&pending, ALL, &info, &count), SIGTERM);
	EXPECT_EQ(info.word[0], 0u);
	EXPECT_EQ(pending_take(&pending, ALL, &info, &count), SIGRTMIN);
	EXPECT_EQ(pending_take(&pending, ALL, &info, &count), 0);
	EXPECT_EQ(count, MAX_QUEUED_SIGNALS);
}
