/* SPDX-License-Identifier: MIT */
#include <kernel/meminfo_line.h>
#include <lib/string.h>
#include <tests/kernel/ktest.h>

/*
 * The lines of meminfo. Each belongs to the file that counts, and the report puts them together.
 * Programs that read /proc/meminfo know its names and its order.
 */

/* The lines of Linux 6.1 on i386, in its order. */
static const char *const linux_names[] = {
	"MemTotal",        "MemFree",        "MemAvailable",   "Buffers",        "Cached",
	"SwapCached",      "Active",         "Inactive",       "Active(anon)",   "Inactive(anon)",
	"Active(file)",    "Inactive(file)", "Unevictable",    "Mlocked",        "HighTotal",
	"HighFree",        "LowTotal",       "LowFree",        "SwapTotal",      "SwapFree",
	"Zswap",           "Zswapped",       "Dirty",          "Writeback",      "AnonPages",
	"Mapped",          "Shmem",          "KReclaimable",   "Slab",           "SReclaimable",
	"SUnreclaim",      "KernelStack",    "PageTables",     "SecPageTables",  "NFS_Unstable",
	"Bounce",          "WritebackTmp",   "CommitLimit",    "Committed_AS",   "VmallocTotal",
	"VmallocUsed",     "VmallocChunk",   "Percpu",         "AnonHugePages",  "ShmemHugePages",
	"ShmemPmdMapped",  "FileHugePages",  "FilePmdMapped",  "CmaTotal",       "CmaFree",
	"HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp", "Hugepagesize",
	"Hugetlb",         "DirectMap4k",    "DirectMap2M",    "DirectMap4M",
};

KTEST(meminfo, each_line_has_a_rank_of_its_own)
{
	const struct meminfo_line *line;
	unsigned int last = 0;

	for_each_in_set(line, meminfo_lines) {
		if (line->rank <= last)
			ktest_fail(__FILE__, __LINE__, "%s has rank %u, expected more than %u",
				   line->name, line->rank, last);
		last = line->rank;
	}
}

KTEST(meminfo, the_order_is_that_of_linux)
{
	const struct meminfo_line *line;
	unsigned int at = 0;

	for_each_in_set(line, meminfo_lines) {
		while (at < ARRAY_SIZE(linux_names) && strcmp(line->name, linux_names[at]) != 0)
			at++;
		if (at == ARRAY_SIZE(linux_names)) {
			ktest_fail(__FILE__, __LINE__,
				   "%s is later than in Linux's /proc/meminfo, or not there",
				   line->name);
			return;
		}
	}
	EXPECT(at > 0);
}
