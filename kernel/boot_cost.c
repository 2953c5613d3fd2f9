/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <kernel/boot_cost.h>
#include <kernel/command.h>
#include <kernel/console.h>

static struct {
	const char *what;
	u64 cycles;
} places[BOOT_COST_PLACES];

static unsigned int nr_places;
static u64 begin, waited;

void __init boot_cost_begin(u64 tsc)
{
	begin = tsc;
}

void boot_cost_reached(const char *what)
{
	if (!begin || nr_places == BOOT_COST_PLACES)
		return;
	places[nr_places].what = what;
	places[nr_places++].cycles = read_tsc() - begin - waited;
}

void __init boot_cost_waited(u64 cycles)
{
	waited += cycles;
}

static int bootcost(int argc, char **argv)
{
	if (nr_places == 0)
		console_printf("bootcost: this CPU does not count cycles\n");
	for (unsigned int i = 0; i < nr_places; i++)
		console_printf("BOOT name=%s cycles=%llu\n", places[i].what, places[i].cycles);
	console_printf("BOOT name=timed_waits cycles=%llu\n", waited);
	return 0;
}
PROMPT_COMMAND("bootcost", "", "cycles that booting took, from the kernel's entry", bootcost);
