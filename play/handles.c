/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/report_section.h>
#include <lib/errno.h>
#include <lib/parse.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>
#include <mm/memory_holder.h>
#include <mm/page_alloc.h>
#include <mm/vmap_area.h>
#include <play/handles.h>

/*
 * A user wants to look at the memory, do something, and look again. Memory that a command takes
 * must therefore stay after the command has ended, and the user needs a name for it: a number.
 *
 *	highland> alloc 3           1  block of 8 pages ◀──┬── mapped by 2
 *	highland> vmap 1            2  mapping of 1 ───────┤
 *	highland> kmaplocal 1       3  mapping of 1 ───────┘
 *
 * Some handles hold memory, others map the memory of handles. The invariant: a page that is mapped
 * is not freed. So `release` looks at all its arguments first. If a mapping outside of them needs
 * one of them, the command says which, and changes nothing. Otherwise the mappings are undone
 * before the memory is freed, and kmap_local mappings in reverse order.
 *
 * The per-CPU lists of the page allocator and the retired ranges of vmalloc would hide the effect
 * of a command: a freed block would stay in a list instead of coalescing. So `release` empties
 * both, and each command that takes memory empties the lists.
 *
 * The price is a table of fixed size, about 12 KiB. In return a handle costs no allocation, and
 * the commands work when no memory is left.
 */

/* Number 0 is not used. */
static struct handle handles[NR_HANDLES + 1];

/* Walks the handles in use, in the order of their numbers. */
#define for_each_handle(h)                                          \
	for ((h) = handles + 1; (h) <= handles + NR_HANDLES; (h)++) \
		if ((h)->ops)

struct handle *handle_new(const struct handle_ops *ops, char **argv)
{
	struct handle *handle = handles + 1;
	size_t used = 0;

	while (handle <= handles + NR_HANDLES && handle->ops)
		handle++;
	if (handle > handles + NR_HANDLES) {
		console_printf("%s: all %u handles are in use, expected a free one; `release` "
			       "frees them\n",
			       argv[0], NR_HANDLES);
		return NULL;
	}
	*handle = (struct handle){ .ops = ops, .blocks = PFN_NONE };
	for (; *argv; argv++)
		used += (size_t)scnprintf(handle->made_by + used, HANDLE_MAKER - used, "%s%s",
					  used ? " " : "", *argv);
	return handle;
}

void handle_drop(struct handle *handle)
{
	handle->ops = NULL;
}

unsigned int handle_number(const struct handle *handle)
{
	return (unsigned int)(handle - handles);
}

struct handle *handle_find(const char *command, const char *word)
{
	u32 number;

	if (parse_u32(word, NR_HANDLES, &number) != 0 || number == 0) {
		console_printf("%s: '%s', expected the number of a handle, 1 to %u\n", command,
			       word, NR_HANDLES);
		return NULL;
	}
	if (!handles[number].ops) {
		console_printf("%s: there is no handle %u; `handles` lists them\n", command,
			       number);
		return NULL;
	}
	return &handles[number];
}

void handle_list(const char *prefix, word_offer_fn *offer, void *arg)
{
	const struct handle *handle;
	char text[4];

	for_each_handle(handle) {
		snprintf(text, sizeof(text), "%u", handle_number(handle));
		offer(arg, text);
	}
}

/* --- sets ------------------------------------------------------------------------------------- */

static bool set_has(const struct handle_set *set, const struct handle *handle)
{
	unsigned int number = handle_number(handle);

	return set->bits[number / 32] >> number % 32 & 1;
}

void handle_set_add(struct handle_set *set, const struct handle *handle)
{
	unsigned int number = handle_number(handle);

	set->bits[number / 32] |= 1u << number % 32;
}

/* --- reports ---------------------------------------------------------------------------------- */

static void show(const struct handle *handle)
{
	char text[HANDLE_TEXT];

	handle->ops->describe(handle, text);
	console_printf("%6u  %-18s %8lu  %s\n", handle_number(handle), handle->made_by,
		       handle->pages, text);
}

void handle_made(const struct handle *handle)
{
	drain_all_pages();
	show(handle);
}

static unsigned long nr_pages(void)
{
	const struct handle *handle;
	unsigned long pages = 0;

	for_each_handle(handle)
		pages += handle->pages;
	return pages;
}

static int handles_command(int argc, char **argv)
{
	const struct handle *handle;
	unsigned int nr = 0;

	for_each_handle(handle) {
		if (nr++ == 0)
			console_printf("handle  made by               pages  memory\n");
		show(handle);
	}
	console_printf("%u handle%s, %lu pages held\n", nr, nr == 1 ? "" : "s", nr_pages());
	return 0;
}
PROMPT_COMMAND("handles", "", "memory that commands of this prompt hold", handles_command,
	       .example = "alloc 3; handles");

static void handle_values(struct json *json, const struct handle *handle)
{
	const struct handle *other;
	char text[HANDLE_TEXT];

	handle->ops->describe(handle, text);
	json_object(json, NULL);
	json_number(json, "number", handle_number(handle));
	json_string(json, "made_by", handle->made_by);
	json_number(json, "pages", handle->pages);
	json_string(json, "memory", text);
	if (handle->blocks != PFN_NONE)
		json_number(json, "first_block", handle->blocks);
	json_number(json, "address", (unsigned long)handle->addr);
	json_number(json, "size", handle->size);
	json_number(json, "kmaps", handle->kmaps);
	json_array(json, "maps");
	for_each_handle(other)
		if (set_has(&handle->maps, other))
			json_number(json, NULL, handle_number(other));
	json_array_end(json);
	json_object_end(json);
}

static void handles_section(struct json *json)
{
	const struct handle *handle;

	json_array(json, "handles");
	for_each_handle(handle)
		handle_values(json, handle);
	json_array_end(json);
}
REPORT_SECTION(590, "handles", handles_section);

/* For the report that is printed when no memory is left. */
static void show_held(printf_fn *out)
{
	const struct handle *handle, *largest = NULL;
	unsigned long pages = nr_pages();

	for_each_handle(handle)
		if (!largest || handle->pages > largest->pages)
			largest = handle;
	if (pages)
		out("handles of the prompt hold %lu pages, handle %u (%s) %lu of them\n", pages,
		    handle_number(largest), largest->made_by, largest->pages);
}
MEMORY_HOLDER(show_held);

const struct handle *handle_owner(unsigned long pfn)
{
	const struct handle *handle;

	for_each_handle(handle)
		if (handle->ops->owns && handle->ops->owns(handle, pfn))
			return handle;
	return NULL;
}

const struct handle *handle_at(unsigned long addr)
{
	const struct handle *handle;

	for_each_handle(handle)
		if (addr - (unsigned long)handle->addr < handle->size)
			return handle;
	return NULL;
}

/* --- release ---------------------------------------------------------------------------------- */

/* Must @other end before @handle can? It maps pages of it, or is above it in the stack. */
static bool must_end_first(const struct handle *other, const struct handle *handle)
{
	return other->ops && other != handle &&
	       (set_has(&other->maps, handle) || (handle->depth && other->depth > handle->depth));
}

/* The first handle outside of a set that must end before @handle can; NULL if there is none. */
static const struct handle *obstacle(const struct handle *handle, const struct handle_set *set)
{
	const struct handle *other;

	for_each_handle(other)
		if (!set_has(set, other) && must_end_first(other, handle))
			return other;
	return NULL;
}

/* Prints why a handle cannot be released together with the others of a set. */
static bool refused(const struct handle *handle, const struct handle_set *set)
{
	const struct handle *other = obstacle(handle, set);
	unsigned int number = handle_number(handle);

	if (handle->kmaps)
		console_printf("release: handle %u is mapped %u time%s by kmap(); `kunmap %u all` "
			       "first\n",
			       number, handle->kmaps, handle->kmaps == 1 ? "" : "s", number);
	else if (other && handle->depth)
		console_printf("release: handle %u is not the latest kmap_local mapping, and they "
			       "are undone in\nreverse order; `release %u` first\n",
			       number, handle_number(other));
	else if (other)
		console_printf("release: handle %u is mapped by handle %u (%s); `release %u` "
			       "first\n",
			       number, handle_number(other), other->made_by, handle_number(other));
	return handle->kmaps || other;
}

static void release_one(struct handle *handle)
{
	unsigned long pages = handle->pages;
	unsigned int number = handle_number(handle);

	handle->ops->release(handle);
	handle->ops = NULL;
	console_printf("handle %u released: %s", number, handle->made_by);
	if (pages)
		console_printf(", %lu page%s", pages, pages == 1 ? "" : "s");
	console_printf("\n");
}

/*
 * Each round releases all handles that no other one depends on.
 *
 * If pages were freed, all of them are in the lists of their zones afterwards, so that a report
 * shows them. A range of vmap() has no pages of its own. It waits for a purge, as in any kernel
 * code, and vmallocinfo shows it.
 */
static void release_set(const struct handle_set *set)
{
	const struct handle_set none = { 0 };
	unsigned long pages = 0;
	struct handle *handle;
	bool any;

	do {
		any = false;
		for_each_handle(handle)
			if (set_has(set, handle) && !obstacle(handle, &none)) {
				pages += handle->pages;
				release_one(handle);
				any = true;
			}
	} while (any);
	if (pages)
		vm_unmap_aliases();
	drain_all_pages();
}

static int release_all(void)
{
	struct handle_set all = { 0 };
	struct handle *handle;
	bool any = false;

	for_each_handle(handle) {
		any = true;
		handle_set_add(&all, handle);
		if (handle->ops->kunmap)
			handle->ops->kunmap(handle);
	}
	if (!any)
		console_printf("nothing to release\n");
	release_set(&all);
	return 0;
}

static int release(int argc, char **argv)
{
	struct handle_set set = { 0 };
	struct handle *handle;

	if (argc == 2 && strcmp(argv[1], "all") == 0)
		return release_all();
	for (int i = 1; i < argc; i++) {
		handle = handle_find("release", argv[i]);
		if (!handle)
			return -ENOENT;
		handle_set_add(&set, handle);
	}
	for_each_handle(handle)
		if (set_has(&set, handle) && refused(handle, &set))
			return -EBUSY;
	release_set(&set);
	return 0;
}

static void list_released(const char *prefix, word_offer_fn *offer, void *arg)
{
	offer(arg, "all");
	handle_list(prefix, offer, arg);
}
PROMPT_COMMAND("release", "N...|all", "free the memory of handles, or of all", release,
	       .words = list_released, .example = "release 1");
