/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Device interrupts of the two 8259 interrupt controllers, remapped to vectors 0x20-0x2f.
 */

#define NR_IRQS      16
#define IRQ_TIMER    0
#define IRQ_KEYBOARD 1
#define IRQ_COM1     4

typedef void irq_handler(void);

/**
 * irq_init() - remap and mask both 8259s
 *
 * Context: boot, interrupts off, after the IDT is loaded.
 */
void irq_init(void);

/**
 * irq_request() - handle an interrupt line
 * @irq: 0 to 15
 * @handler: called with interrupts off on each interrupt of this line
 *
 * The line is unmasked.
 * Return: 0, or -EBUSY if the line has a handler.
 */
int irq_request(unsigned int irq, irq_handler *handler);

/**
 * irq_dispatch() - run the handler of a device interrupt
 * @irq: 0 to 15
 *
 * Context: called by trap_dispatch(), interrupts off.
 */
void irq_dispatch(unsigned int irq);
