/* SPDX-License-Identifier: MIT */
#include <kernel/command.h>
#include <kernel/panic.h>
#include <kernel/printk.h>
#include <kernel/symbols.h>
#include <lib/errno.h>
#include <lib/glob.h>
#include <lib/string.h>
#include <mm/slab_debug.h>
#include <mm/slab_layout.h>

/*
 * The checks of debug caches, chosen by the letters of slub_debug= (Linux,
 * Documentation/mm/slub.rst): F full checks, Z red zone, P poison, U user. DEBUG=1 chooses all of
 * them. With any of them an object is longer than its user asked for:
 *
 *	│ object         │ red zone │ next, mark │ allocated by, freed by │
 *	0            object_size  free_at      owner_at                  size
 *
 * Link and mark are behind the object, where its user does not write. So every double free is found
 * if the object was not allocated again since. The red zone has one pattern while the object is
 * allocated and another while it is free. A free object without a constructor is filled with
 * poison: 0x6b, and 0xa5 as the last byte. An object that was just allocated is filled with 0x5a,
 * so that code that forgets to initialize it fails early.
 *
 * A pattern is checked when the state of the object changes, and when its slab is given back.
 * Price: all operations take the slow path and the lock of the cache, and each writes the whole
 * object.
 */

#define RED_FREE     0xbb
#define RED_USED     0xcc
#define POISON_FREE  0x6b
#define POISON_END   0xa5
#define POISON_INUSE 0x5a

/* Bytes of a red zone; alignment may make it longer. */
#define RED_ZONE_MIN 4u

#define ALL_CHECKS (SLAB_CHECK | SLAB_RED_ZONE | SLAB_POISON | SLAB_OWNER)

/* Bytes of the longest list of globs. */
#define GLOBS_SIZE 64

static struct {
	u32 checks;
	const char *caches; /* globs, separated by commas; "" means all caches */
} chosen = { DEBUG ? ALL_CHECKS : 0, "" };

static int parse_slub_debug(const char *value)
{
	static const char letters[] =
		"FZPU"; /* letter n is bit n: SLAB_CHECK, SLAB_RED_ZONE, ... */
	static char caches[GLOBS_SIZE];
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
	   "check objects: F frees, Z red zones, P poison, U users; -: nothing", parse_slub_debug);

static bool name_is_chosen(const char *name)
{
	const char *globs = chosen.caches;
	char glob[GLOBS_SIZE];

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

/**
 * struct object_owner - the callers that allocated and freed an object last, with SLAB_OWNER
 * @allocated: return address of the allocating call; 0: none yet
 * @freed: return address of the freeing call; 0: none yet
 */
struct object_owner {
	unsigned long allocated, freed;
};

static struct object_owner *object_owner(const struct kmem_cache *cache, const void *object)
{
	return (struct object_owner *)((char *)object + cache->owner_at);
}

void slab_debug_layout(struct kmem_cache *cache)
{
	u32 end = cache->object_size;

	cache->debug = name_is_chosen(cache->name) ? chosen.checks : 0;
	cache->free_at = 0;
	if (cache->debug || cache->ctor)
		cache->free_at = ALIGN_UP(end + (cache->debug & SLAB_RED_ZONE ? RED_ZONE_MIN : 0u),
					  (u32)sizeof(u32));
	end = max(end, cache->free_at + (u32)sizeof(struct free_words));
	if (cache->debug & SLAB_OWNER) {
		cache->owner_at = ALIGN_UP(end, (u32)sizeof(long));
		end = cache->owner_at + (u32)sizeof(struct object_owner);
	}
	cache->size = ALIGN_UP(end, cache->align);
}

/* --- reports of damage ------------------------------------------------------------------------ */

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

void slab_bad_object(const struct kmem_cache *cache, const void *object, const char *why)
{
	slab_debug_owner(cache, object);
	panic("cache %s: object %p %s", cache->name, object, why);
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

/* --- the patterns ----------------------------------------------------------------------------- */

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

void slab_debug_check_free(const struct kmem_cache *cache, const void *object)
{
	const u32 last = cache->object_size - 1;

	if (cache->debug & SLAB_RED_ZONE)
		expect_bytes(cache, object, cache->object_size, cache->free_at, RED_FREE,
			     "red zone of a free object");
	if (!is_poisoned(cache))
		return;
	expect_bytes(cache, object, 0, last, POISON_FREE, "poison");
	expect_bytes(cache, object, last, cache->object_size, POISON_END, "poison");
}

void slab_debug_alloc(const struct kmem_cache *cache, void *object, unsigned long caller)
{
	u8 *bytes = object;

	slab_debug_check_free(cache, object);
	if (cache->debug & SLAB_RED_ZONE)
		memset(bytes + cache->object_size, RED_USED, cache->free_at - cache->object_size);
	if (is_poisoned(cache))
		memset(bytes, POISON_INUSE, cache->object_size);
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
