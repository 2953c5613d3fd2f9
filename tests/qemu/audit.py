#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks at a running kernel from outside, and compares with what it says of itself.

The kernel is booted, starts programs, is asked for its reports at the prompt, and stopped. Then its
registers and its memory are read by way of the emulator, the page tables are walked by code that is
not the kernel's (pagetables.py, user_tables.py for those of programs), and every claim is checked.
With --planted the auditor is tested itself: errors are put into the tables of a kernel, and each has
to be found.
"""

import argparse
import re
import struct
import subprocess
import sys

import user_tables
from boot_row import kernel_file
from guest import Guest
from memory_checks import whole_usable_pages
from pagetables import GLOBAL, NX, PAGE, PCD, PRESENT, PWT, USER, WRITE, PageTables

# Devices that have a page of the fixmap: the text screen, the I/O APIC, the HPET, the CPU's own APIC.
DEVICES = (0xb8000, 0xfec00000, 0xfed00000, 0xfee00000)
FIXADDR_TOP = 0xfffff000
ARCHIVE = "build/initrd.cpio"
PAGE_OFFSET = {"3G": 0xc0000000, "2G": 0x80000000, "1G": 0x40000000}


def symbols(split, mode):
    folder = kernel_file(split).rsplit("/", 1)[0]
    name = "pae" if mode == "PAE" else "nopae"
    out = subprocess.run(["nm", f"{folder}/{name}/kernel.elf"], check=True, capture_output=True,
                         text=True).stdout
    return {line.split()[2]: int(line.split()[0], 16) for line in out.splitlines()}


def kernel_top(names, split, pae):
    """The value of CR3 without a program. A CPU may have kept the tables of the last program."""
    return names["swapper_pdpt" if pae else "swapper_pg_dir"] - PAGE_OFFSET[split]


def merged(ranges):
    """Neighbours with equal attributes are one: (start, end, attributes)."""
    result = []
    for start, end, what in sorted(ranges):
        if result and result[-1][1] == start and result[-1][2] == what:
            result[-1] = (result[-1][0], end, what)
        else:
            result.append((start, end, what))
    return result


class Audit:
    """One stopped kernel with its reports. `complaints` is what was found: (kind, text)."""

    def __init__(self, guest, split, mode, reports):
        self.guest, self.split, self.mode, self.reports = guest, split, mode, reports
        self.registers = guest.registers()
        self.pae = bool(self.registers["CR4"] & 0x20)
        self.nx = self.pae and bool(self.registers["EFER"] & 0x800)
        self.symbols = symbols(split, mode)
        self.tables = PageTables(guest.read, kernel_top(self.symbols, split, self.pae), self.pae, self.nx)
        self.pages = list(self.tables.pages())
        self.page_offset = PAGE_OFFSET[split]
        self.layout = {name: (int(start, 16), int(end, 16)) for name, start, end in re.findall(
            r"^\[[ 0-9.]+\]   (\w+) +: (0x\w+) - (0x\w+)", guest.boot_log, re.M)}
        self.complaints = []

    def complain(self, kind, text):
        self.complaints.append((kind, text))

    def run(self):
        for check in (self.registers_are_sane, self.claims_are_true, self.direct_map_is_exact,
                      self.nothing_is_writable_and_executable, self.image_has_its_rights,
                      self.no_user_bit, self.nothing_else_is_mapped, self.slots_are_as_told,
                      self.guards_are_unmapped, self.pattern_is_in_memory):
            check()
        user_tables.UserTables(self.guest.read, self.symbols, self.nx, self.reports, self.complain).run()
        return self.complaints

    # --- the checks ---

    def registers_are_sane(self):
        if self.pae != (self.mode == "PAE"):
            self.complain("registers", f"CR4 {self.registers['CR4']:#x} is not that of {self.mode}")
        if not self.registers["CR0"] & 0x10000:
            self.complain("registers", "CR0.WP is off: the kernel may write read-only pages")
        if self.registers["CR3"] >> 32:
            self.complain("registers", f"CR3 {self.registers['CR3']:#x} is above 4 GiB")

    def claims_are_true(self):
        """ptdump, line by line, against the walk."""
        seen = merged((p.vaddr, p.vaddr + p.size,
                       (p.user, p.write, bool(p.bits & PWT), bool(p.bits & PCD), p.large,
                        bool(p.bits & GLOBAL), not p.execute if self.nx else False))
                      for p in self.pages)
        told = merged((int(start, 16), int(end, 16) or 1 << 32,
                       ("USR" in flags, "RW" in flags, "PWT" in flags, "PCD" in flags,
                        "PSE" in flags, "GLB" in flags, "NX" in flags))
                      for start, end, flags in re.findall(
                          r"^(0x\w+)-(0x\w+) +\d+[KMG] (.*)$", self.reports["ptdump"], re.M))
        for start, end, _ in sorted(set(told) - set(seen)):
            self.complain("claims", f"ptdump tells of {start:#x}-{end:#x}, which is not so")
        for start, end, _ in sorted(set(seen) - set(told)):
            self.complain("claims", f"{start:#x}-{end:#x} is mapped and not, or not so, in ptdump")

    def _direct_map(self):
        return self.layout["lowmem"]

    def direct_map_is_exact(self):
        """RAM and nothing but RAM, each page at its place."""
        start, end = self._direct_map()
        ram = whole_usable_pages(self.guest.boot_log)
        want = {pfn for first, last in ram for pfn in range(first, min(last, (end - start) // PAGE))}
        guard = (self.symbols["boot_stack_guard"] - start) // PAGE
        want.discard(guard)
        have = set()
        for page in self.pages:
            if not start <= page.vaddr < end:
                continue
            if page.phys != page.vaddr - start:
                self.complain("direct map", f"{page.vaddr:#x} shows {page.phys:#x}")
            first = (page.vaddr - start) // PAGE
            have.update(range(first, first + page.size // PAGE))
        for pfn in sorted(have - want)[:5]:
            self.complain("direct map", f"frame {pfn:#x} is mapped, and no RAM (or the stack's guard)")
        for pfn in sorted(want - have)[:5]:
            self.complain("direct map", f"frame {pfn:#x} is RAM, and not mapped")

    def nothing_is_writable_and_executable(self):
        for page in self.pages:
            if self.nx and page.write and page.execute:
                self.complain("W+X", f"{page.vaddr:#x} is writable and executable")

    def image_has_its_rights(self):
        sym = self.symbols
        text = sym["text_start"], sym["text_end"]
        read_only = (text, (sym["rodata_start"], sym["rodata_end"]),
                     (sym["ro_after_init_start"], sym["ro_after_init_end"]))
        for page in self.pages:
            if page.write and any(a <= page.vaddr < b for a, b in read_only):
                self.complain("image", f"{page.vaddr:#x}, text or constants, is writable")
            inside = text[0] <= page.vaddr < text[1]
            if self.nx and page.execute != inside:
                self.complain("image", f"{page.vaddr:#x} is {'' if page.execute else 'not '}"
                              f"executable, and {'' if inside else 'no '}kernel text")

    def no_user_bit(self):
        for page in self.pages:
            if page.user:
                self.complain("user", f"{page.vaddr:#x} can be reached from user mode")

    def nothing_else_is_mapped(self):
        ranges = [self.layout[name] for name in ("lowmem", "vmalloc", "pkmap", "fixmap")]
        for page in self.pages:
            if not any(a <= page.vaddr < b for a, b in ranges):
                self.complain("stray", f"{page.vaddr:#x} is mapped, and in no region of the kernel")

    def slots_are_as_told(self):
        """pkmap and fixmap pages, by address and frame, against kmapinfo."""
        told = {int(at, 16): int(frame, 16) * PAGE for at, frame in re.findall(
            r"^([0-9a-f]{8}) frame (0x[0-9a-f]+)", self.reports["kmapinfo slots"], re.M)}
        windows = {int(at, 16): state for at, state in re.findall(
            r"^([0-9a-f]{8}) frame 0x[0-9a-f]+, (.*), in window", self.reports["kmapinfo slots"], re.M)}
        start, end = self.layout["pkmap"][0], self.layout["fixmap"][1]
        lowmem = self._direct_map()[1] - self._direct_map()[0]
        for page in self.pages:
            if not start <= page.vaddr < end:
                continue
            if page.phys in DEVICES and page.vaddr not in told:
                continue
            if told.pop(page.vaddr, None) != page.phys:
                self.complain("slots", f"{page.vaddr:#x} shows {page.phys:#x}, unlike kmapinfo")
            if page.vaddr in windows:
                self._check_window(page, windows[page.vaddr])
            elif page.phys < lowmem:
                self.complain("slots", f"{page.vaddr:#x} shows {page.phys:#x}, which is no high memory")
        for vaddr in told:
            self.complain("slots", f"kmapinfo tells of {vaddr:#x}, where nothing is mapped")

    def _check_window(self, page, told):
        """A window to page tables shows one, or what has become of it. The kernel tells which."""
        view = user_tables.view_of.View(self.guest.read)
        pfn = page.phys // PAGE
        state = view.state_names[view.frame(pfn).state] if pfn < view.max_pfn else "no RAM"
        if state != told or state in ("no RAM", "hole", "reserved"):
            self.complain("slots", f"{page.vaddr:#x} is a window to frame {pfn:#x}: {state}, not {told}")

    def guards_are_unmapped(self):
        guards = {0: "page 0", FIXADDR_TOP: "the last page",
                  self.symbols["boot_stack_guard"]: "the guard of the boot stack",
                  self._direct_map()[1]: "the page above the direct map",
                  self.layout["vmalloc"][1]: "the page behind vmalloc"}
        areas = re.findall(r"^0x(\w+)-0x(\w+) +\d+", self.reports["vmallocinfo"], re.M)
        for _, end in areas:
            guards[int(end, 16) - PAGE] = "the guard of a vmalloc range"
        mapped = {page.vaddr for page in self.pages if not page.large}
        for vaddr, name in guards.items():
            if vaddr in mapped:
                self.complain("guard", f"{name}, {vaddr:#x}, is mapped")
        start, end = self.layout["vmalloc"]
        for page in self.pages:
            if start <= page.vaddr < end and not any(
                    int(a, 16) <= page.vaddr < int(b, 16) - PAGE for a, b in areas):
                self.complain("guard", f"{page.vaddr:#x} is mapped, and in no range of vmallocinfo")

    def pattern_is_in_memory(self):
        held = re.search(r"phys=(0x\w+) .*pattern=(0x\w+)", self.reports["hold"])
        if not held:
            if "no free high memory" not in self.reports["hold"]:
                self.complain("pattern", "the kernel did not say where its pattern is")
            return
        first = int(held[2], 16)
        want = struct.pack("<1024I", *((first + i) & 0xffffffff for i in range(1024)))
        if self.guest.read(int(held[1], 16), PAGE) != want:
            self.complain("pattern", f"the page at {held[1]} is not what the kernel wrote there")


# --- planted errors -----------------------------------------------------------------------------------


class Planter:
    """Changes a stopped guest's page tables."""

    def __init__(self, guest, split, mode):
        self._guest = guest
        registers = guest.registers()
        pae = bool(registers["CR4"] & 0x20)
        self.width = 8 if pae else 4
        self.symbols = symbols(split, mode)
        self.tables = PageTables(guest.read, kernel_top(self.symbols, split, pae), pae, True)
        self.base = PAGE_OFFSET[split]
        self.pkmap = int(re.search(r"pkmap +: (0x\w+)", guest.boot_log)[1], 16)

    def put(self, at, value):
        self._guest.write(at, value.to_bytes(self.width, "little"))

    def change(self, vaddr, set_bits=0, clear_bits=0, add=0):
        at, value = self.tables.entry_of(vaddr)
        self.put(at, ((value | set_bits) & ~clear_bits) + add)

    def set(self, vaddr, value):
        self.put(self.tables.entry_of(vaddr)[0], value)


def plant_writable_text(p):
    p.change(p.symbols["text_start"], set_bits=WRITE)


def plant_executable_data(p):
    p.change(p.symbols["data_end"] - PAGE, clear_bits=NX if p.width == 8 else 0)


def plant_off_by_one(p):
    p.change(p.base + 0x50000, add=PAGE)


def plant_no_ram(p):
    p.set(p.base + 0xa0000, 0xa0000 | PRESENT | WRITE | GLOBAL | (NX if p.width == 8 else 0))


def plant_identity_map(p):
    """The directory's first entry is what the direct map has there."""
    pages = list(p.tables.directories())
    source = next((base, pdes) for first, base, pdes in pages if first == (p.base if p.width == 8 else 0))
    index = 0 if p.width == 8 else p.base >> 22
    p.put(pages[0][1], source[1][index])


def plant_user_bit(p):
    """In both levels: the rights of a page are those that all levels give."""
    p.change(p.symbols["text_start"], set_bits=USER)
    index = (p.symbols["text_start"] >> (21 if p.width == 8 else 22))
    for first, base, pdes in p.tables.directories():
        at = index - (first >> (21 if p.width == 8 else 22))
        if 0 <= at < len(pdes):
            p.put(base + at * p.width, pdes[at] | USER)


def plant_guard(p):
    guard = p.symbols["boot_stack_guard"]
    p.set(guard, (guard - p.base) | PRESENT | WRITE | GLOBAL | (NX if p.width == 8 else 0))


def plant_lost_slot(p):
    p.set(p.pkmap + 100 * PAGE, 0x123000 | PRESENT | WRITE | (NX if p.width == 8 else 0))


# The planted error, the complaint that must follow, and the modes in which it is an error.
PLANTS = (
    (plant_writable_text, "image", ("PAE", "non-PAE")),
    (plant_writable_text, "W+X", ("PAE",)),
    (plant_executable_data, "W+X", ("PAE",)),
    (plant_off_by_one, "direct map", ("PAE", "non-PAE")),
    (plant_no_ram, "direct map", ("PAE", "non-PAE")),
    (plant_identity_map, "stray", ("PAE", "non-PAE")),
    (plant_user_bit, "user", ("PAE", "non-PAE")),
    (plant_guard, "guard", ("PAE", "non-PAE")),
    (plant_lost_slot, "slots", ("PAE", "non-PAE")),
)


def audit(memory, split, mode, plant=None, plant_late=None):
    """Boots, plants what is to be planted, lets the kernel report, and audits."""
    cmdline = "nopae" if mode == "non-PAE" else ""
    with Guest(memory, kernel_file(split), cmdline, timeout=300, initrd=ARCHIVE) as guest:
        reports = user_tables.reports_of(guest) | {"hold": guest.command("hold")}
        guest.qmp("stop")
        if plant:
            plant(Planter(guest, split, mode))
        guest.qmp("cont")
        for report in ("ptdump", "kmapinfo slots", "vmallocinfo"):
            reports[report] = guest.command(report)
        guest.qmp("stop")
        if plant_late:
            plant_late(guest, reports, symbols(split, mode))
        return Audit(guest, split, mode, reports).run()


def spoil_pattern(guest, reports, _):
    phys = int(re.search(r"phys=(0x\w+)", reports["hold"])[1], 16)
    guest.write(phys + 400, b"x")


def spoil_claims(_, reports, __):
    reports["ptdump"] = reports["ptdump"].replace(" ro ", " RW ", 1)


def spoil_window(guest, reports, _):
    """A window of which the kernel believes that it shows another frame."""
    vaddr = int(re.search(r"^(\w{8}) frame \w+, page table, in window", reports["kmapinfo slots"], re.M)[1], 16)
    mode = "PAE" if guest.registers()["CR4"] & 0x20 else "non-PAE"
    Planter(guest, "3G", mode).change(vaddr, add=PAGE)


def in_user_tables(plant):
    """A late plant that changes the tables of a program."""
    return lambda guest, reports, names: plant(user_tables.UserPlanter(guest, names, reports))


def check_planted():
    """Each planted error is found, by its own name; returns passed and failed."""
    passed = failed = 0

    def judge(name, mode, kind, complaints):
        nonlocal passed, failed
        found = any(got == kind for got, _ in complaints)
        print(f"{'ok    ' if found else 'FAILED'}  planted {name} ({mode}): "
              f"{'found' if found else f'no complaint of the kind {kind!r}: {complaints[:5]}'}",
              flush=True)
        passed, failed = passed + found, failed + (not found)

    for mode in ("PAE", "non-PAE"):
        for plant, kind, modes in PLANTS:
            if mode in modes:
                judge(plant.__name__[6:], mode, kind, audit("1G", "3G", mode, plant))
        for plant, kind, modes in user_tables.PLANTS:
            if mode in modes:
                judge(plant.__name__[6:], mode, kind,
                      audit("1G", "3G", mode, plant_late=in_user_tables(plant)))
        for spoil, kind in ((spoil_pattern, "pattern"), (spoil_claims, "claims"),
                            (spoil_window, "slots")):
            judge(spoil.__name__, mode, kind, audit("1G", "3G", mode, plant_late=spoil))
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", nargs="+", default=["512M", "4G", "62G"])
    parser.add_argument("--splits", nargs="+", default=["3G", "2G", "1G"])
    parser.add_argument("--planted", action="store_true", help="test the auditor itself, too")
    args = parser.parse_args()
    passed = failed = 0
    for split in args.splits:
        for mode in ("PAE", "non-PAE"):
            for memory in args.memory:
                complaints = audit(memory, split, mode)
                print(f"{'FAILED' if complaints else 'ok    '}  audit {memory} {mode}, split {split}",
                      flush=True)
                for kind, text in complaints[:20]:
                    print(f"        {kind}: {text}")
                passed, failed = passed + (not complaints), failed + bool(complaints)
    if args.planted:
        more = check_planted()
        passed, failed = passed + more[0], failed + more[1]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
