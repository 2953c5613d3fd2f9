/* SPDX-License-Identifier: MIT */
#pragma once

/* Crashes that test the panic code itself. tests/crash/crash.c lists all crashes. No function
 * returns. */

/* The other CPUs print all the time while this one panics. */
void crash_while_others_print(void);

/* All CPUs panic at the same moment. */
void crash_on_all_cpus(void);

/* A console faults while it shows a message. */
void crash_in_console(void);

/* An NMI that no panic has sent. */
void crash_by_nmi(void);

/* An NMI without a panic, while this CPU holds the lock of the consoles. */
void crash_by_nmi_in_printk(void);

/* A task with a watchdog does not end, while all CPUs tick. */
void crash_by_never_ending(void);
