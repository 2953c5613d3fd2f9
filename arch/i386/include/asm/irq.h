/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/percpu.h>
#include <lib/types.h>

/* Interrupts: the sixteen lines of a PC, and the vectors of a CPU's own APIC. */

#define NR_IRQS      16
#define IRQ_TIMER    0
#define IRQ_KEYBOARD 1
#define IRQ_COM1     4
#define IRQ_MOUSE    12

/* The lines use the vectors from here on. */
#define IRQ_VECTOR_BASE 0x20

/* Vectors of the CPUs' own APICs. A higher one is more urgent (Intel SDM 3A, 11.8.3). */
#define LOCAL_VECTOR_BASE 0xf0
#define NR_LOCAL_VECTORS  16
#define VECTOR_TIMER      0xf0
#define VECTOR_RESCHEDULE 0xf1
#define VECTOR_CALL       0xf2
#define VECTOR_SPURIOUS   0xff

/* The result of a handler: its device had not interrupted, or the handler served it. */
typedef enum irqreturn {
	IRQ_NONE,
	IRQ_HANDLED,
} irqreturn_t;

#define IRQ_RETVAL(handled) ((handled) ? IRQ_HANDLED : IRQ_NONE)

typedef irqreturn_t (*irq_handler_t)(int irq, void *dev);

/* Devices may share a line if all of them request it with this flag. */
#define IRQF_SHARED 0x80ul

/* The number of devices that can share a line. */
#define IRQ_SHARERS 8u

/* Interrupts of one CPU, by kind. Each count wraps at 2^32; only that CPU changes it. */
struct irq_counts {
	u32 lines[NR_IRQS];
	u32 local[NR_LOCAL_VECTORS];
	u32 nmi, spurious;
};

DECLARE_PER_CPU(struct irq_counts, irq_counts);

/* The interrupt that runs interrupted ring 3. */
DECLARE_PER_CPU(u32, irq_from_user);

/**
 * struct irq_chip - an interrupt controller
 * @name: for messages
 * @enable: unmask a line
 * @disable: mask a line
 * @accept: begin with an interrupt of this line; returns false if it is spurious, and finished
 * @end: after @accept: further interrupts of this line may arrive
 * @set_level: the line is active for as long as a device wants to interrupt
 */
struct irq_chip {
	const char *name;
	void (*enable)(unsigned int irq);
	void (*disable)(unsigned int irq);
	bool (*accept)(unsigned int irq);
	void (*end)(unsigned int irq);
	void (*set_level)(unsigned int irq);
};

/**
 * pic_init() - move the vectors of both 8259s, mask all lines, and use them
 *
 * Context: boot, interrupts off, after the IDT is loaded.
 */
void pic_init(void);

/**
 * pic_mask_all() - mask both 8259s for good
 *
 * Context: boot.
 */
void pic_mask_all(void);

/**
 * irq_use_chip() - use another controller for the lines
 * @chip: must stay valid
 *
 * Lines that have a handler are enabled there.
 * Context: boot.
 */
void irq_use_chip(const struct irq_chip *chip);

/**
 * irq_set_level() - a line is shared by its level, as the lines of PCI are
 * @irq: 0 to 15
 *
 * A line of the ISA bus interrupts at the edge, when it becomes active. A PCI line is active while
 * any of its devices wants to interrupt. So its interrupt ends after the handlers, otherwise it
 * would arrive a second time at once. The firmware's tables decide the polarity; without a record,
 * the line is active low.
 * Context: any, before request_irq(). Lines 0, 1, 2, 8 and 13 have no level.
 */
void irq_set_level(unsigned int irq);

/**
 * request_irq() - add a handler to an interrupt line, and unmask the line
 * @irq: 0 to 15
 * @handler: called on the boot CPU with interrupts off, at each interrupt of this line
 * @flags: IRQF_SHARED if the line may have other handlers, else 0
 * @name: of the device, for the report `interrupts`; must stay valid
 * @dev: passed to @handler; with IRQF_SHARED not NULL, and different for each handler of the line
 *
 * Context: any, except an NMI and the holder of a lock that @handler acquires; does not sleep. The
 * handler may be called before this function returns.
 * Return: 0; -EBUSY if the line has a handler and one of the two does not share it, or if it has
 * IRQ_SHARERS handlers; -EINVAL if there is no such line, or @dev does not fit @flags.
 */
int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name,
		void *dev);

/**
 * free_irq() - remove a handler, and wait until it no longer runs
 * @irq: 0 to 15
 * @dev: the one given to request_irq()
 *
 * Masks the line if this was its last handler.
 * Context: thread, interrupts on. The caller holds no lock that the handler acquires.
 * Return: the name given to request_irq(); NULL, with a warning, if the line has no such handler.
 */
const void *free_irq(unsigned int irq, void *dev);

/**
 * irq_watch() - detect a device whose interrupt does not arrive
 * @irq: a line with a handler
 * @name: of the device, for the message; must stay valid
 * @waits: returns true if the device waits for its handler; called at any time on the boot CPU,
 *   with interrupts off; must not change anything
 *
 * Firmware may name the wrong input or trigger mode for a line. If the device waits at ten ticks in
 * a row, with no interrupt of its line between them, the kernel warns once. Each tick then calls
 * the handler, until an interrupt of the line arrives.
 * Context: any, once for a line, after request_irq(). It ends when the line loses its last handler.
 */
void irq_watch(unsigned int irq, const char *name, bool (*waits)(void));

/**
 * irq_check_watched() - check the lines of irq_watch()
 *
 * Context: each tick of the boot CPU, interrupts off.
 */
void irq_check_watched(void);

/**
 * irq_poll() - call the handlers of all lines except the timer's
 *
 * For machines on which no interrupt arrives. So a handler must accept that its device has nothing
 * to report.
 * Context: a thread on the boot CPU, which serves all lines. In an interrupt, a handler could
 * interrupt itself.
 */
void irq_poll(void);

/**
 * irq_total() - count all interrupts of all CPUs
 *
 * Context: any.
 * Return: the number since boot.
 */
u64 irq_total(void);

/**
 * irq_set_local_handler() - set the handler of a vector of the CPUs' own APICs
 * @vector: VECTOR_...
 * @handler: called with interrupts off; signals the end of the interrupt to the APIC itself
 *
 * Context: boot.
 */
void irq_set_local_handler(unsigned int vector, void (*handler)(void));

/**
 * irq_dispatch() - run the handler of an interrupt
 * @vector: 0x20 and up
 *
 * Context: called by trap_dispatch(), interrupts off.
 */
void irq_dispatch(unsigned int vector);
