# SPDX-License-Identifier: MIT
"""Checks the page tables of programs from outside: rights, frames, counts, and the kernel's half.

A kernel says which processes it has (`report json processes`) and what each may do at its addresses (`maps`).
All that it has not said is read from the memory of the stopped machine: the tables of each process, and the
descriptors of the frames that they name. An entry of a program that is not zero names a frame, even while it
is not present, so all entries count.
"""

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pagetables import NX, PAGE, PRESENT, USER, WRITE

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import view as view_of  # noqa: E402

ACCESSED_AND_DIRTY = 0x60  # set by a CPU in the copy that it uses
GUESTS = "exec /tests/crowd rooms"  # two processes with all kinds of memory


def reports_of(guest):
    """The kernel's list of its processes, and the areas of each."""
    guest.command(GUESTS)
    text = guest.command("report json processes")
    document = json.loads(text[text.index("{"):text.rindex("}") + 1])
    reports = {"processes": document["processes"]["processes"]}
    for process in reports["processes"]:
        areas = re.findall(r"^([0-9a-f]{8})-([0-9a-f]{8}) ([r-])([w-])([x-])[sp] ",
                           guest.command(f"maps {process['id']}"), re.M)
        reports[f"maps {process['id']}"] = [
            (int(start, 16), int(end, 16), "-" not in read, "-" not in write, "-" not in execute)
            for start, end, read, write, execute in areas]
    return reports


@dataclass(frozen=True)
class Entry:
    """An entry of a table that is not zero."""

    vaddr: int
    at: int  # physical address
    value: int
    pde: int

    @property
    def pfn(self):
        return (self.value & 0xffffffffff000) // PAGE


@dataclass(frozen=True)
class Table:
    """A table of a process; first is the first address that it covers."""

    first: int
    pfn: int
    entries: list


class Space:
    """The page tables of one process."""

    def __init__(self, read, view, process, areas):
        self.id, self.top, self.areas = process["id"], process["page_table"], areas
        self._read, self._view = read, view
        self.width, self.shift = (8, 21) if view.pae else (4, 22)
        self.per_page = PAGE // self.width

    def words(self, phys, count):
        data = self._read(phys, count * self.width)
        return [int.from_bytes(data[i:i + self.width], "little") for i in range(0, len(data), self.width)]

    def kernel_half(self, top):
        """The entries of a top that are the kernel's."""
        count, size = (4, 30) if self._view.pae else (1024, 22)
        return [value & ~ACCESSED_AND_DIRTY for value in self.words(top, count)][self._view.page_offset >> size:]

    def directories(self):
        """(first address, physical address) of each directory of the user half."""
        if not self._view.pae:
            return [(0, self.top)]
        return [(i << 30, value & 0xffffffffff000) for i, value in
                enumerate(self.words(self.top, 4)[:self._view.page_offset >> 30]) if value & PRESENT]

    def tables(self):
        result = []
        for start, directory in self.directories():
            for i, pde in enumerate(self.words(directory, self.per_page)):
                first = start + (i << self.shift)
                if not pde or first >= self._view.page_offset:
                    continue
                table = pde & 0xffffffffff000
                entries = [Entry(first + j * PAGE, table + j * self.width, value, pde)
                           for j, value in enumerate(self.words(table, self.per_page)) if value]
                result.append(Table(first, table // PAGE, entries))
        return result

    def entries(self):
        return [entry for table in self.tables() for entry in table.entries]

    def area_of(self, vaddr):
        return next((area for area in self.areas if area[0] <= vaddr < area[1]), None)


class UserTables:
    """All address spaces of a stopped kernel. complain(kind, text) is called for what is wrong."""

    def __init__(self, read, symbols, nx, reports, complain):
        self.view = view_of.View(read)
        self._nx, self._complain = nx, complain
        self._zero = self.view.word(symbols["zero_pfn"])
        self.spaces = [Space(read, self.view, process, reports[f"maps {process['id']}"])
                       for process in reports["processes"] if process["page_table"]]
        self.users = Counter()

    def run(self):
        if len(self.spaces) < 2:
            self._complain("processes", f"{len(self.spaces)} processes have page tables, expected 2")
        for space in self.spaces:
            if space.kernel_half(space.top) != space.kernel_half(self.view.root):
                self._complain("kernel half", f"process {space.id} has a kernel half of its own")
            owners = set()
            for table in space.tables():
                self._check_table(space, table, owners)
                for entry in table.entries:
                    self._check_rights(space, entry)
                    self.users[entry.pfn] += 1
            if len(owners) > 1:
                self._complain("table", f"the tables of process {space.id} belong to {sorted(owners)}")
        for pfn in self.users:
            self._check_frame(pfn)

    def _check_table(self, space, table, owners):
        name = f"process {space.id}, table of {table.first:#x}"
        frame = self.view.frame(table.pfn)
        owners.add(frame.a >> 11)
        if self.view.state_names[frame.state] != "page table":
            self._complain("table", f"{name} is {self.view.state_names[frame.state]}")
        elif frame.a & 0x7ff != table.first >> space.shift:
            self._complain("table", f"{name} says that it is for {(frame.a & 0x7ff) << space.shift:#x}")
        elif frame.b != len(table.entries):
            self._complain("table", f"{name} has {len(table.entries)} entries, counted as {frame.b}")

    def _check_rights(self, space, entry):
        name = f"process {space.id}, {entry.vaddr:#x}"
        area = space.area_of(entry.vaddr)
        if not area:
            self._complain("rights", f"{name} has an entry, and is in no area")
        elif entry.value & PRESENT:
            both = entry.value & entry.pde
            if not both & USER:
                self._complain("user", f"{name} cannot be reached from user mode")
            if both & WRITE and not area[3]:
                self._complain("rights", f"{name} is writable, which its area is not")
            if self._nx and not (entry.value | entry.pde) & NX and not area[4]:
                self._complain("rights", f"{name} is executable, which its area is not")
            if not any(area[2:]):
                self._complain("rights", f"{name} is present in an area without rights")

    def _check_frame(self, pfn):
        if pfn == self._zero:
            return
        if pfn >= self.view.max_pfn:
            self._complain("frame", f"frame {pfn:#x} of a program is no RAM")
            return
        frame = self.view.frame(pfn)
        state = self.view.state_names[frame.state]
        anonymous = state.startswith("anonymous")
        if not anonymous and state != "file":
            self._complain("frame", f"frame {pfn:#x} of a program is {state}")
        elif self.users[pfn] > frame.refcount or (anonymous and self.users[pfn] != frame.refcount):
            self._complain("count", f"frame {pfn:#x} is mapped {self.users[pfn]} times, counted {frame.refcount}")


# --- planted errors: in the memory of a stopped guest, after its reports --------------------------------


class UserPlanter:
    """Changes the tables of the first process."""

    def __init__(self, guest, symbols, reports):
        self.guest, self.symbols = guest, symbols
        self.all = UserTables(guest.read, symbols, True, reports, lambda *_: None)
        self.first, self.second = self.all.spaces[:2]

    def put(self, at, value):
        self.guest.write(at, value.to_bytes(self.first.width, "little"))

    def anonymous(self, space):
        """An entry of a page that no other process has."""
        view = self.all.view
        return next(entry for entry in space.entries() if entry.value & PRESENT and entry.value & WRITE
                    and view.state_names[view.frame(entry.pfn).state].startswith("anonymous"))


def plant_writable_page(p):
    entry = next(entry for entry in p.first.entries()
                 if entry.value & PRESENT and not p.first.area_of(entry.vaddr)[3])
    p.put(entry.at, entry.value | WRITE)


def plant_executable_page(p):
    entry = p.anonymous(p.first)
    p.put(entry.at, entry.value & ~NX)


def plant_no_user_page(p):
    entry = p.anonymous(p.first)
    p.put(entry.at, entry.value & ~USER)


def plant_page_of_another(p):
    entry = p.anonymous(p.first)
    p.put(entry.at, entry.value & ~0xffffffffff000 | p.anonymous(p.second).pfn * PAGE)


def plant_page_of_the_kernel(p):
    entry = p.anonymous(p.first)
    p.put(entry.at, entry.value & ~0xffffffffff000 | p.symbols["text_start"] - p.all.view.page_offset)


def plant_lost_entry(p):
    p.put(p.anonymous(p.first).at, 0)


def plant_table_of_another(p):
    """Both have a table there. The first one's directory names that of the second one."""
    start, directory = p.first.directories()[0]
    other = p.second.directories()[0][1]
    index = next(table.first - start >> p.first.shift for table in p.first.tables())
    at = index * p.first.width
    p.put(directory + at, int.from_bytes(p.guest.read(other + at, p.first.width), "little"))


def plant_kernel_half(p):
    view = p.all.view
    index = 3 if view.pae else view.pkmap_start >> 22
    at = p.first.top + index * p.first.width
    p.put(at, int.from_bytes(p.guest.read(at, p.first.width), "little") ^ PAGE)


# The planted error, the complaint that must follow, and the modes in which it is an error.
PLANTS = (
    (plant_writable_page, "rights", ("PAE", "non-PAE")),
    (plant_executable_page, "rights", ("PAE",)),
    (plant_no_user_page, "user", ("PAE", "non-PAE")),
    (plant_page_of_another, "count", ("PAE", "non-PAE")),
    (plant_page_of_the_kernel, "frame", ("PAE", "non-PAE")),
    (plant_lost_entry, "table", ("PAE", "non-PAE")),
    (plant_table_of_another, "table", ("PAE", "non-PAE")),
    (plant_kernel_half, "kernel half", ("PAE", "non-PAE")),
)
