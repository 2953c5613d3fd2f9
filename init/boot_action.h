/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the kernel does once it is up: show its prompt, or do one thing and leave.
 */

/**
 * boot_action_set() - do something instead of showing the prompt
 * @name: of the boot parameter that asks for it
 * @action: called with interrupts on; returns how much of it failed
 * @argument: for @action
 *
 * Afterwards the kernel leaves the emulator: EXIT_PASSED if nothing failed, else EXIT_FAILED. A panic
 * leaves it too, unless panic= says otherwise. The last call counts; the
 * action of an earlier one is named in a warning and not done.
 * Context: parse function of a boot parameter.
 */
void boot_action_set(const char *name, int (*action)(const char *argument), const char *argument);

/**
 * boot_action() - do it
 *
 * Context: end of the boot, interrupts on.
 */
void boot_action(void) __attribute__((noreturn));
