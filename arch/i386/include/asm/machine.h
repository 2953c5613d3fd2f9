/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/* Ways to stop the machine as a whole. */

/* Values for machine_exit(); QEMU's exit status is twice the value plus one. */
#define EXIT_PASSED 0x10
#define EXIT_FAILED 0x11
#define EXIT_PANIC  0x12

/**
 * machine_exit() - leave the emulator with a status
 * @value: EXIT_*, written to QEMU's isa-debug-exit device at port 0xf4
 *
 * Returns where there is no such device (Bochs, real hardware).
 * Context: any; everything sent to a console has been shown.
 */
void machine_exit(u8 value);

/**
 * machine_poweroff() - switch the machine off
 *
 * Returns where there is no register for it at the ports that the emulators have, after one to two
 * seconds, in which an emulator would have ended.
 * Context: any.
 */
void machine_poweroff(void);

/**
 * machine_reboot() - reset by the keyboard controller, then port 0xcf9, then a triple fault
 *
 * Context: any.
 */
void machine_reboot(void) __noreturn;

/**
 * machine_halt() - stop this CPU with interrupts off, for ever
 *
 * Context: any.
 */
void machine_halt(void) __noreturn;
