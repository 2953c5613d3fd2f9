# SPDX-License-Identifier: MIT
"""Boots with disks: their contents are compared inside, by tests/kernel/disks.c, and outside, in the image."""

import array
import functools
import os
from pathlib import Path

import acpi_tables
from boot import LOGS
from boot_row import Row, modes

SECTOR = 512
WORDS = SECTOR // 4
SECTORS = 64 << 11  # 64 MiB
GIVEN, NR_GIVEN, TAKEN, NR_TAKEN = 1000, 1500, 90001, 2500
BAD_READ, BAD_WRITE = 4000, 5000
# Arguments of Scratch for a floppy disk.
FLOPPY = {"sectors": 2880, "given": (40, 500), "taken": (1000, 1880)}
GIVEN_SEED, TAKEN_SEED = 0x11111111, 0x22222222


@functools.lru_cache(maxsize=2)
def _pattern(first, number, seed):
    """The words of a run of sectors, as tests/kernel/disks.c has them."""
    words = array.array("I", (((sector * 0x9E3779B1 + index * 0x85EBCA6B) & 0xFFFFFFFF) ^ seed
                              for sector in range(first, first + number) for index in range(WORDS)))
    return words.tobytes()


def _written(path):
    """The sectors of an image that are not zero, by number. Most of a large image is a hole."""
    sectors, end = {}, 0
    with open(path, "rb") as image:
        while True:
            try:
                start = os.lseek(image.fileno(), end, os.SEEK_DATA)
            except OSError:  # ENXIO: there is no more
                return sectors
            end = os.lseek(image.fileno(), start, os.SEEK_HOLE)
            image.seek(start)
            data = image.read(end - start)
            sectors.update((((start + at) // SECTOR), data[at:at + SECTOR]) for at in range(0, len(data), SECTOR)
                           if any(data[at:at + SECTOR]))


class Scratch:
    """An image of a disk for tests."""

    def __init__(self, name, bad=False, sectors=SECTORS, given=(GIVEN, NR_GIVEN), taken=(TAKEN, NR_TAKEN)):
        self.path = LOGS / f"{name}.img"
        self._bad = (BAD_READ, BAD_WRITE, 1) if bad else (0, 0, 0)
        self._sectors, self._given, self._taken = sectors, given, taken

    def make(self):
        header = b"HIGHLAND SCRATCH" + array.array(
            "I", (*self._given, *self._taken, *self._bad)).tobytes()
        with open(self.path, "wb") as image:
            image.write(header)
            image.seek(self._given[0] * SECTOR)
            image.write(_pattern(*self._given, GIVEN_SEED))
            image.truncate(self._sectors * SECTOR)

    def check(self, written=True):
        """A complaint about the image after the boot, or None. The image is removed."""
        data = _written(self.path)
        self.path.unlink()
        parts = [("given", *self._given, GIVEN_SEED)]
        if written:
            parts.append(("taken", *self._taken, TAKEN_SEED))
        for name, first, number, seed in parts:
            wanted = _pattern(first, number, seed)
            for i in range(number):
                if data.pop(first + i, bytes(SECTOR)) != wanted[i * SECTOR:(i + 1) * SECTOR]:
                    return f"{self.path}: sector {first + i} of the part '{name}' has wrong contents"
        if set(data) - {0}:
            return f"{self.path}: sector {min(set(data) - {0})} was written to"
        return None


def _no_reset(text):
    """A slow disk is no error."""
    resets = text.count(", reset\n")
    return f"{resets} resets, expected none" if resets else None


def _row(name, memory, cmdline, device, over="driver=raw,file=file", bad=False, written=True, check_text=None,
         **settings):
    """A boot with one scratch disk; over is the node above the one that reads and writes the image."""
    scratch = Scratch(name, bad)
    read_only = "on" if "read-only=on" in over else "off"
    settings.setdefault("timeout", 200)
    extra = ["-blockdev", f"node-name=file,driver=file,filename={scratch.path},read-only={read_only}",
             "-blockdev", f"node-name=disk,{over}", "-device", f"{device},drive=disk", *settings.pop("extra", [])]
    return Row(name, memory, cmdline, extra=extra, prepare=scratch.make,
               check=lambda text: scratch.check(written) or check_text and check_text(text), **settings)


LEGACY = "virtio-blk-pci,disable-modern=on,disable-legacy=off"
MODERN = "virtio-blk-pci,disable-legacy=on,disable-modern=off"
VIRTIO = (("legacy", LEGACY), ("modern", MODERN))
ALL = "selftest=disks"
SOME = r"^ *ok \d+ contents_are_written$"


def _virtio():
    for form, device in VIRTIO:
        for mode, cmdline in modes(ALL):
            yield _row(f"disk-virtio-{form}-{mode}", "512M", cmdline, device, expect=[SOME])
            yield _row(f"disk-virtio-{form}-{mode}-smp4-8G", "8G", cmdline, device, smp=4, sparse=True, expect=[SOME])
        yield _row(f"disk-virtio-{form}-q35", "512M", ALL, device, machine="q35", smp=2, expect=[SOME])
        yield _row(f"disk-virtio-{form}-interrupts", "512M", 'run="selftest disks;interrupts"', device, smp=2,
                   expect=[SOME, r"^ 11: +\d\d+ .* vda$", r"^ERR: +0 +0 "])
        yield _row(f"disk-virtio-{form}-noapic", "512M", f"noapic {ALL}", device, smp=2, expect=[SOME])
        yield _row(f"disk-virtio-{form}-mp-table", "512M", f"acpi=off {ALL}", device, expect=[SOME])
        yield _row(f"disk-virtio-{form}-read-only", "512M", ALL, device, over="driver=raw,file=file,read-only=on",
                   written=False, expect=[SOME, r"vda: 64 MiB, .* read-only"])


def error_rules():
    """Options that make a node of blkdebug fail at the two bad sectors, and at a flush."""
    rules = (f"read,inject-error.0.sector={BAD_READ}", f"write,inject-error.1.sector={BAD_WRITE}", "flush")
    return "".join(f",inject-error.{i}.event=none,inject-error.{i}.errno=5,inject-error.{i}.iotype={rule}"
                   for i, rule in enumerate(rules))


def _errors():
    """Sectors that cannot be read or written, and devices that are slow."""
    over = f"driver=blkdebug,image=file{error_rules()}"
    for form, device in VIRTIO:
        for mode, cmdline in modes(ALL):
            yield _row(f"disk-errors-{form}-{mode}", "512M", cmdline, device, over=over, bad=True, smp=2,
                       expect=[SOME, rf"vda: read error, sector {BAD_READ}", rf"vda: write error, sector {BAD_WRITE}",
                               "vda: flush error"])
    for mode, cmdline in modes("selftest=disks.[!a]*"):
        yield _row(f"disk-slow-{mode}", "512M", cmdline, MODERN, over="driver=throttle,throttle-group=slow,file=file",
                   expect=[SOME], check_text=_no_reset,
                   extra=["-object", "throttle-group,id=slow,x-iops-total=60"])


def _many():
    """Six disks, which share two interrupt lines."""
    for mode, cmdline in modes(ALL):
        scratches = [Scratch(f"disk-many-{mode}-{i}") for i in range(6)]
        extra = []
        for i, scratch in enumerate(scratches):
            extra += ["-drive", f"if=none,id=d{i},format=raw,file={scratch.path}",
                      "-device", f"{(LEGACY, MODERN)[i % 2]},drive=d{i}"]
        yield Row(f"disk-many-{mode}", "512M", cmdline, smp=4, extra=extra, timeout=200,
                  expect=[SOME, r"vdf: 64 MiB"],
                  prepare=lambda scratches=scratches: [scratch.make() for scratch in scratches],
                  check=lambda text, scratches=scratches: next(filter(None, [s.check() for s in scratches]), None))


def _high_registers():
    """A device that fills the hole below 4 GiB: the firmware moves all 64-bit BARs above."""
    big = ["-object", "memory-backend-ram,id=big,size=2G,reserve=off,share=on", "-device", "ivshmem-plain,memdev=big"]
    yield _row("disk-high-bar-pae", "512M", ALL, MODERN, extra=big, expect=[SOME, "vda: 64 MiB, virtio 1.0"])
    yield _row("disk-high-bar-nopae", "512M", f"nopae {ALL}", "virtio-blk-pci", extra=big,
               expect=[SOME, "vda: 64 MiB, virtio legacy"])
    yield _row("disk-high-bar-nopae-modern", "512M", f"nopae {ALL}", MODERN, extra=big, written=False,
               expect=[r"virtio .*: no registers in reach of this kernel"])


def _wrong_line():
    """The firmware names a wrong input of the I/O APIC for the line, so no interrupt arrives."""
    tables = acpi_tables.Firmware()
    tables.madt([*acpi_tables.FOUR, acpi_tables.line(11, 20), acpi_tables.line(10, 21), *acpi_tables.REST])
    yield _row("disk-wrong-line", "256M", ALL, MODERN, machine="pc,acpi=off", smp=4, timeout=400,
               extra=tables.arguments("disk-wrong-line"),
               expect=[SOME, "virtio disk: it waits, and its interrupt, line 1[01], does not arrive"])


def _memory():
    """Disks in memory: a boot module, whose file stays as it is, and pages of zeroes."""
    for mode, cmdline in modes(f"ramdisk=8M {ALL}"):
        scratch = Scratch(f"disk-module-{mode}")
        yield Row(f"disk-module-{mode}", "512M", cmdline, smp=2, extra=["-initrd", f"{scratch.path} disk=ram5"],
                  expect=[SOME, "ram5: 131072 sectors, 64 MiB", "ram0: 16384 sectors, 8 MiB"],
                  prepare=scratch.make, check=lambda text, scratch=scratch: scratch.check(written=False))


PARTS = (_memory, _virtio, _many, _wrong_line, _high_registers, _errors)
