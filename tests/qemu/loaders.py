# SPDX-License-Identifier: MIT
"""Boots by a loader that lies: what shim.asm has to hand over, and what the kernel has to say of it."""

import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

SHIM_SOURCE = Path(__file__).with_name("shim.asm")
FOLDER = Path("build/test/loaders")

MB1, MB2 = 0x2BADB002, 0x36D76289
MEMORY, CMDLINE, MODULES, MMAP, NAME = 1, 4, 8, 0x40, 0x200  # flags of multiboot 1

# Free memory below the image; the text comes behind the structures.
INFO, MAP, TEXT = 0x20000, 0x21000, 0x30000
BELOW_THE_KERNEL = 0x12F000  # between the chooser and the kernels
IN_THE_KERNEL = 0x140000
NO_END = struct.pack("<II", 0, 8)

RAM = [(0, 0x9F000, 1), (0x100000, 0x3F00000, 1)]


def entry1(addr, size, kind, stride=20):
    """An entry of multiboot 1's memory map; its first word is the size of what follows."""
    return struct.pack("<IQQI", stride & 0xFFFFFFFF, addr, size, kind)


def tag(kind, data, size=None):
    """A tag of multiboot 2, padded; size where it shall lie."""
    head = struct.pack("<II", kind, 8 + len(data) if size is None else size)
    return (head + data).ljust((len(data) + 15) & ~7, b"\0")


def map_tag(ranges, stride=24):
    return tag(6, struct.pack("<II", stride, 0) + b"".join(struct.pack("<QQII", *r, 0) for r in ranges))


@dataclass
class Loader:
    """One boot: memory to be written, the registers at the entry, and what has to come of it."""

    name: str
    writes: dict
    magic: int = MB1
    info: int = INFO
    cmdline: str = "run=meminfo"
    expect: list = field(default_factory=list)
    status: int = 33
    mode: str = "PAE"  # of the kernel that has to be started; "" if none

    def arguments(self, kernel):
        """QEMU's, behind those of an ordinary boot."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        shim, plan = FOLDER / "shim.bin", FOLDER / f"{self.name}.plan"
        if not shim.exists() or shim.stat().st_mtime < SHIM_SOURCE.stat().st_mtime:
            subprocess.run(["nasm", "-f", "bin", "-o", str(shim), str(SHIM_SOURCE)], check=True)
        steps = b"".join(struct.pack("<II", address, len(data)) + data.ljust((len(data) + 3) & ~3, b"\0")
                         for address, data in self.writes.items())
        plan.write_bytes(steps + struct.pack("<III", 0xFFFFFFFF, self.magic, self.info))
        return ["-kernel", str(shim), "-initrd", f"{kernel},{plan}"]


def multiboot1(name, entries, flags=MEMORY | CMDLINE | MMAP, cmdline="run=meminfo", at=INFO, upper=64512, writes=None,
               **more):
    """A correct loader with some wrong fields: `more` has them by their offsets in the information."""
    fields = {0: flags, 4: 636, 8: upper, 16: TEXT, 44: sum(map(len, entries)), 48: MAP}
    fields.update({int(key[1:]): value for key, value in more.items() if key[0] == "_"})
    info = bytearray(128)
    for offset, value in fields.items():
        struct.pack_into("<I", info, offset, value & 0xFFFFFFFF)
    memory = {at: bytes(info), MAP: b"".join(entries), TEXT: cmdline.encode() + b"\0"}
    memory.update(writes or {})
    return Loader(name, memory, info=at, cmdline=cmdline,
                  **{key: value for key, value in more.items() if key[0] != "_"})


def multiboot2(name, tags, size=None, cmdline="run=meminfo", at=INFO, **more):
    body = tag(1, cmdline.encode() + b"\0") + b"".join(tags)
    head = struct.pack("<II", 8 + len(body) if size is None else size, 0)
    return Loader(name, {at: head + body}, magic=MB2, info=at, cmdline=cmdline, **more)


def wrong_maps():
    """An element of an impossible size: the list ends there, and the boot uses the two sizes instead."""
    for name, size, complaint in (("0", 0, r"0 \(0x0\), expected at least 20"),
                                  ("minus-4", -4, r"\d+ \(0xfffffffc\), expected at most 20"),
                                  ("minus-28", -28, r"\d+ \(0xffffffe4\), expected at most 20")):
        yield multiboot1(f"entry-{name}", [entry1(*RAM[0]), entry1(*RAM[1], stride=size)], expect=[
            rf"Loader: an entry of the memory map at 0x21018 has size or count {complaint}: the list ends there",
            r"BIOS-e820: \[mem 0x0000000000100000-0x0000000003ffffff\] usable"])
    yield multiboot1("endless-map", [entry1(*r) for r in RAM], _44=0xFFFFFFF0, expect=[
        r"the memory map at 0x21000 has size or count 4294967280 \(0xfffffff0\), expected at most 1048576"])


def wrong_pointers():
    everything = MEMORY | CMDLINE | MODULES | MMAP | NAME
    yield multiboot1("null", [], flags=everything, _24=0, _20=3, _48=0, _44=48, _64=0, expect=[
        rf"Loader: {part} is given by address 0, expected its address"
        for part in ("the loader's name", "the table of modules", "the memory map")])
    yield multiboot1("in-image", [], flags=everything, _20=2, _24=IN_THE_KERNEL, _44=48, _48=IN_THE_KERNEL,
                     _64=IN_THE_KERNEL, expect=[
                         rf"Loader: {part} at 0x140000, \d+ bytes, overlaps the image of Highland"
                         for part in ("the loader's name", "the table of modules", "the memory map")])
    yield multiboot1("past-4G", [], flags=everything, _20=0x1000, _24=0xFFFFF000, _44=48, _48=0xFFFFFFF0,
                     _64=0xFFFFFFFF,
                     expect=[r"the table of modules at 0xfffff000, 65536 bytes, expected an end below 4 GiB",
                             r"the memory map at 0xfffffff0, 48 bytes, expected an end below 4 GiB"])
    yield multiboot1("many-modules", [entry1(*r) for r in RAM], flags=everything, _20=0x12345678, _24=MAP, _64=TEXT,
                     expect=[r"the table of modules at 0x21000 has size or count 305419896 .* no module is used"])
    # An odd address, in the gap between the chooser and a kernel, and a string that runs into that kernel.
    text = b"run=meminfo " + 244 * b"x"
    yield multiboot1("in-the-gap", [entry1(*r) for r in RAM], at=BELOW_THE_KERNEL + 3, _16=0x130000 - 256,
                     writes={0x130000 - 256: text}, expect=[
                         r"Loader: the command line at 0x12ff00 has no terminating 0 in 256 bytes",
                         r"x{244}: unknown parameter"])


def wrong_tags():
    ram = map_tag(RAM)
    yield multiboot2("tags-no-size", [ram, NO_END], size=0, expect=[
        r"Loader: the information at 0x20000 has size or count 0 \(0x0\), expected at least 16"])
    yield multiboot2("tags-no-end", [ram], expect=[r"Loader: the list of tags ends at 0x\w+ without an end tag"])
    yield multiboot2("tags-brief", [tag(3, b"1234"), tag(4, b""), tag(8, b"12345678"), tag(14, b"RSD"), ram, NO_END],
                     at=INFO + 1,
                     expect=[rf"Loader: the tag at 0x\w+ has size or count {size} .*expected at least {least}"
                             for size, least in ((12, 16), (8, 16), (16, 30), (11, 28))])
    yield multiboot2("tags-cut", [ram, tag(2, b"name", size=5000)], expect=[
        r"Loader: the tag at 0x\w+ has size or count 5000 \(0x1388\), expected at most 16: "
        r"what does not fit is ignored"])
    yield multiboot2("tags-endless", [ram, struct.pack("<II", 2, 0)], expect=[
        r"Loader: the tag at 0x\w+ has size or count 0 \(0x0\), expected at least 8"])
    yield multiboot2("stride-0", [map_tag(RAM, stride=0), struct.pack("<IIII", 4, 16, 636, 64512), NO_END], expect=[
        r"an entry of the memory map at 0x\w+ has size or count 0 \(0x0\), expected at least 20: the list ends there",
        r"The loader gave no memory map, only sizes"])


def sizes():
    """RAM that ends inside of the image, whose bytes are all there."""
    yield multiboot1("does-not-fit", [entry1(*RAM[0]), entry1(0x100000, 0x100000, 1)], upper=1024, status=37,
                     mode="", expect=[r"Highland does not fit: RAM ends at 2048 KiB, expected at least \d+ KiB"])
    yield Loader("no-multiboot", {}, magic=0x12345678, status=37, mode="",
                 expect=[r"Highland must be started by a multiboot 1 or 2 loader"])


def all_loaders():
    for part in (wrong_maps, wrong_pointers, wrong_tags, sizes):
        yield from part()
