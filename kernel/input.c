/* SPDX-License-Identifier: MIT */
#include <kernel/input.h>
#include <kernel/wait.h>

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
