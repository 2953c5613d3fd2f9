/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <dirent.h>

/*
 * A fuzz target without the fuzzer: replays the corpus that belongs to the program's name. With
 * file names as arguments it replays these files, such as an input with which the fuzzer found an
 * error.
 */

static char corpus[256];

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
	DIR *dir = opendir(corpus);
	const struct dirent *entry;
	unsigned int nr = 0;
	char path[sizeof(corpus) + 300];

	REQUIRE(dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", corpus, entry->d_name);
		replay(path);
		nr++;
	}
	closedir(dir);
	printf("# %u inputs\n", nr);
	CHECK(nr > 0);
}

/* For example, build/host/64/fuzz_vmap_area replays tests/data/fuzz-vmap-area. */
static void find_corpus(const char *program)
{
	const char *slash = strrchr(program, '/');

	snprintf(corpus, sizeof(corpus), "tests/data/%s", slash ? slash + 1 : program);
	for (char *c = corpus; *c; c++)
		if (*c == '_')
			*c = '-';
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	find_corpus(argv[0]);
	if (argc == 1)
		host_run("the corpus agrees with the model", corpus_agrees_with_the_model);
	return host_done();
}
