/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <drivers/input.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/hook.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <sched/wait.h>

/*
 * Input bytes travel from interrupt handlers to the thread that waits for a key.
 *
 * Pasted text arrives faster than commands execute. The serial driver asks for room before it takes
 * bytes from its device. If there is none, it makes the sender wait, and it continues when half of
 * the ring is empty. A keyboard cannot wait: a byte that does not fit is dropped, and the reader
 * reports the number of lost bytes.
 *
 * The invariant: head minus tail is the number of bytes in the ring, because both only count up.
 * Interrupt handlers of the boot CPU write head, and one reader writes tail, so the ring needs no
 * lock.
 */

#define INPUT_SIZE 4096u
#define CTRL_C     3

/* Interrupts fill the ring, and one thread empties it. Both counts are taken modulo the size. */
static char input[INPUT_SIZE];
static volatile u32 input_head, input_tail;
static struct wait_queue readers;
static bool interrupted;
static u32 lost;
static void (*resume_hook)(void);
static const struct input_taker *taker_hook;

/* The boot CPU handles all device interrupts, one at a time. */
void console_input(char c)
{
	const struct input_taker *taker = READ_ONCE(taker_hook);

	/* Bytes that came before must be taken first. */
	if (taker && !console_poll()) {
		taker->take(c);
		return;
	}
	if (c == CTRL_C)
		WRITE_ONCE(interrupted, true);
	if (console_input_room())
		input[input_head++ % INPUT_SIZE] = c;
	else
		console_input_lost(1);
	wake_up(&readers);
}

u32 console_input_room(void)
{
	const struct input_taker *taker = READ_ONCE(taker_hook);

	if (taker && !console_poll())
		return taker->room();
	return INPUT_SIZE - (input_head - input_tail);
}

void console_input_lost(u32 bytes)
{
	__atomic_fetch_add(&lost, bytes, __ATOMIC_RELAXED);
}

void console_input_use_resume(void (*resume)(void))
{
	hook_set(resume_hook, resume);
}

void console_input_resume(void)
{
	if (resume_hook && console_input_room() >= INPUT_SIZE / 2)
		resume_hook();
}

void console_input_use_taker(const struct input_taker *taker)
{
	WRITE_ONCE(taker_hook, taker);
}

bool console_take(char *c)
{
	if (!console_poll())
		return false;
	*c = input[input_tail % INPUT_SIZE];
	barrier();
	input_tail++;
	return true;
}

bool console_poll(void)
{
	return input_head != input_tail;
}

static void report_lost(void)
{
	u32 bytes = __atomic_exchange_n(&lost, 0, __ATOMIC_RELAXED);

	if (bytes)
		pr_warn("input: %u byte%s lost, expected at most %u before they are read\n", bytes,
			bytes == 1 ? " was" : "s were", INPUT_SIZE);
}

char console_getc(void)
{
	char c;

	wait_event(&readers, console_poll());
	if (READ_ONCE(lost))
		report_lost();
	c = input[input_tail++ % INPUT_SIZE];
	if (resume_hook && console_input_room() == INPUT_SIZE / 2)
		resume_hook();
	return c;
}

bool console_interrupted(void)
{
	return READ_ONCE(interrupted);
}

void console_clear_interrupted(void)
{
	WRITE_ONCE(interrupted, false);
}

static int sleep_command(int argc, char **argv)
{
	u32 seconds;
	u64 end;

	if (parse_u32(argv[1], 100000, &seconds) != 0) {
		console_printf("sleep: '%s', expected whole seconds, 0 to 100000\n", argv[1]);
		return -EINVAL;
	}
	end = time_ns() + seconds * 1000000000ull;
	while (time_ns() < end && !console_interrupted())
		msleep(50);
	return console_interrupted() ? -EINTR : 0;
}
PROMPT_COMMAND("sleep", "SECONDS", "wait; Ctrl-C ends it", sleep_command,
	       .example = "sleep 2; uptime");
