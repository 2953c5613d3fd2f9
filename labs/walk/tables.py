# SPDX-License-Identifier: MIT
"""Page tables made by hand: small machines for the first steps, which need no kernel.

A Maker writes tables of one format into the memory of a machine that has nothing but junk elsewhere. Its
CR3 has the bits PWT and PCD set, and entries that are not present have bits set, as real ones may. Bit 7 of
a table entry and bit 12 of a large page are PAT there (page attribute table): a walk must ignore them.
"""

import random

from machine import Memory

PRESENT, WRITE, USER, PWT, PCD, LARGE = 1, 2, 4, 8, 0x10, 0x80
NX = 1 << 63
PAT, PAT_LARGE = 0x80, 0x1000
PAGE = 4096
SIZE = 4 << 20


class Maker:
    """Tables with (`pae`) or without PAE. `random` decides where they are."""

    def __init__(self, pae, seed):
        self.pae = pae
        self.random = random.Random(f"{seed} {pae}")
        self.memory = Memory(SIZE, {number: self.random.randbytes(PAGE) for number in range(1, 40)})
        self._free = list(range(41, SIZE // PAGE))
        self.random.shuffle(self._free)
        self._tables = {}  # physical address of an entry: of the table that it names
        self.width, self.shift = (8, 21) if pae else (4, 22)
        self.root = self._table()
        if pae:
            # The PDPT is 32 bytes somewhere in a page, and the rest of the page is somebody else's.
            self.memory.pages[self.root // PAGE] = self.random.randbytes(PAGE)
            self.root += 32 * self.random.randrange(1, 128)
            # An entry that is not present names a page of junk, and all of its other bits may be set.
            for at in range(self.root, self.root + 32, 8):
                self.put(at, self.random.randrange(1, 40) * PAGE | self.random.getrandbits(11) << 1)
        self.registers = (self.root | PWT | PCD, 0xb0 if pae else 0x90, 0x800 if pae else 0)

    def _table(self):
        """A new table whose entries are not present, and many of them not 0 either."""
        number = self._free.pop()
        entries = [self.random.getrandbits(31) << 1 if self.random.random() < 0.3 else 0
                   for _ in range(PAGE // self.width)]
        self.memory.pages[number] = b"".join(entry.to_bytes(self.width, "little") for entry in entries)
        return number * PAGE

    def _below(self, at, bits):
        """The table that the entry at `at` names, made if there is none."""
        if at not in self._tables:
            self._tables[at] = self._table()
            self.put(at, self._tables[at] | bits)
        return self._tables[at]

    def put(self, at, value):
        self.memory.write(at, value.to_bytes(self.width, "little"))

    def _directory(self, vaddr):
        if not self.pae:
            return self.root
        return self._below(self.root + (vaddr >> 30) * 8, PRESENT)

    def directory_entry(self, vaddr):
        """Where the directory entry of an address is; a PDPT entry is made for it."""
        return self._directory(vaddr) + (vaddr >> self.shift & (PAGE // self.width - 1)) * self.width

    def map(self, vaddr, paddr, bits, table_bits=PRESENT | WRITE | USER):
        """Maps a page of 4 KiB."""
        table = self._below(self.directory_entry(vaddr), table_bits)
        at = table + (vaddr >> 12 & (PAGE // self.width - 1)) * self.width
        self.put(at, paddr | bits | PRESENT)

    def map_large(self, vaddr, paddr, bits):
        """Maps a large page."""
        self.put(self.directory_entry(vaddr), paddr | bits | LARGE | PRESENT)
