/* SPDX-License-Identifier: MIT */
#pragma once

#include "host.h"
#include "ops_source.h"

/*
 * What the fuzzers have in common. A file fuzz_x.c says what to do with an input. `make fuzz` builds it
 * with libFuzzer; with fuzz_main.c instead it is a test that replays what the fuzzer has left in
 * tests/data/fuzz-x/.
 */

/**
 * LLVMFuzzerTestOneInput() - run one input; ends the process if something is wrong
 * @data: the input
 * @size: its bytes
 *
 * Return: 0.
 */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/**
 * struct fuzz_input - an input that is read from its beginning
 * @data: bytes
 * @size: how many
 * @at: how many have been read
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
