# SPDX-License-Identifier: MIT
"""The boot: `hl e820`, `hl memblock`, `hl cmdline`, and the log of the kernel: `hl dmesg`."""

import gdb
from kernel import Command, constant, enumerators, kind, page_offset, plain_hex, read, variable


# --- memory maps --------------------------------------------------------------------------------------

E820_NAMES = {"E820_RAM": "usable", "E820_RESERVED": "reserved", "E820_ACPI": "ACPI data", "E820_NVS": "ACPI NVS",
              "E820_UNUSABLE": "unusable"}


def _type_name(number):
    names = {value: key for key, value in enumerators("enum e820_type").items()}
    if names.get(number) in E820_NAMES:
        return E820_NAMES[names[number]]
    persistent = names.get(number) == "E820_PMEM" or number == constant("arch/i386/include/asm/e820.h", "E820_PRAM")
    return f"persistent (type {number})" if persistent else f"type {number}"


class E820(Command):
    """The map after mem= and memmap= have changed it, in the form of Linux's boot messages."""

    name, summary = "e820", "the firmware's memory map"

    def run(self, text):
        table = variable("e820_table")
        if not int(table["nr"]):
            raise gdb.GdbError("the kernel has not read the memory map yet: e820_init() does")
        for index in range(int(table["nr"])):
            entry = table["entries"][index]
            first, size = int(entry["addr"]), int(entry["size"])
            print(f"e820: [mem {first:#018x}-{first + size - 1:#018x}] {_type_name(int(entry['type']))}")


def _size(size):
    return f"{size:11} B" if size % 1024 else f"{size // 1024:11} KiB"


def _regions(listed):
    """The entries of a list of memblock. An empty list has one, of size 0."""
    entries = listed["regions"]
    count = int(listed["cnt"]) if int(entries) and int(entries[0]["size"]) else 0
    return [entries[index] for index in range(count)]


def _show_list(listed):
    regions = _regions(listed)
    print(f"{listed['name'].string()}: {len(regions)} of {int(listed['max'])} ranges,"
          f"{_size(int(listed['total_size']))}")
    names = {"MEMBLOCK_HOTPLUG": "hotplug", "MEMBLOCK_MIRROR": "mirror", "MEMBLOCK_NOMAP": "nomap",
             "MEMBLOCK_DRIVER_MANAGED": "driver"}
    for region in regions:
        base, size = int(region["base"]), int(region["size"])
        node = int(region["nid"])
        words = [] if node == constant("mm/memblock_regions.h", "MAX_NUMNODES") else [f"node {node}"]
        words += [names[name] for name, bit in enumerators("enum memblock_flags").items()
                  if bit & int(region["flags"])]
        print(" ".join([f"  [mem {base:#018x}-{base + size - 1:#018x}]{_size(size)}", *words]))


def _free(memory, reserved):
    """The sizes of the pieces of memory that may be allocated and are not reserved."""
    flags = enumerators("enum memblock_flags")
    never = flags["MEMBLOCK_NOMAP"] | flags["MEMBLOCK_DRIVER_MANAGED"]
    if int(variable("movable_node_enabled")):
        never |= flags["MEMBLOCK_HOTPLUG"]
    taken = [(int(region["base"]), int(region["base"]) + int(region["size"])) for region in _regions(reserved)]
    for region in _regions(memory):
        start, end = int(region["base"]), int(region["base"]) + int(region["size"])
        if int(region["flags"]) & never:
            continue
        for low, high in taken:
            if high > start and low < end:
                if low > start:
                    yield low - start
                start = high
        if start < end:
            yield end - start


class Memblock(Command):
    """memblock manages memory until the page allocator exists. Later its lists do not change any more."""

    name, summary = "memblock", "the memory of the boot: RAM, and reserved ranges"

    def run(self, text):
        memblock = variable("memblock")
        for listed in (variable("physmem"), memblock["memory"], memblock["reserved"]):
            _show_list(listed)
        free = list(_free(memblock["memory"], memblock["reserved"]))
        print(f"free: {len(free)} ranges,{_size(sum(free))}, largest{_size(max(free, default=0))}")
        print(f"limit {plain_hex(int(memblock['current_limit']))}, "
              f"{'bottom up' if int(memblock['bottom_up']) else 'top down'}")


class Cmdline(Command):
    """The text that the loader has passed, with what the chooser in the image has added."""

    name, summary = "cmdline", "the command line that the kernel was started with"

    def run(self, text):
        place = int(variable("boot_record")["cmdline"])
        if not place:
            raise gdb.GdbError("the kernel has not taken over the boot record yet")
        print(gdb.Value(place + page_offset()).cast(kind("char").pointer()).string())


# --- the log ------------------------------------------------------------------------------------------

class Ring:
    """The ring of messages, kernel/log_ring.h. Its positions count bytes and wrap at 2^32."""

    def __init__(self, ring):
        self.size, self.tail, self.head = (int(ring[name]) for name in ("size", "tail", "head"))
        self.bytes = read(int(ring["bytes"]), self.size)

    def get(self, position, length):
        """Bytes from a position on, over the end of the buffer if need be."""
        start = position % self.size
        return (self.bytes[start:] + self.bytes)[:length]

    def messages(self):
        """(record, text) of each message, the oldest first. Stops before one that makes no sense."""
        header, position = kind("struct log_record"), self.tail
        while position != self.head:
            record = gdb.Value(self.get(position, header.sizeof), header)
            length = int(record["length"])
            if length >= constant("kernel/log_ring.h", "LOG_TEXT") or \
                    (self.head - position & 0xffffffff) < header.sizeof + length:
                print(f"The message at byte {position % self.size} of the log makes no sense: "
                      "a CPU was stopped while it changed the log, or the log is damaged.")
                return
            yield record, self.get(position + header.sizeof, length).decode("utf-8", "replace")
            position = position + header.sizeof + length & 0xffffffff


def _lines(messages):
    """The log as `dmesg` shows it: a time in front of each line that is not part of a report."""
    text, start = "", True
    for record, message in messages:
        if not start and not int(record["cont"]):
            text, start = text + "\n", True
        ns = int(record["ns"])
        stamp = "" if int(record["plain"]) else f"[{ns // 10**9:5}.{ns % 10**9 // 1000:06}] "
        for line in message.splitlines(keepends=True):
            text += (stamp if start else "") + line
            start = line.endswith("\n")
    return text.splitlines()


class Dmesg(Command):
    """All messages that the ring still has, of all levels. The oldest ones are lost once the ring is full."""

    name, summary = "dmesg", "the messages of the kernel, all levels"

    def run(self, text):
        ring = Ring(variable("ring", "kernel/printk.c"))
        if ring.head == ring.tail:
            print("The log is empty.")
        for line in _lines(ring.messages()):
            print(line)
        if int(variable("ring_is_changing", "kernel/printk.c")):
            print("A CPU was stopped while it added a message: the last one may be missing.")
