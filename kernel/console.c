/* SPDX-License-Identifier: MIT */
#include <asm/irqflags.h>
#include <kernel/console.h>

/*
 * Keys, from the interrupt handlers that fetch them to whoever waits for one.
 */

#define INPUT_SIZE 256u

/* Filled by interrupts, emptied with interrupts off. Both count for ever, modulo the size. */
static char input[INPUT_SIZE];
static volatile u32 input_head, input_tail;

void console_input(char c)
{
	if (input_head - input_tail < INPUT_SIZE)
		input[input_head++ % INPUT_SIZE] = c;
}

bool console_poll(void)
{
	return input_head != input_tail;
}

char console_getc(void)
{
	char c;

	for (;;) {
		local_irq_disable();
		if (console_poll())
			break;
		cpu_wait_for_interrupt();
	}
	c = input[input_tail++ % INPUT_SIZE];
	local_irq_enable();
	return c;
}
