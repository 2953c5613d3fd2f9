# SPDX-License-Identifier: MIT
"""Boots with memory maps that no sane firmware gives, and the reports of memory and of kmap's slots."""

from pathlib import Path

from boot_row import Row, all_of, modes
from memory_checks import every_page_accounted, highmem_is, meminfo

# Maps that no sane firmware gives, entered by memmap=exactmap on a machine that has RAM at all these
# places (5 GiB: 0-3 GiB and 4-6 GiB). Names, then what follows memmap=.
HOSTILE_MAPS = {
    "8M-and-2G-above-4G": ["640K@0", "7M@1M", "2G@4G"],
    "hole-at-10M": ["640K@0", "9M@1M", "100M@11M"],
    "unsorted": ["64M@512M", "640K@0", "100M@64M", "63M@1M", "32M@256M"],
    "overlapping": ["640K@0", "127M@1M", "64M@100M", "200M@50M", "16M$32M", "4M$40M"],
    "acpi-inside-ram": ["640K@0", "255M@1M", "1M#64M", "64K#100M", "1M$128M"],
    "crooked-ends": ["0x9f123@0x345", "0x7fedcba@0x100123", "0x123456@0x20000777"],
    "half-pages": ["640K@0", "31M@1M"] + [f"0x1800@{0x4000000 + i * 0x3000:#x}" for i in range(30)],
    "every-other-megabyte": ["640K@0", "23M@1M"] + [f"1M@{m}M" for m in range(26, 326, 2)],
    "over-the-border": ["640K@0", "255M@1M", "64M@880M"],
    "at-the-border": ["640K@0", "255M@1M", "100M@896M"],
    "below-the-border": ["640K@0", "255M@1M", "0xfff000@0x37000000"],
    "persistent": ["640K@0", "255M@1M", "64M!128M"],
    "three-times-the-same": ["640K@0", "63M@1M", "63M@1M", "63M@1M", "64M@1G", "64M@1G"],
    "one-page-islands": ["640K@0", "47M@1M"] + [f"4K@{64 + 3 * i}M" for i in range(60)],
    "reserved-kernel": ["640K@0", "127M@1M", "64K$0x1a0000", "64K$0x130000"],
}


def _hostile():
    for name, pieces in HOSTILE_MAPS.items():
        for mode, limit in (("pae", 1 << 52), ("nopae", 1 << 32)):
            own = name == "reserved-kernel"  # the kernel adds the pages that it runs on
            check = None if own else every_page_accounted(limit)
            if (name, mode) == ("8M-and-2G-above-4G", "pae"):
                # All of it but the frame table, which has no room anywhere else.
                check = all_of(check, meminfo(2080000, 2080000))
            yield Row(f"map-{mode}-{name}", "5G", ("nopae " if mode == "nopae" else "") +
                      "memmap=exactmap memmap=" + ",".join(pieces) +
                      ' touch_limit=64M run="selftest;zoneinfo;meminfo"', timeout=300,
                      check=check,
                      expect=[r"The kernel runs at .* where the map has no RAM"] if own else [])


def _reports():
    run = 'run="meminfo;zoneinfo"'
    for qemu in ("qemu-system-i386", "qemu-system-x86_64"):
        for machine in ("pc", "q35"):
            yield Row(f"meminfo-{qemu[12:]}-{machine}", "4G", run, machine=machine, qemu=qemu,
                      ktap=False, check=meminfo(4120000, 3200000))
    for machine, total, high in (("pc", 3070000, 2100000), ("q35", 2030000, 1100000)):
        yield Row(f"meminfo-nopae-{machine}", "4G", f"nopae {run}", machine=machine, ktap=False,
                  check=meminfo(total, high))
    yield Row("every-report", "512M", 'run="help;dmesg;meminfo;zoneinfo;buddyinfo;iomem;memblock;'
              'ptdump;walk 0xc0100000;vmallocinfo;kmapinfo;cpuinfo;modules;uptime;history;report json"',
              ktap=False, expect=[r"System RAM", r"Kernel code", r"---\[ Kernel Mapping \]---",
                                  r"pkmap|Persistent kmap", r'^\{"version":1,$'])


def _lowmem():
    """Low memory is used up twice, and the same work in high memory leaves it alone."""
    for mode, cmdline in modes('run="demo lowmem;selftest buddy"'):
        yield Row(f"demo-lowmem-{mode}", "3G", cmdline, ktap=False, expect=[
            line for work in ("page tables of address spaces", "full buffers of connections") for line in (
                rf"\b(\d+) {work} +low +8\d\d -> +\d\d MiB +(\d+) -> +\2 MiB",
                rf"\b\d+ {work} +high +8\d\d -> +8\d\d MiB +[12]\d+ -> +1\d+ MiB")])


MEGABYTES_20 = Path("build/test/20m.bin")


def _memory_maps():
    """RAM where it should not be, highmem of a size that was asked for, modules that are not in RAM."""
    checked = "selftest buddy;zoneinfo"
    for mode, cmdline in modes(f'memmap=exactmap,128M@0 run="{checked}"'):
        yield Row(f"ram-below-1M-{mode}", "128M", cmdline, ktap=False, check=every_page_accounted(1 << 52),
                  expect=[r"384 kB of RAM between 0xa0000 and 0x100000 are not used"])
    for size, kilobytes, machine, memory in (("0", 0, "pc", "4G"), ("64M", 65536, "q35", "4G"),
                                             ("150M", 153600, "pc,max-ram-below-4g=950M", "1G")):
        for mode, cmdline in modes(f'highmem={size} run="{checked}"'):
            if (mode, size) == ("nopae", "150M"):
                machine = "pc"  # no RAM above 4 GiB
            yield Row(f"highmem-is-{size}-{mode}", memory, cmdline, machine=machine, ktap=False,
                      check=highmem_is(kilobytes))
    for mode, cmdline in modes('memmap=64M@0x100000000000 run="selftest buddy"'):
        yield Row(f"ram-at-16T-{mode}", "128M", cmdline, cpu="max,phys-bits=52", ktap=False, expect=[
            r"65536 kB above 0xffffffff000 unreachable: frame numbers have 32 bits" if mode == "pae" else
            r"64 MiB above 4 GiB unreachable: kernel is non-PAE"])
    # All RAM that the first page tables map is reserved: later tables come from wherever RAM is.
    for name, pieces in (("from-64M", ["639K@0", "400M@1M", "64M$0x1000", "256M@4352M"]),
                         ("islands", [f"0x1800@{0x4000800 + i * 0x300000:#x}" for i in range(40)] + ["40M@460M"])):
        for mode, cmdline in modes(f"nopse memmap=exactmap,{','.join(pieces)}"
                                    f' touch_limit=64M run="selftest paging;{checked}"'):
            yield Row(f"first-ram-{name}-{mode}", "1G", cmdline, machine="pc,max-ram-below-4g=512M", ktap=False,
                      expect=[r"The kernel runs at .* where the map has no RAM"])
    # More RAM than the machine has: in lowmem, where the frame table would be, and above.
    for mode, cmdline in modes('memmap=exactmap,636K@0,1G@1M,64M@2G run="selftest buddy,paging"'):
        yield Row(f"ram-that-is-not-there-{mode}", "300M", cmdline, ktap=False,
                  expect=[r"No RAM answers at \[mem 0x0*12c00000-0x0*400fffff\]", r"299 MiB LOWMEM available",
                          r"No RAM answers at \[mem 0x0*80000000-0x0*83ffffff\]", r"ok \d+ (paging|buddy)"])
    MEGABYTES_20.parent.mkdir(parents=True, exist_ok=True)
    with MEGABYTES_20.open("wb") as file:
        file.truncate(20 << 20)
    for mode, cmdline in modes('mem=16M run="modules;selftest modules"'):
        yield Row(f"module-cut-{mode}", "64M", cmdline, extra=["-initrd", f"{MEGABYTES_20} big"], ktap=False,
                  expect=[r"Module 0: only the first \d+ of 20971520 bytes are in RAM",
                          r"^0x\w+-0x00ffffff +\d+ bytes crc32 \w+ .*big"])


def _leaks():
    """A mapping that is held for too long is reported once, and the boot continues."""
    for mode, cmdline in modes('highmem=128M kmap_leak_ms=200 run="hold;sleep 1;kmapinfo"'):
        yield Row(f"kmap-leak-{mode}", "512M", cmdline, ktap=False,
                  expect=[r"WARNING: kmap: frame 0x\w+ is held for \d+ ms since hold\w*\+\w+, thread 'prompt'; "
                          r"expected less than 200 ms",
                          r"1 slot held by 'prompt' since hold\w*\+\w+, for \d+ ms at most"],
                  check=lambda text: None if text.count("is held for") == 1 else "reported more than once")


ICOUNT = ["-icount", "shift=0,sleep=off"]


def _slots_that_are_held():
    """Tests do not touch slots that are held already. A long wait that can end is reported, and ends."""
    # Where interrupts come between any two instructions, and not only where the emulator looks for them.
    for mode, cmdline in modes("highmem=128M selftest=kmap_threads"):
        yield Row(f"icount-{mode}", "512M", cmdline, extra=ICOUNT)
    suites = ";".join(f"selftest {suite}" for suite in (
        "kmap", "kmap_[ls]*", "smp_flush.a_recycled*", "stress.all_slots"))
    for mode, cmdline in modes(f'highmem=128M touch_limit=16M run="hold;hold;hold;{suites};'
                                'hold undo;hold undo;hold undo;kmapinfo"'):
        yield Row(f"kmap-held-{mode}", "512M", cmdline, smp=2, ktap=False,
                  expect=[r"kmap slots: 0 held, \d+ idle, \d+ empty\n"])
    for mode, cmdline in modes('highmem=128M run="hold slots 12;hold;kmapinfo"'):
        yield Row(f"kmap-slow-{mode}", "512M", cmdline, ktap=False, extra=ICOUNT,
                  expect=[r"kmap: thread 'prompt' has waited more than 10 s for a slot; all (512|1024) are held:\n"
                          r".*  (512|1024) slots held by 'holder' since hold_for_a_while\+",
                          r"kmap slots: 1 held, \d+ idle, \d+ empty\n"])


# The parts of this table, one to a line.
PARTS = (
    _hostile,
    _reports,
    _lowmem,
    _leaks,
    _slots_that_are_held,
    _memory_maps,
)
