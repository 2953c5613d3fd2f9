/* SPDX-License-Identifier: MIT */
#include <kernel/hook.h>
#include <sched/signal.h>

/*
 * The way of a signal from the lower layers to process/. A pipe without readers and a terminal know
 * that a program has to get a signal, but they are below the layer that knows processes. So they
 * call a hook. Without its taker there are no processes, and a signal has no receiver.
 */

static void (*send_hook)(u32 group, int signal);

void signal_use_sender(void (*send)(u32 group, int signal))
{
	hook_set(send_hook, send);
}

void signal_current(int signal)
{
	if (send_hook)
		send_hook(0, signal);
}

void signal_group(u32 group, int signal)
{
	if (send_hook)
		send_hook(group, signal);
}
