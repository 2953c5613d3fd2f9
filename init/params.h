/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/command.h>
#include <kernel/console.h>
#include <lib/types.h>

/**
 * params_parse() - hand each word of the command line to the parameter that it names
 * @cmdline: as the loader gave it; behind its terminating 0 there is room for another copy, which becomes
 *           the words and stays as long as the kernel runs
 * @lost: bytes that the chooser had no room for
 *
 * An unknown parameter, a value that its owner refuses, a value for a parameter that takes none, and a
 * quote without an end are each named in a warning; boot goes on.
 *
 * Context: boot, once, before any memory can be allocated.
 */
void params_parse(char *cmdline, u32 lost);

/**
 * params_list() - list the names of the parameters: a word_list_fn
 */
void params_list(const char *prefix, word_offer_fn *offer, void *arg);

/**
 * params_show_one() - print what is known of one parameter
 * @name: without '=' and value
 * @print: console_printf() or printk()
 *
 * Context: any.
 * Return: false if there is no such parameter.
 */
bool params_show_one(const char *name, printf_fn *print);

/**
 * params_show() - print the table of parameters, by name
 * @print: console_printf() or printk()
 *
 * Context: any.
 */
void params_show(printf_fn *print);

/**
 * boot_seed() - tell where random numbers begin
 *
 * Context: any.
 * Return: the value of seed=, the same in every boot without it. A test that uses it prints it.
 */
u32 boot_seed(void);
