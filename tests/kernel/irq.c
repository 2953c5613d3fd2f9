/* SPDX-License-Identifier: MIT */
#include <asm/irq.h>
#include <asm/time.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/*
 * A device whose interrupt never arrives. The line has no driver in this kernel and no device
 * raises it, so only the tick can call its handler.
 */

#define FREE_LINE 3 /* COM2 */

static volatile bool device_waits;
static volatile u32 handled;

static bool waits(void)
{
	return device_waits;
}

static void serve(void)
{
	device_waits = false;
	handled++;
}

KTEST(irq, a_device_without_its_interrupt_is_polled)
{
	if (!time_has_ticks()) {
		ktest_skip("this machine has no ticks");
		return;
	}
	KTEST_REQUIRE(irq_request(FREE_LINE, serve) == 0);
	handled = 0;
	device_waits = false;
	irq_watch(FREE_LINE, "test", waits);
	msleep(50);
	EXPECT_EQ(handled, 0);

	device_waits = true;
	msleep(50);
	EXPECT_EQ(handled, 0);
	msleep(200);
	EXPECT_EQ(handled, 1);
	/* The second time it is called at once, and no message is printed. */
	device_waits = true;
	msleep(50);
	EXPECT_EQ(handled, 2);

	irq_release(FREE_LINE);
	device_waits = true;
	msleep(50);
	EXPECT_EQ(handled, 2);
}
