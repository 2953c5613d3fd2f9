/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * syscalls_init() - make the table of system calls
 *
 * Panics if two calls have one number.
 * Context: boot, once.
 */
void syscalls_init(void);
