/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The machine as a whole: ways to end.
 */

/* Values for machine_exit(); QEMU's exit status is twice the value plus one. */
#define EXIT_PASSED 0x10
#define EXIT_FAILED 0x11
#define EXIT_PANIC  0x12

/**
 * machine_exit() - leave the emulator with a status
 * @value: EXIT_*, written to QEMU's isa-debug-exit device at port 0xf4
 *
 * Where there is no such device (Bochs, real hardware): tries machine_poweroff().
 * Context: any; everything sent to a console has been shown.
 */
void machine_exit(u8 value) __noreturn;

/**
 * machine_poweroff() - switch off, or say that it can be switched off, and halt
 */
void machine_poweroff(void) __noreturn;

/**
 * machine_reboot() - reset by the keyboard controller, then port 0xcf9, then a triple fault
 */
void machine_reboot(void) __noreturn;

/**
 * machine_halt() - stop with interrupts off, for ever
 */
void machine_halt(void) __noreturn;
