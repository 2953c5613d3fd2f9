/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Prompt commands and boot parameters. Each is a record in a linker set, put there by the file that
 * owns what it shows or sets; the prompt and the parameter parser walk the sets. Only data lives
 * here, so the lowest layers may register too.
 */

/**
 * struct command - one command of the prompt
 * @name: the word to type
 * @args: its arguments in the usual notation, "" if there are none: "[glob]", "ADDR"
 * @help: one line, at most 60 columns
 * @run: called with argc words, argv[0] being the name; returns 0, or a negative errno after having
 *       printed why. Prints with console_printf(). Runs with interrupts on.
 */
struct command {
	const char *name;
	const char *args;
	const char *help;
	int (*run)(int argc, char **argv);
};

#define PROMPT_COMMAND(word, args_, help_, fn)                                   \
	static const struct command command_##fn LINKER_SET(prompt_commands) = { \
		.name = (word), .args = (args_), .help = (help_), .run = (fn)    \
	}

/**
 * struct boot_param - one parameter of the kernel command line
 * @name: what stands before the '='
 * @syntax: the whole in the usual notation: "mem=nn[KMG]"
 * @help: one line
 * @parse: called once for each occurrence, in order, with what stands after the '=' ("" where there
 *         is none), before there is any memory to allocate; it only stores. Returns 0, or -EINVAL:
 *         then the parser names the value and @syntax in a warning, and boot goes on.
 */
struct boot_param {
	const char *name;
	const char *syntax;
	const char *help;
	int (*parse)(const char *value);
};

#define BOOT_PARAM(word, syntax_, help_, fn)                                        \
	static const struct boot_param boot_param_##fn LINKER_SET(boot_params) = {  \
		.name = (word), .syntax = (syntax_), .help = (help_), .parse = (fn) \
	}
