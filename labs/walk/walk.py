# SPDX-License-Identifier: MIT
"""A walk through x86 page tables, from outside of the machine that uses them.

Everything here sees a machine that has stopped. `machine` is an object of machine.py:

    machine.cr3, machine.cr4, machine.efer    three registers of the CPU
    machine.read(paddr, size)                 bytes of physical memory
    machine.u32(paddr), machine.u64(paddr)    a number in physical memory

`paddr` is a physical address, `vaddr` a virtual one. Both are numbers of Python, so nothing is cut to
32 bits unless this file does it.

Two formats of page tables exist in 32-bit mode (Intel SDM, volume 3A, 4.3 and 4.4):

    without PAE    directory (1024 entries of 4 bytes), table (1024 entries of 4 bytes)
    with PAE       PDPT (4 entries of 8 bytes), directory (512 of 8), table (512 of 8)

The last functions look at both formats. Above them each format has functions of its own.
"""

from typing import NamedTuple

# Bits of an entry.
PRESENT, WRITE, USER, PWT, PCD, LARGE, GLOBAL = 1, 2, 4, 8, 0x10, 0x80, 0x100
NX = 1 << 63

PAGE = 4096

# Bits of registers: PAE is on; NX is in use.
CR4_PAE = 1 << 5
EFER_NXE = 1 << 11


class Mapping(NamedTuple):
    """One page that is mapped, of 4 KiB, 2 MiB or 4 MiB."""

    vaddr: int     # first address of the page
    paddr: int     # first physical address of the page
    size: int      # bytes
    write: bool    # it may be written
    user: bool     # user mode may use it
    execute: bool  # its bytes may run as code
    cache: int     # the bits PWT and PCD of the entry that names the page: how it is cached


class Layout(NamedTuple):
    """The addresses of a kernel that audit() needs."""

    page_offset: int  # the kernel's addresses begin here
    text_start: int   # first address of the kernel's code
    text_end: int     # first address behind it


# --- without PAE --------------------------------------------------------------------------------------


def split(vaddr):
    """The parts of a virtual address: (index into the directory, index into the table, offset in the page)."""
    return vaddr >> 22, vaddr >> 12 & 1023, vaddr & 4095


def entries_of(machine, vaddr):
    """The entries that translate an address, from the top: [directory entry] or [directory entry, table entry].
    The list ends with the first entry that is not present.
    """
    directory, table, _ = split(vaddr)
    entries = [machine.u32((machine.cr3 & ~0xfff) + 4 * directory)]
    if entries[0] & PRESENT and not entries[0] & LARGE:
        entries.append(machine.u32((entries[0] & ~0xfff) + 4 * table))
    return entries


def walk(machine, vaddr):
    """The physical address of a virtual one, or None if nothing is mapped there. The machine has no PAE."""
    entries = entries_of(machine, vaddr)
    if not entries[-1] & PRESENT:
        return None
    if len(entries) == 1:
        return entries[0] & ~0x3fffff | vaddr & 0x3fffff
    return entries[1] & ~0xfff | vaddr & 0xfff


# --- with PAE -----------------------------------------------------------------------------------------


def split_pae(vaddr):
    """The parts of a virtual address: (index into the PDPT, into the directory, into the table, offset)."""
    return vaddr >> 30, vaddr >> 21 & 511, vaddr >> 12 & 511, vaddr & 4095


def entries_of_pae(machine, vaddr):
    """The entries that translate an address, from the top: one to three. The list ends with the first entry
    that is not present.
    """
    pointer, directory, table, _ = split_pae(vaddr)
    entries = [machine.u64((machine.cr3 & ~0x1f) + 8 * pointer)]
    if entries[-1] & PRESENT:
        entries.append(machine.u64(address_in(entries[-1], PAGE) + 8 * directory))
        if entries[-1] & PRESENT and not entries[-1] & LARGE:
            entries.append(machine.u64(address_in(entries[-1], PAGE) + 8 * table))
    return entries


def address_in(entry, size):
    """The physical address in an entry with PAE, which is a multiple of `size`."""
    return entry & 0xffffffffff000 & -size


def walk_pae(machine, vaddr):
    """The physical address of a virtual one, or None if nothing is mapped there. The machine has PAE."""
    entries = entries_of_pae(machine, vaddr)
    if not entries[-1] & PRESENT:
        return None
    size = PAGE if len(entries) == 3 else 2 << 20
    return address_in(entries[-1], size) | vaddr & (size - 1)


# --- both ---------------------------------------------------------------------------------------------


def rights(entries, nx):
    """The rights of a page: (write, user, execute), each True or False. `entries` has the directory entry, and
    the table entry if there is one. `nx` is True if the CPU obeys the bit NX.
    """
    both = entries[0] & entries[-1]
    either = entries[0] | entries[-1]
    return bool(both & WRITE), bool(both & USER), not (nx and either & NX)


def mapping_of(machine, vaddr, paddr, size, entries):
    """The Mapping of a page. `entries` is as in rights()."""
    nx = bool(machine.cr4 & CR4_PAE and machine.efer & EFER_NXE)
    return Mapping(vaddr, paddr, size, *rights(entries, nx), entries[-1] & (PWT | PCD))


def translate(machine, vaddr):
    """The Mapping of the page that contains an address, or None if nothing is mapped there."""
    if machine.cr4 & CR4_PAE:
        entries, paddr = entries_of_pae(machine, vaddr)[1:], walk_pae(machine, vaddr)
        large = 2 << 20
    else:
        entries, paddr = entries_of(machine, vaddr), walk(machine, vaddr)
        large = 4 << 20
    if paddr is None:
        return None
    size = large if len(entries) == 1 else PAGE
    return mapping_of(machine, vaddr & -size, paddr & -size, size, entries)


def mappings(machine):
    """All pages that are mapped, as a list of Mappings in the order of their addresses."""
    pae = machine.cr4 & CR4_PAE
    width, per_page, shift = (8, 512, 21) if pae else (4, 1024, 22)
    known = {}

    def table(paddr, count=per_page):
        if paddr not in known:
            data = machine.read(paddr, count * width)
            known[paddr] = [int.from_bytes(data[i:i + width], "little") for i in range(0, len(data), width)]
        return known[paddr]

    if pae:
        tops = [(i << 30, address_in(entry, PAGE)) for i, entry in enumerate(table(machine.cr3 & ~0x1f, 4))
                if entry & PRESENT]
    else:
        tops = [(0, machine.cr3 & ~0xfff)]
    found = []
    for first, directory in tops:
        for i, pde in enumerate(table(directory)):
            vaddr = first + (i << shift)
            if not pde & PRESENT:
                continue
            if pde & LARGE:
                found.append(mapping_of(machine, vaddr, address_in(pde, 1 << shift), 1 << shift, [pde]))
                continue
            for j, pte in enumerate(table(address_in(pde, PAGE))):
                if pte & PRESENT:
                    found.append(mapping_of(machine, vaddr + j * PAGE, address_in(pte, PAGE), PAGE, [pde, pte]))
    return found


def reverse(machine, paddr):
    """All virtual addresses that lead to a physical address, in ascending order."""
    return [m.vaddr + paddr - m.paddr for m in mappings(machine) if m.paddr <= paddr < m.paddr + m.size]


def audit(machine, layout):
    """Errors in the tables of a kernel, as a set of pairs (kind, first address of the page):
        "user"   user mode may use a page of the kernel
        "text"   a page, anywhere, lets the kernel write into the frames of its own code
        "wx"     a page is writable and executable (only if the CPU obeys NX)
        "cache"  a page shows a frame that another page shows with other bits PWT and PCD (both are named)
    """
    pages = mappings(machine)
    text = layout.text_start - layout.page_offset, layout.text_end - layout.page_offset
    nx = bool(machine.cr4 & CR4_PAE and machine.efer & EFER_NXE)
    caches, found = {}, set()
    for m in pages:
        for frame in range(m.paddr, m.paddr + m.size, PAGE):
            caches.setdefault(frame, set()).add(m.cache)
    mixed = {frame for frame, kinds in caches.items() if len(kinds) > 1}
    for m in pages:
        if m.user and m.vaddr >= layout.page_offset:
            found.add(("user", m.vaddr))
        if m.write and m.paddr < text[1] and m.paddr + m.size > text[0]:
            found.add(("text", m.vaddr))
        if nx and m.write and m.execute:
            found.add(("wx", m.vaddr))
        if any(frame in mixed for frame in range(m.paddr, m.paddr + m.size, PAGE)):
            found.add(("cache", m.vaddr))
    return found
