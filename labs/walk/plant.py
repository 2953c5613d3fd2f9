# SPDX-License-Identifier: MIT
"""Errors for audit(): they are planted in the memory of a stopped machine, and found here in a second way."""

import random

from boot import PAGE_OFFSET
from pagetables import GLOBAL, LARGE, NX, PAGE, PCD, PRESENT, PWT, USER, WRITE

USER_ADDRESS = 0x08048000


class Planter:
    """Changes the page tables of a stopped machine; `seed` decides where."""

    def __init__(self, stopped, seed):
        self.stopped, self.random = stopped, random.Random(f"{seed} {stopped.mode}")
        self.tables = stopped.tables()
        self.width, self.shift = (8, 21) if stopped.pae else (4, 22)
        self.no_execute = NX if stopped.nx else 0
        self.pages = list(self.tables.pages())
        self.small = [page for page in self.pages if not page.large]
        self.pkmap = max(page.vaddr for page in self.pages if page.vaddr < 0xfff00000)
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
        vaddr = self.pkmap + self.random.randrange(2, 200) * PAGE
        self.put(self.tables.entry_of(vaddr)[0], paddr | bits | PRESENT | self.no_execute)

    def spare(self):
        """A page that is zero."""
        return next(number for number in self._spare if number not in self.stopped.memory.pages) * PAGE


def user_page(p):
    """A page of the kernel that user mode may use."""
    page = p.in_data()
    p.change(page.vaddr, set_bits=USER)
    at, value = p.directory_entry(page.vaddr)
    p.put(at, value | USER)


def half_user(p):
    """The bit USER in the table entry only, which is no error."""
    p.change(p.random.choice([page for page in p.small if page.vaddr >= p.pkmap]).vaddr, set_bits=USER)


def process_page(p):
    """A page of a process below the kernel, which is no error. Without NX it is not writable."""
    table, frame = p.spare(), p.spare()
    at, _ = p.directory_entry(USER_ADDRESS)
    p.put(at, table | PRESENT | WRITE | USER)
    p.put(table + (USER_ADDRESS >> 12 & (PAGE // p.width - 1)) * p.width, frame | PRESENT | USER)


def writable_text(p):
    """A page of code that may be written."""
    p.change(p.in_text().vaddr, set_bits=WRITE)


def text_alias(p):
    """A second, writable page with the frame of a page of code."""
    p.alias(p.in_text().phys, WRITE)


def executable_data(p):
    """A page of data that may run as code, if the CPU obeys NX."""
    p.change(p.in_data().vaddr, clear_bits=NX if p.stopped.pae else 0)


def two_caches(p):
    """A frame of the direct map that is mapped again, not cached."""
    p.alias(p.in_data().phys, WRITE | PCD)


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


PLANTS = (half_user, process_page, user_page, writable_text, text_alias, executable_data, two_caches,
          two_caches_large)


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


__all__ = ["GLOBAL", "PLANTS", "Planter", "errors", "nr_tables", "shared_table"]
