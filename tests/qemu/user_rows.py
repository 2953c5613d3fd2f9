# SPDX-License-Identifier: MIT
"""Boots with the archive of programs: the recorded tests of ring 3, storms of calls, a hostile program, and sizes."""

import dataclasses
import difflib
import re
import shutil
from pathlib import Path

from boot_row import FAILED, Row, all_of, modes

ARCHIVE = "build/initrd.cpio"
TESTS = "exec /bin/usertests"
EXPECTED = Path("tests/user/expected")
MESSAGE = re.compile(r"\[ *\d+\.\d{6}\] .*\n")  # of the kernel, perhaps within a line of a program
LOST = 1024  # KiB that an attack may take: caches of the kernel
SHOWN = 12  # lines of a difference


def _lines_of(name, text):
    """The lines that a test has printed, with its end."""
    start = text.find(f"=== {name}\n")
    if start < 0:
        return []
    lines = text[start:].splitlines()[1:]
    end = next((at for at, line in enumerate(lines) if line.startswith(f"=== {name}: ")), len(lines))
    return lines[:end + 1]


def as_recorded(*names):
    """A check that the tests, or all tests, print the lines that Debian's kernel printed."""
    def check(text):
        text = MESSAGE.sub("", text)
        for name in names or sorted(path.stem for path in EXPECTED.glob("*.txt")):
            wanted = (EXPECTED / f"{name}.txt").read_text().splitlines()
            difference = list(difflib.unified_diff(wanted, _lines_of(name, text), "recorded", "printed", "", "", 1, ""))
            if difference:
                return "\n".join([f"the test {name} differs:", *difference[:SHOWN]])
        return None
    return check


def is_user(row):
    """Whether a boot needs the archive."""
    return ARCHIVE in row.extra


def only(row, name):
    """A boot of recorded tests, with one of them only."""
    return dataclasses.replace(row, cmdline=row.cmdline.replace(TESTS, f"{TESTS} {name}"), check=as_recorded(name))


def _row(name, memory, cmdline, **settings):
    """A boot with the archive that runs programs and no self-tests."""
    settings.setdefault("timeout", 300)
    return Row(name, memory, cmdline, ktap=False, extra=["-initrd", ARCHIVE], **settings)


def _recorded():
    for mode, cmdline in modes(f'run="{TESTS}"'):
        yield _row(f"user-{mode}-smp1", "512M", cmdline, check=as_recorded())
        yield _row(f"user-{mode}-smp4", "512M", cmdline, smp=4, check=as_recorded())
        yield _row(f"user-{mode}-4G", "4G", cmdline, smp=2, check=as_recorded())
        yield _row(f"user-{mode}-64M", "64M", cmdline, check=as_recorded())
        for build in ("2G", "1G", "debug", "ubsan"):
            yield _row(f"user-{mode}-{build}", "1G", cmdline, build=build, smp=2, check=as_recorded())
    run = f'run="{TESTS}"'
    yield _row("user-486", "64M", run, cpu="486", check=as_recorded())
    without = [path.stem for path in EXPECTED.glob("*.txt") if path.stem != "fpu"]
    yield _row("user-486-no-fpu", "64M", run, cpu="486,-fpu", check=as_recorded(*without),
               expect=[r"=== fpu: signal 8"])
    yield _row("user-pentium3", "512M", run, cpu="pentium3", check=as_recorded())
    yield _row("user-no-nx", "512M", run, cpu="max,-nx", check=as_recorded())


def _free_and_shown(text):
    """Free memory of each report, in KiB. Files, which a hostile program makes, count as free."""
    return [sum(map(int, kib)) for kib in
            re.findall(r"^MemFree: +(\d+) kB$.*?^Shmem: +(\d+) kB$", MESSAGE.sub("", text), re.M | re.S)]


def _all_is_back(text):
    """A check that the second attack has taken no memory for good, and broke no ownership of pages."""
    free = _free_and_shown(text)
    if len(free) != 2:
        return f"{len(free)} reports of memory, expected 2"
    if free[0] - free[1] > LOST:
        return f"{free[0] - free[1]} KiB of memory are lost, expected at most {LOST}"
    return None


def hostile(mode, seed, seconds, name, **settings):
    """A boot with a hostile program, which attacks from as many children at once as there are CPUs. A first
    attack takes what the kernel keeps for later, such as empty slabs."""
    workers = settings.get("smp", 1)
    run = (f'run="exec /tests/hostile 5 {seed + 1000} {workers};meminfo;exec /tests/hostile {seconds} {seed} {workers};'
           f'vmcheck;meminfo"')
    return _row(name, settings.pop("memory", "256M"), dict(modes(run))[mode], timeout=seconds + 300, check=_all_is_back,
                expect=[r"the kernel lives after \d+ calls", r"families, 0 mistakes"], **settings)


def _storms():
    for mode, cmdline in modes('run="exec /tests/storms all 3"'):
        for smp, memory in ((1, "64M"), (2, "256M"), (4, "2G")):
            yield _row(f"user-storms-{mode}-smp{smp}", memory, cmdline, smp=smp, timeout=600,
                       expect=[rf"storm {storm}: passed" for storm in
                               ("map", "copies", "exec", "files", "signals", "fork", "memory")])
    for mode in ("pae", "nopae"):
        yield hostile(mode, 1, 15, f"user-hostile-{mode}-1")
        yield hostile(mode, 2, 15, f"user-hostile-{mode}-2", smp=2, tier="long")
    yield hostile("nopae", 4, 15, "user-hostile-486", cpu="486")
    for mode in ("pae", "nopae"):
        yield hostile(mode, 3, 15, f"user-hostile-{mode}-debug", smp=2, build="debug")


OOM = ("anon", "mlock", "stack", "tables", "pipes", "sockets", "processes", "tmpfs", "names")
LEFT = ("daemon", "crowd", "pairs", "queue")  # the process that has made what fills low memory has ended
SLOW = ("tables", "pipes", "processes", "names")  # many small objects: the rest of memory is taken before


def _oom():
    """Memory used up in each way: the right processes are ended, and all counts return. 180 MiB are taken before."""
    run = ";".join(f"exec /tests/oom {kind} 1 180" for kind in OOM)
    for mode, cmdline in modes(f'run="{run};vmcheck;exec /bin/echo still here"'):
        for smp in (1, 4):
            yield _row(f"oom-{mode}-smp{smp}", "256M", cmdline, smp=smp, timeout=600,
                       expect=[*(rf"^oom {kind}: passed" for kind in OOM), "^still here$", "families, 0 mistakes"])
    yield from _oom_long()
    yield _row("oom-nofail", "256M", 'run="exec /bin/hold 100;crash oom"', smp=2, status=FAILED,
               expect=[r"Out of memory: Killed process \d+ \(hold\)", "crash oom: the kernel is still alive"])
    for kind in ("sockets", "tables"):
        run = f'unixbuf=low highpte=0 highmem=192M run="exec /tests/oom {kind} 1;vmcheck"'
        yield _row(f"oom-lowmem-{kind}", "256M", run, smp=2,
                   expect=[rf"^oom {kind}: passed", "lowmem exhausted: .* which has no addresses for the kernel"])
    yield _row("oom-lowmem-fault", "96M", 'highpte=0 highmem=64M run="exec /tests/oom fault 1;vmcheck"', smp=2,
               expect=["^oom fault: passed, .* [12] kills", "families, 0 mistakes"])
    run = ";".join(f"exec /tests/oom {kind} 1" for kind in LEFT)
    yield _row("oom-lowmem-left", "160M", f'unixbuf=low highmem=96M run="{run};vmcheck"', smp=2,
               expect=[*(rf"^oom {kind}: passed, .* 2 kills" for kind in LEFT), "families, 0 mistakes"])


def _oom_long():
    """The same 50 times, in a boot for each way. With 4 GiB five times, where all memory is to be filled."""
    for mode, prefix in modes(""):
        for smp in (1, 4):
            for kind in OOM:
                ballast = 150 if kind in SLOW else 0
                for memory, rounds in (("256M", f"49 {ballast}"), ("4G", "4")):
                    yield _row(f"oom-often-{mode}-smp{smp}-{memory}-{kind}", memory,
                               f'{prefix}run="exec /tests/oom {kind} {rounds};vmcheck;exec /bin/echo still here"',
                               smp=smp, turns=True, timeout=1800, tier="long",
                               expect=[rf"^oom {kind}: passed", "^still here$", "families, 0 mistakes"])


EXHAUSTERS = 12


def _kills_what_it_must(text):
    """A check that no process was ended without need, and that each one held the most low memory.

    Processes fill their connections one after the other. As long as one that has finished fits, none has to end.
    """
    killed = [(int(pid), int(kib)) for pid, kib in
              re.findall(r"Killed process (\d+) \(exhaust\) .*kernel:(\d+)kB", text)]
    free, total = (int(mib) for mib in re.search(r"lowmem exhausted: lowmem (\d+) of (\d+) MiB", text).groups())
    fit = (total - free) * 1024 // max(kib for _, kib in killed)
    if len(killed) != EXHAUSTERS - fit:
        return f"{len(killed)} processes were ended, expected {EXHAUSTERS - fit}: {fit} fit into low memory"
    reports = re.split("lowmem exhausted: ", text)[1:]
    if len(reports) != len(killed):
        return f"{len(reports)} reports, expected one for each of {len(killed)} kills"
    for report, (pid, kib) in zip(reports, killed):
        holders = {int(holder): int(low) for holder, low in re.findall(r"process (\d+) exhaust: (\d+) KiB =", report)}
        if kib != max(holders.values()) or holders.get(pid) != kib:
            return f"process {pid} with {kib} KiB was ended, the report says {holders}"
    if "error=" in text or text.count("child done") != EXHAUSTERS:
        return f"{text.count('child done')} processes have filled their connections, expected {EXHAUSTERS}"
    return None


def _exhaust():
    """Bytes in sockets use up low memory: what holds most of it goes. In high memory they do no harm."""
    for mode, cmdline in modes(f'unixbuf=low run="exec /tests/exhaust {EXHAUSTERS}"'):
        yield _row(f"user-exhaust-low-{mode}", "4G", cmdline, smp=2, check=_kills_what_it_must, expect=[
            r"lowmem exhausted: lowmem \d+ of 8\d\d MiB free, highmem \d{4} of \d{4} MiB",
            r"^EXHAUST all gone lowfree_kib=[89]\d{5} "])
    for mode, cmdline in modes('run="exec /tests/exhaust 4"'):
        yield _row(f"user-exhaust-high-{mode}", "4G", cmdline, smp=2, expect=[
            r"^EXHAUST end lowfree_kib=[89]\d{5} highfree_kib=[12]\d{6}$", r"^EXHAUST all gone lowfree_kib=[89]\d{5} "])


def _shell():
    """Pipes, redirections and variables at the shell of the archive."""
    for mode, cmdline in modes('run="exec /bin/sh /etc/check.sh"'):
        yield _row(f"user-shell-{mode}", "64M", cmdline,
                   expect=[r"^one two$", r"^variable 5$", r"^status 1$", r"^and$", r"^or$", r"^appended$",
                           r"^sh: nosuch: not found$", r"^missing 127$", r"^refused 126$"])


def _low_free(text):
    """LowFree of each meminfo, in KiB."""
    return [int(kib) for kib in re.findall(r"^LowFree: +(\d+) kB$", text, re.M)]


def _takes_lowmem(most):
    """A check that LowFree falls by at most a number of KiB between two reports."""
    def check(text):
        free = _low_free(text)
        if len(free) != 2:
            return f"{len(free)} reports of memory, expected 2"
        taken = free[0] - free[1]
        return f"{taken} KiB of low memory were taken, expected at most {most}" if taken > most else None
    return check


def _each_costs(number, most):
    """A check of the number of processes called crowd, and of the most KiB of low memory of each."""
    def check(text):
        costs = [int(cost) for cost in re.findall(r"^ *\d+ +0 S +1 +\d+ +\d+ +\d+ +(\d+) +\S+ crowd$", text, re.M)]
        if len(costs) != number or max(costs) > most:
            return f"{len(costs)} processes, up to {max(costs, default=0)} KiB each, expected {number} and {most}"
        return None
    return check


def _sizes():
    """Two programs that use all of their addresses, what one costs in low memory, and a crowd of 2000."""
    large = 2969  # MiB, which is 2.9 GiB
    yield _row("user-large-pae", "8G", f'run="meminfo;exec /tests/large 2 {large};meminfo"', smp=2, timeout=900,
               check=_takes_lowmem(2 * large * 1024 * 5 // 100),
               expect=[rf"process {who}: {large * 256} pages, 0 wrong" for who in (0, 1)])
    yield _row("user-large-quiet", "4G", 'run="exec /tests/large 1 8;meminfo;exec /tests/large 1 2560;meminfo"',
               timeout=600, check=_takes_lowmem(32), expect=[r"process 0: 655360 pages, 0 wrong"])
    # The first ten fill the caches. A stack is no low memory if there is high memory, but procs counts it.
    for mode, cmdline in modes('run="exec /tests/crowd 10;meminfo;exec /tests/crowd 2000;meminfo;procs"'):
        yield _row(f"user-crowd-{mode}", "4G", cmdline, smp=2, timeout=600,
                   check=all_of(_each_costs(2010, 20), _takes_lowmem(2000 * 20)))


def _generations():
    """Each process leaves one page to the next. The checker looks while the last one lives, and memory comes back."""
    number = 100000
    for mode, cmdline in modes(f'run="exec /tests/generations 100;exec /tests/generations end;meminfo;'
                               f'exec /tests/generations {number};vmcheck;exec /tests/generations end;meminfo"'):
        yield _row(f"user-generations-{mode}", "64M", cmdline, check=_all_is_back,
                   expect=[rf"^generations: {number}, 64 pages, 0 wrong$", r"families, 0 mistakes"])


def _bochs():
    """Where Bochs is installed: a machine that keeps stale TLB entries."""
    if shutil.which("bochs"):
        yield Row("user-bochs-pae", "512M", None, iso="build/highland-user.iso", emulator="bochs", timeout=600,
                  ktap=False, check=as_recorded("memory", "faults", "dirs"))
        yield Row("user-bochs-nopae", "512M", None, iso="build/highland-user-nopae.iso", emulator="bochs",
                  timeout=600, ktap=False, check=as_recorded("memory", "faults", "dirs"))


# The parts of this table, one to a line.
PARTS = (
    _recorded,
    _storms,
    _oom,
    _exhaust,
    _shell,
    _sizes,
    _generations,
    _bochs,
)
