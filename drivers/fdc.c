/* SPDX-License-Identifier: MIT */
#include <asm/io.h>
#include <asm/irq.h>
#include <asm/time.h>
#include <drivers/fdc.h>
#include <lib/errno.h>
#include <sched/sched.h>

/*
 * The floppy disk controller, an 82077AA or its ancestor, the 765 (Intel 82077AA data sheet).
 *
 * A command is a sequence of bytes to one register. The main status says when the next byte may be
 * written or read. A command that moves the heads or data ends with an interrupt; then its result
 * can be read, byte by byte. The end of a movement has no result of its own, and another command
 * asks for it.
 *
 * A wait ends when the controller has a result. The interrupt only makes the thread look at once;
 * it also looks each 100 ms. So a lost interrupt costs time, and a spurious one does no harm.
 */

#define IRQ_FLOPPY  6
#define OUTPUT      0x3f2 /* digital output register */
#define OUTPUT_RUN  0x04  /* 0: the controller is held in reset */
#define OUTPUT_DMA  0x08  /* interrupt and DMA are connected */
#define OUTPUT_SPIN 0x10  /* motor of the first drive */
#define STATUS      0x3f4 /* main status */
#define DATA        0x3f5
#define INPUT       0x3f7 /* digital input register */
#define RATE        0x3f7 /* written */

#define STATUS_READY 0x80 /* a byte can be moved */
#define STATUS_READ  0x40 /* towards the CPU */
#define STATUS_BUSY  0x10 /* within a command */

#define INPUT_CHANGED 0x80
#define RATE_500K     0

#define SPECIFY     0x03
#define SENSE_DRIVE 0x04
#define RECALIBRATE 0x07
#define SENSE_END   0x08
#define SEEK        0x0f
#define VERSION     0x10
#define CONFIGURE   0x13
#define WRITE       0x45 /* MFM: the encoding of all disks since 1984 */
#define READ        0x46

#define VERSION_82077  0x90
#define ST0_MASK       0xe0 /* how it ended, and: a movement has ended */
#define ST0_MOVED      0x20
#define ST0_HOW        0xc0
#define ST3_PROTECTED  0x40
#define SECTOR_512     2    /* 128 << 2 bytes */
#define GAP            0x1b /* between sectors, as the data sheet has it for 1.44 MB */
#define STEP_AND_LOAD  0xdf /* 3 ms for a step, 240 ms until the heads are unloaded */
#define SETTLE_AND_DMA 0x10 /* 16 ms until they are loaded; with DMA */
#define FIFO_NO_POLL   0x17 /* a FIFO that asks at 8 bytes; ready lines are not polled */

#define BYTE_TRIES  1000 /* microseconds */
#define LOOK_MSECS  100
#define MOVE_MSECS  4000 /* 80 steps take 240 ms */
#define MOVED_MSECS 15   /* the heads vibrate after a movement */
#define DATA_MSECS  2000 /* a turn takes 200 ms */
#define MOTOR_MSECS 500
#define NR_RESULTS  7

static struct {
	struct thread *waiter;
	bool interrupted, cancelled;
	u8 output; /* as written to OUTPUT */
} fdc;

static irqreturn_t interrupt(int irq, void *dev)
{
	struct thread *waiter = READ_ONCE(fdc.waiter);

	/* A fast command ends before its thread waits. No other device has this line. */
	WRITE_ONCE(fdc.interrupted, true);
	if (waiter)
		wake_up_process(waiter);
	return IRQ_HANDLED;
}

/* Sleep until the next interrupt, or for LOOK_MSECS. */
static void wait_for_interrupt(void)
{
	WRITE_ONCE(fdc.waiter, current);
	set_current_state(THREAD_SLEEPING);
	if (!READ_ONCE(fdc.interrupted) && !READ_ONCE(fdc.cancelled))
		schedule_timeout(LOOK_MSECS * HZ / 1000);
	set_current_state(THREAD_RUNNABLE);
	WRITE_ONCE(fdc.waiter, NULL);
	WRITE_ONCE(fdc.interrupted, false);
}

static bool wait_for(bool (*done)(void), u32 msecs)
{
	for (u32 waited = 0; waited < msecs && !READ_ONCE(fdc.cancelled); waited += LOOK_MSECS) {
		if (done())
			return true;
		wait_for_interrupt();
	}
	return done();
}

void fdc_cancel(bool cancel)
{
	struct thread *waiter = READ_ONCE(fdc.waiter);

	WRITE_ONCE(fdc.cancelled, cancel);
	if (cancel && waiter)
		wake_up_process(waiter);
}

/* --- bytes ------------------------------------------------------------------------------------ */

static bool wait_for_byte(u8 direction)
{
	for (u32 i = 0; i < BYTE_TRIES; i++) {
		if ((inb(STATUS) & (STATUS_READY | STATUS_READ)) == (STATUS_READY | direction))
			return true;
		io_delay();
	}
	return false;
}

static bool send(const u8 *bytes, u32 nr)
{
	WRITE_ONCE(fdc.interrupted, false);
	for (u32 i = 0; i < nr; i++) {
		if (!wait_for_byte(0))
			return false;
		outb(DATA, bytes[i]);
	}
	return true;
}

#define SEND(...) send((const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ }))

/* Return: number of bytes of the result, at most NR_RESULTS. */
static u32 receive(u8 results[NR_RESULTS])
{
	u32 nr = 0;

	while (nr < NR_RESULTS && wait_for_byte(STATUS_READ)) {
		results[nr++] = inb(DATA);
		io_delay();
		if (!(inb(STATUS) & STATUS_BUSY))
			break;
	}
	return nr;
}

static bool has_result(void)
{
	u8 status = STATUS_READY | STATUS_READ | STATUS_BUSY;

	return (inb(STATUS) & status) == status;
}

/* --- commands --------------------------------------------------------------------------------- */

/* How the last movement or reset ended. */
static struct {
	u8 st0, cylinder;
} end;

static bool has_ended(void)
{
	u8 results[NR_RESULTS];

	if (!SEND(SENSE_END) || receive(results) != 2)
		return false;
	end.st0 = results[0];
	end.cylinder = results[1];
	return true;
}

static void write_output(u8 value)
{
	fdc.output = value;
	outb(OUTPUT, value);
}

bool fdc_reset(void)
{
	u8 results[NR_RESULTS], motor = fdc.output & OUTPUT_SPIN;

	write_output(motor | OUTPUT_DMA);
	io_delay();
	io_delay();
	io_delay();
	io_delay();
	WRITE_ONCE(fdc.interrupted, false);
	write_output(motor | OUTPUT_DMA | OUTPUT_RUN);
	if (!wait_for(has_ended, 5 * LOOK_MSECS))
		return false;
	/* It reports the end of the reset for each of four drives. */
	for (u32 i = 1; i < 4; i++)
		has_ended();
	outb(RATE, RATE_500K);
	if (SEND(VERSION) && receive(results) == 1 && results[0] == VERSION_82077)
		SEND(CONFIGURE, 0, FIFO_NO_POLL, 0);
	return SEND(SPECIFY, STEP_AND_LOAD, SETTLE_AND_DMA);
}

int fdc_init(void)
{
	static u8 identity;
	int err;

	if (inb(STATUS) == 0xff)
		return -ENODEV;
	err = request_irq(IRQ_FLOPPY, interrupt, 0, "floppy", &identity);
	if (err)
		return err;
	if (fdc_reset())
		return 0;
	free_irq(IRQ_FLOPPY, &identity);
	return -ENODEV;
}

void fdc_motor(bool on)
{
	bool runs = fdc.output & OUTPUT_SPIN;

	write_output((u8)(on ? fdc.output | OUTPUT_SPIN : fdc.output & ~OUTPUT_SPIN));
	if (on && !runs)
		msleep(MOTOR_MSECS);
}

bool fdc_disk_changed(void)
{
	return inb(INPUT) & INPUT_CHANGED;
}

bool fdc_write_protected(void)
{
	u8 results[NR_RESULTS];

	if (!SEND(SENSE_DRIVE, 0) || receive(results) != 1)
		return true;
	return results[0] & ST3_PROTECTED;
}

static bool moved_to(u32 cylinder)
{
	if (!wait_for(has_ended, MOVE_MSECS))
		return false;
	msleep(MOVED_MSECS);
	return (end.st0 & ST0_MASK) == ST0_MOVED && end.cylinder == cylinder;
}

bool fdc_recalibrate(void)
{
	/* The 765 gives up after 77 steps, so a second try may be needed. */
	return (SEND(RECALIBRATE, 0) && moved_to(0)) || (SEND(RECALIBRATE, 0) && moved_to(0));
}

bool fdc_seek(u32 cylinder)
{
	return SEND(SEEK, 0, (u8)cylinder) && moved_to(cylinder);
}

bool fdc_transfer(bool write, u32 cylinder, u32 head, u32 sector, u8 *st1)
{
	u8 results[NR_RESULTS];

	*st1 = 0;
	if (!SEND(write ? WRITE : READ, (u8)(head << 2), (u8)cylinder, (u8)head, (u8)(sector + 1),
		  SECTOR_512, FDC_SECTORS, GAP, 0xff))
		return false;
	if (!wait_for(has_result, DATA_MSECS) || receive(results) != NR_RESULTS)
		return false;
	*st1 = results[1];
	return !(results[0] & ST0_HOW);
}
