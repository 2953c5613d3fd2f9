# SPDX-License-Identifier: MIT
"""x86 page tables, read from the memory of a machine by somebody who is not its kernel.

Written from the Intel SDM, volume 3A, chapter 4, and knows nothing of the kernel's own walk.
"""

import struct
from dataclasses import dataclass

PRESENT, WRITE, USER, PWT, PCD, LARGE, GLOBAL = 1, 2, 4, 8, 0x10, 0x80, 0x100
NX = 1 << 63
PAGE = 4096


@dataclass(frozen=True)
class Page:
    """One translation: rights are those of all levels together."""

    vaddr: int
    size: int
    phys: int
    entry: int  # where the last entry lies, physical
    write: bool
    user: bool
    execute: bool
    bits: int  # PWT, PCD and GLOBAL of the last entry

    @property
    def large(self):
        return self.size > PAGE


class PageTables:
    """The tables that CR3 points to. `read(phys, size)` gives bytes of the machine's memory."""

    def __init__(self, read, cr3, pae, nx):
        self._read = read
        self._pae = pae
        self._nx = nx
        self._cr3 = cr3

    def _entries(self, phys, count):
        size = 8 if self._pae else 4
        return struct.unpack(f"<{count}{'Q' if self._pae else 'I'}", self._read(phys, count * size))

    def directories(self):
        """(first address, physical address, entries) of each page of the directory."""
        if not self._pae:
            yield 0, self._cr3 & ~0xfff, self._entries(self._cr3 & ~0xfff, 1024)
            return
        for i, pdpte in enumerate(self._entries(self._cr3 & ~0x1f, 4)):
            if pdpte & PRESENT:
                base = pdpte & 0xffffffffff000
                yield i << 30, base, self._entries(base, 512)

    def _page(self, vaddr, size, phys, entry, val, pde):
        both = val & pde
        return Page(vaddr, size, phys, entry, bool(both & WRITE), bool(both & USER),
                    not (self._nx and (val | pde) & NX), val & (PWT | PCD | GLOBAL))

    def pages(self):
        """Every page that is mapped, in order of address."""
        shift, frame = (21, 0xffffffffff000) if self._pae else (22, 0xfffff000)
        width = 8 if self._pae else 4
        for first, base, pdes in self.directories():
            for i, pde in enumerate(pdes):
                vaddr = first + (i << shift)
                if not pde & PRESENT:
                    continue
                if pde & LARGE:
                    phys = pde & frame & ~((1 << shift) - 1)
                    yield self._page(vaddr, 1 << shift, phys, base + i * width, pde, pde)
                    continue
                table = pde & frame
                for j, pte in enumerate(self._entries(table, 512 if self._pae else 1024)):
                    if pte & PRESENT:
                        yield self._page(vaddr + j * PAGE, PAGE, pte & frame, table + j * width,
                                         pte, pde)

    def entry_of(self, vaddr):
        """Where the entry lies that would map a 4K page there, and what it is; None without a table."""
        shift, frame = (21, 0xffffffffff000) if self._pae else (22, 0xfffff000)
        width = 8 if self._pae else 4
        for first, base, pdes in self.directories():
            index = (vaddr - first) >> shift
            if not 0 <= index < len(pdes):
                continue
            pde = pdes[index]
            if not pde & PRESENT or pde & LARGE:
                return None
            at = (pde & frame) + ((vaddr >> 12) & ((1 << (shift - 12)) - 1)) * width
            return at, int.from_bytes(self._read(at, width), "little")
        return None
