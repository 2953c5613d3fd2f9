/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The type of a spinlock, for headers of the lowest layer that put one into a struct.
 * <kernel/spinlock.h> has the functions.
 */

/**
 * struct spinlock - a ticket lock; an unlocked one is all zeroes
 * @owner: the ticket that is served
 * @next: the ticket that the next CPU draws
 * @tickets: both tickets as one word, @owner in its low half
 * @holder: cpu_tag() of the CPU that holds the lock; 0 if none does
 */
typedef struct spinlock {
	union {
		u32 tickets;
		struct {
			u16 owner, next;
		};
	};
	u32 holder;
} spinlock_t;
