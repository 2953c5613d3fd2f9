# SPDX-License-Identifier: MIT
"""How gdb prints Highland's types: `print *page`, `print zones[1]`, `print pkmap_ptes[0]`.

The members follow the summary, so nothing is hidden. `print/r` shows a value as gdb itself would.
"""

import gdb
import gdb.printing
import address
import frames
import mappings
from kernel import plain_hex

MOST = 200  # elements of a list that are counted


class Structure:
    """A summary, and the members as they are."""

    def __init__(self, value):
        self.value = value

    def children(self):
        """The members."""
        for field in self.value.type.strip_typedefs().fields():
            if field.name:
                yield field.name, self.value[field]


class Page(Structure):
    """A frame descriptor."""

    def to_string(self):
        """State, order and zone, and the frame's number if the descriptor is one of mem_map."""
        text = f"{frames.state(self.value)}, order {frames.order(self.value)}, zone {frames.zone_name(self.value)}"
        if self.value.address is None or not frames.table_exists():
            return text
        return f"frame {plain_hex(frames.pfn_of(self.value.address))}: {text}"

    def children(self):
        """The four words."""
        return ((name, self.value[name]) for name in ("flags", "refcount", "a", "b"))


class Entry:
    """An entry of a page table or a page directory, or the bits of one."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        """The frame and the names of the bits."""
        entry = int(self.value["val"])
        names = " ".join(address.bit_names(entry)) or "no bits"
        if not address.is_present(entry):
            return f"{plain_hex(entry)} (not present)"
        return f"{plain_hex(entry)} (frame {plain_hex((entry & address.frame_mask()) >> 12)}: {names})"


class Zone(Structure):
    """A zone."""

    def to_string(self):
        """Name, frames, free pages."""
        name = self.value["name"].string() if int(self.value["name"]) else "unnamed"
        start, spanned = int(self.value["start_pfn"]), int(self.value["spanned_pages"])
        return f"zone {name}: frames {plain_hex(start)} to {plain_hex(start + spanned)}, " \
               f"{int(self.value['free_pages'])} free"


class ListHead(Structure):
    """A list, by its head or by one of its elements."""

    def to_string(self):
        """The number of other elements in the ring."""
        here, at, count = self.value.address, self.value["next"], 0
        while here is not None and int(at) and int(at) != int(here) and count < MOST:
            at, count = at["next"], count + 1
        if not int(self.value["next"]):
            return "in no list"
        return "empty list" if count == 0 else f"{'more than ' if count == MOST else ''}{count} others in the list"


class RangeTree(Structure):
    """A range tree."""

    def to_string(self):
        """Its borders and the number of its ranges."""
        start, end = int(self.value["start"]), int(self.value["end"])
        return f"{int(self.value['count'])} ranges from {start:08x} to {end:08x}"

    def children(self):
        """The ranges, the lowest first."""
        for number, node in enumerate(mappings.ranges(self.value)):
            if number == MOST:
                return
            yield f"[{number}]", f"{int(node['start']):08x}-{int(node['end']):08x}"


class Physical:
    """A physical address, which is a number of 64 bits in both modes."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        """The number in hexadecimal."""
        return plain_hex(int(self.value))


def register():
    """Makes gdb use the printers."""
    printers = gdb.printing.RegexpCollectionPrettyPrinter("highland")
    for name, printer in (("page", Page), ("zone", Zone), ("list_head", ListHead), ("range_tree", RangeTree),
                          ("pte_t", Entry), ("pde_t", Entry), ("pgprot_t", Entry), ("phys_addr_t", Physical)):
        printers.add_printer(name, f"^{name}$", printer)
    gdb.printing.register_pretty_printer(None, printers, replace=True)
