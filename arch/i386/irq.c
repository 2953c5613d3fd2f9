/* SPDX-License-Identifier: MIT */
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <kernel/preempt.h>
#include <kernel/spinlock.h>
#include <lib/errno.h>

/*
 * Interrupts and who handles them. Device lines go through a controller, of which there are two kinds: the
 * 8259s that every PC has, and the I/O APIC that takes over where there is one. The vectors at the top
 * belong to each CPU's own APIC.
 */

static const struct irq_chip *chip;
static irq_handler *handlers[NR_IRQS];
static irq_handler *local_handlers[NR_LOCAL_VECTORS];
static unsigned int spurious;

/* Guards the handlers of lines and the controller's masks. Interrupts are off while it is held. */
static spinlock_t irq_lock;

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

static void dispatch_line(unsigned int irq)
{
	irq_handler *handler = READ_ONCE(handlers[irq]);

	if (!chip->acknowledge(irq)) {
		spurious++;
		return;
	}
	if (handler)
		handler();
}

void irq_dispatch(unsigned int vector)
{
	irq_enter();
	if (vector >= LOCAL_VECTOR_BASE && local_handlers[vector - LOCAL_VECTOR_BASE])
		local_handlers[vector - LOCAL_VECTOR_BASE]();
	else if (vector >= IRQ_VECTOR_BASE && vector < IRQ_VECTOR_BASE + NR_IRQS)
		dispatch_line(vector - IRQ_VECTOR_BASE);
	else
		spurious++;
	irq_exit();
}
