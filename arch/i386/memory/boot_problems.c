/* SPDX-License-Identifier: MIT */
#include <asm/setup.h>
#include <kernel/printk.h>

/*
 * Prints the faults that the chooser found in the loader's information. The chooser has no console,
 * so it stores numbers in the boot record. This file turns each into a sentence: the part, its
 * address, its value, the expected value, and the consequence for the boot.
 */

static const char *const part_names[BOOT_NR_PARTS] = {
	[BOOT_PART_INFO] = "the information",
	[BOOT_PART_CMDLINE] = "the command line",
	[BOOT_PART_LOADER_NAME] = "the loader's name",
	[BOOT_PART_MODULES] = "the table of modules",
	[BOOT_PART_MODULE_NAME] = "the name of a module",
	[BOOT_PART_MMAP] = "the memory map",
	[BOOT_PART_MMAP_ENTRY] = "an entry of the memory map",
	[BOOT_PART_EFI_MMAP_ENTRY] = "an entry of the EFI memory map",
	[BOOT_PART_TAG] = "the tag",
	[BOOT_PART_TAGS] = "the list of tags",
};

/* The consequence if a part cannot be used. */
static const char *const consequences[BOOT_NR_PARTS] = {
	[BOOT_PART_INFO] = "it is used as far as it can be read",
	[BOOT_PART_CMDLINE] = "ignored",
	[BOOT_PART_LOADER_NAME] = "ignored",
	[BOOT_PART_MODULES] = "no module is used",
	[BOOT_PART_MODULE_NAME] = "the module has no name",
	[BOOT_PART_MMAP] = "the part that can be read is used",
	[BOOT_PART_MMAP_ENTRY] = "the list ends there",
	[BOOT_PART_EFI_MMAP_ENTRY] = "the list ends there",
	[BOOT_PART_TAG] = "what does not fit is ignored",
	[BOOT_PART_TAGS] = "all tags before are used",
};

static void print_problem(const struct boot_problem *problem)
{
	const char *part = problem->part < BOOT_NR_PARTS ? part_names[problem->part] : "?";
	const char *then = problem->part < BOOT_NR_PARTS ? consequences[problem->part] : "?";
	u32 at = problem->at, value = problem->value, limit = problem->limit;

	switch (problem->fault) {
	case BOOT_FAULT_NULL:
		pr_warn("Loader: %s is given by address 0, expected its address: %s\n", part, then);
		break;
	case BOOT_FAULT_PAST_4G:
		pr_warn("Loader: %s at %#x, %u bytes, expected an end below 4 GiB: %s\n", part, at,
			value, then);
		break;
	case BOOT_FAULT_IN_IMAGE:
		pr_warn("Loader: %s at %#x, %u bytes, overlaps the image of Highland: %s\n", part,
			at, value, then);
		break;
	case BOOT_FAULT_TOO_SMALL:
		pr_warn("Loader: %s at %#x has size or count %u (0x%x), expected at least %u: %s\n",
			part, at, value, value, limit, then);
		break;
	case BOOT_FAULT_TOO_LARGE:
		pr_warn("Loader: %s at %#x has size or count %u (0x%x), expected at most %u: %s\n",
			part, at, value, value, limit, then);
		break;
	case BOOT_FAULT_UNTERMINATED:
		pr_warn("Loader: %s at %#x has no terminating 0 in %u bytes: it is cut there\n",
			part, at, value);
		break;
	case BOOT_FAULT_NO_END:
		pr_warn("Loader: %s ends at %#x without an end tag: %s\n", part, at, then);
		break;
	case BOOT_FAULT_NO_RAM:
		pr_warn("Loader: %s is at %#x, RAM ends at %#x: it may be lost\n", part, at, limit);
		break;
	default:
		pr_warn("Loader: %s at %#x: problem %u, value %#x\n", part, at, problem->fault,
			value);
	}
}

void boot_problems_print(void)
{
	for (u32 i = 0; i < boot_record.nr_problems; i++)
		print_problem(&boot_record.problems[i]);
	if (boot_record.nr_problems_lost)
		pr_warn("Loader: %u more problems of the loader's information are not shown\n",
			boot_record.nr_problems_lost);
}
