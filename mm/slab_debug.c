/* SPDX-License-Identifier: MIT */
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>
#include <lib/command.h>
#include <lib/errno.h>
#include <lib/glob.h>
#include <lib/string.h>
#include <mm/slab_internal.h>

/*
 * What can be checked and noted of each object, chosen by the letters of slub_debug= (Linux,
 * Documentation/mm/slub.rst): F full checks, Z red zone, P poison, U user. With any of them an object is
 * longer than what was asked for:
 *
 *	│ object         │ red zone │ next, mark │ allocated by, freed by │
 *	0            object_size  free_at      owner_at                  size
 *
 * Link and mark lie outside of what the user writes to, so a double free is seen whatever the object holds.
 * The red zone has one pattern while the object is allocated and another while it is free. A free object
 * without a constructor is filled with 0x6b, the last byte 0xa5; one that was just allocated with 0x5a.
 */

#define RED_FREE     0xbb
#define RED_USED     0xcc
#define POISON_FREE  0x6b
#define POISON_END   0xa5
#define POISON_INUSE 0x5a

#define ALL_CHECKS (SLAB_CHECK | SLAB_RED_ZONE | SLAB_POISON | SLAB_OWNER)

static struct {
	u32 checks;
	const char *caches; /* globs, separated by commas; "" is all */
} chosen = { DEBUG ? ALL_CHECKS : 0, "" };

static int parse_slub_debug(const char *value)
{
	static const char letters[] = "FZPU";
	static char caches[64];
	u32 checks = 0;

	for (; *value && *value != ','; value++) {
		const char *letter = strchr(letters, *value);

		if (*value != '-' && !letter)
			return -EINVAL;
		checks |= letter ? 1u << (letter - letters) : 0;
		if (*value == '-')
			checks = 0;
	}
	if (strscpy(caches, *value ? value + 1 : "", sizeof(caches)) < 0)
		return -E2BIG;
	chosen.checks = checks;
	chosen.caches = caches;
	return 0;
}
BOOT_PARAM("slub_debug", "slub_debug=FZPU|-[,cache*,...]",
	   "check objects: F in full, Z red zones, P poison, U who uses them", parse_slub_debug);

static bool name_is_chosen(const char *name)
{
	const char *globs = chosen.caches;
	char glob[64];

	while (*globs) {
		size_t length = strcspn(globs, ",");

		memcpy(glob, globs, length);
		glob[length] = '\0';
		if (glob_match(glob, name))
			return true;
		globs += length + (globs[length] == ',');
	}
	return !*chosen.caches;
}

void slab_debug_layout(struct kmem_cache *cache)
{
	u32 end = cache->object_size;

	cache->debug = name_is_chosen(cache->name) ? chosen.checks : 0;
	cache->free_at = 0;
	if (cache->debug || cache->ctor)
		cache->free_at = ALIGN_UP(end + (cache->debug & SLAB_RED_ZONE ? 4u : 0u), 4u);
	end = max(end, cache->free_at + (u32)sizeof(struct free_words));
	if (cache->debug & SLAB_OWNER) {
		cache->owner_at = ALIGN_UP(end, (u32)sizeof(long));
		end = cache->owner_at + (u32)sizeof(struct object_owner);
	}
	cache->size = ALIGN_UP(end, cache->align);
}

/* --- what is wrong ------------------------------------------------------------------------------ */

void slab_debug_owner(const struct kmem_cache *cache, const void *object)
{
	const struct object_owner *owner = object_owner(cache, object);
	char text[SYMBOL_TEXT];

	if (!(cache->debug & SLAB_OWNER))
		return;
	if (owner->allocated)
		pr_err("  %p allocated by %s\n", object, symbol_format(owner->allocated - 1, text));
	if (owner->freed)
		pr_err("  %p freed by %s\n", object, symbol_format(owner->freed - 1, text));
}

static noinline void __noreturn damaged(const struct kmem_cache *cache, const void *object, u32 at,
					u8 expected, const char *what)
{
	u8 found = ((const u8 *)object)[at];

	slab_debug_owner(cache, object);
	panic("cache %s: object %p, %s overwritten: byte %u is %#x, expected %#x", cache->name,
	      object, what, at, found, expected);
}

static void expect_bytes(const struct kmem_cache *cache, const void *object, u32 from, u32 to,
			 u8 expected, const char *what)
{
	for (u32 at = from; at < to; at++)
		if (unlikely(((const u8 *)object)[at] != expected))
			damaged(cache, object, at, expected, what);
}

static bool is_poisoned(const struct kmem_cache *cache)
{
	return cache->debug & SLAB_POISON && !cache->ctor;
}

/* --- the pattern of each state ------------------------------------------------------------------ */

static void mark_free(const struct kmem_cache *cache, void *object)
{
	u8 *bytes = object;

	if (cache->debug & SLAB_RED_ZONE)
		memset(bytes + cache->object_size, RED_FREE, cache->free_at - cache->object_size);
	if (!is_poisoned(cache))
		return;
	memset(bytes, POISON_FREE, cache->object_size - 1);
	bytes[cache->object_size - 1] = POISON_END;
}

void slab_debug_new(const struct kmem_cache *cache, void *object)
{
	if (cache->debug & SLAB_OWNER)
		*object_owner(cache, object) = (struct object_owner){ 0 };
	mark_free(cache, object);
}

void slab_debug_alloc(const struct kmem_cache *cache, void *object, unsigned long caller)
{
	u8 *bytes = object;

	if (cache->debug & SLAB_RED_ZONE) {
		expect_bytes(cache, object, cache->object_size, cache->free_at, RED_FREE,
			     "red zone of a free object");
		memset(bytes + cache->object_size, RED_USED, cache->free_at - cache->object_size);
	}
	if (is_poisoned(cache)) {
		expect_bytes(cache, object, 0, cache->object_size - 1, POISON_FREE, "poison");
		expect_bytes(cache, object, cache->object_size - 1, cache->object_size, POISON_END,
			     "poison");
		memset(bytes, POISON_INUSE, cache->object_size);
	}
	if (cache->debug & SLAB_OWNER)
		object_owner(cache, object)->allocated = caller;
}

void slab_debug_free(const struct kmem_cache *cache, void *object, unsigned long caller)
{
	if (cache->debug & SLAB_RED_ZONE)
		expect_bytes(cache, object, cache->object_size, cache->free_at, RED_USED,
			     "red zone");
	if (cache->debug & SLAB_OWNER)
		object_owner(cache, object)->freed = caller;
	mark_free(cache, object);
}
