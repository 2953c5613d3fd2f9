/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The kernel log. Each message is stored in a ring buffer, which `dmesg` shows. If its level is
 * below the console level, it is shown on all consoles too. A console that is registered later
 * shows the earlier messages: none is lost.
 *
 * A message without a level has KERN_INFO. KERN_EMERG is shown at any console level. A message is
 * one line; KERN_CONT continues a message that did not end with a newline.
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
 * @fmt: level and format; lib/vsnprintf.h documents the format
 *
 * Context: any, even before anything is initialised. Never sleeps or allocates.
 * Return: the number of characters, without level and time stamp.
 */
int printk(const char *fmt, ...) __printf(1, 2);

/**
 * report_printf() - print a part of a panic report
 * @fmt: format without a level; a part of a line, or several lines
 *
 * The text is logged, and shown at any console level, without time stamps.
 *
 * Context: any.
 * Return: the number of characters.
 */
int report_printf(const char *fmt, ...) __printf(1, 2);

/**
 * printk_take_over() - let only this CPU print from now on
 *
 * Takes the log and the consoles from a CPU that was stopped while it printed, and ends the line
 * that it had begun. Other CPUs that try to print wait for ever.
 *
 * Context: a panic, once or more, interrupts off, after the other CPUs were stopped.
 */
void printk_take_over(void);

/**
 * printk_use_clock() - set the clock for time stamps
 * @ns: returns nanoseconds since boot; callable in any context
 *
 * Messages before this call have time stamp 0.
 *
 * Context: boot, once.
 */
void printk_use_clock(u64 (*ns)(void));

#define pr_emerg(fmt, ...)  printk(KERN_EMERG fmt, ##__VA_ARGS__)
#define pr_err(fmt, ...)    printk(KERN_ERR fmt, ##__VA_ARGS__)
#define pr_warn(fmt, ...)   printk(KERN_WARNING fmt, ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(KERN_NOTICE fmt, ##__VA_ARGS__)
#define pr_info(fmt, ...)   printk(KERN_INFO fmt, ##__VA_ARGS__)
#define pr_debug(fmt, ...)  printk(KERN_DEBUG fmt, ##__VA_ARGS__)
#define pr_cont(fmt, ...)   printk(KERN_CONT fmt, ##__VA_ARGS__)
