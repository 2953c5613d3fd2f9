# SPDX-License-Identifier: MIT
"""The state of a running kernel at one moment: all data that the pictures are drawn from.

Frames, zones, slots and page tables are read from the memory of the machine, by the table that the kernel
publishes (tools/view.py). The prompt waits meanwhile, so nothing changes. Ranges of vmalloc have no place in
that table; they come from `report json`.

Each frame becomes a code, a number below 256 (palette.py). A tail of a block gets the state of its head. Two
parts of reserved memory have codes of their own: the kernel image and the frame table, which is the price of
all other frames.
"""

import json
from dataclasses import dataclass, field

import numpy

import palette

PAGE = 4096
EMPTY, IDLE, USED = 0, 1, 2  # states of a slot of kmap()


@dataclass
class Snapshot:
    """One moment. `codes` has a code for each frame below max_pfn."""

    label: str
    pae: bool
    zones: list
    state_names: tuple
    codes: object
    regions: list
    slots: list
    nr_slots: int
    local_slots: list
    flushes: int
    pkmap_start: int
    walks: list
    report: dict = field(default_factory=dict)

    @property
    def classes(self):
        return palette.classes(self.state_names, [zone.name for zone in self.zones])

    def counts(self):
        """Number of frames of each class."""
        numbers = numpy.bincount(self.codes, minlength=256)
        return {kind.name: int(sum(numbers[code] for code in kind.codes)) for kind in self.classes}

    def zone_counts(self, zone):
        """Number of frames of each class in one zone, by its index."""
        numbers = numpy.bincount(self.codes, minlength=256)
        own = {*range(zone * palette.STATES, (zone + 1) * palette.STATES), palette.IMAGE + zone,
               palette.FRAME_TABLE + zone, palette.HOLE_STRIPE + zone}
        found = {kind.name: int(sum(numbers[code] for code in kind.codes if code in own)) for kind in self.classes}
        return {name: count for name, count in found.items() if count}

    def region(self, name):
        """(start, end) of a part of the address space."""
        return next((start, end) for word, start, end in self.regions if word == name)


def _field(flags, pair):
    return (flags >> pair[0]) & pair[1]


def frame_codes(view):
    """A code for each frame."""
    table = numpy.frombuffer(view.bytes_at(view.mem_map, view.max_pfn * view.frame_size), dtype="<u4")
    flags = table[view.flags_at // 4::view.frame_size // 4]
    state, zone = (_field(flags, pair).astype(numpy.uint8) for pair in (view.state, view.zone))
    tail = view.state_names.index("tail of a block")
    heads = numpy.where(state == tail, 0, numpy.arange(len(state), dtype=numpy.int32))
    state = state[numpy.maximum.accumulate(heads)]
    codes = zone * palette.STATES + state
    reserved = state == view.state_names.index("reserved")
    for code, start, end in ((palette.IMAGE, view.kernel_start, view.kernel_end),
                             (palette.FRAME_TABLE, view.mem_map, view.mem_map + view.max_pfn * view.frame_size)):
        first = view.walk(start).phys // PAGE
        last = first + (end - start + PAGE - 1) // PAGE
        part = slice(first, last)
        codes[part] = numpy.where(reserved[part], code + zone[part], codes[part])
    holes = state == view.state_names.index("hole")
    # Diagonal stripes of 8 frames.
    pfns = numpy.arange(len(codes), dtype=numpy.int32)
    stripes = holes & (((pfns + (pfns >> 10)) >> 3) & 1 == 1)
    return numpy.where(stripes, palette.HOLE_STRIPE + zone, codes).astype(numpy.uint8)


def slot_states(slots, nr):
    """The state of each slot of kmap(), as an array."""
    found = numpy.full(nr, EMPTY, numpy.uint8)
    for slot in slots:
        found[slot.number] = USED if slot.users else IDLE
    return found


def page_states(report):
    """The state of each page of vmalloc up to the highest range, from `report json`. Guard pages are empty."""
    vmalloc = report["vmalloc"]
    found = numpy.full((max(row["end"] for row in vmalloc["ranges"]) - vmalloc["start"]) // PAGE, EMPTY, numpy.uint8)
    for row in vmalloc["ranges"]:
        first = (row["start"] - vmalloc["start"]) // PAGE
        found[first:first + row["pages"]] = IDLE if row["unpurged"] else USED
    return found


def object_states(report, name):
    """The objects of a cache, those in use first, from `report json`."""
    cache = next(row for row in report["slab"]["caches"] if row["name"] == name)
    found = numpy.full(cache["objects"], IDLE, numpy.uint8)
    found[:cache["active_objects"]] = USED
    return found


def local_states(report, cpu, depth=8):
    """The first kmap_local slots of a CPU: mapped, or saved with a thread that waits for it, from `report json`."""
    slots, rows = report["kmap_local"], numpy.full(depth, EMPTY, numpy.uint8)
    for thread in report["threads"]["threads"]:
        if thread["cpu"] == cpu:
            rows[:thread["kmap_local_saved"]] = IDLE
    for mapped in slots["cpus"][cpu]["mapped"]:
        rows[(mapped["address"] - slots["cpus"][cpu]["first_slot"]) // slots["stride"]] = USED
    return rows


def report_of(guest):
    """The parts of the kernel's own document that its memory does not show."""
    text = guest.command("report json vmalloc meminfo tlb slab kmap_local threads")
    return json.loads(text[text.index("{"):text.rindex("}") + 1])


def take(guest, view, label, addresses=()):
    """The present moment of a guest. addresses are those to walk."""
    slots = view.kmap_list()
    return Snapshot(label, bool(view.pae), view.zone_list(), view.state_names, frame_codes(view), view.regions(),
                    slots, view.nr_kmap_slots, view.kmap_local_list(), view.kmap_flush_count(), view.pkmap_start,
                    [view.walk(address) for address in addresses], report_of(guest))
