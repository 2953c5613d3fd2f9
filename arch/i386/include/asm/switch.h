/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * context_switch() - continue on another stack
 * @save_esp: set to the caller's stack pointer; the caller continues when another thread switches
 *   back to it
 * @new_esp: value that an earlier call stored for another thread; for a new thread, a stack with
 *   four words and the address of its first function
 *
 * Context: the scheduler, its lock held.
 */
void context_switch(u32 *save_esp, u32 new_esp);
