/* SPDX-License-Identifier: MIT */
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <lib/vsnprintf.h>

/*
 * Device interrupts and their handlers. A device signals through one of 16 lines. The lines arrive
 * at a controller: the two 8259s that every PC has, or the I/O APIC that replaces them. Vectors at
 * the top of the table belong to each CPU's own APIC. All lines interrupt the boot CPU only, so a
 * handler never runs twice at once.
 *
 * Some machines report a wrong input for a line, and its interrupts never arrive. irq_watch() finds
 * that out and serves the device from the tick, which costs up to 10 ms for each request.
 */

static const struct irq_chip *chip;
static irq_handler *handlers[NR_IRQS];
static irq_handler *local_handlers[NR_LOCAL_VECTORS];

DEFINE_PER_CPU(struct irq_counts, irq_counts);

/* Protects the handlers of lines and the controller's masks. Taken with interrupts off. */
static spinlock_t irq_lock;

/*
 * State of a line of irq_watch(). `waited` counts ticks in a row at which the device waited and its
 * line had not interrupted. `arrived_before` is the interrupt count at the last tick. Only the boot
 * CPU writes it, with interrupts off.
 */
struct watch {
	bool (*waits)(void);
	const char *name;
	u32 arrived, arrived_before; /* interrupts of the line */
	u32 waited;
	bool polled, said;
};
static struct watch watched[NR_IRQS];

/*
 * In ticks. An emulator on a busy host may deliver several ticks before the interrupt of a device.
 */
#define WATCH_PATIENCE 10u

void irq_use_chip(const struct irq_chip *new)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	chip = new;
	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		if (handlers[irq])
			chip->enable(irq);
	spin_unlock_irqrestore(&irq_lock, flags);
}

int irq_request(unsigned int irq, irq_handler *handler)
{
	unsigned long flags;
	int err = -EBUSY;

	if (irq >= NR_IRQS)
		return -EINVAL;
	flags = spin_lock_irqsave(&irq_lock);
	if (!handlers[irq]) {
		handlers[irq] = handler;
		chip->enable(irq);
		err = 0;
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	return err;
}

void irq_release(unsigned int irq)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	chip->disable(irq);
	handlers[irq] = NULL;
	watched[irq] = (struct watch){ 0 };
	spin_unlock_irqrestore(&irq_lock, flags);
}

void irq_set_local_handler(unsigned int vector, irq_handler *handler)
{
	local_handlers[vector - LOCAL_VECTOR_BASE] = handler;
}

void irq_poll(void)
{
	unsigned long flags = local_irq_save();

	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		if (irq != IRQ_TIMER && READ_ONCE(handlers[irq]))
			handlers[irq]();
	local_irq_restore(flags);
}

void irq_watch(unsigned int irq, const char *name, bool (*waits)(void))
{
	unsigned long flags = local_irq_save();

	watched[irq] = (struct watch){ .name = name };
	WRITE_ONCE(watched[irq].waits, waits);
	local_irq_restore(flags);
}

static void say_that_it_is_polled(unsigned int irq, struct watch *watch)
{
	if (!watch->said)
		pr_warn("%s: it waits, and its interrupt, line %u, does not arrive: the kernel "
			"looks at each tick (the firmware's table may be wrong)\n",
			watch->name, irq);
	watch->said = true;
}

static void check_watched(unsigned int irq, struct watch *watch)
{
	bool arrived = watch->arrived != watch->arrived_before;

	watch->arrived_before = watch->arrived;
	if (arrived)
		watch->polled = false;
	if (!watch->waits() || !handlers[irq] || arrived) {
		watch->waited = 0;
		return;
	}
	if (++watch->waited > WATCH_PATIENCE && !watch->polled) {
		watch->polled = true;
		say_that_it_is_polled(irq, watch);
	}
	if (watch->polled)
		handlers[irq]();
}

void irq_check_watched(void)
{
	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		if (READ_ONCE(watched[irq].waits))
			check_watched(irq, &watched[irq]);
}

static void dispatch_line(unsigned int irq)
{
	irq_handler *handler = READ_ONCE(handlers[irq]);

	if (!chip->acknowledge(irq)) {
		this_cpu_add(irq_counts.spurious, 1);
		return;
	}
	this_cpu_add(irq_counts.lines[irq], 1);
	watched[irq].arrived++;
	if (handler)
		handler();
}

static void dispatch_local(unsigned int number)
{
	this_cpu_add(irq_counts.local[number], 1);
	local_handlers[number]();
}

void irq_dispatch(unsigned int vector)
{
	irq_enter();
	if (vector >= LOCAL_VECTOR_BASE && local_handlers[vector - LOCAL_VECTOR_BASE])
		dispatch_local(vector - LOCAL_VECTOR_BASE);
	else if (vector >= IRQ_VECTOR_BASE && vector < IRQ_VECTOR_BASE + NR_IRQS)
		dispatch_line(vector - IRQ_VECTOR_BASE);
	else
		this_cpu_add(irq_counts.spurious, 1);
	irq_exit();
}

/* --- the report, in the form of Linux's /proc/interrupts -------------------------------------- */

/* Names of the PC's lines for which the kernel has drivers. */
static const char *const line_names[NR_IRQS] = {
	[IRQ_TIMER] = "timer",
	[IRQ_KEYBOARD] = "i8042",
	[IRQ_MOUSE] = "i8042",
	[IRQ_COM1] = "ttyS0",
};

/* Print a row: a label, the count of each CPU at @offset of its irq_counts, and a name. */
static void show_row(const char *label, size_t offset, const char *name)
{
	u32 cpu;

	console_printf("%3s:", label);
	for_each_cpu_with_data(cpu)
		console_printf(" %10u", *(u32 *)((char *)&per_cpu(irq_counts, cpu) + offset));
	console_printf("   %s\n", name);
}

static void show_line(unsigned int irq)
{
	char label[4], name[40];

	snprintf(label, sizeof(label), "%u", irq);
	snprintf(name, sizeof(name), "%-10s %2u  %s", chip->name, irq, line_names[irq] ?: "");
	show_row(label, offsetof(struct irq_counts, lines[irq]), name);
}

static int interrupts(int argc, char **argv)
{
	static const struct {
		const char *label, *name;
		unsigned int vector;
	} local[] = {
		{ "LOC", "Local timer interrupts", VECTOR_TIMER },
		{ "RES", "Rescheduling interrupts", VECTOR_RESCHEDULE },
		{ "CAL", "Function call interrupts", VECTOR_CALL },
		{ "SPU", "Spurious interrupts of the local APIC", VECTOR_SPURIOUS },
	};
	u32 cpu;

	console_printf("    ");
	for_each_cpu_with_data(cpu)
		console_printf(" %*sCPU%-2u", 5, "", cpu);
	console_printf("\n");
	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		if (READ_ONCE(handlers[irq]))
			show_line(irq);
	show_row("NMI", offsetof(struct irq_counts, nmi), "Non-maskable interrupts");
	for (unsigned int i = 0; i < ARRAY_SIZE(local); i++)
		show_row(local[i].label,
			 offsetof(struct irq_counts, local[local[i].vector - LOCAL_VECTOR_BASE]),
			 local[i].name);
	show_row("ERR", offsetof(struct irq_counts, spurious), "Interrupts without a cause");
	return 0;
}
PROMPT_COMMAND("interrupts", "", "interrupts of each CPU, by cause", interrupts);
