/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>

/**
 * params_parse() - hand each word of the command line to the parameter that it names
 * @cmdline: as the loader gave it
 *
 * An unknown parameter, or a value that its owner refuses, is named in a warning; boot goes on.
 *
 * Context: boot, once, before any memory can be allocated.
 */
void params_parse(const char *cmdline);

/**
 * params_next() - take the next word off a command line
 * @line: where to go on; changed in place
 * @name: set to the word up to its '='
 * @value: set to what follows it, without quotes; "" if there is none
 *
 * Words are separated by blanks. Blanks between double quotes belong to the word; the quotes do not,
 * be they around the value (run="a b") or around the whole ("run=a b"), as GRUB gives it.
 *
 * Context: any.
 * Return: where to go on, or NULL if there was no word.
 */
char *params_next(char *line, char **name, char **value);

/**
 * params_show() - print the table of parameters
 * @print: console_printf() or printk()
 *
 * Context: any.
 */
void params_show(printf_fn *print);
