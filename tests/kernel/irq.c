/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/irq.h>
#include <asm/time.h>
#include <lib/errno.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * Handlers of interrupt lines. The line of these tests has no driver in this kernel and no device
 * raises it, so a test decides when its handlers are called.
 */

#define FREE_LINE 3 /* COM2 */

/* --- a device whose interrupt never arrives: only the tick can call its handler --------------- */

static volatile bool device_waits;
static volatile u32 handled;
static volatile u32 ticks, handled_at; /* each tick asks waits() once */

static bool waits(void)
{
	ticks++;
	return device_waits;
}

static irqreturn_t serve(int irq, void *dev)
{
	device_waits = false;
	handled++;
	handled_at = ticks;
	return IRQ_HANDLED;
}

/* A busy host may deliver few ticks in a second, so tests count ticks, and not time. */
static void sleep_for_ticks(u32 nr)
{
	u32 start = ticks;

	for (unsigned int i = 0; i < 1000 && ticks - start < nr; i++)
		msleep(10);
	EXPECT(ticks - start >= nr);
}

KTEST(irq, a_device_without_its_interrupt_is_polled)
{
	u32 start;

	if (!time_has_ticks()) {
		ktest_skip("this machine has no ticks");
		return;
	}
	KTEST_REQUIRE(request_irq(FREE_LINE, serve, 0, "test", NULL) == 0);
	handled = 0;
	device_waits = false;
	irq_watch(FREE_LINE, "test", waits);
	sleep_for_ticks(20);
	EXPECT_EQ(handled, 0);

	start = ticks;
	device_waits = true;
	sleep_for_ticks(20);
	EXPECT_EQ(handled, 1);
	EXPECT(handled_at - start > 5);
	/* The second time it is called at once, and no message is printed. */
	start = ticks;
	device_waits = true;
	sleep_for_ticks(3);
	EXPECT_EQ(handled, 2);
	EXPECT(handled_at - start <= 2);

	/* A line without a handler is not watched any more. */
	free_irq(FREE_LINE, NULL);
	device_waits = true;
	start = ticks;
	msleep(50);
	EXPECT_EQ(handled, 2);
	EXPECT_EQ(ticks, start);
}

/* --- several handlers ------------------------------------------------------------------------- */

static irqreturn_t count_in_dev(int irq, void *dev)
{
	u32 *count = dev;

	*count += irq == FREE_LINE;
	return IRQ_HANDLED;
}

static int poll(void *unused)
{
	irq_poll();
	return 0;
}

static void poll_on_boot_cpu(void)
{
	struct thread *thread = kthread_create(poll, NULL, "poll");

	KTEST_REQUIRE(thread);
	kthread_bind(thread, 0);
	wake_up_process(thread);
	kthread_join(thread);
}

KTEST(irq, a_line_has_one_handler_unless_all_share_it)
{
	u32 counts[IRQ_SHARERS + 1] = { 0 };

	EXPECT_EQ(request_irq(NR_IRQS, count_in_dev, 0, "test", counts), -EINVAL);
	EXPECT_EQ(request_irq(FREE_LINE, count_in_dev, IRQF_SHARED, "test", NULL), -EINVAL);
	KTEST_REQUIRE(request_irq(FREE_LINE, count_in_dev, 0, "test", counts) == 0);
	EXPECT_EQ(request_irq(FREE_LINE, count_in_dev, 0, "test", counts + 1), -EBUSY);
	EXPECT_EQ(request_irq(FREE_LINE, count_in_dev, IRQF_SHARED, "test", counts + 1), -EBUSY);
	EXPECT_STREQ(free_irq(FREE_LINE, counts), "test");

	for (u32 i = 0; i < IRQ_SHARERS; i++)
		EXPECT_EQ(request_irq(FREE_LINE, count_in_dev, IRQF_SHARED, "test", counts + i), 0);
	EXPECT_EQ(request_irq(FREE_LINE, count_in_dev, IRQF_SHARED, "test", counts + IRQ_SHARERS),
		  -EBUSY);
	EXPECT_EQ(request_irq(FREE_LINE, count_in_dev, 0, "test", NULL), -EBUSY);
	poll_on_boot_cpu();
	free_irq(FREE_LINE, counts);
	poll_on_boot_cpu();
	EXPECT_EQ(counts[0], 1);
	for (u32 i = 1; i < IRQ_SHARERS; i++) {
		EXPECT_EQ(counts[i], 2);
		free_irq(FREE_LINE, counts + i);
	}
	poll_on_boot_cpu();
	EXPECT_EQ(counts[1], 2);
}

#define LIMIT 10000000000ull

static struct {
	volatile bool runs, freeing, done;
} slow;

static irqreturn_t serve_slowly(int irq, void *dev)
{
	u64 end = time_ns() + LIMIT;

	slow.runs = true;
	while (!slow.freeing && time_ns() < end)
		cpu_relax();
	mdelay(20);
	slow.done = true;
	return IRQ_HANDLED;
}

static int free_the_line(void *unused)
{
	u64 end = time_ns() + LIMIT;

	while (!slow.runs && time_ns() < end)
		cpu_relax();
	slow.freeing = true;
	free_irq(FREE_LINE, NULL);
	return slow.done;
}

KTEST(irq, free_irq_waits_for_a_handler_that_runs)
{
	struct thread *thread;

	if (num_online_cpus() < 2 || !time_counter()) {
		ktest_skip("one CPU, or no clock while interrupts are off");
		return;
	}
	slow.runs = slow.freeing = slow.done = false;
	KTEST_REQUIRE(request_irq(FREE_LINE, serve_slowly, 0, "test", NULL) == 0);
	thread = kthread_create(free_the_line, NULL, "free");
	KTEST_REQUIRE(thread);
	kthread_bind(thread, (u32)__builtin_ctz(cpu_online_mask->bits & ~1u));
	wake_up_process(thread);
	poll_on_boot_cpu();
	EXPECT_EQ(kthread_join(thread), true);
}
