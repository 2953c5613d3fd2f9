/* SPDX-License-Identifier: MIT */
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/cpu_call.h>
#include <kernel/preempt.h>
#include <kernel/printk.h>
#include <kernel/proc_file.h>
#include <kernel/report_section.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>
#include <lib/vsnprintf.h>

/*
 * Device interrupts and their handlers. A device signals through one of 16 lines. The lines arrive
 * at a controller: the two 8259s that every PC has, or the I/O APIC that replaces them. Vectors at
 * the top of the table belong to each CPU's own APIC. All lines interrupt the boot CPU only, so a
 * handler never runs twice at once.
 *
 * Several devices may share a line. All their handlers are called, because the controller does not
 * tell which device interrupted. A line of PCI is active until the last device was served. If no
 * handler serves it, it interrupts for ever, so the line is masked after UNSERVED_MAX times.
 * Handlers are called without a lock. So free_irq() clears a handler
 * and then calls the boot CPU: a CPU that takes this call has left all handlers. Only then may
 * another request use the slot.
 *
 * Some machines report a wrong input for a line, and its interrupts never arrive. irq_watch() finds
 * that out and serves the device from the tick, which costs up to 10 ms for each request.
 */

static const struct irq_chip *chip;

/*
 * A handler of a line. Without @name the slot is unused. Without @handler but with a name,
 * free_irq() waits for the end of a call.
 */
struct irq_action {
	irq_handler_t handler;
	void *dev;
	const char *name;
	unsigned long flags;
};
static struct irq_action actions[NR_IRQS][IRQ_SHARERS];

static void (*local_handlers[NR_LOCAL_VECTORS])(void);

DEFINE_PER_CPU(struct irq_counts, irq_counts);
DEFINE_PER_CPU(u32, irq_from_user);

/* Lines that are watched by their level: bit n is line n. Guarded by @irq_lock. */
static u16 level_lines;

/* Interrupts in a row that no handler of the line has served. Only the boot CPU uses it. */
#define UNSERVED_MAX 100000u
static u32 unserved[NR_IRQS];

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
	u32 served; /* how often in a row the tick found work, and served it */
	bool polled, said;
};
static struct watch watched[NR_IRQS];

/*
 * In ticks. An emulator on a busy host may deliver several ticks before the interrupt of a device.
 */
#define WATCH_PATIENCE 10u

/*
 * Each tick that serves a device looks at all that has ended. While a busy host delivers one tick
 * right behind the other, no thread runs, and requests come to an end. Only a line that is silent
 * for this number of requests more is a wrong one.
 */
#define WATCH_PROOF 40u

#define for_each_action(action, irq) \
	for ((action) = actions[irq]; (action) < actions[irq] + IRQ_SHARERS; (action)++)

static bool has_handler(unsigned int irq)
{
	const struct irq_action *action;

	for_each_action(action, irq)
		if (READ_ONCE(action->handler))
			return true;
	return false;
}

/* Interrupts are off, on the boot CPU. */
static irqreturn_t call_handlers(unsigned int irq)
{
	irqreturn_t result = IRQ_NONE;
	struct irq_action *action;

	for_each_action(action, irq) {
		irq_handler_t handler = READ_ONCE(action->handler);

		if (handler && handler((int)irq, action->dev) == IRQ_HANDLED)
			result = IRQ_HANDLED;
	}
	return result;
}

void irq_use_chip(const struct irq_chip *new)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	chip = new;
	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		if (has_handler(irq))
			chip->enable(irq);
	spin_unlock_irqrestore(&irq_lock, flags);
}

void irq_set_level(unsigned int irq)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);

	level_lines |= (u16)(1u << irq);
	chip->set_level(irq);
	spin_unlock_irqrestore(&irq_lock, flags);
}

/* Return an unused slot; NULL if the line is not to be shared, or full. */
static struct irq_action *find_slot(unsigned int irq, unsigned long flags)
{
	struct irq_action *action, *unused = NULL;

	for_each_action(action, irq) {
		if (!action->name)
			unused = unused ?: action;
		else if (!(action->flags & flags & IRQF_SHARED))
			return NULL;
	}
	return unused;
}

static struct irq_action *find_action(unsigned int irq, const void *dev)
{
	struct irq_action *action;

	for_each_action(action, irq)
		if (action->handler && action->dev == dev)
			return action;
	return NULL;
}

int request_irq(unsigned int irq, irq_handler_t handler, unsigned long flags, const char *name,
		void *dev)
{
	struct irq_action *action;
	unsigned long irq_flags;

	if (irq >= NR_IRQS || ((flags & IRQF_SHARED) && !dev))
		return -EINVAL;
	irq_flags = spin_lock_irqsave(&irq_lock);
	action = find_slot(irq, flags);
	if (action) {
		*action = (struct irq_action){ .dev = dev, .name = name, .flags = flags };
		__atomic_store_n(&action->handler, handler, __ATOMIC_RELEASE);
		chip->enable(irq);
	}
	spin_unlock_irqrestore(&irq_lock, irq_flags);
	return action ? 0 : -EBUSY;
}

static void no_op(void *unused)
{
}

const void *free_irq(unsigned int irq, void *dev)
{
	unsigned long flags = spin_lock_irqsave(&irq_lock);
	struct irq_action *action = find_action(irq, dev);
	const char *name;

	if (action) {
		WRITE_ONCE(action->handler, NULL);
		if (!has_handler(irq)) {
			chip->disable(irq);
			watched[irq] = (struct watch){ 0 };
		}
	}
	spin_unlock_irqrestore(&irq_lock, flags);
	if (!action) {
		pr_warn("free_irq(): line %u has no handler for device %p\n", irq, dev);
		return NULL;
	}
	preempt_disable();
	smp_call_function_many(cpumask_of(0), no_op, NULL, true);
	preempt_enable();
	name = action->name;
	__atomic_store_n(&action->name, NULL, __ATOMIC_RELEASE);
	return name;
}

void irq_set_local_handler(unsigned int vector, void (*handler)(void))
{
	local_handlers[vector - LOCAL_VECTOR_BASE] = handler;
}

void irq_poll(void)
{
	unsigned long flags = local_irq_save();

	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		if (irq != IRQ_TIMER)
			call_handlers(irq);
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
	if (arrived) {
		watch->polled = false;
		watch->served = 0;
	}
	if (!watch->waits() || !has_handler(irq) || arrived) {
		watch->waited = 0;
		return;
	}
	if (++watch->waited > WATCH_PATIENCE)
		watch->polled = true;
	if (!watch->polled)
		return;
	call_handlers(irq);
	if (++watch->served == WATCH_PROOF)
		say_that_it_is_polled(irq, watch);
}

void irq_check_watched(void)
{
	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		if (READ_ONCE(watched[irq].waits))
			check_watched(irq, &watched[irq]);
}

static void count_unserved(unsigned int irq)
{
	this_cpu_add(irq_counts.spurious, 1);
	if (++unserved[irq] != UNSERVED_MAX || !(level_lines >> irq & 1))
		return;
	spin_lock(&irq_lock);
	chip->disable(irq);
	spin_unlock(&irq_lock);
	watched[irq].polled = true;
	pr_warn("interrupt line %u: %u interrupts in a row without a cause, expected one for each "
		"request: the line is masked (the firmware's table may be wrong)\n",
		irq, UNSERVED_MAX);
}

static void dispatch_line(unsigned int irq)
{
	bool level = level_lines >> irq & 1;

	if (!chip->accept(irq)) {
		this_cpu_add(irq_counts.spurious, 1);
		return;
	}
	this_cpu_add(irq_counts.lines[irq], 1);
	watched[irq].arrived++;
	if (!level)
		chip->end(irq);
	if (call_handlers(irq) == IRQ_NONE)
		count_unserved(irq);
	else
		unserved[irq] = 0;
	if (level)
		chip->end(irq);
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

/* Receives a row: label, name, and where the count is in struct irq_counts. */
typedef void row_fn(void *arg, const char *label, const char *name, size_t offset);

static u32 count_at(u32 cpu, size_t offset)
{
	return *(u32 *)((char *)&per_cpu(irq_counts, cpu) + offset);
}

static void line_row(unsigned int irq, row_fn *row, void *arg)
{
	const struct irq_action *action;
	const char *separator = " ";
	char label[4], name[64];
	int length;

	snprintf(label, sizeof(label), "%u", irq);
	length = scnprintf(name, sizeof(name), "%-10s %2u ", chip->name, irq);
	for_each_action(action, irq) {
		const char *device = READ_ONCE(action->name);

		if (!device)
			continue;
		length += scnprintf(name + length, sizeof(name) - (size_t)length, "%s%s", separator,
				    device);
		separator = ", ";
	}
	row(arg, label, name, offsetof(struct irq_counts, lines[irq]));
}

static void all_rows(row_fn *row, void *arg)
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

	for (unsigned int irq = 0; irq < NR_IRQS; irq++)
		if (has_handler(irq))
			line_row(irq, row, arg);
	row(arg, "NMI", "Non-maskable interrupts", offsetof(struct irq_counts, nmi));
	for (unsigned int i = 0; i < ARRAY_SIZE(local); i++)
		row(arg, local[i].label, local[i].name,
		    offsetof(struct irq_counts, local[local[i].vector - LOCAL_VECTOR_BASE]));
	row(arg, "ERR", "Interrupts without a cause", offsetof(struct irq_counts, spurious));
}

/* Adds a row, without the errors, as Linux does. */
static void add_row(void *arg, const char *label, const char *name, size_t offset)
{
	u32 cpu;

	if (offset == offsetof(struct irq_counts, spurious))
		return;
	for_each_cpu_with_data(cpu)
		*(u64 *)arg += count_at(cpu, offset);
}

u64 irq_total(void)
{
	u64 total = 0;

	all_rows(add_row, &total);
	return total;
}

static void show_row(void *arg, const char *label, const char *name, size_t offset)
{
	printf_fn *out = *(printf_fn **)arg;
	u32 cpu;

	out("%3s:", label);
	for_each_cpu_with_data(cpu)
		out(" %10u", count_at(cpu, offset));
	out("   %s\n", name);
}

static void interrupts_show(printf_fn *out)
{
	u32 cpu;

	out("    ");
	for_each_cpu_with_data(cpu)
		out(" %*sCPU%-2u", 5, "", cpu);
	out("\n");
	all_rows(show_row, &out);
}
PROC_FILE("interrupts", interrupts_show);

static int interrupts(int argc, char **argv)
{
	interrupts_show(console_printf);
	return 0;
}
PROMPT_COMMAND("interrupts", "", "interrupts of each CPU, by cause", interrupts,
	       .example = "watch 1 interrupts");

static void row_values(void *arg, const char *label, const char *name, size_t offset)
{
	struct json *json = arg;
	u32 cpu;

	json_object(json, NULL);
	json_string(json, "label", label);
	json_string(json, "name", name);
	json_array(json, "counts");
	for_each_cpu_with_data(cpu)
		json_number(json, NULL, count_at(cpu, offset));
	json_array_end(json);
	json_object_end(json);
}

static void interrupts_section(struct json *json)
{
	json_array(json, "rows");
	all_rows(row_values, json);
	json_array_end(json);
}
REPORT_SECTION(630, "interrupts", interrupts_section);
