/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * Makes a swap area: mkswap [-L LABEL] DEVICE. It writes the header, the first 4 KiB, which has the
 * format of Linux. All that was on the device is lost as soon as the area is used.
 */

#define PAGE         4096u
#define BLKGETSIZE64 0x80041272ul

static struct {
	char boot[1024];
	unsigned int version, last_page, nr_bad;
	unsigned char uuid[16];
	char label[16];
	char bad[PAGE - 1024 - 12 - 32 - 10];
	char magic[10];
} header;

static unsigned long long size_of(int fd, const struct stat64 *info)
{
	unsigned long long size = 0;

	if ((info->mode & S_IFMT) != S_IFBLK)
		return (unsigned long long)info->size;
	return ioctl(fd, BLKGETSIZE64, &size) < 0 ? 0 : size;
}

static void show_uuid(void)
{
	printf("UUID=");
	for (int i = 0; i < 16; i++)
		printf("%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", header.uuid[i]);
	printf("\n");
}

int main(int argc, char **argv, char **envp)
{
	const char *label = NULL, *name;
	unsigned long long pages;
	struct stat64 info;
	int fd;

	if (argc == 4 && strcmp(argv[1], "-L") == 0) {
		label = argv[2];
	} else if (argc != 2 || argv[1][0] == '-') {
		dprintf(2, "usage: mkswap [-L LABEL] DEVICE\n");
		return 1;
	}
	name = argv[argc - 1];
	fd = open(name, O_RDWR);
	if (fd < 0 || stat(name, &info) < 0)
		return complain("mkswap", name);
	pages = size_of(fd, &info) / PAGE;
	if (pages < 10) {
		dprintf(2, "mkswap: %s: too small: %llu KiB, expected 40 at least\n", name,
			pages * 4);
		return 1;
	}
	header.version = 1;
	header.last_page = pages > 0xffffffffu ? 0xffffffffu : (unsigned int)pages - 1;
	if (label)
		for (int i = 0; i < 15 && label[i]; i++)
			header.label[i] = label[i];
	if (syscall(SYS_getrandom, header.uuid, sizeof(header.uuid), 0) < 0)
		return complain("mkswap", "getrandom");
	header.uuid[6] = (unsigned char)((header.uuid[6] & 0xf) | 0x40);
	header.uuid[8] = (unsigned char)((header.uuid[8] & 0x3f) | 0x80);
	memcpy(header.magic, "SWAPSPACE2", sizeof(header.magic));
	if (write_all(fd, (const char *)&header, sizeof(header)) < 0 || fsync(fd) < 0)
		return complain("mkswap", name);
	close(fd);
	printf("Setting up swapspace version 1, size = %llu KiB (%llu bytes)\n", (pages - 1) * 4,
	       (pages - 1) * PAGE);
	if (label)
		printf("LABEL=%s, ", label);
	else
		printf("no label, ");
	show_uuid();
	return 0;
}
