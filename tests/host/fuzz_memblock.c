/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "memblock_ops.h"

/*
 * memblock under a fuzzer. The input is a program for memblock_ops.c: each byte chooses a call or an
 * operand, and everything is compared with the model. `make fuzz` builds this with libFuzzer; without
 * it, it is a test that replays the corpus that the fuzzer has left in the tree.
 */

struct input {
	const u8 *data;
	size_t size, at;
};

static u8 next_byte(void *arg)
{
	struct input *in = arg;

	return in->at < in->size ? in->data[in->at++] : 0;
}

static bool is_more(void *arg)
{
	const struct input *in = arg;

	return in->at < in->size;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size, 0 };
	const struct ops_source src = { next_byte, is_more, &in };

	memblock_ops_run(&src, 200, getenv("CALLS") != NULL);
	return 0;
}

#ifndef WITH_LIBFUZZER

#include <dirent.h>

#define CORPUS "tests/data/fuzz-memblock"

static void replay(const char *path)
{
	static u8 data[4096];
	FILE *f = fopen(path, "rb");

	REQUIRE(f);
	LLVMFuzzerTestOneInput(data, fread(data, 1, sizeof(data), f));
	fclose(f);
}

static void corpus_agrees_with_the_model(void)
{
	DIR *dir = opendir(CORPUS);
	const struct dirent *entry;
	unsigned int nr = 0;
	char path[512];

	REQUIRE(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", CORPUS, entry->d_name);
		replay(path);
		nr++;
	}
	closedir(dir);
	printf("# %u inputs\n", nr);
	CHECK(nr > 0);
}

/* fuzz_memblock FILE...: replays these, where the fuzzer has found something. */
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1)
		host_run("the corpus agrees with the model", corpus_agrees_with_the_model);
	return host_done();
}

#endif
