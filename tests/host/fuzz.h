/* SPDX-License-Identifier: MIT */
#pragma once

#include "host.h"
#include "ops_source.h"

/*
 * Common declarations of the fuzzers. A file fuzz_x.c processes one input. `make fuzz` links it
 * with libFuzzer. Linked with fuzz_main.c it is a test, which replays the inputs in
 * tests/data/fuzz-x/.
 */

/**
 * LLVMFuzzerTestOneInput() - process one input; ends the process if it finds an error
 * @data: the input
 * @size: bytes in @data
 *
 * Return: 0.
 */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/**
 * struct fuzz_input - an input that is read from its beginning
 * @data: the input
 * @size: bytes in @data
 * @at: bytes that have been read
 */
struct fuzz_input {
	const u8 *data;
	size_t size, at;
};

static inline u8 fuzz_next(void *arg)
{
	struct fuzz_input *in = arg;

	return in->at < in->size ? in->data[in->at++] : 0;
}

static inline bool fuzz_more(void *arg)
{
	const struct fuzz_input *in = arg;

	return in->at < in->size;
}
