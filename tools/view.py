#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads a kernel's zones, frames and page tables from outside, by the table that the kernel publishes.

	tools/view.py MEMORY [ADDRESS...]

MEMORY is a file with the machine's physical memory from address 0 on, as QEMU's pmemsave writes it. The
program prints the zones, the frames by state and the slots in use, and the walk of each address.

Other programs import it. All that a View needs is a function read(paddr, length), which returns bytes of
physical memory: of a file, of a running QEMU, or of an emulator in a browser. The kernel's part is mm/view.c;
the layout of the table is that of struct view in mm/view.h.
"""

import array
import struct
import sys
from collections import Counter
from dataclasses import dataclass

MAGIC = b"HIGHVIEW"
VERSION = 1
ANCHOR = 0x4f0
PAGE = 4096

# The fields of struct view behind the magic, in order. A name with two numbers is a struct view_field.
FIELDS = (
    "version size root pae "
    "page_offset direct_map_end vmalloc_start vmalloc_end pkmap_start fixmap_start fixmap_end "
    "kernel_start kernel_end nr_cpus cpu_offsets ticks ticks_per_second max_pfn max_low_pfn "
    "mem_map frame_size flags_at refcount_at a_at b_at "
    "order:2 state:2 zone:2 compound:2 number:2 state_names nr_states "
    "zones zone_size nr_zones name_at start_pfn_at spanned_at present_at managed_at free_pages_at "
    "watermark_at nr_watermarks free_area_at free_area_size nr_free_at nr_orders "
    "kmap_slots kmap_slot_size nr_kmap_slots kmap_count_at kmap_idle kmap_flushes "
    "kmap_local_start kmap_local_per_cpu kmap_local_stride kmap_local_depth").split()

# Bits of entries: Intel SDM, volume 3A, chapter 4.
PRESENT, LARGE = 1, 0x80
BITS = ((0, "present"), (1, "write"), (2, "user"), (3, "PWT"), (4, "PCD"), (5, "accessed"),
        (6, "dirty"), (8, "global"), (63, "NX"))
ONLY_IN_PAGES = ("dirty", "global")


class ViewError(Exception):
    """There is no table, or it is one that this program does not know."""


@dataclass(frozen=True)
class Level:
    """One entry of a walk."""

    name: str        # "PDPT", "PD", "PT"
    index: int
    at: int          # physical address of the entry
    value: int
    target: int      # physical address of the table or the page that it names
    is_page: bool    # it maps a page, and is not the address of a table

    @property
    def present(self):
        return bool(self.value & PRESENT)

    def bits(self):
        """Names of the bits that are set, from the lowest."""
        return [name for bit, name in BITS if self.value >> bit & 1
                and (self.is_page or name not in ONLY_IN_PAGES)]


@dataclass(frozen=True)
class Walk:
    """How an address is translated."""

    vaddr: int
    levels: tuple
    size: int        # of the page; 0 if nothing is mapped
    phys: int | None # of the address itself; None if nothing is mapped


@dataclass(frozen=True)
class Zone:
    """A zone, in pages. `free_blocks[n]` is the number of free blocks of order n."""

    name: str
    start_pfn: int
    spanned: int
    present: int
    managed: int
    free: int
    watermarks: tuple
    free_blocks: tuple


@dataclass(frozen=True)
class Frame:
    """One frame. `state` is a number; View.state_names has the words."""

    pfn: int
    state: int
    order: int
    zone: int
    compound: bool
    number: int
    refcount: int
    a: int
    b: int


@dataclass(frozen=True)
class Slot:
    """A slot that maps a page. `users` is 0 for an idle slot of kmap(), and None for kmap_local."""

    number: int
    vaddr: int
    pfn: int
    users: int | None
    cpu: int | None


class View:
    """The published table of one kernel, read once; its data is read anew by each call."""

    def __init__(self, read):
        self.read = read
        anchor = read(ANCHOR, 16)
        if anchor[:8] != MAGIC or sum(struct.unpack("<4I", anchor)) & 0xffffffff:
            raise ViewError(f"no table: {anchor.hex()} at {ANCHOR:#x}, expected {MAGIC.decode()}")
        self.at = struct.unpack_from("<I", anchor, 8)[0]
        self._read_table()
        self._regions = ("user", 0), ("direct map", self.page_offset), ("gap", self.direct_map_end), \
            ("vmalloc", self.vmalloc_start), ("gap", self.vmalloc_end), ("pkmap", self.pkmap_start), \
            ("fixmap", self.fixmap_start), ("never mapped", self.fixmap_end)
        self.state_names = tuple(self.string(self.word(self.state_names + 4 * i)) for i in range(self.nr_states))

    def _read_table(self):
        magic, version, size = struct.unpack("<8s2I", self.read(self.at, 16))
        if magic != MAGIC or version != VERSION:
            raise ViewError(f"table of {magic} {version}, expected {MAGIC} {VERSION}")
        words = iter(struct.unpack(f"<{size // 4 - 2}I", self.read(self.at + 8, size - 8)))
        for field in FIELDS:
            name, _, count = field.partition(":")
            value = tuple(next(words) for _ in range(int(count or 1)))
            setattr(self, name, value if count else value[0])

    # --- virtual memory ---

    def walk(self, vaddr):
        """The entries that translate an address, from the top."""
        width, frame = (8, 0xffffffffff000) if self.pae else (4, 0xfffff000)
        shift, per_page = (21, 512) if self.pae else (22, 1024)
        steps = [("PD", vaddr >> shift & (per_page - 1)), ("PT", vaddr >> 12 & (per_page - 1))]
        if self.pae:
            steps.insert(0, ("PDPT", vaddr >> 30))
        table, levels = self.root, []
        for name, index in steps:
            at = table + index * width
            value = int.from_bytes(self.read(at, width), "little")
            is_page = name == "PT" or (name == "PD" and bool(value & LARGE))
            size = PAGE if name == "PT" else 1 << shift
            table = value & frame & (-size if is_page else -1)
            levels.append(Level(name, index, at, value, table, is_page))
            if not value & PRESENT:
                return Walk(vaddr, tuple(levels), 0, None)
            if is_page:
                return Walk(vaddr, tuple(levels), size, table | vaddr & (size - 1))
        return None

    def bytes_at(self, vaddr, length):
        """Memory at a kernel address. Raises a ViewError if a part is not mapped."""
        parts = []
        while length > 0:
            walk = self.walk(vaddr)
            if walk.phys is None:
                raise ViewError(f"{vaddr:#x} is not mapped")
            part = min(length, walk.size - (vaddr & (walk.size - 1)))
            parts.append(self.read(walk.phys, part))
            vaddr, length = vaddr + part, length - part
        return b"".join(parts)

    def word(self, vaddr):
        return int.from_bytes(self.bytes_at(vaddr, 4), "little")

    def string(self, vaddr):
        """A string that ends with a null byte, of at most 64 bytes."""
        walk = self.walk(vaddr)
        text = self.read(walk.phys, min(64, walk.size - (vaddr & (walk.size - 1))))
        return text.split(b"\0")[0].decode()

    def regions(self):
        """(name, first address, end) of the parts of the address space."""
        starts = [*self._regions, ("", 1 << 32)]
        return [(name, start, end) for (name, start), (_, end) in zip(starts, starts[1:]) if start < end]

    # --- zones and frames ---

    def zone_list(self):
        return [self._zone(self.bytes_at(self.zones + i * self.zone_size, self.zone_size))
                for i in range(self.nr_zones)]

    def _zone(self, data):
        def word(at):
            return struct.unpack_from("<I", data, at)[0]

        free = tuple(word(self.free_area_at + order * self.free_area_size + self.nr_free_at)
                     for order in range(self.nr_orders))
        marks = struct.unpack_from(f"<{self.nr_watermarks}I", data, self.watermark_at)
        return Zone(self.string(word(self.name_at)), word(self.start_pfn_at), word(self.spanned_at),
                    word(self.present_at), word(self.managed_at), word(self.free_pages_at), marks, free)

    def frame(self, pfn):
        """One frame; pfn is less than max_pfn."""
        data = self.bytes_at(self.mem_map + pfn * self.frame_size, self.frame_size)
        flags, refcount, a, b = (struct.unpack_from("<I", data, at)[0]
                                 for at in (self.flags_at, self.refcount_at, self.a_at, self.b_at))

        def field(pair):
            return flags >> pair[0] & pair[1]

        return Frame(pfn, field(self.state), field(self.order), field(self.zone), bool(field(self.compound)),
                     field(self.number), refcount, a, b)

    def frame_flags(self, first=0, end=None):
        """The flags of many frames as an array of numbers, which is faster than frame()."""
        end = self.max_pfn if end is None else end
        data = array.array("I", self.bytes_at(self.mem_map + first * self.frame_size,
                                              (end - first) * self.frame_size))
        return data[self.flags_at // 4::self.frame_size // 4]

    def states(self):
        """Number of frames by (zone, state), tails counted as their block."""
        counts = Counter()
        (state_shift, state_mask), (zone_shift, zone_mask) = self.state, self.zone
        tail = self.state_names.index("tail of a block")
        head = None
        for flags in self.frame_flags():
            state = flags >> state_shift & state_mask
            head = head if state == tail else state
            counts[flags >> zone_shift & zone_mask, head] += 1
        return counts

    # --- slots ---

    def kmap_list(self):
        """The slots of kmap() that map a page, held or idle."""
        slots = []
        for number in range(self.nr_kmap_slots):
            walk = self.walk(self.pkmap_start + number * PAGE)
            if walk.phys is not None:
                count = self.word(self.kmap_slots + number * self.kmap_slot_size + self.kmap_count_at)
                users = (count - self.kmap_idle) & 0xffffffff
                slots.append(Slot(number, walk.vaddr, walk.phys // PAGE, users, None))
        return slots

    def kmap_flush_count(self):
        """Number of times that all idle slots of kmap() became empty."""
        return self.word(self.kmap_flushes)

    def cpus(self):
        """Numbers of the CPUs that were started."""
        return [cpu for cpu in range(self.nr_cpus) if cpu == 0 or self.word(self.cpu_offsets + 4 * cpu)]

    def kmap_local_list(self):
        """The slots of kmap_local_page() that map a page now."""
        slots = []
        for cpu in self.cpus():
            for number in range(self.kmap_local_depth):
                walk = self.walk(self.kmap_local_start + cpu * self.kmap_local_per_cpu
                                 + number * self.kmap_local_stride)
                if walk.phys is not None:
                    slots.append(Slot(number, walk.vaddr, walk.phys // PAGE, None, cpu))
        return slots


def print_walk(walk):
    for level in walk.levels:
        names = "page" if level.is_page else "table"
        print(f"  {level.name:<5}[{level.index:4}]  {level.value:#x}  "
              + (f"{names} at {level.target:#x}  {' '.join(level.bits())}" if level.present else "not present"))
    print(f"  {walk.vaddr:08x} is " + ("not mapped" if walk.phys is None else f"physical {walk.phys:#x}"))


def print_all(view, addresses):
    print(f"{'PAE' if view.pae else 'non-PAE'} kernel, table at {view.at:#x}, {view.max_pfn} frames")
    for zone in view.zone_list():
        print(f"zone {zone.name:>8}: {zone.present} present, {zone.managed} managed, {zone.free} free, "
              f"blocks {' '.join(map(str, zone.free_blocks))}")
    for (zone, state), count in sorted(view.states().items()):
        print(f"  zone {zone}, {view.state_names[state]}: {count} frames")
    for slot in [*view.kmap_list(), *view.kmap_local_list()]:
        print(f"slot {slot.vaddr:08x} maps frame {slot.pfn:#x}, "
              + (f"users {slot.users}" if slot.cpu is None else f"CPU {slot.cpu}"))
    for address in addresses:
        print_walk(view.walk(int(address, 0)))


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with open(sys.argv[1], "rb") as file:
        def read(paddr, length):
            file.seek(paddr)
            return file.read(length)

        try:
            print_all(View(read), sys.argv[2:])
        except (ViewError, struct.error) as error:
            sys.exit(f"tools/view.py: {error}")


if __name__ == "__main__":
    main()
