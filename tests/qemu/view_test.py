#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares what tools/view.py reads from a machine's memory with what the kernel says at its prompt.

A kernel is booted in each paging mode. Its zones, free blocks, slots and walks are read from outside, by the
published table alone, and must be those of zoneinfo, buddyinfo, kmapinfo and walk. The lists of fields in
tools/view.py and web/view.js must be those of struct view.
"""

import re
import sys
from pathlib import Path

from boot_row import kernel_file
from guest import Guest

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools"))
import view as view_of  # noqa: E402

MEMORY = "1G"
# One address of each kind: large page, text, table of 4K pages, pkmap, fixmap, user half, the last page.
ADDRESSES = ("page_offset", "kernel_start", "vmalloc_start", "pkmap_start", "fixmap_start", "mem_map", 0x1000,
             0xffffffff)


class Comparison:
    """One running kernel. `complaints` is what differs."""

    def __init__(self, guest, mode):
        self.guest, self.mode = guest, mode
        self.view = view_of.View(guest.read)
        self.complaints = []

    def expect(self, what, got, told):
        if got != told:
            self.complaints.append(f"{what}: read {got}, told {told}")

    def run(self):
        self.expect("paging mode", bool(self.view.pae), self.mode == "PAE")
        for check in (self.zones, self.free_blocks, self.frames_agree_with_zones, self.slots, self.walks):
            check()
        return self.complaints

    def zones(self):
        told = re.findall(r"zone +(\w+)\n +pages free +(\d+)\n +min +(\d+)\n +low +(\d+)\n +high +(\d+)\n"
                          r" +spanned +(\d+)\n +present +(\d+)\n +managed +(\d+)", self.guest.command("zoneinfo"))
        got = [(z.name, *map(str, (z.free, *z.watermarks, z.spanned, z.present, z.managed)))
               for z in self.view.zone_list()]
        self.expect("zones", got, told)

    def free_blocks(self):
        told = {name: tuple(map(int, counts.split())) for name, counts in re.findall(
            r"^Node 0, zone +(\w+) ([ \d]+)$", self.guest.command("buddyinfo"), re.M)}
        got = {zone.name: zone.free_blocks for zone in self.view.zone_list() if zone.present}
        self.expect("free blocks", got, told)

    def frames_agree_with_zones(self):
        """The frame table adds up to what the zones say."""
        states, names = self.view.states(), self.view.state_names
        for index, zone in enumerate(self.view.zone_list()):
            of_zone = {names[state]: count for (number, state), count in states.items() if number == index}
            self.expect(f"frames of {zone.name}", sum(of_zone.values()), zone.spanned)
            self.expect(f"free frames of {zone.name}", of_zone.get("free", 0), zone.free)
            self.expect(f"RAM of {zone.name}", sum(of_zone.values()) - of_zone.get("hole", 0), zone.present)
            managed = sum(of_zone.values()) - of_zone.get("hole", 0) - of_zone.get("reserved", 0)
            self.expect(f"managed frames of {zone.name}", managed, zone.managed)

    def slots(self):
        held = re.search(r"phys=(0x\w+) kmap=(\w+)", self.guest.command("hold"))
        pfn = int(held[1], 16) // view_of.PAGE
        frame = self.view.frame(pfn)
        self.expect("zone of the held page", self.view.zone_list()[frame.zone].name, "HighMem")
        told = {(int(at, 16), int(page, 16), int(users or 0)) for at, page, users in re.findall(
            r"^([0-9a-f]{8}) frame (0x\w+) (?:idle|(\d+) users?)", self.guest.command("kmapinfo slots"), re.M)}
        got = {(slot.vaddr, slot.pfn, slot.users) for slot in self.view.kmap_list()}
        self.expect("slots of kmap()", got, told)
        self.expect("slot of the held page", (int(held[2], 16), pfn, 1) in got, True)
        self.expect("slots of kmap_local_page()", self.view.kmap_local_list(), [])

    def walks(self):
        slot = self.view.kmap_list()[0].vaddr
        for address in (*ADDRESSES, slot):
            vaddr = getattr(self.view, address) if isinstance(address, str) else address
            self.expect(f"walk of {vaddr:#x}", self._read_walk(vaddr), self._told_walk(vaddr))

    def _told_walk(self, vaddr):
        """Level, index, value, target and bits of each entry, and the physical address."""
        text = self.guest.command(f"walk {vaddr:#x}")
        entries = [(level, int(index), int(value, 16), int(target or "0", 16), set(bits.split()))
                   for level, index, value, target, bits in re.findall(
                       r"^(PDPT|PD|PT) +\[ *(\d+)\]  (\w+)(?:  .* at (\w+)\n +(.*))?", text, re.M)]
        phys = re.search(r"^\w+ is physical (\w+)$", text, re.M)
        return entries, int(phys[1], 16) if phys else None

    def _read_walk(self, vaddr):
        walk = self.view.walk(vaddr)
        entries = [(level.name, level.index, level.value, level.target if level.present else 0,
                    set(level.bits()) if level.present else set()) for level in walk.levels]
        return entries, walk.phys


def fields_of_header():
    """The fields of struct view behind the magic, in the form of FIELDS."""
    body = re.search(r"^struct view \{\n(.*?)^\};", (TOP / "mm/view.h").read_text(), re.M | re.S)[1]
    declared = re.findall(r"^\t(u32|struct view_field) ([\w, ]+);", body, re.M)
    return [name + ":2" * (kind != "u32") for kind, names in declared for name in names.split(", ")]


def fields_of_page():
    """Those of web/view.js."""
    text = re.search(r"const FIELDS = \((.*?)\)", (TOP / "web/view.js").read_text(), re.S)[1]
    return " ".join(re.findall(r'"([^"]*)"', text)).split()


def main():
    lists_agree = fields_of_header() == view_of.FIELDS == fields_of_page()
    print(f"{'ok    ' if lists_agree else 'FAILED'}  lists of fields in mm/view.h, tools/view.py, web/view.js")
    passed, failed = int(lists_agree), int(not lists_agree)
    for mode, cmdline in (("PAE", ""), ("non-PAE", "nopae")):
        with Guest(MEMORY, kernel_file("3G"), cmdline) as guest:
            complaints = Comparison(guest, mode).run()
        print(f"{'FAILED' if complaints else 'ok    '}  view {MEMORY} {mode}", flush=True)
        for text in complaints[:20]:
            print(f"        {text}")
        passed, failed = passed + (not complaints), failed + bool(complaints)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
