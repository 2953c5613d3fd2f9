# SPDX-License-Identifier: MIT
"""Boots of each size of RAM, CPU model, number of CPUs, loader, firmware and emulator."""

import itertools
import shutil
from pathlib import Path

from boot_row import Row, all_of, modes
from disk_rows import FLOPPY, Scratch
from memory_checks import every_page_accounted, meminfo


def _sizes():
    """Each size in both modes, from the least for `make selftest` on; all of 4 GiB are written in each mode once."""
    for memory in ("4M", "16M", "64M", "512M", "895M", "897M", "1G", "2G", "4G"):
        for mode, cmdline in modes("selftest"):
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
    for mode, cmdline in modes(limited):
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
    for mode, cmdline in modes("nopge nopse noexec=off nopat " + limited):
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
        for mode, cmdline in modes("selftest touch_limit=64M"):
            if mode == "nopae" or _has_pae(cpu):
                yield Row(f"matrix-{mode}-{cpu}-{split}", "4G", cmdline, cpu=cpu, build=split,
                          timeout=300, tier="all" if mode == choice else "long")
    yield from _checked_matrix()


CHECKED = ("debug", "ubsan")  # what these check costs time: a few boots each


# A kernel that looks at each page that comes and goes takes its time where a test takes all of them.
CHECKED_MEMORY, CHECKED_CMDLINE = "128M", "selftest touch_limit=64M highmem=32M"


def _checked():
    """All self-tests by the kernels that check themselves."""
    for build, (mode, cmdline), smp in itertools.product(CHECKED, modes(CHECKED_CMDLINE), (1, 4)):
        yield Row(f"{build}-{mode}-smp{smp}", CHECKED_MEMORY, cmdline, build=build, smp=smp, timeout=300,
                  machine="q35" if (mode, smp) == ("pae", 4) else "pc",
                  cpu="486" if (mode, smp) == ("nopae", 1) else "max",
                  expect=[rf"SMP: {smp} of {smp} CPUs run"] if smp > 1 else [])
    # Lowmem through kmap_local slots, too: what is wrong with highmem only is wrong everywhere then.
    for mode, cmdline in modes(f"kmap_local_force_map=1 {CHECKED_CMDLINE}"):
        yield Row(f"debug-{mode}-forced", CHECKED_MEMORY, cmdline, build="debug", smp=2, timeout=300)


def _terms():
    """The sizes of one term of a course: lib/term.h."""
    for mode, cmdline in modes("selftest touch_limit=16M"):
        yield Row(f"term-{mode}", "1G", cmdline, build="term", smp=2, timeout=300,
                  expect=[r"pkmap +: 0x\w+ - 0x\w+ +\(1024 kB\)"])


def _checked_matrix():
    """The same on some of the CPUs."""
    for build, cpu, smp in itertools.product(CHECKED, ("486", "pentium3", "qemu32", "max"), (1, 4)):
        if cpu == "486" and smp > 1:
            continue  # QEMU gives it APICs that CPUID denies, and so does not pass on the PIC's interrupts
        for mode, cmdline in modes(CHECKED_CMDLINE):
            if mode == "nopae" or _has_pae(cpu):
                yield Row(f"matrix-{build}-{mode}-{cpu}-smp{smp}", CHECKED_MEMORY, cmdline, build=build, cpu=cpu,
                          smp=smp, timeout=300, tier="long",
                          expect=[rf"SMP: {smp} of {smp} CPUs run"] if smp > 1 else [])


def _smp():
    """Several CPUs, each a thread of the host's."""
    for machine in ("pc", "q35"):
        for smp in (2, 4, 8):
            for mode, cmdline in modes("selftest touch_limit=64M"):
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
    for mode, cmdline in modes('cpu_wait=0 run="uptime;cpuinfo"'):
        yield Row(f"smp8-{mode}-no-wait", "512M", cmdline, smp=8, ktap=False, expect=[r"SMP: [1-8] of 8 CPUs run"])
    # More CPUs than the kernel has room for.
    yield Row("smp40", "128M", "run=uptime", smp=40, ktap=False, expect=[
        r"SMP: 40 CPUs are listed, expected at most 32: the others do not run", r"SMP: 32 of 40 CPUs run"])
    # With many CPUs, each may cache only a few pages of a small zone.
    yield Row("smp8-small", "64M", "highmem=0 selftest=smp_lists.all_lists*", smp=8,
              expect=[r"SMP: 8 of 8 CPUs run"])
    # One CPU executes at a time, and the next one only where that one says PAUSE or halts.
    yield Row("smp4-icount", "1G", limited, smp=4, extra=["-icount", "shift=0,sleep=off"],
              timeout=600, expect=[r"SMP: 4 of 4 CPUs run"])


def _stress():
    """Only the stress suites, on many CPUs; `run.py --filter 'stress-*' --repeat N` for more of them."""
    for build, smp in itertools.product(("3G", "debug"), (4, 8)):
        for mode, cmdline in modes("highmem=128M selftest=stress"):
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
                  tier="long" if memory == "61G" else "all",
                  check=all_of(meminfo(high * 0.995, high * 0.995, lowfree << 10),
                                every_page_accounted(1 << 52)))
    yield Row("too-large-300G", "300G", limited, cpu="max,phys-bits=40", sparse=True, timeout=300, tier="long",
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
                      tier="long" if (bits, name) == ("ia32", "mb2") else "all",
                      check=every_page_accounted(1 << 52, zoneinfo=False),
                      expect=[r"Framebuffer: \d+ x \d+, (24|32) bits a pixel"])


def _sticks():
    """The ISO image as the content of a disk or a stick, as `dd` writes it there."""
    iso = "build/highland-selftest.iso"
    yield Row("stick-ide-bios", "256M", None, iso=iso, stick="ide")
    yield Row("stick-usb-bios", "256M", None, iso=iso, stick="usb")
    for bits, firmware in FIRMWARE.items():
        yield Row(f"stick-usb-uefi-{bits}", "256M", None, machine="q35", iso=iso, stick="usb", firmware=firmware)


def _bochs():
    """Where Bochs is installed: a machine that keeps stale and global TLB entries. It has disks, too."""
    if not shutil.which("bochs"):
        return
    for mode, iso in (("pae", "build/highland-bochs.iso"),
                      ("nopae", "build/highland-bochs-mb1.iso")):
        for memory in ("512M", "3G"):
            name = f"bochs-{mode}-{memory}"
            disk, floppy = Scratch(f"{name}-disk"), Scratch(f"{name}-floppy", **FLOPPY)
            yield Row(name, memory, None, iso=iso, emulator="bochs", timeout=300,
                      tier="long" if name == "bochs-pae-3G" else "all",
                      bochs=[f"ata0-slave: type=disk, mode=flat, path={disk.path}",
                             f"floppya: 1_44={floppy.path}, status=inserted"],
                      prepare=lambda d=disk, f=floppy: (d.make(), f.make()),
                      check=all_of(lambda text, d=disk: d.check(), lambda text, f=floppy: f.check()),
                      expect=[r"hdb: .*, PIO", r"fd0: ", r"^ *ok \d+ contents_are_written$"])
    # These boot from a disk.
    for mode, iso in (("pae", "build/highland-bochs.iso"),
                      ("nopae", "build/highland-bochs-mb1.iso")):
        yield Row(f"bochs-{mode}-smp4", "512M", None, iso=iso, stick="ide", emulator="bochs", smp=4,
                  timeout=600, expect=[r"SMP: 4 of 4 CPUs run", r"hda: .*, PIO"])
    yield Row("bochs-pae-4608M", "4608M", None, iso="build/highland-bochs.iso", emulator="bochs",
              timeout=300)


# The parts of this table, one to a line.
PARTS = (
    _sizes,
    _cpus,
    _smp,
    _checked,
    _terms,
    _stress,
    _large,
    _loaders,
    _sticks,
    _bochs,
    matrix,
)
