# SPDX-License-Identifier: MIT
"""Boots with unusual or wrong input: loaders, firmware tables, clocks, modules and command lines."""

import random
import re
import zlib
from pathlib import Path

import acpi_tables
from boot_row import FAILED, PANIC, Row, kernel_file, modes
from loaders import all_loaders


def _lying_loaders():
    """Information structures that no loader should leave, handed over by a loader of our own."""
    for loader in all_loaders():
        expect = loader.expect + ([rf"Highland \S+ \({loader.mode}\)", r"^MemTotal:"] if loader.mode else [])
        yield Row(f"loader-{loader.name}", "64M", loader.cmdline, ktap=False, banner=False, status=loader.status,
                  extra=loader.arguments(kernel_file("3G")), expect=expect)


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
        for mode, cmdline in modes("run=cpuinfo"):
            if number % 2 == (mode == "nopae") or name == "lapic-above-4G":
                yield Row(f"acpi-{mode}-{name}", "64M", cmdline, machine="pc,acpi=off", smp=4, ktap=False,
                          expect=expect, extra=build(f"{mode}-{name}"))
    # In the second case CPUs that exist are not listed.
    for (name, (build, expect)), mode in zip(acpi_tables.ABSENT.items(), ("pae", "nopae")):
        cmdline = dict(modes("cpu_wait=1000 run=uptime"))[mode]
        yield Row(f"acpi-{mode}-{name}", "64M", cmdline, machine="pc,acpi=off", smp=4, ktap=False, expect=expect,
                  check=_waited(1.0), extra=build(f"{mode}-{name}"))


def _clocks():
    """Machines that lack a clock, or all of them; `microvm` has no port 0x61, so channel 2 of the PIT is deaf."""
    def row(name, machine, cpu, expect, smp=1, icount=False, cmdline="run=uptime", extra=()):
        return Row(f"clock-{name}", "128M", cmdline, machine=machine, cpu=cpu, smp=smp, ktap="selftest" in cmdline,
                   timeout=60, expect=expect, extra=["-icount", "shift=0,sleep=off"] if icount else list(extra))
    # One instruction is a nanosecond here, so the right rate is known.
    for name, options in (("HPET", ""), ("ACPI timer", ",hpet=off"), ("PIT", ",hpet=off,acpi=off")):
        exact = r"(999\.[89]|1000\.[01])\d\d MHz"
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


MODULE = Path("build/test/module.bin")


def _modules():
    MODULE.parent.mkdir(parents=True, exist_ok=True)
    MODULE.write_bytes(random.Random(1).randbytes(300000))
    crc = zlib.crc32(MODULE.read_bytes())
    for mode, cmdline in modes('run="selftest modules;selftest buddy;modules"'):
        yield Row(f"module-{mode}", "1G", cmdline, extra=["-initrd", f"{MODULE} hello"], ktap=False,
                  expect=[rf"crc32 {crc:08x} .*hello", r"ok \d+ they_survive"])


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
    for mode, cmdline in modes(f'y={9000 * "b"} run="selftest buddy;cmdline"'):
        yield Row(f"words-kept-{mode}", "32M", cmdline, ktap=False, expect=[r"highland.elf (nopae )?y=b{9000} run="])
    wrong = ("loglevel=9", "loglevel=", "loglevel", "console=", "mem=", "memmap=", "maxcpus=x", "seed=-1", "panic=",
             "run=", "nosmp=1", "nopge=0", "noexec=maybe", "vmalloc=12Q", "highmem", "touch_limit=1", "slub_debug")
    yield Row("words-wrong-values", "64M", " ".join(wrong) + f' nopae=1 =5 {600 * "y"} selftest=lib* run="help" open="',
              smp=2, ktap=False,
              expect=[rf"\] {re.escape(word)}: ignored, expected {word.split('=')[0]}" for word in wrong] +
              [r"SMP: 2 of 2 CPUs run", r"nopae=1: ignored, expected nopae$", r"open: a quote has no end",
               r" =5: ignored, expected the name of a parameter", r" y{300}: unknown parameter",
               r"selftest=lib\*: ignored, since run= follows it"])


def _grade_keys():
    """A key that is none gets a message, which shows no digit of it, and no result is signed."""
    for name, words, message in (
            ("short", "grade_key=c0ffee", "6 characters, expected 32 hexadecimal digits"),
            ("long", f"grade_key={70 * 'c'}", "at least 47 characters, expected 32 hexadecimal digits"),
            ("digit", f"grade_key={16 * 'c'}x{15 * 'c'}", "character 17 is no hexadecimal digit"),
            ("twice", f"grade_key=c0ffee grade_key={32 * 'c'}", "more than once: the first one counts"),
            ("empty", "grade_key=", "ignored, expected grade_key=hex")):
        yield Row(f"grade-key-{name}", "64M", f"{words} selftest=string.compare",
                  expect=[rf"grade_key=.*{message}"],
                  check=lambda text: "a digit, or a signature" if re.search("ccc|c0ff|# graded", text) else None)


def _small():
    """Too little RAM for any kernel: the chooser says so."""
    yield Row("small-2M", "2M", "run=help", ktap=False, banner=False, status=PANIC,
              expect=[r"Highland does not fit: RAM ends at \d+ KiB, expected at least \d+ KiB\."])
    # As little as make run accepts.
    for mode, cmdline in modes("run=meminfo"):
        yield Row(f"small-3M-{mode}", "3M", cmdline, ktap=False, expect=[r"^MemTotal:"])
    # Without PAE the page tables of all of vmalloc exist from boot, and get 1/128 of lowmem, or 32 kB.
    for memory, limit, tables in (("3M", 32, 32), ("8M", 56, 56), ("16M", 120, 120)):
        yield Row(f"small-{memory}-nopae-range", memory, "nopae selftest=pgtable,kmap* vmalloc=512M",
                  expect=[rf"vmalloc=512M: limited to {limit}M, since its page tables get at most {tables} of \d+ kB",
                          r"vmalloc : 0x(fd800000|fc000000|f8000000) - 0xff7fe000"])


def _without_tests():
    """A kernel built with TESTS=0 works, and says what it lacks."""
    for mode, cmdline in modes('run="meminfo;zoneinfo;help"'):
        yield Row(f"notests-{mode}", "64M", cmdline, build="notests", ktap=False,
                  expect=[r"^MemTotal:", r"^ *selftest .*not in this kernel, built with TESTS=0$"])
    yield Row("notests-grade-key", "64M", f"grade_key={32 * 'c'} run=cmdline", build="notests", ktap=False,
              expect=[r"grade_key=: no effect, since this kernel was built with TESTS=0", r"grade_key=\*{32}"],
              check=lambda text: "the key is shown" if "cccc" in text else None)
    absent = r"this kernel was built with TESTS=0, without its (tests|benchmarks)$"
    for name, asked in (("selftest", "selftest=kmap"), ("bench", "bench"), ("command", "run=selftest")):
        yield Row(f"notests-{name}", "64M", asked, build="notests", ktap=False, status=FAILED,
                  expect=[rf"^(selftest|bench): {absent}"])


# The parts of this table, one to a line.
PARTS = (
    _lying_loaders,
    _modules,
    _clocks,
    _talking,
    _words,
    _grade_keys,
    _small,
    _without_tests,
    _firmware,
)
