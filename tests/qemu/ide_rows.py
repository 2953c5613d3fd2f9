# SPDX-License-Identifier: MIT
"""Boots with IDE disks and floppy disks: by the bus master and by the CPU, with errors."""

from boot_row import Row, all_of, modes
from disk_rows import BAD_READ, BAD_WRITE, FLOPPY, Scratch, error_rules

ALL = "selftest=ide,disks,block"
SOME = r"^ *ok \d+ contents_are_written$"
LBA28 = 1 << 28  # sectors behind which 28-bit addresses do not reach
LARGE = {"sectors": 2 * LBA28, "taken": (LBA28 - 1000, 2500)}


def _disk(scratch, interface="ide"):
    return ["-drive", f"if={interface},format=raw,file={scratch.path}"]


def _row(name, memory, cmdline, images, **settings):
    """A boot with images: pairs of an interface, and the arguments of Scratch."""
    disks = [(interface, Scratch(f"{name}-{i}", **kind)) for i, (interface, kind) in enumerate(images)]
    settings.setdefault("timeout", 200)
    settings["expect"] = [SOME, *settings.pop("expect", [])]
    return Row(name, memory, cmdline, extra=[*settings.pop("extra", []), *sum((_disk(s, i) for i, s in disks), [])],
               prepare=lambda: [scratch.make() for _, scratch in disks],
               check=all_of(*((lambda text, s=s: s.check()) for _, s in disks)), **settings)


DISKS = (("ide", {}), ("ide", LARGE), ("floppy", FLOPPY))
FAR = [rf"# {name}: page at 0x1[89a-f]\w{{7}}, {how}" for name, how in
       (("hda", "copied"), ("hdb", "copied"), ("fd0", "copied"))]


def _ide():
    for mode, cmdline in modes(ALL):
        yield _row(f"ide-dma-{mode}", "512M", cmdline, DISKS, expect=[r"hda: .*, DMA"])
        yield _row(f"ide-pio-{mode}", "512M", f"ide=pio {cmdline}", DISKS, expect=[r"hda: .*, PIO"])
        yield _row(f"ide-dma-{mode}-debug", "512M", cmdline, DISKS, smp=4, build="debug")
        yield _row(f"ide-pio-{mode}-ubsan", "2G", f"ide=pio {cmdline}", DISKS, smp=2, build="ubsan")
    # A page at 6 GiB: DMA copies it, and the CPU maps it.
    yield _row("ide-dma-8G", "8G", ALL, DISKS, smp=4, sparse=True, cpu="max,phys-bits=40", expect=FAR)
    yield _row("ide-pio-8G", "8G", f"ide=pio {ALL}", DISKS, smp=4, sparse=True, cpu="max,phys-bits=40",
               expect=[*(line.replace("copied", "reached") for line in FAR[:2]), FAR[2]])
    yield _row("ide-noapic", "512M", f"noapic {ALL}", DISKS, smp=2)
    yield _row("ide-486", "64M", ALL, DISKS, cpu="486", machine="isapc", expect=[r"hda: .*, PIO"])
    yield _row("ide-486-pci", "64M", ALL, DISKS, cpu="486", expect=[r"hda: .*, DMA"])
    yield _row("ide-second-channel", "512M", ALL, [("none,id=disk", {})], smp=2,
               extra=["-device", "ide-hd,drive=disk,bus=ide.1,unit=1"], expect=[r"hdd: .*, DMA"])
    yield _row("floppy-q35", "512M", ALL, [("none,id=disk", FLOPPY)], machine="q35", smp=2,
               extra=["-device", "isa-fdc,id=fdc", "-device", "floppy,drive=disk"], expect=[r"fd0: "])


def _errors():
    """Sectors with errors, a disk that never answers, a floppy disk that is write-protected, a drive without disk."""
    for way in ("dma", "pio"):
        for mode, cmdline in modes(f"{'ide=pio ' if way == 'pio' else ''}{ALL}"):
            name = f"ide-errors-{way}-{mode}"
            scratch = Scratch(name, bad=True)
            yield Row(name, "512M", cmdline, smp=2, timeout=200, prepare=scratch.make,
                      check=lambda text, s=scratch: s.check(),
                      extra=["-blockdev", f"node-name=file,driver=file,filename={scratch.path}",
                             "-blockdev", f"node-name=disk,driver=blkdebug,image=file{error_rules()}",
                             "-device", "ide-hd,drive=disk,bus=ide.0"],
                      expect=[SOME, rf"hda: read error, sector {BAD_READ}", rf"hda: write error, sector {BAD_WRITE}",
                              r"fake: read error, sector 209.*\s+.*fake: 3 more errors\s+.*fake: .*sector 213"])
    scratch = Scratch("floppy-protected", **FLOPPY)
    yield Row("floppy-protected", "512M", ALL, timeout=200, prepare=scratch.make,
              check=lambda text: scratch.check(written=False),
              extra=["-drive", f"if=floppy,format=raw,readonly=on,file={scratch.path}"], expect=[SOME])
    # Each request takes 14 s. The guest does not run while QEMU ends the one that a reset interrupts.
    for way in ("dma", "pio"):
        yield Row(f"ide-dead-{way}", "128M", f"{'ide=pio ' if way == 'pio' else ''}selftest=ide", timeout=200,
                  extra=["-blockdev",
                         f"driver=null-co,node-name=disk,size={64 << 20},latency-ns={14 * 10**9},read-zeroes=on",
                         "-device", "ide-hd,drive=disk,bus=ide.0"],
                  expect=[r"hda: .*reset", r"hda: read error, sector 0"])


PARTS = (_ide, _errors)
