/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * prompt_run() - execute a line of commands
 * @line: commands with their arguments, separated by ';'
 *
 * Context: thread, interrupts on.
 * Return: the number of commands that failed or are unknown.
 */
int prompt_run(const char *line);

/**
 * prompt() - read and execute commands for ever
 *
 * Context: thread, interrupts on.
 */
void prompt(void) __attribute__((noreturn));
