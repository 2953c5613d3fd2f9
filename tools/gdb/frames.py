# SPDX-License-Identifier: MIT
"""Page frames and zones: `hl page`, `hl zones`, `hl buddy`.

mem_map has a descriptor for each frame. Its first word is divided by the masks and shifts of mm/page.h. Only
the first frame of a block tells the state of the block; all others are tails.
"""

import gdb
from kernel import (PAGE, Command, array, constant, cpus, enumerator, enumerators, function_at, kind, number_of,
                    per_cpu, plain_hex, variable)

HEADER = "mm/page.h"
MOST_BLOCKS = 256  # of a free list that are followed


def _field(flags, name):
    return flags >> constant(HEADER, f"PAGE_{name}_SHIFT") & constant(HEADER, f"PAGE_{name}_MASK")


def state(page):
    """The name of a descriptor's state, such as PAGE_FREE."""
    return enumerator("enum page_state", _field(int(page["flags"]), "STATE"))


def order(page):
    """The order of the block that begins at this frame."""
    return _field(int(page["flags"]), "ORDER")


def zone_name(page):
    """The name of the zone that has this frame."""
    zone = variable("zones")[_field(int(page["flags"]), "ZONE")]
    return zone["name"].string() if int(zone["name"]) else "none"


def is_compound(page):
    """Whether the frame is part of a compound block."""
    return bool(int(page["flags"]) & constant(HEADER, "PAGE_COMPOUND"))


def owner_flags(page):
    """The names of the flags that the owner of a block has set."""
    flags = int(page["flags"])
    return [name for name, bit in enumerators("enum page_flag").items() if flags >> bit & 1]


def max_order():
    """The largest order of a block."""
    return kind("struct zone")["free_area"].type.range()[1]


def table_exists():
    """Whether the kernel has made mem_map."""
    return int(variable("mem_map")) != 0


def need_table():
    """Stops the command if there is no frame table yet."""
    if not table_exists():
        raise gdb.GdbError("the kernel has no frame table yet: mem_map is NULL until mem_map_init()")


def frame(pfn):
    """The descriptor of a frame; None if the number is too large."""
    return variable("mem_map")[pfn] if pfn < int(variable("max_pfn")) else None


def pfn_of(page):
    """The number of the frame that a pointer to its descriptor means."""
    return (int(page) - int(variable("mem_map"))) // kind("struct page").sizeof


def head_of(pfn):
    """The number of the first frame of the block that has this frame; None if it is in no block."""
    for size in range(max_order() + 1):
        head = pfn >> size << size
        page = frame(head)
        if state(page) != "PAGE_TAIL":
            return head if order(page) >= size and state(page) not in ("PAGE_HOLE", "PAGE_RESERVED") else None
    return None


# --- hl page ------------------------------------------------------------------------------------------

def _show_slab(page):
    number = int(page["number"])
    cache = variable("kmem_caches")[number]
    if number == 0 or not int(cache):
        print("  memory of a large kmalloc()")
        return
    slab = page.address.cast(kind("struct slab").pointer())
    print(f"  slab of cache '{cache['name'].string()}': {int(cache['objects'])} objects of {int(cache['size'])} bytes, "
          f"{int(slab['nr_free'])} of them free in the slab")


def _show_owner(pfn):
    """With DEBUG=1 the kernel notes the calls that allocated a block."""
    try:
        owners = variable("owners", "mm/page_owner.c")
    except gdb.GdbError:
        return
    chain = int(owners[pfn]) if int(owners) else 0
    if chain:
        calls = [int(call) for call in array(variable("chains", "mm/page_owner.c")[chain]["calls"]) if int(call)]
        print("  allocated by " + ", ".join(function_at(call - 1) for call in calls))


def show_frame(pfn):
    """Prints the descriptor of a frame, in full sentences where its words have a meaning."""
    page = frame(pfn)
    now = state(page)
    print(f"frame {plain_hex(pfn)}: {now}, order {order(page)}, zone {zone_name(page)}, "
          f"physical {plain_hex(pfn * PAGE)}")
    print(f"  flags {int(page['flags']):#010x}, number {int(page['number'])}, references {int(page['refcount'])}, "
          f"a {plain_hex(int(page['a']))}, b {plain_hex(int(page['b']))}")
    if owner_flags(page) or is_compound(page):
        print("  " + ", ".join([*owner_flags(page), *(["in a compound block"] if is_compound(page) else [])]))
    if now == "PAGE_TAIL":
        head = head_of(pfn)
        print("  in no block" if head is None else
              f"  in the block of frame {plain_hex(head)}: {state(frame(head))}, order {order(frame(head))}")
        pfn = pfn if head is None else head
    elif now not in ("PAGE_HOLE", "PAGE_RESERVED") and order(page):
        print(f"  first of {1 << order(page)} frames, up to {plain_hex(pfn + (1 << order(page)) - 1)}")
    if state(frame(pfn)) == "PAGE_SLAB":
        _show_slab(frame(pfn))
    _show_owner(pfn)


class Page(Command):
    """PFN is the number of a page frame: its physical address divided by 4096. An expression of C is allowed.

Example: hl page 0x1000"""

    name, arguments, summary = "page", "PFN", "the descriptor of a page frame"
    needs_argument, completes = True, gdb.COMPLETE_EXPRESSION

    def run(self, text):
        need_table()
        limit = int(variable("max_pfn"))
        expected = f"a frame number below {limit:#x}"
        pfn, _ = number_of(text, expected)
        if not 0 <= pfn < limit:
            raise gdb.GdbError(f"'{text}': frame {plain_hex(pfn)} has no descriptor, expected {expected}")
        show_frame(pfn)


# --- hl zones and hl buddy ----------------------------------------------------------------------------

def _zones():
    """The zones that have RAM."""
    need_table()
    return [zone for zone in array(variable("zones")) if int(zone["present_pages"])]


def _cached(zone):
    """Pages of a zone in the lists of all CPUs."""
    pages = 0
    for cpu in cpus():
        for size, pair in enumerate(array(per_cpu(variable("pcp_lists"), cpu)["list"][int(zone["type"])])):
            pages += (int(pair["nr_hot"]) + int(pair["nr_cold"])) << size
    return pages


class Zones(Command):
    """All figures are pages. Those that CPUs have cached in their own lists are not among the free ones."""

    name, summary = "zones", "the zones: their frames, and how many are free"

    def run(self, text):
        print("zone      first frame    spanned    present    managed       free    cached")
        for zone in _zones():
            figures = [int(zone[f"{name}_pages"]) for name in ("spanned", "present", "managed", "free")]
            print(f"{zone['name'].string():<10}{plain_hex(int(zone['start_pfn'])):>11}"
                  + "".join(f"{figure:11}" for figure in figures) + f"{_cached(zone):10}")


def _follow(head):
    """The first blocks of a free list; one more than MOST_BLOCKS if it is longer."""
    blocks, none = [], constant(HEADER, "PFN_NONE")
    while head != none and len(blocks) <= MOST_BLOCKS:
        page = frame(head)
        if page is None:
            raise gdb.GdbError(f"the list leads to frame {head:#x}, which has no descriptor")
        blocks.append((head, page))
        head = int(page["a"])
    return blocks


def _complaint(size, area, blocks):
    """The first fault of a list, or None. A list may be in the middle of a change."""
    for pfn, page in blocks:
        if state(page) != "PAGE_FREE" or order(page) != size:
            return f"frame {pfn:#x} is {state(page)} of order {order(page)}, expected a free block of order {size}"
    if len(blocks) <= MOST_BLOCKS and len(blocks) != int(area["nr_free"]):
        return f"the list has {len(blocks)} blocks, nr_free is {int(area['nr_free'])}"
    return None


class Buddy(Command):
    """Without ZONE: the number of free blocks of each order, as `buddyinfo` prints it. With ZONE: the lists of
that zone, whose first 256 blocks are checked.

Example: hl buddy HighMem"""

    name, arguments, summary = "buddy", "[ZONE]", "free blocks by order; with ZONE, the first blocks"

    def complete(self, text, word):
        """The names of zones that begin with a word; gdb 16 first asks without one."""
        names = [zone["name"].string() for zone in array(variable("zones")) if int(zone["name"])]
        return [name for name in names if name.lower().startswith((word or "").lower())]

    def run(self, text):
        zones = {zone["name"].string(): zone for zone in _zones()}
        if not text:
            for name, zone in zones.items():
                print(f"Node 0, zone {name:>8} " + "".join(
                    f"{int(area['nr_free']):6} " for area in array(zone["free_area"])))
            return
        zone = {name.lower(): zone for name, zone in zones.items()}.get(text.lower())
        if zone is None:
            raise gdb.GdbError(f"'{text}', expected a zone: {', '.join(zones)}")
        print("order    blocks     pages  first blocks, by the number of their first frame")
        for size, area in enumerate(array(zone["free_area"])):
            blocks = _follow(int(area["head"]))
            shown = " ".join(hex(pfn) for pfn, _ in blocks[:4]) + (" ..." if len(blocks) > 4 else "")
            print(f"{size:5}{int(area['nr_free']):10}{int(area['nr_free']) << size:10}  {shown}".rstrip())
            complaint = _complaint(size, area, blocks)
            if complaint:
                print(f"      {complaint}: damage, or a change that has just begun")
