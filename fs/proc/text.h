/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/**
 * struct text - a text that a report makes
 * @data: the bytes, of kvmalloc(); NULL at first
 * @size: bytes of memory
 * @used: bytes of the text; more than @size if it did not fit
 */
struct text {
	char *data;
	size_t size, used;
};

/* Makes a text: prints with @out. Returns 0 or a negative errno. */
typedef int text_fn(void *arg, printf_fn *out);

/**
 * text_make() - have a report print into memory
 * @text: any; what it contains is replaced
 * @show: called again with more memory, if the text did not fit
 * @arg: argument of @show
 *
 * Context: thread, may sleep.
 * Return: 0; -ENOMEM; what @show returns.
 */
int text_make(struct text *text, text_fn *show, void *arg);

/**
 * text_bytes() - add bytes to the text that the running thread makes
 * @bytes: any, zeroes too
 * @size: their number
 *
 * Context: within the function of text_make().
 */
void text_bytes(const void *bytes, size_t size);

/**
 * text_free() - free the memory of a text
 * @text: any
 *
 * Context: may sleep.
 */
void text_free(struct text *text);
