/* SPDX-License-Identifier: MIT */
#include <asm/e820.h>
#include <asm/page.h>
#include <kernel/printk.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * Makes the firmware's memory map sane. Its entries may be unsorted, overlap, contradict each
 * other, be empty, or run over the end of the address space.
 *
 * One operation does all the work, repaint(). It walks up the address space and cuts it where an
 * old entry, or the new range, begins or ends. It decides the type of each piece and appends the
 * piece to a new table. Appending merges neighbours, so the result is sane if the pieces are in
 * order:
 *
 *	old     [ RAM          ]      [ ACPI ]
 *	range           [ reserved       ]
 *	pieces  [ 1     ][ 2   ][ 3  ][ 4][ 5]
 *	new     [ RAM   ][ reserved      ][ACPI]
 *
 * A firmware's map is added to an empty table entry by entry. The price is quadratic: 512 entries
 * take a quarter of a million steps, a few milliseconds once. No sorting is needed.
 *
 * If a byte has two types, the stricter one wins. Not using good memory costs a page; using memory
 * of another owner crashes much later. A stricter type allows fewer uses:
 *
 *	RAM
 *	ACPI data      RAM once the tables are read
 *	ACPI NVS       the firmware's; must keep its contents
 *	persistent     somebody's data
 *	disabled       memory that is switched off
 *	reserved       perhaps a device
 *	other numbers  ACPI 6.5, 15.3: treat as reserved; the number is worth keeping
 *	unusable       known to be broken
 *
 * If the new table would have too many entries, its last entry is widened over the rest and becomes
 * unusable. This loses memory at the top, with a message. It never takes a hole or a device for
 * RAM.
 *
 * A range is stored with its last byte, since the end of the address space, 2^64, does not fit a
 * u64.
 */

struct e820_table e820_table;

/* repaint() builds the new table here. */
static struct e820_table scratch;

/* Type of a piece of address space without an entry. */
#define NOTHING UINT32_MAX

struct range {
	u64 first, last;
};

/* The rule that gives a piece of type `old` its new type. */
struct paint {
	u32 (*mix)(u32 old, const struct paint *paint);
	u32 from, to;
	u64 changed; /* bytes, counted by repaint() */
};

static u64 last_byte(const struct e820_entry *entry)
{
	return entry->addr + (entry->size - 1);
}

/* --- building --------------------------------------------------------------------------------- */

static bool can_merge(const struct e820_entry *entry, struct range piece, u32 type)
{
	/* The size of the whole address space would not fit. */
	return entry->type == type && last_byte(entry) + 1 == piece.first &&
	       piece.last - entry->addr != UINT64_MAX;
}

static void overflow(struct e820_entry *top, struct range piece)
{
	static bool warned;

	if (!warned)
		pr_warn("e820: more than %u ranges: what lies above %#018llx is unusable\n",
			E820_MAX, top->addr);
	warned = true;
	top->type = E820_UNUSABLE;
	top->size = piece.last - top->addr + 1;
}

/* Append a piece above everything in the table. */
static void append(struct e820_table *table, struct range piece, u32 type)
{
	struct e820_entry *top = table->nr ? &table->entries[table->nr - 1] : NULL;

	if (type == NOTHING)
		return;
	if (top && can_merge(top, piece, type)) {
		top->size = piece.last - top->addr + 1;
	} else if (table->nr == E820_MAX) {
		overflow(top, piece);
	} else {
		table->entries[table->nr++] = (struct e820_entry){
			.addr = piece.first, .size = piece.last - piece.first + 1, .type = type
		};
	}
}

/* Last byte of the piece at `at`: the next border of an entry or of the range ends it. */
static u64 piece_last(u64 at, const struct e820_entry *entry, struct range range)
{
	u64 last = UINT64_MAX;

	if (entry && at < entry->addr)
		last = entry->addr - 1;
	else if (entry)
		last = last_byte(entry);
	if (at < range.first)
		last = min(last, range.first - 1);
	else if (at <= range.last)
		last = min(last, range.last);
	return last;
}

static void repaint(struct range range, struct paint *paint)
{
	u32 next = 0; /* first entry that does not end below `at` */
	u64 at = 0;

	scratch.nr = 0;
	for (;;) {
		const struct e820_entry *entry =
			next < e820_table.nr ? &e820_table.entries[next] : NULL;
		u32 old = entry && entry->addr <= at ? entry->type : NOTHING, type = old;
		struct range piece = { at, piece_last(at, entry, range) };

		if (range.first <= at && at <= range.last)
			type = paint->mix(old, paint);
		if (type != old)
			paint->changed += piece.last - piece.first + 1;
		append(&scratch, piece, type);
		if (piece.last == UINT64_MAX)
			break;
		at = piece.last + 1;
		if (entry && last_byte(entry) < at)
			next++;
	}
	memcpy(e820_table.entries, scratch.entries, scratch.nr * sizeof(scratch.entries[0]));
	e820_table.nr = scratch.nr;
}

/* Return false if the range is empty. */
static bool make_range(u64 addr, u64 size, struct range *range)
{
	range->first = addr;
	range->last = size > UINT64_MAX - addr ? UINT64_MAX : addr + size - 1;
	return size != 0;
}

/* --- changes of the table --------------------------------------------------------------------- */

static u64 strictness(u32 type)
{
	switch (type) {
	case NOTHING:
		return 0;
	case E820_RAM:
		return 1;
	case E820_ACPI:
		return 2;
	case E820_NVS:
		return 3;
	case E820_PMEM:
	case E820_PRAM:
		return 4;
	case E820_DISABLED:
		return 5;
	case E820_RESERVED:
		return 6;
	case E820_UNUSABLE:
		return UINT64_MAX;
	default:
		return (u64)type + 7;
	}
}

static u32 stricter(u32 old, const struct paint *paint)
{
	return strictness(paint->to) > strictness(old) ? paint->to : old;
}

static u32 replace(u32 old, const struct paint *paint)
{
	return old == paint->from ? paint->to : old;
}

void e820_add(u64 addr, u64 size, u32 type)
{
	/*
	 * NOTHING is the only number with a meaning of its own here; no standard has it as a type.
	 */
	struct paint paint = { .mix = stricter, .to = type == NOTHING ? E820_RESERVED : type };
	struct range range;

	if (make_range(addr, size, &range))
		repaint(range, &paint);
}

u64 e820_update(u64 addr, u64 size, u32 from, u32 to)
{
	struct paint paint = { .mix = replace, .from = from, .to = to };
	struct range range;

	if (make_range(addr, size, &range))
		repaint(range, &paint);
	return paint.changed;
}

u64 e820_remove(u64 addr, u64 size, u32 type)
{
	return e820_update(addr, size, type, NOTHING);
}

void e820_clear(void)
{
	e820_table.nr = 0;
}

u64 e820_clamp(u64 limit)
{
	/* With a limit of 0 this omits the last byte of the address space, which is not RAM. */
	return e820_remove(limit, UINT64_MAX, E820_RAM);
}

#define LEGACY_START 0xa0000
#define LEGACY_SIZE  0x60000

void e820_drop_legacy_ram(void)
{
	u64 lost = e820_remove(LEGACY_START, LEGACY_SIZE, E820_RAM);

	if (lost)
		pr_info("e820: %llu kB of RAM between %#x and %#x are not used: the place of video "
			"memory and ROMs\n",
			lost >> 10, LEGACY_START, LEGACY_START + LEGACY_SIZE);
}

static bool wraps(const struct boot_e820 *entry)
{
	return entry->size && entry->addr + (entry->size - 1) < entry->addr;
}

void e820_init(const struct boot_e820 *raw, u32 nr)
{
	e820_clear();
	for (u32 i = 0; i < nr; i++) {
		const struct boot_e820 *entry = &raw[i];

		if (wraps(entry) && entry->type == E820_RAM) {
			pr_warn("e820: RAM at %#018llx with %#llx bytes goes past 2^64: left out\n",
				entry->addr, entry->size);
			continue;
		}
		e820_add(entry->addr, entry->size, entry->type);
	}
}

/* --- questions about the table ---------------------------------------------------------------- */

u64 e820_highest_ram(void)
{
	for (u32 i = e820_table.nr; i-- > 0;)
		if (e820_table.entries[i].type == E820_RAM)
			return last_byte(&e820_table.entries[i]) + 1;
	return 0;
}

struct e820_frames e820_ram_frames(u32 index)
{
	const struct e820_entry *entry = &e820_table.entries[index];
	struct e820_frames frames = { 0, 0 };

	if (entry->type != E820_RAM)
		return frames;
	/* Neither `addr + PAGE_SIZE - 1` nor the end can be used: either may exceed 64 bits. */
	frames.first = (entry->addr >> PAGE_SHIFT) + ((entry->addr & ~PAGE_MASK) != 0);
	frames.end = (last_byte(entry) >> PAGE_SHIFT) +
		     ((last_byte(entry) & ~PAGE_MASK) == (PAGE_SIZE - 1));
	return frames;
}

u64 e820_ram_end(u64 addr)
{
	const u64 most = UINT64_MAX >> PAGE_SHIFT;

	for (u32 i = 0; i < e820_table.nr; i++) {
		struct e820_frames ram = e820_ram_frames(i);

		if (ram.first <= addr >> PAGE_SHIFT && addr >> PAGE_SHIFT < ram.end)
			return min(ram.end, most) << PAGE_SHIFT;
	}
	return addr;
}

const char *e820_type_name(u32 type, char *buf, size_t size)
{
	switch (type) {
	case E820_RAM:
		return "usable";
	case E820_RESERVED:
		return "reserved";
	case E820_ACPI:
		return "ACPI data";
	case E820_NVS:
		return "ACPI NVS";
	case E820_UNUSABLE:
		return "unusable";
	case E820_PMEM:
	case E820_PRAM:
		snprintf(buf, size, "persistent (type %u)", type);
		return buf;
	default:
		snprintf(buf, size, "type %u", type);
		return buf;
	}
}

void e820_print(const char *who)
{
	char buf[24];

	for (u32 i = 0; i < e820_table.nr; i++) {
		const struct e820_entry *entry = &e820_table.entries[i];

		pr_info("%s: [mem 0x%016llx-0x%016llx] %s\n", who, entry->addr, last_byte(entry),
			e820_type_name(entry->type, buf, sizeof(buf)));
	}
}
