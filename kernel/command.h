/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>
#include <lib/types.h>

/*
 * Prompt commands and boot parameters. Each is a record in a linker set: the linker collects the
 * records of all files into one array. The file that owns a value defines the record, and the
 * prompt and the parameter parser walk the arrays. This header declares only data, so even the
 * lowest layers can use it.
 */

/* Receives one word of a list. The word is valid only during the call. */
typedef void word_offer_fn(void *arg, const char *word);

/*
 * Lists the words that are possible at some place of a command line: calls offer(arg, word) for
 * each of them. The order does not matter, and a word may be offered twice. @prefix is the part
 * that has been typed. A long list may skip words that do not begin with it, but need not.
 */
typedef void word_list_fn(const char *prefix, word_offer_fn *offer, void *arg);

/**
 * struct command - one command of the prompt
 * @name: the word to type
 * @args: its arguments in the usual notation: "" for none, "ADDR" for one, "[glob]" for an optional
 *        one, "[glob]..." for any number. The prompt refuses any other number of arguments.
 * @help: one line, at most 60 columns
 * @run: executes the command with argc words, of which argv[0] is the name. Returns 0, or a
 *       negative errno after it has printed the reason. Prints with console_printf(). Interrupts
 *       are on.
 * @words: lists the possible arguments for the Tab key; NULL if there is no such list
 * @later_words: likewise, for the arguments after the first one; NULL: @words lists these, too
 * @example: a line to type, which `help` shows. NULL: the name alone; a command with arguments has
 *           an example
 * @streams: the command runs for a long time or stops the kernel: its output is shown at once,
 *           without the pager
 */
struct command {
	const char *name;
	const char *args;
	const char *help;
	int (*run)(int argc, char **argv);
	word_list_fn *words;
	word_list_fn *later_words;
	const char *example;
	bool streams;
};

/* More members may follow the function: PROMPT_COMMAND("crash", ..., crash, .streams = true). */
#define PROMPT_COMMAND(word, args_, help_, fn, ...)                                          \
	static const struct command command_##fn LINKER_SET(prompt_commands) = {             \
		.name = (word), .args = (args_), .help = (help_), .run = (fn), ##__VA_ARGS__ \
	}

/**
 * struct boot_param - one parameter of the kernel command line
 * @name: the part before the '='
 * @syntax: the whole parameter in the usual notation: "mem=nn[KMG]"
 * @help: one line
 * @parse: called once for each occurrence, in order, with the part after the '=' ("" if there is
 *         none). It runs before memory can be allocated, and only stores the value. Returns 0, or
 *         -EINVAL for a bad value: then the parser prints a warning with the value and @syntax, and
 *         the boot continues.
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
