/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Prompt commands and boot parameters. Each is a record in a linker set, put there by the file that
 * owns what it shows or sets; the prompt and the parameter parser walk the sets. Only data lives
 * here, so the lowest layers may register too.
 */

/* Receives one word of a list. The word is only valid during the call. */
typedef void word_offer_fn(void *arg, const char *word);

/*
 * Lists the words that are possible at a place: calls offer(arg, word) for each, in any order; the same
 * word may be offered twice. @prefix is how the word begins that is looked for, so that a long list can
 * be limited; words that begin otherwise may be offered too.
 */
typedef void word_list_fn(const char *prefix, word_offer_fn *offer, void *arg);

/**
 * struct command - one command of the prompt
 * @name: the word to type
 * @args: its arguments in the usual notation, "" if there are none: "ADDR", "[glob]" for one that may be
 *        left out, "[glob]..." for any number. The prompt refuses any other number of arguments.
 * @help: one line, at most 60 columns
 * @run: called with argc words, argv[0] being the name; returns 0, or a negative errno after having
 *       printed why. Prints with console_printf(). Runs with interrupts on.
 * @words: lists what an argument may be, for the Tab key; NULL if the command cannot say
 * @streams: the command runs for long, or stops the kernel: its output is shown at once, never by pages
 */
struct command {
	const char *name;
	const char *args;
	const char *help;
	int (*run)(int argc, char **argv);
	word_list_fn *words;
	bool streams;
};

/* More of the struct may follow the function: PROMPT_COMMAND("crash", ..., crash, .streams = true). */
#define PROMPT_COMMAND(word, args_, help_, fn, ...)                                          \
	static const struct command command_##fn LINKER_SET(prompt_commands) = {             \
		.name = (word), .args = (args_), .help = (help_), .run = (fn), ##__VA_ARGS__ \
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
