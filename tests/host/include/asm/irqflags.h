/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* A host program has no interrupts. */

static inline unsigned long local_irq_save(void)
{
	return 0;
}

static inline void local_irq_restore(unsigned long flags)
{
	(void)flags;
}

static inline bool irqs_disabled(void)
{
	return false;
}

static inline void cpu_relax(void)
{
}

#define spin_until(condition) \
	do {                  \
	} while (!(condition))
