# SPDX-License-Identifier: MIT
"""A machine that has stopped: three registers, and a way to read its physical memory."""


class NoMemory(Exception):
    """A read of a physical address where the machine has no RAM."""


class Machine:
    """`read_bytes(paddr, size)` gives bytes of physical memory, or raises NoMemory."""

    def __init__(self, read_bytes, cr3, cr4, efer):
        self._read_bytes = read_bytes
        self.cr3, self.cr4, self.efer = cr3, cr4, efer

    def read(self, paddr, size):
        """Bytes of physical memory; each call is one request."""
        if not isinstance(paddr, int) or not isinstance(size, int):
            raise TypeError(f"read({paddr!r}, {size!r}): expected two whole numbers")
        return self._read_bytes(paddr, size)

    def u32(self, paddr):
        """The number in four bytes."""
        return int.from_bytes(self.read(paddr, 4), "little")

    def u64(self, paddr):
        """The number in eight bytes."""
        return int.from_bytes(self.read(paddr, 8), "little")


class Memory:
    """Physical memory as a table of pages; pages that the table lacks are zero. Reads are counted."""

    PAGE = 4096

    def __init__(self, size, pages=None):
        self.size = size
        self.pages = {} if pages is None else pages
        self.reads = []  # (paddr, size) of each request

    def read(self, paddr, size):
        """Bytes of memory, without being counted."""
        if not (0 <= paddr and 0 < size and paddr + size <= self.size):
            raise NoMemory(f"read of {size} bytes at {paddr:#x}: expected an address of RAM, "
                           f"0 to {self.size - 1:#x}")
        first, parts = paddr // self.PAGE, []
        for number in range(first, (paddr + size - 1) // self.PAGE + 1):
            parts.append(self.pages.get(number, bytes(self.PAGE)))
        return b"".join(parts)[paddr - first * self.PAGE:][:size]

    def write(self, paddr, data):
        """Changes memory; `data` is within one page."""
        number, offset = divmod(paddr, self.PAGE)
        page = bytearray(self.pages.get(number, bytes(self.PAGE)))
        page[offset:offset + len(data)] = data
        self.pages[number] = bytes(page)

    def request(self, paddr, size):
        """Like read(), and counted."""
        self.reads.append((paddr, size))
        return self.read(paddr, size)

    def copy(self):
        return Memory(self.size, dict(self.pages))
