/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/panic.h>

/*
 * Hooks with one taker. A lower layer calls up through a function pointer, and a higher layer sets
 * the pointer at boot:
 *
 *	static void (*kick_hook)(u32 cpu);        NULL: no other CPU runs, and nothing is called
 *
 *	void sched_use_kick(void (*kick)(u32 cpu))
 *	{
 *		hook_set(kick_hook, kick);
 *	}
 *
 * A hook that may have several takers is a linker set (lib/linker_set.h). docs/layers.md has a list
 * of all hooks.
 */

/*
 * Sets a hook. Two takers are an error, because the first one would never be called again. The same
 * taker may come again, and NULL takes the hook back.
 */
#define hook_set(hook, fn)                                                                 \
	do {                                                                               \
		__typeof__(hook) _fn = (fn);                                               \
		if ((hook) && _fn && (hook) != _fn)                                        \
			panic("hook %s has a taker, %p, and is set to another, %p", #hook, \
			      (void *)(hook), (void *)_fn);                                \
		WRITE_ONCE(hook, _fn);                                                     \
	} while (0)
