# SPDX-License-Identifier: MIT
"""The table of boots: machines, what to boot on them, and what has to come out."""

import itertools
import random
import re
import shutil
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from loaders import all_loaders

import acpi_tables
import tiers

PASSED, FAILED, PANIC = 33, 35, 37  # QEMU's exit status: asm/machine.h

MODULE = Path("build/test/module.bin")


# Variants of the kernel file, beside that of a plain `make`; the Makefile says how each is built.
BUILDS = ("3G", "2G", "1G", "debug", "ubsan", "notests")


def kernel_file(build):
    """The file that is booted for a variant."""
    assert build in BUILDS, build
    return "build/highland.elf" if build == "3G" else f"build/{build}/highland.elf"


def _words_of(cmdline):
    """As lib/cmdline.c has it: blanks between double quotes belong to a word, which need not be closed."""
    return [word.replace('"', "") for word in re.findall(r'(?:[^\s"]|"[^"]*(?:"|$))+', cmdline)]


@dataclass
class Row:
    """One boot.

    cmdline None boots `iso` instead of the kernel file; build names the variant of it. firmware names an
    OVMF image and the variables that go with it. sparse gives the guest more memory than the
    host has, which must not be touched but here and there. tier says which of `make test`, `make test-all` and
    `make test-long` boots it ("test", "all", "long"). expect are regular expressions that the console
    must match; check gets the console text and returns a complaint or None. ktap says that results of
    self-tests are expected, banner that a kernel is started and names its mode.
    """

    name: str
    memory: str
    cmdline: str | None
    machine: str = "pc"
    cpu: str = "max"
    smp: int = 1
    qemu: str = "qemu-system-x86_64"
    build: str = "3G"
    sparse: bool = False
    emulator: str = "qemu"
    iso: str | None = None
    firmware: tuple | None = None
    extra: list = field(default_factory=list)
    status: int = PASSED
    expect: list = field(default_factory=list)
    check: object = None
    ktap: bool = True
    banner: bool = True
    timeout: int = 120
    tier: str = "all"

    @property
    def mode(self):
        """The kernel that has to be started: these CPUs have no PAE."""
        words = self.name.split("-") if self.cmdline is None else _words_of(self.cmdline)
        asked = "nopae" in words or "nopae=" in words
        return "non-PAE" if asked or self.cpu.split(",")[0] in ("486", "pentium") else "PAE"

    @property
    def kernel(self):
        return kernel_file(self.build)

    @property
    def mebibytes(self):
        """Memory that the guest takes from the host."""
        if self.sparse:
            return 1024
        unit = {"M": 1, "G": 1024}[self.memory[-1]]
        return int(self.memory[:-1]) * unit


def _modes(cmdline):
    return (("pae", cmdline), ("nopae", f"nopae {cmdline}"))


def _sizes():
    """Each size in both modes; the full 4 GiB are written in each mode once."""
    for memory in ("16M", "64M", "512M", "895M", "897M", "1G", "2G", "4G"):
        for mode, cmdline in _modes("selftest"):
            if memory == "2G":
                cmdline += " touch_limit=256M"
            expect = [r"\d+ MiB above 4 GiB unreachable: kernel is non-PAE"] \
                if (mode, memory) == ("nopae", "4G") else []
            yield Row(f"{mode}-{memory}", memory, cmdline, expect=expect, timeout=300)


def _cpus():
    limited = "selftest touch_limit=256M"
    yield Row("pae-split-1G", "1G", "selftest", machine="pc,max-ram-below-4g=512M")
    yield Row("pae-8G", "8G", limited, timeout=300)
    yield Row("highmem-512M", "512M", "highmem=256M selftest")
    for mode, cmdline in _modes(limited):
        yield Row(f"{mode}-q35-4G", "4G", cmdline, machine="q35", timeout=300)
        yield Row(f"{mode}-i386-4G", "4G", cmdline, qemu="qemu-system-i386", timeout=300)
    # Older versions of QEMU let it address 32 bits only, and QEMU 10 lets it address 36; CPUID tells neither.
    yield Row("qemu32-4G", "4G", limited, cpu="qemu32", timeout=300,
              expect=[r"unreachable: the CPU has 32 physical-address bits|CPU: 36 physical-address bits"])
    yield Row("pentium3-1G", "1G", limited, cpu="pentium3")
    yield Row("pentium-64M", "64M", "selftest", cpu="pentium")
    yield Row("486-64M", "64M", "selftest", cpu="486")
    yield Row("486-nopse-2G", "2G", limited, cpu="486,-pse", timeout=300)
    yield Row("nocpuid-64M", "64M", "nopae nocpuid selftest")
    yield Row("nopge-1G", "1G", limited, cpu="max,-pge")
    yield Row("nonx-1G", "1G", limited, cpu="max,-nx")
    yield Row("nopat-1G", "1G", limited, cpu="max,-pat")
    for mode, cmdline in _modes("nopge nopse noexec=off nopat " + limited):
        yield Row(f"refused-{mode}-1G", "1G", cmdline)


MATRIX_CPUS = ("486", "486,-pse", "pentium", "pentium2", "pentium3", "qemu32", "coreduo", "n270",
               "athlon", "qemu64", "max")
SPLITS = ("3G", "2G", "1G")


def _has_pae(cpu):
    return cpu.split(",")[0] not in ("486", "pentium")


def matrix():
    """Every CPU in every mode that it has with every split, and the kernels that check themselves.

    `make test-all` boots a choice in which each CPU meets each split and each mode, and each mode each split.
    """
    for cpu, split in itertools.product(MATRIX_CPUS, SPLITS):
        number = MATRIX_CPUS.index(cpu) + SPLITS.index(split)
        choice = "pae" if number % 2 and _has_pae(cpu) else "nopae"
        for mode, cmdline in _modes("selftest touch_limit=64M"):
            if mode == "nopae" or _has_pae(cpu):
                yield Row(f"matrix-{mode}-{cpu}-{split}", "4G", cmdline, cpu=cpu, build=split,
                          timeout=300, tier="all" if mode == choice else "long")
    yield from _checked_matrix()


CHECKED = ("debug", "ubsan")  # what these check costs time: a few boots each


# A kernel that looks at each page that comes and goes takes its time where a test takes all of them.
CHECKED_MEMORY, CHECKED_CMDLINE = "128M", "selftest touch_limit=64M highmem=32M"


def _checked():
    """All self-tests by the kernels that check themselves."""
    for build, (mode, cmdline), smp in itertools.product(CHECKED, _modes(CHECKED_CMDLINE), (1, 4)):
        yield Row(f"{build}-{mode}-smp{smp}", CHECKED_MEMORY, cmdline, build=build, smp=smp, timeout=300,
                  machine="q35" if (mode, smp) == ("pae", 4) else "pc",
                  cpu="486" if (mode, smp) == ("nopae", 1) else "max",
                  expect=[rf"SMP: {smp} of {smp} CPUs run"] if smp > 1 else [])
    # Lowmem through kmap_local slots, too: what is wrong with highmem only is wrong everywhere then.
    for mode, cmdline in _modes(f"kmap_local_force_map=1 {CHECKED_CMDLINE}"):
        yield Row(f"debug-{mode}-forced", CHECKED_MEMORY, cmdline, build="debug", smp=2, timeout=300)


def _checked_matrix():
    """The same on some of the CPUs."""
    for build, cpu, smp in itertools.product(CHECKED, ("486", "pentium3", "qemu32", "max"), (1, 4)):
        if cpu == "486" and smp > 1:
            continue  # QEMU gives it APICs that CPUID denies, and so does not pass on the PIC's interrupts
        for mode, cmdline in _modes(CHECKED_CMDLINE):
            if mode == "nopae" or _has_pae(cpu):
                yield Row(f"matrix-{build}-{mode}-{cpu}-smp{smp}", CHECKED_MEMORY, cmdline, build=build, cpu=cpu,
                          smp=smp, timeout=300, tier="long",
                          expect=[rf"SMP: {smp} of {smp} CPUs run"] if smp > 1 else [])


def _smp():
    """Several CPUs, each a thread of the host's."""
    for machine in ("pc", "q35"):
        for smp in (2, 4, 8):
            for mode, cmdline in _modes("selftest touch_limit=64M"):
                # Eight CPUs on two cores take their time: each mode meets one of the machines.
                seldom = smp == 8 and (mode == "pae") == (machine == "q35")
                yield Row(f"smp{smp}-{mode}-{machine}", "1G", cmdline, machine=machine, smp=smp,
                          timeout=300, tier="long" if seldom else "all",
                          expect=[rf"SMP: {smp} of {smp} CPUs run"])
    limited = "touch_limit=64M selftest"
    # SeaBIOS enters one CPU of a socket into the MP table.
    yield Row("smp4-mp-table", "1G", f"acpi=off {limited}", smp=4,
              extra=["-smp", "4,sockets=4,cores=1,threads=1"],
              expect=[r"SMP: 4 of 4 CPUs run"])
    yield Row("smp4-noapic", "1G", f"noapic {limited}", smp=4, expect=[r"SMP: 4 of 4 CPUs run"])
    yield Row("smp4-nosmp", "512M", f"nosmp {limited}", smp=4)
    yield Row("smp4-nolapic", "512M", f"nolapic {limited}", smp=4, expect=[r"no APIC is used"])
    # Here a CPU without a token is started late.
    yield Row("smp8-maxcpus3", "512M", f"maxcpus=3 {limited}", smp=8,
              expect=[r"SMP: 3 of 8 CPUs run", r"ok \d+ a_cpu_that_comes_late_parks$"])
    yield Row("smp3-nopae-maxcpus2", "512M", "nopae maxcpus=2 selftest=smp.a_cpu*", smp=3,
              expect=[r"ok \d+ a_cpu_that_comes_late_parks$"])
    yield Row("smp4-pentium3-4G", "4G", limited, smp=4, cpu="pentium3", timeout=300)
    # The boot CPU withdraws the tokens while the other CPUs are on their way: each runs or parks.
    for mode, cmdline in _modes('cpu_wait=0 run="uptime;cpuinfo"'):
        yield Row(f"smp8-{mode}-no-wait", "512M", cmdline, smp=8, ktap=False, expect=[r"SMP: [1-8] of 8 CPUs run"])
    # More CPUs than the kernel has room for.
    yield Row("smp40", "128M", "run=uptime", smp=40, ktap=False, expect=[
        r"SMP: 40 CPUs are listed, expected at most 32: the others do not run", r"SMP: 32 of 40 CPUs run"])
    # With many CPUs, each may cache only a few pages of a small zone.
    yield Row("smp8-small", "64M", "highmem=0 selftest=smp.all_lists*", smp=8,
              expect=[r"SMP: 8 of 8 CPUs run"])
    # One CPU executes at a time, and the next one only where that one says PAUSE or halts.
    yield Row("smp4-icount", "1G", limited, smp=4, extra=["-icount", "shift=0,sleep=off"],
              timeout=600, expect=[r"SMP: 4 of 4 CPUs run"])


def _stress():
    """Only the stress suites, on many CPUs; `run.py --filter 'stress-*' --repeat N` for more of them."""
    for build, smp in itertools.product(("3G", "debug"), (4, 8)):
        for mode, cmdline in _modes("highmem=128M selftest=stress"):
            yield Row(f"stress-{mode}-{build}-smp{smp}", "512M", cmdline, build=build, smp=smp, timeout=600,
                      tier="long" if (build, smp) == ("debug", 8) else "all",
                      expect=[rf"SMP: {smp} of {smp} CPUs run"])


def _large():
    """More RAM than a lowmem of 896 MiB was made for, and more than it can have descriptors of."""
    limited = "touch_limit=64M run=\"selftest;meminfo;zoneinfo\""
    for memory, cpu, qemu, lowfree in (("61G", "max", "qemu-system-i386", 560),
                                       ("62G", "max,phys-bits=40", "qemu-system-x86_64", 560),
                                       ("128G", "max,phys-bits=40", "qemu-system-x86_64", 300)):
        gib = int(memory[:-1])
        high = (gib << 20) - (896 << 10)
        yield Row(f"large-{memory}", memory, limited, cpu=cpu, qemu=qemu, sparse=True, timeout=300,
                  check=_all_of(_meminfo(high * 0.995, high * 0.995, lowfree << 10),
                                every_page_accounted(1 << 52)))
    yield Row("too-large-300G", "300G", limited, cpu="max,phys-bits=40", sparse=True, timeout=300,
              expect=[r"mem_map: \d+ MiB of RAM above \d+ MiB are left out"])


OVMF = Path("/usr/share/OVMF")
def _first(*names):
    """The first of these files that this system has, else the last."""
    return next((OVMF / name for name in names if (OVMF / name).exists()), OVMF / names[-1])


# Ubuntu's build of the 32-bit firmware with secure boot faults before GRUB runs; Debian 12 has no other.
FIRMWARE = {
    "x64": (OVMF / "OVMF_CODE_4M.fd", OVMF / "OVMF_VARS_4M.fd"),
    "ia32": (_first("OVMF32_CODE_4M.fd", "OVMF32_CODE_4M.secboot.fd"), OVMF / "OVMF32_VARS_4M.fd"),
}


def _loaders():
    """GRUB by multiboot 2 and 1, started by BIOS and by both kinds of UEFI."""
    for name, iso in (("mb2", "build/highland-selftest.iso"),
                      ("mb1-nopae", "build/highland-selftest-mb1.iso")):
        for machine in ("pc", "q35"):
            yield Row(f"iso-{name}-{machine}", "1G", None, machine=machine, iso=iso)
        for bits, firmware in FIRMWARE.items():
            yield Row(f"uefi-{bits}-{name}", "1G", None, machine="q35", iso=iso, firmware=firmware,
                      check=every_page_accounted(1 << 52, zoneinfo=False),
                      expect=[r"Framebuffer: \d+ x \d+, (24|32) bits a pixel"])


def _bochs():
    """Where Bochs is installed: a machine that keeps stale and global TLB entries."""
    if not shutil.which("bochs"):
        return
    for mode, iso in (("pae", "build/highland-bochs.iso"),
                      ("nopae", "build/highland-bochs-mb1.iso")):
        for memory in ("512M", "3G"):
            yield Row(f"bochs-{mode}-{memory}", memory, None, iso=iso, emulator="bochs",
                      timeout=300)
    for mode, iso in (("pae", "build/highland-bochs.iso"),
                      ("nopae", "build/highland-bochs-mb1.iso")):
        yield Row(f"bochs-{mode}-smp4", "512M", None, iso=iso, emulator="bochs", smp=4,
                  timeout=600, expect=[r"SMP: 4 of 4 CPUs run"])
    yield Row("bochs-pae-4608M", "4608M", None, iso="build/highland-bochs.iso", emulator="bochs",
              timeout=300)


def _field(text, name):
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.M)
    return int(found[1]) if found else 0


def _meminfo(total, high, low_free=0):
    wanted = {"MemTotal": total, "HighTotal": high, "LowFree": low_free}

    def check(text):
        for name, least in wanted.items():
            if _field(text, name) < least:
                return f"{name} is {_field(text, name)} kB, expected at least {least:.0f}"
        return None
    return check


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


def _all_of(*checks):
    return lambda text: next((wrong for check in checks if (wrong := check(text))), None)


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


def _hostile():
    for name, pieces in HOSTILE_MAPS.items():
        for mode, limit in (("pae", 1 << 52), ("nopae", 1 << 32)):
            own = name == "reserved-kernel"  # the kernel adds the pages that it runs on
            check = None if own else every_page_accounted(limit)
            if (name, mode) == ("8M-and-2G-above-4G", "pae"):
                # All of it but the frame table, which has no room anywhere else.
                check = _all_of(check, _meminfo(2080000, 2080000))
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
                      ktap=False, check=_meminfo(4120000, 3200000))
    for machine, total, high in (("pc", 3070000, 2100000), ("q35", 2030000, 1100000)):
        yield Row(f"meminfo-nopae-{machine}", "4G", f"nopae {run}", machine=machine, ktap=False,
                  check=_meminfo(total, high))
    yield Row("every-report", "512M", 'run="help;dmesg;meminfo;zoneinfo;buddyinfo;iomem;memblock;'
              'ptdump;ptwalk 0xc0100000;vmallocinfo;kmapinfo;cpuinfo;modules;uptime;history"',
              ktap=False, expect=[r"System RAM", r"Kernel code", r"---\[ Kernel Mapping \]---",
                                  r"pkmap|Persistent kmap"])


def _modules():
    MODULE.parent.mkdir(parents=True, exist_ok=True)
    MODULE.write_bytes(random.Random(1).randbytes(300000))
    crc = zlib.crc32(MODULE.read_bytes())
    for mode, cmdline in _modes('run="selftest modules;selftest buddy;modules"'):
        yield Row(f"module-{mode}", "1G", cmdline, extra=["-initrd", f"{MODULE} hello"], ktap=False,
                  expect=[rf"crc32 {crc:08x} .*hello", r"ok \d+ they_survive"])


def _clocks():
    """Machines that lack a clock, or all of them; `microvm` has no port 0x61, so channel 2 of the PIT is deaf."""
    def row(name, machine, cpu, expect, smp=1, icount=False, cmdline="run=uptime", extra=()):
        return Row(f"clock-{name}", "128M", cmdline, machine=machine, cpu=cpu, smp=smp, ktap="selftest" in cmdline,
                   timeout=60, expect=expect, extra=["-icount", "shift=0,sleep=off"] if icount else list(extra))
    # One instruction is a nanosecond here, so the right rate is known.
    for name, options in (("HPET", ""), ("ACPI timer", ",hpet=off"), ("PIT", ",hpet=off,acpi=off")):
        exact = rf"(999\.[89]|1000\.[01])\d\d MHz"
        yield row(f"exact-{name.split()[0]}", "pc" + options, "max", [rf"TSC: {exact}, {name}", rf"clock: TSC, {exact}",
                  r"LAPIC timer: (62[45]\d{3}) counts a tick"], icount=True)
    lapic, no_ticks = r"LAPIC timer: \d+ counts a tick", r"threads are not preempted, devices are polled"
    unknown = r"The time is not known"
    yield row("microvm", "microvm", "max", [r"TSC: \d{3,}\.\d+ MHz, PIT", lapic])
    yield row("microvm-bare", "microvm,pit=off,pic=off,rtc=off", "max", [r"TSC: its rate is not known", unknown, lapic])
    # SeaBIOS waits for ever where it has no clock at all; QEMU's other firmware needs none.
    yield row("microvm-486-bare", "microvm,pit=off,pic=off,rtc=off", "486", [r"clock: none", unknown, no_ticks],
              extra=["-bios", "qboot.rom"])
    yield row("no-pit", "pc,pit=off", "max", [r"TSC: \d{3,}\.\d+ MHz, HPET", lapic])
    yield row("no-pit-486", "pc,pit=off", "486", [r"clock: HPET, 100.000 MHz", no_ticks],
              cmdline='run="sleep 1;uptime"')
    yield row("no-tsc", "pc", "max,-tsc", [r"clock: HPET, 100.000 MHz", lapic])
    yield row("no-tsc-pit", "pc,pit=off,hpet=off", "max,-tsc", [r"clock: ACPI timer, 3.579 MHz", lapic])
    yield row("only-ticks", "pc,hpet=off,acpi=off", "max,-tsc", [r"clock: timer interrupts", lapic],
              cmdline='run="selftest time;uptime"')
    yield row("no-ticks-486", "pc", "486", [r"Clock: HPET", no_ticks], smp=2, cmdline="selftest")
    yield row("no-ticks-bare", "pc,hpet=off,acpi=off", "486", [r"clock: PIT", unknown, no_ticks], smp=2,
              cmdline='run="selftest time;uptime"')
    yield row("no-ticks-max", "pc", "max,-apic", [r"TSC: \d{3,}\.\d+ MHz", no_ticks], smp=2,
              cmdline='run="sleep 1;selftest threads;uptime"')


def _leaks():
    """A mapping that is held for too long is reported once, and the boot continues."""
    for mode, cmdline in _modes('highmem=128M kmap_leak_ms=200 run="hold;sleep 1;kmapinfo"'):
        yield Row(f"kmap-leak-{mode}", "512M", cmdline, ktap=False,
                  expect=[r"WARNING: kmap: frame 0x\w+ is held for \d+ ms since hold\w*\+\w+, thread 'prompt'; "
                          r"expected less than 200 ms",
                          r"1 slot held by 'prompt' since hold\w*\+\w+, for \d+ ms at most"],
                  check=lambda text: None if text.count("is held for") == 1 else "reported more than once")


ICOUNT = ["-icount", "shift=0,sleep=off"]


def _slots_that_are_held():
    """Tests do not touch slots that are held already. A long wait that can end is reported, and ends."""
    # Where interrupts come between any two instructions, and not only where the emulator looks for them.
    for mode, cmdline in _modes("highmem=128M selftest=kmap_threads"):
        yield Row(f"icount-{mode}", "512M", cmdline, extra=ICOUNT)
    suites = ";".join(f"selftest {suite}" for suite in (
        "kmap", "kmap_[ls]*", "smp.a_recycled*", "stress.all_slots"))
    for mode, cmdline in _modes(f'highmem=128M touch_limit=16M run="hold;hold;hold;{suites};'
                                'hold undo;hold undo;hold undo;kmapinfo"'):
        yield Row(f"kmap-held-{mode}", "512M", cmdline, smp=2, ktap=False,
                  expect=[r"kmap slots: 0 held"])
    for mode, cmdline in _modes('highmem=128M run="hold slots 12;hold;kmapinfo"'):
        yield Row(f"kmap-slow-{mode}", "512M", cmdline, ktap=False, extra=ICOUNT,
                  expect=[r"kmap: thread 'prompt' has waited more than 10 s for a slot; all (512|1024) are held:\n"
                          r".*  (512|1024) slots held by 'holder' since hold_for_a_while\+",
                          r"kmap slots: 1 held"])


def _talking():
    """The command line, the prompt and the consoles."""
    yield Row("console-serial", "64M", 'console=ttyS0 run="help"', ktap=False,
              expect=[r"highland|Highland", r"meminfo"])
    yield Row("console-debugcon", "64M", 'console=debugcon run="help"', ktap=False,
              extra=["-debugcon", "file:/dev/stdout"], expect=[r"BIOS-e820: \[mem ", r"meminfo"])
    yield Row("bad-parameters", "64M", 'memm=1 mem=foo console=tty9 run="help"', ktap=False,
              expect=[r"memm: unknown parameter, did you mean mem", r"mem=foo: ignored, expected mem=nn",
                      r"console=tty9: ignored"])
    yield Row("unknown-command", "64M", 'run="meminfoo"', ktap=False, status=FAILED,
              expect=[r"meminfoo: unknown command.*meminfo"])
    yield Row("no-such-test", "64M", "selftest=nosuch", ktap=False, status=FAILED,
              expect=[r"no test matches 'nosuch'"])
    yield Row("too-little-memory", "16M", "mem=2M selftest", ktap=False, status=PANIC,
              expect=[r"Kernel panic: RAM ends at 0x200000, .* expected at least \d+ KiB"])


def _words():
    """The chooser and the kernel cut the command line into the same words; nothing of it is lost in silence."""
    for name, cmdline in (("whole-quoted", '"nopae" run="help cmdline"'), ("in-value", 'run="meminfo;help nopae;" x'),
                          ("whole-word", '"run=help;cmdline" "x=a nopae b"'), ("empty", 'nopae= run="help"')):
        expect = {"empty": [r"nopae=: nothing follows"], "in-value": [r"^nopae +start the kernel without PAE"]}
        yield Row(f"words-{name}", "64M", cmdline, ktap=False, expect=expect.get(name, []))
    yield Row("words-many", "64M", f'x={2050 * "a"} y="{4000 * "b c "}" run=meminfo', ktap=False,
              expect=[r"^MemTotal:", r"x: unknown parameter"])
    yield Row("words-too-many", "64M", f'run=meminfo x={70000 * "a"} mem=48M', ktap=False,
              expect=[r"The command line has 7\d{4} characters, expected at most 65535: the last \d+ are lost",
                      r"x: ignored, since its end may be lost", r"^MemTotal: +6\d{4} kB"])
    for mode, cmdline in _modes(f'y={9000 * "b"} run="selftest buddy;cmdline"'):
        yield Row(f"words-kept-{mode}", "32M", cmdline, ktap=False, expect=[r"highland.elf (nopae )?y=b{9000} run="])
    wrong = ("loglevel=9", "loglevel=", "loglevel", "console=", "mem=", "memmap=", "maxcpus=x", "seed=-1", "panic=",
             "run=", "nosmp=1", "nopge=0", "noexec=maybe", "vmalloc=12Q", "highmem", "touch_limit=1", "slub_debug")
    yield Row("words-wrong-values", "64M", " ".join(wrong) + f' nopae=1 =5 {600 * "y"} selftest=lib* run="help" open="',
              smp=2, ktap=False,
              expect=[rf"\] {re.escape(word)}: ignored, expected {word.split('=')[0]}" for word in wrong] +
              [r"SMP: 2 of 2 CPUs run", r"nopae=1: ignored, expected nopae$", r"open: a quote has no end",
               r" =5: ignored, expected the name of a parameter", r" y{300}: unknown parameter",
               r"selftest=lib\*: ignored, since run= follows it"])


def _small():
    """Too little RAM for any kernel: the chooser says so."""
    yield Row("small-2M", "2M", "run=help", ktap=False, banner=False, status=PANIC,
              expect=[r"Highland does not fit: RAM ends at \d+ KiB, expected at least \d+ KiB\."])
    # As little as make run accepts.
    for mode, cmdline in _modes("run=meminfo"):
        yield Row(f"small-3M-{mode}", "3M", cmdline, ktap=False, expect=[r"^MemTotal:"])


def _without_tests():
    """A kernel built with TESTS=0 works, and says what it lacks."""
    for mode, cmdline in _modes('run="meminfo;zoneinfo;help"'):
        yield Row(f"notests-{mode}", "64M", cmdline, build="notests", ktap=False,
                  expect=[r"^MemTotal:", r"^ *selftest .*not in this kernel, built with TESTS=0$"])
    absent = r"this kernel was built with TESTS=0, without its (tests|benchmarks)$"
    for name, asked in (("selftest", "selftest=kmap"), ("bench", "bench"), ("command", "run=selftest")):
        yield Row(f"notests-{name}", "64M", asked, build="notests", ktap=False, status=FAILED,
                  expect=[rf"^(selftest|bench): {absent}"])


# The message of each `crash NAME`, and the modes that have it.
CRASHES = {
    "panic": r"Kernel panic: asked to",
    "null-read": r"page 0, never mapped",
    "text-write": r"kernel text",
    "recursion": r"kernel stack overflow",
    "recursion-of-two": r"kernel stack overflow",
    "divide": r"divide error",
    "invalid-opcode": r"invalid opcode",
    "double-free": r"panic: double free of frame",
    "free-tail": r"panic: .*it is the tail of the allocated block",
    "free-order": r"panic: .*expected allocated with order 1",
    "free-reserved": r"panic: free of frame .*state reserved",
    "kfree-twice": r"panic: cache kmalloc-64: object 0x\w+ is freed, but is free already",
    "kfree-inside": r"panic: cache kmalloc-64: object 0x\w+ is freed, but lies inside of one",
    "kfree-pages": r"panic: kfree\(0x\w+\): allocated, expected an allocated object",
    "kfree-vmalloc": r"panic: kfree\(0x\w+\): not in the direct map",
    "wrong-cache": r"panic: kmem_cache_free\(kmalloc-8, 0x\w+\): belongs to cache kmalloc-64",
    "use-after-kfree": r"panic: cache kmalloc-64: object 0x\w+ was written to while it was free",
    "oom": r"panic: out of memory: order 3 for run_out_of_memory\+",
    "lifo": r"maps frame 0x\w+ for unmap_out_of_order\+(.|\n)*"
            r"panic: kunmap_local\(\w+\): not the latest mapping, expected \w+ \(frame 0x\w+\)",
    "kmap-depth": r"maps frame 0x\w+ for map_too_deep\+(.|\n)*all 16 slots are in use",
    "kmap-depth-preempted": r"maps frame 0x\w+ for map_one_more_in_steps\+(.|\n)*17 mappings, expected 16: "
                            r"all 16 slots",
    "kmap-depth-interrupted": r"maps frame 0x\w+ for map_one_more_in_steps\+(.|\n)*17 mappings, expected 16: "
                              r"all 16 slots",
    "kmap-touch": r"The address lies in: kmap_local slot 1 of CPU 0\n"
                  r".*was last mapped to frame 0x\w+ for touch_unmapped\+",
    "kmap-atomic-touch": r"was last mapped to frame 0x\w+ for touch_after_kunmap_atomic\+",
    "kunmap-local-vmalloc": r"panic: kunmap_local\(\w+\): not an address that kmap_local_page",
    "kunmap-local-twice": r"was last mapped to frame 0x\w+ for kunmap_local_twice\+(.|\n)*"
                          r"panic: kunmap_local\(\w+\): nothing is mapped",
    "kmap-local-exit": r"maps frame 0x\w+ for end_with_mappings\+(.|\n)*"
                       r"panic: thread 'forgetful' ends with 2 kmap_local mappings not undone",
    "kmap-exhaust": r"(512|1024) slots held by 'prompt' since exhaust_kmap\+(.|\n)*"
                    r"panic: kmap: all (512|1024) slots are held, and no thread is left to give one back",
    "kmap-deadlock": r"held by 'taker/0' since take_slots\+(.|\n)*held by 'taker/2' since take_slots\+(.|\n)*"
                     r"panic: kmap: all (512|1024) slots are held, and no thread is left to give one back",
    "kmap-recycled-touch": r"slot (511|1023) was last held for touch_after_recycling\+\w+, thread 'prompt'",
    "kunmap-address": r"panic: kunmap\(0x\w+\): expected the descriptor of the page, not an address",
    "page-address": r"page_address\(frame 0x\w+\) was NULL for trust_page_address\+\w+: the page is not mapped",
    "kunmap": r"panic: kunmap of frame 0x\w+, which is not mapped by kmap",
    "kmap-atomic-sleep": r"panic: kmap\(\) may sleep(.|\n)*CPU 0, thread 'prompt'",
    "vmalloc-overrun": r"guard page",
    "vfree-twice": r"no range in use begins there",
    "vfree-purged": r"no range in use begins there",
    "vfree-mapped": r"the range there has flags 0x2, expected 0x1",
    "vfree-irqs-off": r"vfree\(.*\): in an interrupt, or with interrupts off",
}


# The message of `crash ubsan-NAME` in a kernel built with UBSAN=1, after "UBSAN: ".
UNDEFINED = {
    "shift": r"shift-out-of-bounds in tests/crash/crash\.c:\d+:\d+: "
             r"shift exponent 40 is too large for 32-bit type 'unsigned int'",
    "overflow": r"signed-integer-overflow in tests/crash/crash\.c:\d+:\d+: "
                r"-9223372036854775808 - 3 cannot be represented in type 'long long( int)?'",
    "index": r"array-index-out-of-bounds in tests/crash/crash\.c:\d+:\d+: "
             r"index 4 is out of range for type '(const )?char ?\[4\]'",
    "misaligned": r"misaligned-pointer in tests/crash/crash\.c:\d+:\d+: "
                  r"load of address 0x[0-9a-f]+ for type '.*', which requires 4-byte alignment",
}


def _undefined():
    for name, message in UNDEFINED.items():
        for mode, cmdline in _modes(f'run="crash ubsan-{name}"'):
            yield Row(f"crash-{mode}-ubsan-{name}", "64M", cmdline, build="ubsan", status=PANIC,
                      ktap=False, expect=[rf"Kernel panic: UBSAN: {message}", r"Call trace:"])
    yield Row("crash-unnoticed", "64M", 'run="crash poison"', status=FAILED, ktap=False,
              expect=[r"crash poison: not noticed, .*only stops here with\nDEBUG=1 or slub_debug=P"])
    yield Row("crash-unchecked-shift", "64M", 'run="crash ubsan-shift"', status=FAILED, ktap=False,
              expect=[r"needs a kernel built with UBSAN=1"])


# The same where each object, or each page, is watched: name, build, more of the command line, message.
WATCHED = (
    ("kfree-write-kfree", "3G", "slub_debug=F", r"kmalloc-64: object 0x\w+ is freed, but is free already"),
    ("kfree-write-kfree", "debug", "debug_pagealloc=off", r"kmalloc-64: object 0x\w+ is freed, but is free already"),
    ("red-zone", "3G", "slub_debug=ZU,kmalloc-6*", r"allocated by write_behind_object\+(.|\n)*"
     r"kmalloc-64: object 0x\w+, red zone overwritten: byte 64 is 0x1, expected 0xcc"),
    ("poison", "3G", "slub_debug=PU", r"freed by write_late_after_kfree\+(.|\n)*"
     r"kmalloc-64: object 0x\w+, poison overwritten: byte 32 is 0x1, expected 0x6b"),
    ("poison", "debug", "", r"kmalloc-64: object 0x\w+, poison overwritten"),
    ("kmap-late-touch", "debug", "highmem=128M", r"slot 0 was last held for touch_after_kunmap\+"),
    ("kunmap-address", "debug", "highmem=128M", r"panic: kunmap\(0x\w+\): expected the descriptor"),
    ("kmap-touch", "debug", "highmem=128M", r"lies in: kmap_local slot 1 of CPU 0"),
    ("free-page-touch", "debug", "", r"page fault: write at \w+, not mapped"),
    ("free-page-write", "debug", "debug_pagealloc=off", r"was written to while it was free: 0x1 at "),
)


SCREEN_ROWS, SCREEN_COLUMNS = 25, 80


def one_report(text):
    """The report of a panic is in one piece, fits on a screen, and begins and ends with the cause."""
    lines = text.rstrip().splitlines()
    causes = [i for i, line in enumerate(lines) if "Kernel panic: " in line]
    if len(causes) < 2 or causes[-1] != len(lines) - 1:
        return "the last line is not 'Kernel panic: ...', or the only one"
    report = lines[causes[-2]:]
    rows = sum(max(1, -(-len(line) // SCREEN_COLUMNS)) for line in report)
    if rows > SCREEN_ROWS:
        return f"the report takes {rows} rows of a screen, expected at most {SCREEN_ROWS}"
    if any(line.startswith("[") for line in lines[causes[0] + 1:]):
        return "there are time stamps in the report"
    return None


def _ends():
    """Panics at the worst moments: the report comes out, and the kernel ends."""
    all_stopped = r"(?:CPU \d, thread '.*', was at .*\n(?: \w+ .*\n|Call trace:\n)*){3}Kernel panic: "
    for mode, cmdline in _modes("watchdog_test=1 run="):
        yield Row(f"crash-{mode}-print-storm", "512M", f'{cmdline}"crash print-storm"', smp=4, status=PANIC,
                  ktap=False, check=one_report, expect=[all_stopped + "while others print"])
        yield Row(f"crash-{mode}-panic-everywhere", "512M", f'{cmdline}"crash panic-everywhere"', smp=4,
                  status=PANIC, ktap=False, check=one_report, expect=[all_stopped + "one of many"])
        yield Row(f"crash-{mode}-panic-console", "512M", f'{cmdline}"crash panic-console"', smp=2, status=PANIC,
                  ktap=False, check=one_report,
                  expect=[r"panic: page fault: write at 00000000", r"faulty_write\+(.|\n)*console_register\+"])
        yield Row(f"crash-{mode}-nmi-in-printk", "512M", f'{cmdline}"crash nmi-in-printk"', smp=2, status=PANIC,
                  ktap=False, check=one_report,
                  expect=[r"panic: NMI on CPU \d, which no CPU has sent", r"send_nmi\+(.|\n)*console_register\+"])
        yield Row(f"crash-{mode}-never-ends", "512M", f'{cmdline}"crash never-ends"', smp=2, status=PANIC,
                  ktap=False, check=one_report,
                  expect=[r"panic: watchdog: a test that never ends has not ended within 1 seconds",
                          r"Busy with: a test that never ends", r"crash_by_never_ending\+"])


def _crashes():
    for number, (name, build, more, message) in enumerate(WATCHED):
        for mode, cmdline in _modes(f'{more} run="crash {name}"'):
            yield Row(f"crash-{mode}-watched{number}-{name}", "512M", cmdline, build=build,
                      status=PANIC, ktap=False, expect=[message])
    for name, message in CRASHES.items():
        for mode, cmdline in _modes(f'run="crash {name}"'):
            yield Row(f"crash-{mode}-{name}", "1G", cmdline, status=PANIC, ktap=False, check=one_report,
                      expect=[message, r"Call trace:", r"Kernel panic: "])
    for mode, cmdline in _modes('highmem=128M run="crash kmap-local-irq"'):
        yield Row(f"crash-{mode}-kmap-local-irq", "512M", cmdline, smp=2, status=PANIC, ktap=False,
                  expect=[r"maps frame 0x\w+ for map_and_forget\+(.|\n)*"
                          r"panic: interrupt 0x\w+ returns with 1 kmap_local mapping not undone"])
    for mode, cmdline in _modes('run="crash panic"'):
        yield Row(f"crash-{mode}-smp4", "512M", cmdline, smp=4, status=PANIC, ktap=False,
                  expect=[r"panic: asked to(.|\n)*?(CPU (\d), thread 'idle/\3', was at(.|\n)*?){3}"])
        yield Row(f"crash-{mode}-stuck-cpu", "512M", cmdline.replace(
            "run=", "watchdog=2 run=").replace("panic", "stuck-cpu"), smp=2, status=PANIC, ktap=False,
            expect=[r"panic: watchdog: CPU 1 has not ticked for 2 seconds", r"CPU 1, thread 'stuck'"])
    yield Row("crash-pae-jump-data", "1G", 'run="crash jump-data"', status=PANIC, ktap=False,
              expect=[r"instruction fetch in kernel mode: not permitted", r"Call trace:"])


def _lying_loaders():
    """Information structures that no loader should leave, handed over by a loader of our own."""
    for loader in all_loaders():
        expect = loader.expect + ([rf"Highland \S+ \({loader.mode}\)", r"^MemTotal:"] if loader.mode else [])
        yield Row(f"loader-{loader.name}", "64M", loader.cmdline, ktap=False, banner=False, status=loader.status,
                  extra=loader.arguments(kernel_file("3G")), expect=expect)


def _highmem_is(kilobytes):
    """HighMem has exactly this size, counted in RAM."""
    def check(text):
        zone = re.search(r" HighMem +(\d+) pages = ", text)
        pages = int(zone[1]) if zone else 0
        return None if pages * 4 == kilobytes else f"HighMem has {pages * 4} kB, expected {kilobytes} kB"
    return check


MEGABYTES_20 = Path("build/test/20m.bin")


def _memory_maps():
    """RAM where it should not be, highmem of a size that was asked for, modules that are not in RAM."""
    checked = "selftest buddy;zoneinfo"
    for mode, cmdline in _modes(f'memmap=exactmap,128M@0 run="{checked}"'):
        yield Row(f"ram-below-1M-{mode}", "128M", cmdline, ktap=False, check=every_page_accounted(1 << 52),
                  expect=[r"384 kB of RAM between 0xa0000 and 0x100000 are not used"])
    for size, kilobytes, machine, memory in (("0", 0, "pc", "4G"), ("64M", 65536, "q35", "4G"),
                                             ("150M", 153600, "pc,max-ram-below-4g=950M", "1G")):
        for mode, cmdline in _modes(f'highmem={size} run="{checked}"'):
            if (mode, size) == ("nopae", "150M"):
                machine = "pc"  # no RAM above 4 GiB
            yield Row(f"highmem-is-{size}-{mode}", memory, cmdline, machine=machine, ktap=False,
                      check=_highmem_is(kilobytes))
    for mode, cmdline in _modes('memmap=64M@0x100000000000 run="selftest buddy"'):
        yield Row(f"ram-at-16T-{mode}", "128M", cmdline, cpu="max,phys-bits=52", ktap=False, expect=[
            r"65536 kB above 0xffffffff000 unreachable: frame numbers have 32 bits" if mode == "pae" else
            r"64 MiB above 4 GiB unreachable: kernel is non-PAE"])
    # All RAM that the first page tables map is reserved: later tables come from wherever RAM is.
    for name, pieces in (("from-64M", ["639K@0", "400M@1M", "64M$0x1000", "256M@4352M"]),
                         ("islands", [f"0x1800@{0x4000800 + i * 0x300000:#x}" for i in range(40)] + ["40M@460M"])):
        for mode, cmdline in _modes(f"nopse memmap=exactmap,{','.join(pieces)}"
                                    f' touch_limit=64M run="selftest paging;{checked}"'):
            yield Row(f"first-ram-{name}-{mode}", "1G", cmdline, machine="pc,max-ram-below-4g=512M", ktap=False,
                      expect=[r"The kernel runs at .* where the map has no RAM"])
    # More RAM than the machine has: in lowmem, where the frame table would be, and above.
    for mode, cmdline in _modes('memmap=exactmap,636K@0,1G@1M,64M@2G run="selftest buddy,paging"'):
        yield Row(f"ram-that-is-not-there-{mode}", "300M", cmdline, ktap=False,
                  expect=[r"No RAM answers at \[mem 0x0*12c00000-0x0*400fffff\]", r"299 MiB LOWMEM available",
                          r"No RAM answers at \[mem 0x0*80000000-0x0*83ffffff\]", r"ok \d+ (paging|buddy)"])
    MEGABYTES_20.parent.mkdir(parents=True, exist_ok=True)
    with MEGABYTES_20.open("wb") as file:
        file.truncate(20 << 20)
    for mode, cmdline in _modes('mem=16M run="modules;selftest modules"'):
        yield Row(f"module-cut-{mode}", "64M", cmdline, extra=["-initrd", f"{MEGABYTES_20} big"], ktap=False,
                  expect=[r"Module 0: only the first \d+ of 20971520 bytes are in RAM",
                          r"^0x\w+-0x00ffffff +\d+ bytes crc32 \w+ .*big"])


def _waited(seconds):
    """The boot CPU waited for the others about so long, by its own clock."""
    def check(text):
        ends = re.findall(r"^\[ *(\d+\.\d+)\] (?:LAPIC timer:|CPU \d+ .* did not start)", text, re.M)
        waited = float(ends[1]) - float(ends[0]) if len(ends) > 1 else 0
        return None if seconds <= waited <= 1.5 * seconds else f"waited {waited:.2f} s for CPUs, expected {seconds} s"
    return check


def _firmware():
    """ACPI tables that are wrong in one way each. The modes take turns, since the readers are the same code."""
    for number, (name, (build, expect)) in enumerate(acpi_tables.CASES.items()):
        for mode, cmdline in _modes("run=cpuinfo"):
            if number % 2 == (mode == "nopae") or name == "lapic-above-4G":
                yield Row(f"acpi-{mode}-{name}", "64M", cmdline, machine="pc,acpi=off", smp=4, ktap=False,
                          expect=expect, extra=build(f"{mode}-{name}"))
    # In the second case CPUs that exist are not listed.
    for (name, (build, expect)), mode in zip(acpi_tables.ABSENT.items(), ("pae", "nopae")):
        cmdline = dict(_modes("cpu_wait=1000 run=uptime"))[mode]
        yield Row(f"acpi-{mode}-{name}", "64M", cmdline, machine="pc,acpi=off", smp=4, ktap=False, expect=expect,
                  check=_waited(1.0), extra=build(f"{mode}-{name}"))


# The parts of the table, one to a line.
PARTS = (
    _sizes,
    _cpus,
    _smp,
    _checked,
    _stress,
    _large,
    _loaders,
    _lying_loaders,
    _bochs,
    _hostile,
    _reports,
    _modules,
    _leaks,
    _clocks,
    _slots_that_are_held,
    _talking,
    _words,
    _small,
    _without_tests,
    _crashes,
    _ends,
    _undefined,
    _memory_maps,
    _firmware,
    matrix,
)


def rows():
    """All boots of the three tiers."""
    table = []
    for part in PARTS:
        table += part()
    assert len({row.name for row in table}) == len(table), "row names are unique"
    for row in table:
        if row.banner:
            row.expect = row.expect + [rf"Highland \S+ \({row.mode}\)"]
        if tiers.is_quick(row.name):
            row.tier = "test"
    return table
