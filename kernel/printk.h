/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The kernel log. Every message goes into a ring buffer (`dmesg` shows it) and, if its level is
 * below the console level, to every console. What is printed before a console exists is printed on
 * it when it is registered: nothing is lost.
 *
 * A message that starts with no level has KERN_INFO; KERN_EMERG is shown at any console level. A message is a line; KERN_CONT continues one
 * that did not end in a newline.
 */

#define KERN_EMERG   "\0010"
#define KERN_ALERT   "\0011"
#define KERN_CRIT    "\0012"
#define KERN_ERR     "\0013"
#define KERN_WARNING "\0014"
#define KERN_NOTICE  "\0015"
#define KERN_INFO    "\0016"
#define KERN_DEBUG   "\0017"
#define KERN_CONT    "\001c"

/**
 * printk() - log a message
 * @fmt: level and format, as documented in lib/vsnprintf.h
 *
 * Context: any, before anything is initialised too. Never sleeps, never allocates.
 * Return: the number of characters of the message without level and time stamp.
 */
int printk(const char *fmt, ...) __printf(1, 2);

/**
 * report_printf() - a part of a report about the end of the kernel
 * @fmt: format without a level; may be a part of a line, or several lines
 *
 * Shown at any console level, and logged, as it is: without time stamps.
 * Context: any.
 * Return: the number of characters.
 */
int report_printf(const char *fmt, ...) __printf(1, 2);

/**
 * printk_take_over() - from now on only this CPU prints
 *
 * Takes the log and the consoles from a CPU that was stopped while it had them, and has what it began end. Other
 * CPUs that want to print wait for ever.
 * Context: a panic, once or again, interrupts off, after the other CPUs were stopped.
 */
void printk_take_over(void);

/**
 * printk_set_clock() - where time stamps come from
 * @ns: nanoseconds since boot, callable from any context
 *
 * Messages from before the call are stamped 0.
 */
void printk_set_clock(u64 (*ns)(void));

#define pr_emerg(fmt, ...)  printk(KERN_EMERG fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...)    printk(KERN_ERR fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)   printk(KERN_WARNING fmt, ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(KERN_NOTICE fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)   printk(KERN_INFO fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...)  printk(KERN_DEBUG fmt, ##__VA_ARGS__)
#define pr_cont(fmt, ...)   printk(KERN_CONT fmt, ##__VA_ARGS__)
