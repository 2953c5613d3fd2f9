# SPDX-License-Identifier: MIT
"""Addresses: `hl walk` reads the page tables, `hl where` tells all that is known about an address.

The walk begins at CR3, as the CPU's does, and reads the tables through the direct map. Intel SDM 3A, chapter 4
describes the entries. Their bits have names in asm/pgtable.h.
"""

import struct

import gdb
import frames
from kernel import (PAGE, Command, address_argument, address_of, constant, enumerators, is_pae, kind,
                    page_offset, plain_hex, read, variable)

HEADER = "arch/i386/include/asm/pgtable.h"
MOST_MAPPINGS = 16  # that are printed
# In the order in which the kernel's ptwalk prints them; True: only an entry that maps a page has this bit.
BITS = (("global", "PTE_GLOBAL", True), ("dirty", "PTE_DIRTY", True), ("accessed", "PTE_ACCESSED", False),
        ("PCD", "PTE_PCD", False), ("PWT", "PTE_PWT", False), ("user", "PTE_USER", False),
        ("write", "PTE_WRITE", False), ("present", "PTE_PRESENT", False))


# --- page tables --------------------------------------------------------------------------------------

def frame_mask():
    """The bits of an entry that are a physical address: 12 to 51 with PAE, else 12 to 31."""
    return 0xffffffffff000 if is_pae() else 0xfffff000


def bit_names(entry, maps_a_page=True):
    """The names of the bits that are set in an entry."""
    names = ["NX"] if is_pae() and entry >> 63 else []
    return names + [name for name, macro, only_pages in BITS
                    if entry & constant(HEADER, macro) and (maps_a_page or not only_pages)]


def is_present(entry):
    """Whether the CPU follows the entry."""
    return bool(entry & constant(HEADER, "PTE_PRESENT"))


def _entries(paddr, count):
    """The entries of a table."""
    size = kind("pteval_t").sizeof
    try:
        return struct.unpack(f"<{count}{'Q' if size == 8 else 'I'}", read(paddr + page_offset(), count * size))
    except (gdb.MemoryError, OverflowError):
        raise gdb.GdbError(f"the table at physical {paddr:#x} cannot be read: it is not in the direct map") from None


def cr3():
    """The physical address of the top level, which this CPU uses; the kernel's own if gdb does not know CR3."""
    try:
        return int(gdb.parse_and_eval("$cr3")) & 0xffffffff
    except gdb.error:
        return address_of("swapper_pdpt" if is_pae() else "swapper_pg_dir") - page_offset()


def levels():
    """The levels of page tables from the top: name, shift of the index, number of entries."""
    if is_pae():
        return (("PDPT", 30, 4), ("PD", 21, 512), ("PT", 12, 512))
    return (("PD", 22, 1024), ("PT", 12, 1024))


def walk(address):
    """The way from CR3: (level, index, entry, bytes that the entry maps, or 0 for a table) for each level."""
    table, steps = cr3() & (0xffffffe0 if is_pae() else 0xfffff000), []
    for level, shift, count in levels():
        index = address >> shift & (count - 1)
        entry = _entries(table, count)[index]
        large = level == "PD" and bool(entry & constant(HEADER, "PDE_LARGE"))
        steps.append((level, index, entry, 1 << shift if large or level == "PT" else 0))
        if not is_present(entry) or steps[-1][3]:
            break
        table = entry & frame_mask()
    return steps


def translate(address):
    """The physical address behind an address, or None."""
    _, _, entry, size = walk(address)[-1]
    if not is_present(entry) or not size:
        return None
    return (entry & frame_mask() & ~(size - 1)) + (address & (size - 1))


def show_walk(address):
    """Prints a walk as the kernel's ptwalk does."""
    print(f"CR3           {cr3():08x}")
    for level, index, entry, size in walk(address):
        line = f"{level:<5} [{index:4}]  {entry:0{16 if is_pae() else 8}x}  "
        if is_present(entry):
            what = "table" if not size else "page" if level == "PT" else "large page"
            print(f"{line}{what} at {plain_hex(entry & frame_mask())}")
            print(" " * 14 + " ".join(bit_names(entry, bool(size))))
        else:
            print(f"{line}not present{', but not 0: a guard' if entry else ''}")
    paddr = translate(address)
    print(f"{address:08x} is {'not mapped' if paddr is None else f'physical {plain_hex(paddr)}'}")


def mappings(pfn, skip):
    """(address, entry) of each mapping of a frame, except from skip[0] up to skip[1]."""
    directory = []
    if is_pae():
        for entry in _entries(cr3() & 0xffffffe0, 4):
            directory += _entries(entry & frame_mask(), 512) if is_present(entry) else (0,) * 512
    else:
        directory = _entries(cr3() & 0xfffff000, 1024)
    shift, count, mask = levels()[-2][1], levels()[-1][2], frame_mask()
    wanted = pfn * PAGE | constant(HEADER, "PTE_PRESENT")
    for index, entry in enumerate(directory):
        base = index << shift
        if not is_present(entry) or skip[0] <= base < skip[1]:
            continue
        if entry & constant(HEADER, "PDE_LARGE"):
            first = (entry & mask) >> 12
            if first <= pfn < first + (1 << shift - 12):
                yield base + (pfn - first << 12), entry
            continue
        look_at = mask | constant(HEADER, "PTE_PRESENT")
        for number, pte in enumerate(_entries(entry & mask, count)):
            if pte & look_at == wanted:
                yield base + number * PAGE, pte


# --- the address space --------------------------------------------------------------------------------

class Layout:
    """The borders of the address space, from the sizes of the kernel's tables."""

    def __init__(self):
        fixed = enumerators("enum fixed_address")
        slots = variable("kmap_slots").type.range()[1]  # one more than there are, and arrays begin at 0
        self.start = page_offset()
        self.direct = int(variable("direct_map_size"))
        self.vmalloc = int(variable("vmalloc_start"))
        self.top = (1 << 32) - PAGE
        self.fixmap = (1 << 32) - (variable("fixmap_ptes").type.range()[1] + 1) * PAGE
        self.pkmap = self.fixmap - slots * PAGE
        self.vmalloc_end = self.pkmap - 2 * PAGE
        self.fixed = fixed
        self.stride = fixed["FIX_KMAP_END"] - fixed["FIX_KMAP_GUARD"]
        self.nr_cpus = nr_cpus = variable("per_cpu_offset").type.range()[1] + 1
        self.per_cpu = (fixed["FIX_KMAP_BEGIN"] - fixed["FIX_KMAP_END"] + 1) // nr_cpus
        self.windows = (fixed["FIX_WINDOW_BEGIN"] - fixed["FIX_WINDOW_END"] + 1) // nr_cpus
        self.windows_start = self.fixed_address(fixed["FIX_WINDOW_BEGIN"])
        self.local_start = self.fixed_address(fixed["FIX_KMAP_BEGIN"])
        self.local_end = self.fixed_address(fixed["FIX_KMAP_END"]) + PAGE

    def fixed_address(self, index):
        """The address of a page of the fixmap."""
        return self.top - (index + 1) * PAGE

    def local_address(self, cpu, number):
        """The address of a kmap_local slot, which are counted from 0 on each CPU."""
        return self.local_start + (cpu * self.per_cpu + (number + 1) * self.stride) * PAGE

    def local_slot(self, address):
        """(CPU, slot) of a kmap_local address; the slot is None for a guard, and all is None elsewhere."""
        if not self.local_start <= address < self.local_end:
            return None
        page = (address - self.local_start) // PAGE
        cpu, page = divmod(page, self.per_cpu)
        return cpu, None if page == 0 or page % self.stride else page // self.stride


def _image_part(address):
    parts = (("text_start", "text_end", "kernel text"),
             ("init_text_start", "init_text_end", "kernel init text (free memory once the kernel has booted)"),
             ("rodata_start", "rodata_end", "kernel read-only data"),
             ("boot_stack_guard", "boot_stack", "guard page below the boot stack"),
             ("boot_stack", "boot_stack_end", "boot stack"),
             ("init_data_start", "init_data_end", "kernel init data (free memory once the kernel has booted)"),
             ("init_bss_start", "init_bss_end", "kernel init data (free memory once the kernel has booted)"),
             ("ro_after_init_start", "ro_after_init_end", "kernel data that is read-only once the kernel has booted"),
             ("data_start", "kernel_end", "kernel data"))
    return next((name for start, end, name in parts if address_of(start) <= address < address_of(end)), None)


def region(address):
    """The name of the part of the address space, as arch/i386/region.c gives it."""
    space = Layout()
    if address < PAGE:
        return "page 0, never mapped (a NULL pointer?)"
    if address < space.start:
        return "user half, nothing mapped"
    if address >= space.top:
        return "last page, never mapped (an error number?)"
    if address >= space.fixmap:
        index = (space.top - address - 1) // PAGE
        if index >= space.fixed["NR_FIXED_ADDRESSES"]:
            return "fixmap, unused"
        if index < space.fixed["FIX_KMAP_END"]:
            return f"fixmap page {index}"
        if index >= space.fixed["FIX_WINDOW_END"]:
            cpu, window = divmod(space.fixed["FIX_WINDOW_BEGIN"] - index, space.windows)
            return f"window {window} of CPU {cpu}"
        cpu, slot = space.local_slot(address)
        return f"guard of the kmap_local slots of CPU {cpu}" if slot is None else f"kmap_local slot {slot} of CPU {cpu}"
    if address >= space.pkmap:
        return f"pkmap slot {(address - space.pkmap) // PAGE}"
    if address >= space.vmalloc_end:
        return "gap between vmalloc and pkmap"
    if _image_part(address):
        return _image_part(address)
    if space.direct and address >= space.vmalloc:
        if translate(address) is not None:
            return "vmalloc, mapped"
        behind = address - PAGE >= space.vmalloc and translate(address - PAGE) is not None
        return "vmalloc guard page behind a range" if behind else "vmalloc, nothing mapped here"
    if space.direct and address >= space.start + space.direct:
        taken = translate(address) is not None
        return "taken from the vmalloc range at boot" if taken else "gap above the direct map"
    return "direct map" if translate(address) is not None else "hole in the direct map"


class Walk(Command):
    """The tables are those that CR3 of the selected CPU names. ADDR may be an expression of C.

Example: hl walk 0xc1000000"""

    name, arguments, summary = "walk", "ADDR", "how the page tables translate an address"
    needs_argument, completes = True, gdb.COMPLETE_EXPRESSION

    def run(self, text):
        address = address_argument(text)
        print(f"{address:08x} is in: {region(address)}")
        show_walk(address)


# --- hl where -----------------------------------------------------------------------------------------

def _symbol(address):
    """The variable or function at an address of the image, or None."""
    text = gdb.execute(f"info symbol {address:#x}", to_string=True)
    return None if text.startswith("No symbol") else text.split(" in section ")[0].strip()


def _show_mappings(pfn, users):
    space = Layout()
    low = pfn * PAGE < space.direct
    found = [(space.start + pfn * PAGE, walk(space.start + pfn * PAGE)[-1][2])] if low else []
    found += mappings(pfn, (space.start, space.start + space.direct))
    print("mapped at" if found else "mapped nowhere")
    for address, entry in found[:MOST_MAPPINGS]:
        print(f"  {address:08x} {region(address)}: {' '.join(bit_names(entry))}")
        for line in users(address):
            print(f"    {line}")
    if len(found) > MOST_MAPPINGS:
        print(f"  and at {len(found) - MOST_MAPPINGS} other addresses")


class Where(Command):
    """Shows the part of the address space that has ADDR, its translation with all bits, the descriptor of the
frame with its zone, and each address where the kernel maps this frame, with the code that made the
mapping. ADDR may be an expression of C, such as $eip or zones[1].name.

Example: hl where 0xc1000000"""

    name, arguments, summary = "where", "ADDR", "all that is known about an address"
    needs_argument, completes = True, gdb.COMPLETE_EXPRESSION
    users = None  # set by mappings.py: the users of an address, as lines of text

    def run(self, text):
        address = address_argument(text)
        print(f"{address:08x} is in: {region(address)}")
        if _image_part(address) and _symbol(address):
            print(f"symbol: {_symbol(address)}")
        for line in Where.users(address):
            print(line)
        show_walk(address)
        paddr = translate(address)
        if paddr is None:
            return
        if not frames.table_exists():
            print("The kernel has no frame table yet, so nothing is known about the frame.")
        elif frames.frame(paddr // PAGE) is None:
            print(f"Frame {paddr // PAGE:#x} has no descriptor: a device, or memory that the kernel does not use.")
        else:
            frames.show_frame(paddr // PAGE)
        _show_mappings(paddr // PAGE, Where.users)
