/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/types.h>

/**
 * params_parse() - pass each word of the command line to its parameter
 * @cmdline: the line from the boot loader. After its terminating 0 the buffer has room for a copy,
 *           which is cut into words and is kept as long as the kernel runs.
 * @lost: number of bytes that the chooser had no room for
 *
 * A warning names each unknown parameter, bad value, unexpected value, and unclosed quote; the boot
 * continues.
 *
 * Context: boot, once, before memory can be allocated.
 */
void params_parse(char *cmdline, u32 lost);

/**
 * params_list() - list the names of the parameters
 * @prefix: beginning of the wanted names
 * @offer: receives each name
 * @arg: argument of @offer
 *
 * Context: any. The function is a word_list_fn.
 */
void params_list(const char *prefix, word_offer_fn *offer, void *arg);

/**
 * params_show_one() - print the description of one parameter
 * @name: its name, without '=' and value
 * @print: console_printf() or printk()
 *
 * Context: any.
 * Return: false if there is no such parameter.
 */
bool params_show_one(const char *name, printf_fn *print);

/**
 * params_show() - print the table of all parameters, sorted by name
 * @print: console_printf() or printk()
 *
 * Context: any.
 */
void params_show(printf_fn *print);

/**
 * boot_seed() - the start value for random numbers
 *
 * A test that uses random numbers prints this value.
 *
 * Context: any.
 * Return: the value of seed=; without the parameter it is the same in each boot.
 */
u32 boot_seed(void);
