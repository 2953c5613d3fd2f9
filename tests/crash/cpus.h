/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ways of stopping the kernel that try the end itself (tests/crash/crash.c lists all ways). None returns.
 */

/* The other CPUs print all the time while this one panics. */
void crash_while_others_print(void);

/* All CPUs panic at the same moment. */
void crash_on_all_cpus(void);

/* A console faults while it shows a message. */
void crash_in_console(void);

/* An NMI that no panic has sent. */
void crash_by_nmi(void);

/* The same while this CPU has the consoles. */
void crash_by_nmi_in_printk(void);

/* Something that is watched does not end, and all CPUs go on ticking. */
void crash_by_never_ending(void);
