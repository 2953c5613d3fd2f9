/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/linker_set.h>
#include <lib/types.h>

/*
 * Files of /proc, in a linker set. The file that owns a report adds a record, beside the command of
 * the prompt that prints the same text. fs/proc/ makes a name for each record, and calls the
 * function when a program reads the file.
 */

/**
 * struct proc_file - a file of /proc
 * @name: its path below /proc: "meminfo", "sys/vm/drop_caches"
 * @show: prints the text. It may sleep; it may be called again, if the text was too long
 * @write: takes a number that a program has written: 0 or a negative errno. NULL: nothing can be
 *	written
 * @write_text: the same for a text without its line end, instead of @write
 * @mode: rights; 0: 0444, or 0644 if it can be written
 */
struct proc_file {
	const char *name;
	void (*show)(printf_fn *out);
	int (*write)(u32 value);
	int (*write_text)(const char *text);
	u32 mode;
};

/* More members may follow the function: PROC_FILE("slabinfo", slabinfo_show, .mode = 0400). */
#define PROC_FILE(name_, fn, ...)                                \
	static const struct proc_file proc_file_##fn LINKER_SET( \
		proc_files) = { .name = (name_), .show = (fn), ##__VA_ARGS__ }
