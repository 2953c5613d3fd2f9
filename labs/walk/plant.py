# SPDX-License-Identifier: MIT
"""Errors for audit(): they are planted in the memory of a stopped machine, and found here in a second way."""

import random

from boot import PAGE_OFFSET
from pagetables import LARGE, NX, PAGE, PCD, PRESENT, PWT, USER, WRITE
from tables import PAT, PAT_LARGE

USER_ADDRESS, LARGE_ADDRESS = 0x08048000, 0x40000000
CR4_PSE = 0x10


class Planter:
    """Changes the page tables of a stopped machine; `seed` decides where."""

    def __init__(self, stopped, seed):
        self.stopped, self.random = stopped, random.Random(f"{seed} {stopped.mode}")
        self.tables = stopped.tables()
        self.width, self.shift = (8, 21) if stopped.pae else (4, 22)
        self.no_execute = NX if stopped.nx else 0
        self.large_pages = stopped.pae or stopped.registers[1] & CR4_PSE
        self.pages = list(self.tables.pages())
        self.small = [page for page in self.pages if not page.large]
        self.pkmap = max(page.vaddr for page in self.pages if page.vaddr < 0xfff00000)
        self._slots = self.random.sample(range(2, 200), 8)
        self._spare = iter(range(stopped.memory.size // PAGE - 1, 0, -1))

    def put(self, at, value):
        self.stopped.memory.write(at, value.to_bytes(self.width, "little"))

    def change(self, vaddr, set_bits=0, clear_bits=0):
        """Changes the table entry of an address."""
        at, value = self.tables.entry_of(vaddr)
        self.put(at, (value | set_bits) & ~clear_bits)

    def directory_entry(self, vaddr):
        """(physical address, value) of the directory entry of an address."""
        for first, base, entries in self.tables.directories():
            index = (vaddr - first) >> self.shift
            if 0 <= index < len(entries):
                return base + index * self.width, entries[index]
        raise ValueError(f"{vaddr:#x} has no directory")

    def in_text(self):
        """A random page of the kernel's code."""
        _, start, end = self.stopped.layout
        return self.random.choice([page for page in self.small if start <= page.vaddr < end])

    def in_data(self):
        """A random page of 4 KiB that the kernel may write, in the direct map."""
        return self.random.choice([page for page in self.small
                                   if page.write and PAGE_OFFSET <= page.vaddr < PAGE_OFFSET + (4 << 20)])

    def alias(self, paddr, bits):
        """Maps a frame at an address behind the slot of kmap() that is in use."""
        vaddr = self.pkmap + self._slots.pop() * PAGE
        self.put(self.tables.entry_of(vaddr)[0], paddr | bits | PRESENT | self.no_execute)

    def process_entry(self, number):
        """Where the table entry of a page of a process is."""
        at, table = self.directory_entry(USER_ADDRESS)
        if not table & PRESENT:
            table = self.spare()
            self.put(at, table | PRESENT | WRITE | USER)
        return (table & -PAGE) + ((USER_ADDRESS >> 12) + number & (PAGE // self.width - 1)) * self.width

    def spare(self):
        """A page that is zero."""
        return next(number for number in self._spare if number not in self.stopped.memory.pages) * PAGE


def user_page(p):
    """A page of the kernel that user mode may use; the first one, too."""
    page = p.in_data()
    p.change(page.vaddr, set_bits=USER)
    p.change(PAGE_OFFSET, set_bits=PRESENT | USER | p.no_execute)
    at, value = p.directory_entry(page.vaddr)
    p.put(at, value | USER)


def half_user(p):
    """The bit USER in the table entry only, which is no error."""
    p.change(p.random.choice([page for page in p.small if page.vaddr >= p.pkmap]).vaddr, set_bits=USER)


def process_page(p):
    """A page of a process below the kernel, which is no error. Without NX it is not writable."""
    p.put(p.process_entry(0), p.spare() | PRESENT | USER)


def writable_text(p):
    """A page of code that may be written."""
    p.change(p.in_text().vaddr, set_bits=WRITE)


def text_alias(p):
    """A second, writable page with the frame of a page of code."""
    p.alias(p.in_text().phys, WRITE)


def text_in_process(p):
    """A writable page of a process with the frame of a page of code."""
    p.put(p.process_entry(1), p.in_text().phys | PRESENT | WRITE | USER | p.no_execute)


def large_text(p):
    """A large page, elsewhere, that lets the kernel write into all of its code."""
    if p.large_pages:
        p.put(p.directory_entry(LARGE_ADDRESS)[0], PRESENT | WRITE | LARGE | p.no_execute)


def executable_data(p):
    """A page of data that may run as code, if the CPU obeys NX."""
    p.change(p.in_data().vaddr, clear_bits=NX if p.stopped.pae else 0)


def two_caches(p):
    """A frame of the direct map that is mapped again, not cached."""
    p.alias(p.in_data().phys, WRITE | PCD)


def three_pages(p):
    """A frame with three pages: two are cached alike, and one is not cached."""
    frame = p.in_data().phys
    p.alias(frame, WRITE)
    p.alias(frame, WRITE | PCD)


def two_caches_large(p):
    """A frame inside of a large page that is mapped again, written through."""
    large = [page for page in p.pages if page.large]
    page = p.random.choice(large or p.small)
    p.alias(page.phys + p.random.randrange(page.size // PAGE) * PAGE, WRITE | PWT)


def shared_table(p):
    """Two directory entries that name one table: two addresses for each of its pages."""
    source = next(entries[(PAGE_OFFSET - first) >> p.shift] for first, _, entries in p.tables.directories()
                  if 0 <= (PAGE_OFFSET - first) >> p.shift < len(entries))
    assert not source & LARGE
    p.put(p.directory_entry(0)[0], source)


def no_nx(p):
    """The CPU does not obey NX, and no entry has it."""
    for page in p.pages:
        at = p.directory_entry(page.vaddr)[0] if page.large else page.entry
        p.put(at, int.from_bytes(p.stopped.memory.read(at, p.width), "little") & ~NX)
    p.stopped.registers = (*p.stopped.registers[:2], 0)


def flags_of_cr3(p):
    """CR3 has flags, and with PAE its table begins in the middle of a page."""
    cr3, cr4, efer = p.stopped.registers
    if p.stopped.pae:
        entries, cr3 = p.stopped.memory.read(cr3 & ~0x1f, 32), p.spare() + 32 * p.random.randrange(1, 128)
        p.stopped.memory.write(cr3, entries)
    p.stopped.registers = (cr3 | PWT | PCD, cr4, efer)


def absent_entries(p):
    """Entries that are not present, at each level, have other bits."""
    if p.stopped.pae:
        top = p.stopped.registers[0] & ~0x1f
        kernel = int.from_bytes(p.stopped.memory.read(top + 3 * 8, 8), "little")
        p.put(top + 8, kernel & ~PRESENT)
    for _, base, entries in list(p.tables.directories()):
        for index, entry in enumerate(entries):
            if not entry:
                p.put(base + index * p.width, p.random.getrandbits(31) << 1)
    first = p.pkmap + PAGE
    for vaddr in range(first, first + 8 * PAGE, PAGE):
        p.put(p.tables.entry_of(vaddr)[0], p.random.getrandbits(31) << 1)


def pat_bits(p):
    """Table entries have bit 7, and large pages bit 12: they are cached by the PAT."""
    for page in p.random.sample(p.small, 20):
        p.change(page.vaddr, set_bits=PAT)
    for page in [page for page in p.pages if page.large][:20]:
        at, value = p.directory_entry(page.vaddr)
        p.put(at, value | PAT_LARGE)


PLANTS = (half_user, process_page, user_page, writable_text, text_alias, executable_data, two_caches, two_caches_large,
          three_pages, text_in_process, large_text)


def errors(stopped):
    """The trusted answer of audit()."""
    pages = list(stopped.tables().pages())
    offset, start, end = stopped.layout
    text = range((start - offset) // PAGE, (end - offset + PAGE - 1) // PAGE)
    kinds, found = {}, set()
    for page in pages:
        frames = range(page.phys // PAGE, (page.phys + page.size) // PAGE)
        for frame in frames:
            kinds.setdefault(frame, {}).setdefault(page.bits & (PWT | PCD), []).append(page.vaddr)
        if page.user and page.vaddr >= offset:
            found.add(("user", page.vaddr))
        if page.write and max(frames.start, text.start) < min(frames.stop, text.stop):
            found.add(("text", page.vaddr))
        if stopped.nx and page.write and page.execute:
            found.add(("wx", page.vaddr))
    for by_kind in kinds.values():
        if len(by_kind) > 1:
            found.update(("cache", vaddr) for addresses in by_kind.values() for vaddr in addresses)
    return found


def nr_tables(stopped):
    """Number of different tables, the top one included."""
    tables = set()
    shift, mask = (21, 0xffffffffff000) if stopped.pae else (22, 0xfffff000)
    for _, base, entries in stopped.tables().directories():
        tables.add(base)
        tables.update(entry & mask for entry in entries if entry & PRESENT and not entry & LARGE)
    return len(tables) + stopped.pae
