/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * prompt_run() - execute a line of commands
 * @line: commands with their arguments, separated by ';'
 *
 * Context: thread, interrupts on.
 * Return: the number of commands that failed or are unknown.
 */
int prompt_run(const char *line);

/**
 * prompt_list_commands() - offer the names of all commands
 * @prefix: beginning of the wanted names
 * @offer: receives each name
 * @arg: argument of @offer
 *
 * Context: any. The function is a word_list_fn.
 */
void prompt_list_commands(const char *prefix, void (*offer)(void *arg, const char *word),
			  void *arg);

/**
 * prompt_is_interactive() - does a user type the commands?
 *
 * Context: any.
 * Return: false if they come from the kernel's command line, so that no Ctrl-C can end one.
 */
bool prompt_is_interactive(void);

/**
 * prompt() - read and execute commands for ever
 *
 * Context: thread, interrupts on.
 */
void prompt(void) __attribute__((noreturn));
