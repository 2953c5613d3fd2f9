/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/percpu.h>
#include <lib/types.h>

/*
 * Interrupts: the sixteen lines of a PC, and the vectors of a CPU's own APIC.
 */

#define NR_IRQS      16
#define IRQ_TIMER    0
#define IRQ_KEYBOARD 1
#define IRQ_COM1     4
#define IRQ_MOUSE    12

/* Lines are vectors from here on. */
#define IRQ_VECTOR_BASE 0x20

/* What the CPUs' own APICs deliver; the higher, the more urgent (Intel SDM 3A, 11.8.3). */
#define LOCAL_VECTOR_BASE 0xf0
#define NR_LOCAL_VECTORS  16
#define VECTOR_TIMER      0xf0
#define VECTOR_RESCHEDULE 0xf1
#define VECTOR_CALL       0xf2
#define VECTOR_SPURIOUS   0xff

typedef void irq_handler(void);

/* Interrupts of one CPU, by kind. Each count wraps at 2^32; only that CPU changes it. */
struct irq_counts {
	u32 lines[NR_IRQS];
	u32 local[NR_LOCAL_VECTORS];
	u32 nmi, spurious;
};

DECLARE_PER_CPU(struct irq_counts, irq_counts);

/**
 * struct irq_chip - an interrupt controller
 * @name: for messages
 * @enable: let a line through
 * @disable: do not
 * @acknowledge: an interrupt of this line has arrived; false if it is no real one
 */
struct irq_chip {
	const char *name;
	void (*enable)(unsigned int irq);
	void (*disable)(unsigned int irq);
	bool (*acknowledge)(unsigned int irq);
};

/**
 * pic_init() - remap and mask both 8259s, and use them
 *
 * Context: boot, interrupts off, after the IDT is loaded.
 */
void pic_init(void);

/**
 * pic_mask_all() - the 8259s are not used any more
 */
void pic_mask_all(void);

/**
 * irq_use_chip() - lines come through this controller from now on
 * @chip: stays
 *
 * Lines that are in use are enabled there. Context: boot.
 */
void irq_use_chip(const struct irq_chip *chip);

/**
 * irq_request() - handle an interrupt line
 * @irq: 0 to 15
 * @handler: called with interrupts off on each interrupt of this line, on the boot CPU
 *
 * The line is unmasked.
 * Return: 0, -EBUSY if the line has a handler, -EINVAL if there is no such line.
 */
int irq_request(unsigned int irq, irq_handler *handler);

/**
 * irq_release() - mask a line and forget its handler
 * @irq: 0 to 15
 */
void irq_release(unsigned int irq);

/**
 * irq_watch() - notice when a device waits and its interrupt does not arrive
 * @irq: a line with a handler
 * @name: of the device, for the message; stays
 * @waits: does the device wait for its handler? Called with interrupts off, on the boot CPU; may be called
 *	at any time, and changes nothing
 *
 * Firmware may name the wrong input or trigger mode for a line. A device that waits at ten ticks in a row,
 * with no interrupt of its line between them, is served by the tick from then on, after one warning, until an
 * interrupt of the line arrives.
 * Context: any, once for a line, after irq_request(); ends with irq_release().
 */
void irq_watch(unsigned int irq, const char *name, bool (*waits)(void));

/**
 * irq_check_watched() - look after the lines of irq_watch()
 *
 * Context: each tick of the boot CPU, interrupts off.
 */
void irq_check_watched(void);

/**
 * irq_poll() - call the handlers of all lines but the timer's, as if each had interrupted
 *
 * For machines on which no interrupt arrives. So a handler must cope with a device that has nothing to tell.
 * Context: any, on the boot CPU.
 */
void irq_poll(void);

/**
 * irq_set_local_handler() - handle a vector of the CPUs' own APICs
 * @vector: VECTOR_...
 * @handler: called with interrupts off; tells the APIC itself that the interrupt is over
 *
 * Context: boot.
 */
void irq_set_local_handler(unsigned int vector, irq_handler *handler);

/**
 * irq_dispatch() - run the handler of an interrupt
 * @vector: 0x20 and up
 *
 * Context: called by trap_dispatch(), interrupts off.
 */
void irq_dispatch(unsigned int vector);
