/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * context_switch() - go on on another stack
 * @save_esp: set to the stack pointer of the caller, who goes on when somebody switches back to it
 * @new_esp: what an earlier call stored for another thread; for a new one, a stack with four words and
 *           the address of the function on it where it begins
 *
 * Context: the scheduler, its lock held.
 */
void context_switch(u32 *save_esp, u32 new_esp);
