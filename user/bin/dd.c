/* SPDX-License-Identifier: MIT */
#include "libc.h"

/* Copies blocks: dd if=FILE of=FILE bs=SIZE count=N skip=N seek=N conv=notrunc,fsync. */

static struct {
	const char *in, *out;
	unsigned long size;
	unsigned long long count, skip, seek;
	bool notrunc, fsync;
} dd = { .size = 512, .count = ~0ull };

/* A number with the letter k, M or G behind it, or none. Returns false if it is no number. */
static bool number(const char *text, unsigned long long *value)
{
	*value = 0;
	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		*value = *value * 10 + (unsigned int)(*text - '0');
	if (*text == 'k' || *text == 'K')
		*value <<= 10, text++;
	else if (*text == 'M')
		*value <<= 20, text++;
	else if (*text == 'G')
		*value <<= 30, text++;
	return *text == 0;
}

static bool parse(const char *word)
{
	const char *value = strchr(word, '=');
	unsigned long long n;

	if (!value++)
		return false;
	if (strncmp(word, "if=", 3) == 0) {
		dd.in = value;
	} else if (strncmp(word, "of=", 3) == 0) {
		dd.out = value;
	} else if (strncmp(word, "conv=", 5) == 0) {
		dd.notrunc = strcmp(value, "notrunc") == 0 || strcmp(value, "notrunc,fsync") == 0;
		dd.fsync = strcmp(value, "fsync") == 0 || strcmp(value, "notrunc,fsync") == 0;
		return dd.notrunc || dd.fsync;
	} else if (!number(value, &n)) {
		return false;
	} else if (strncmp(word, "bs=", 3) == 0) {
		dd.size = (unsigned long)n;
		return n > 0 && n <= 64 << 20;
	} else if (strncmp(word, "count=", 6) == 0) {
		dd.count = n;
	} else if (strncmp(word, "skip=", 5) == 0) {
		dd.skip = n;
	} else if (strncmp(word, "seek=", 5) == 0) {
		dd.seek = n;
	} else {
		return false;
	}
	return true;
}

static int move_to(int fd, unsigned long long block, const char *name)
{
	unsigned long long at = block * dd.size;

	if (!block || posix(syscall(SYS_llseek, fd, at >> 32, at, &at, 0)) == 0)
		return 0;
	return complain("dd", name);
}

static int copy(int in, int out, char *data)
{
	unsigned long long full_in = 0, part_in = 0, full_out = 0, part_out = 0, bytes = 0;
	int failed = 0;

	while (full_in + part_in < dd.count) {
		long size = read(in, data, dd.size), written;

		if (size < 0)
			failed = complain("dd", dd.in ? dd.in : "input");
		if (size <= 0)
			break;
		*(size == (long)dd.size ? &full_in : &part_in) += 1;
		written = write_all(out, data, size);
		if (written < 0) {
			failed = complain("dd", dd.out ? dd.out : "output");
			break;
		}
		*(written == (long)dd.size ? &full_out : &part_out) += 1;
		bytes += (unsigned long long)written;
	}
	dprintf(2, "%llu+%llu records in\n%llu+%llu records out\n%llu bytes copied\n", full_in,
		part_in, full_out, part_out, bytes);
	return failed;
}

int main(int argc, char **argv, char **envp)
{
	int in = 0, out = 1, failed;
	char *data;

	for (int i = 1; i < argc; i++) {
		if (!parse(argv[i])) {
			dprintf(2, "dd: %s, expected if= of= bs= count= skip= seek= conv=WORD\n",
				argv[i]);
			return 1;
		}
	}
	data = malloc(dd.size);
	if (!data) {
		dprintf(2, "dd: no memory for bs=%lu\n", dd.size);
		return 1;
	}
	if (dd.in && (in = open(dd.in, O_RDONLY)) < 0)
		return complain("dd", dd.in);
	if (dd.out &&
	    (out = open(dd.out, O_WRONLY | O_CREAT | (dd.notrunc || dd.seek ? 0 : O_TRUNC), 0666)) <
		    0)
		return complain("dd", dd.out);
	if (move_to(in, dd.skip, dd.in) || move_to(out, dd.seek, dd.out))
		return 1;
	failed = copy(in, out, data);
	if (dd.fsync && fsync(out) < 0)
		failed = complain("dd", dd.out ? dd.out : "output");
	return failed;
}
