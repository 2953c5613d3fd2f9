/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <kernel/console.h>
#include <kernel/input.h>
#include <kernel/wait.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/parse.h>

/*
 * Keys, from the interrupt handlers that fetch them to the thread that waits for one.
 */

#define INPUT_SIZE 256u
#define CTRL_C     3

/* Filled by interrupts, emptied by one thread. Both count for ever, modulo the size. */
static char input[INPUT_SIZE];
static volatile u32 input_head, input_tail;
static struct wait_queue readers;
static bool interrupted;

/* The boot CPU handles all device interrupts, one at a time. */
void console_input(char c)
{
	if (c == CTRL_C)
		WRITE_ONCE(interrupted, true);
	if (input_head - input_tail < INPUT_SIZE)
		input[input_head++ % INPUT_SIZE] = c;
	wake_up(&readers);
}

bool console_poll(void)
{
	return input_head != input_tail;
}

char console_getc(void)
{
	wait_event(&readers, console_poll());
	return input[input_tail++ % INPUT_SIZE];
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

	if (argc != 2 || parse_u32(argv[1], 100000, &seconds) != 0) {
		console_printf("usage: sleep SECONDS, a whole number\n");
		return -EINVAL;
	}
	end = time_ns() + seconds * 1000000000ull;
	while (time_ns() < end && !console_interrupted())
		msleep(50);
	return console_interrupted() ? -EINTR : 0;
}
PROMPT_COMMAND("sleep", "SECONDS", "wait; Ctrl-C ends it", sleep_command);
