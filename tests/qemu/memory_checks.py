# SPDX-License-Identifier: MIT
"""Checks of what a boot reports of its memory, against the memory map that it printed."""

import re


def _field(text, name):
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.M)
    return int(found[1]) if found else 0


def meminfo(total, high, low_free=0):
    """A check that meminfo reports at least these sizes, in kB."""
    wanted = {"MemTotal": total, "HighTotal": high, "LowFree": low_free}

    def check(text):
        for name, least in wanted.items():
            if _field(text, name) < least:
                return f"{name} is {_field(text, name)} kB, expected at least {least:.0f}"
        return None
    return check


LEGACY = range(0xa0, 0x100)  # frames from 640 KiB to 1 MiB, where RAM is not used


def _without_legacy(first, past):
    """The parts of a range of frames below and above LEGACY."""
    return [(a, b) for a, b in ((first, min(past, LEGACY.start)), (max(first, LEGACY.stop), past)) if a < b]


def whole_usable_pages(text):
    """(first frame, frame behind the last) of usable RAM, from the table that the kernel printed last."""
    tables = re.findall(r"^\[[ 0-9.]+\] (\S+): \[mem (0x[0-9a-f]+)-(0x[0-9a-f]+)\] (.*)$", text, re.M)
    last = tables[-1][0] if tables else None
    return [part for who, start, end, kind in tables if who == last and kind == "usable"
            for part in _without_legacy((int(start, 16) + 4095) // 4096, (int(end, 16) + 1) // 4096)]


def usable_pages(text, limit):
    """Whole pages of usable RAM below a limit."""
    return sum(max(0, min(past, limit // 4096) - first)
               for first, past in whole_usable_pages(text))


def every_page_accounted(limit, zoneinfo=True):
    """managed + reserved, as zoneinfo and the boot messages have it, is the RAM of the table."""
    def check(text):
        zones = re.findall(r" (\d+) pages = +(\d+) managed \+ +(\d+) reserved", text)
        present = sum(int(zone[0]) for zone in zones)
        accounted = sum(int(zone[1]) + int(zone[2]) for zone in zones)
        managed = sum(int(zone[1]) for zone in zones)
        ram = usable_pages(text, limit)
        shown = sum(int(n) for n in re.findall(r"^ +managed +(\d+)$", text, re.M))
        late = re.search(r"Freeing unused kernel image \(initmem\) memory: (\d+)K", text)
        shown -= int(late[1]) // 4 if late else 0
        if not ram or present != ram or accounted != ram or (zoneinfo and managed != shown):
            return (f"the table has {ram} whole pages of RAM; present {present}, managed + reserved "
                    f"{accounted}, managed {managed}, by zoneinfo {shown}")
        return None
    return check


def highmem_is(kilobytes):
    """DMA32 and HighMem have exactly this size together, counted in RAM."""
    def check(text):
        pages = sum(map(int, re.findall(r" (?:DMA32|HighMem) +(\d+) pages = ", text)))
        return None if pages * 4 == kilobytes else f"highmem has {pages * 4} kB, expected {kilobytes} kB"
    return check
