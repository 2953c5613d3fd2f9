/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The last step of the boot: show the prompt, or execute one action and exit.
 */

/**
 * boot_action_set() - set an action that replaces the prompt
 * @name: name of the boot parameter that asks for it
 * @action: called with interrupts on; returns the number of its parts that failed
 * @argument: argument of @action
 *
 * After the action the kernel leaves the emulator with EXIT_PASSED if nothing failed, and
 * EXIT_FAILED otherwise. A panic leaves the emulator too, unless panic= says otherwise. If several
 * parameters set an action, the last one is executed; a warning names each earlier one.
 *
 * Context: parse function of a boot parameter.
 */
void boot_action_set(const char *name, int (*action)(const char *argument), const char *argument);

/**
 * boot_action() - execute the action, or show the prompt
 *
 * Context: end of the boot, interrupts on.
 */
void boot_action(void) __attribute__((noreturn));
