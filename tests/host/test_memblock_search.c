/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "instructions.h"
#include "memblock_unit.h"

#include <mm/memblock_lists.h>

#include <sys/mman.h>

/*
 * memblock_find_above() by itself: the lists are written by hand, so no other function is needed.
 */

#define LONG 262144

static struct memblock_region regions[LONG];

/* Entry i is [16 * i + 8, 16 * i + 16). */
static struct memblock_type list_of(unsigned long nr)
{
	struct memblock_type type = {
		.cnt = nr ? nr : 1, .max = LONG, .regions = regions, .name = (char *)"by hand"
	};

	regions[0] = (struct memblock_region){ .nid = MAX_NUMNODES };
	for (unsigned long i = 0; i < nr; i++)
		regions[i] = (struct memblock_region){ .base = 16 * i + 8, .size = 8, .nid = 1 };
	type.total_size = 8 * nr;
	return type;
}

static void finds_the_entry(void)
{
	for (unsigned long nr = 0; nr < 20; nr++) {
		struct memblock_type type = list_of(nr);

		for (u64 addr = 0; addr < 16 * nr + 40; addr++)
			CHECK_EQ(memblock_find_above(&type, addr), min(addr / 16, (u64)nr));
		CHECK_EQ(memblock_find_above(&type, PHYS_ADDR_MAX), nr);
	}
}

#define SEARCHES 8
/*
 * With the checks of the sanitizers a binary search takes 672 instructions in 64 bits and 1671 in
 * 32 bits. A search entry by entry takes 4.5 million.
 */
#define MOST     (SEARCHES * 10000)

/* The searched list, and a page that is shared with the process that searches. */
struct answers {
	struct memblock_type list;
	unsigned long found[SEARCHES];
};

static u64 address(unsigned int i)
{
	return (i + 1) * 2654435761u % (16ull * LONG);
}

static void search(void *arg)
{
	struct answers *answers = arg;

	for (unsigned int i = 0; i < SEARCHES; i++)
		answers->found[i] = memblock_find_above(&answers->list, address(i));
}

static void long_lists_cost_little(void)
{
	struct answers *answers = mmap(NULL, sizeof(*answers), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u64 count;

	REQUIRE(answers != MAP_FAILED);
	answers->list = list_of(LONG);
	count = host_instructions(search, answers, MOST);
	if (count == MOST)
		host_fail(__FILE__, __LINE__,
			  "%u searches of %u entries take %u instructions or more", SEARCHES, LONG,
			  MOST);
	else
		printf("# %u searches of %u entries take %llu instructions\n", SEARCHES, LONG,
		       count);
	for (unsigned int i = 0; count != MOST && i < SEARCHES; i++)
		CHECK_EQ(answers->found[i], address(i) / 16);
	munmap(answers, sizeof(*answers));
}

int main(void)
{
	host_run("finds the entry above an address", finds_the_entry);
	host_run("long lists cost little", long_lists_cost_little);
	return host_done();
}
