/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/machine.h>

/**
 * power_exit() - leave the emulator with a status, or switch the machine off
 * @status: EXIT_* of <asm/machine.h>
 *
 * A machine that can do neither prints that it is safe to switch it off, and halts.
 *
 * Context: any.
 */
void power_exit(u8 status) __noreturn;

/**
 * power_off() - switch the machine off, or halt with a message that it is safe to do so
 *
 * Context: any.
 */
void power_off(void) __noreturn;
