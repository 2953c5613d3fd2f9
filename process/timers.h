/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * timers_init() - let the ticks look at the timers of processes
 *
 * Context: boot, once.
 */
void timers_init(void);
