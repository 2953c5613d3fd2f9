/* SPDX-License-Identifier: MIT */
#pragma once

#include <process/process.h>

/**
 * process_run() - run a program with the terminal its own, and wait for its end
 * @path: absolute path
 * @argv: arguments, NULL at the end
 * @first: it is process 1
 *
 * Prints why it cannot be executed, and how it ended, unless its status is 0.
 * Context: thread of the prompt, may sleep.
 * Return: 0, or a negative errno if the program could not be executed or has failed.
 */
int process_run(const char *path, const char *const *argv, bool first);
