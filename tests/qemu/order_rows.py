# SPDX-License-Identifier: MIT
"""Boots that measure which pages leave when memory is short: when swapping starts, the share of each zone, and what
each order of use reads in (tests/pressure/order.c)."""

import re
import shutil

from boot import LOGS
from boot_row import Row, modes
from swap_rows import ARCHIVE, MIB, make_area, run_tool

DRIVE = "virtio-blk-pci,drive"


class _Disks:
    """A swap area, and perhaps a disk of zeroes, or a file system with one file."""

    def __init__(self, name, swap, stream, file, check):
        self._swap, self._stream = LOGS / f"{name}-swap.img", LOGS / f"{name}-stream.img"
        self._root = LOGS / f"{name}.root"
        self._size, self._stream_size, self._file, self._check = swap, stream, file, check

    def extra(self):
        extra = ["-initrd", ARCHIVE, "-blockdev",
                 f"node-name=s,driver=raw,file.driver=file,file.filename={self._swap}", "-device", f"{DRIVE}=s"]
        if self._stream_size:
            extra += ["-blockdev", f"node-name=f,driver=raw,file.driver=file,file.filename={self._stream}",
                      "-device", f"{DRIVE}=f"]
        return extra

    def make(self):
        make_area(self._swap, self._size)
        self._stream.unlink(missing_ok=True)
        if self._stream_size:
            with open(self._stream, "wb") as image:
                image.truncate(self._stream_size)
        if self._file:
            shutil.rmtree(self._root, ignore_errors=True)
            self._root.mkdir(parents=True)
            (self._root / "file").write_bytes(b"x" * self._file)
            run_tool("mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", "-d", str(self._root), str(self._stream))
            shutil.rmtree(self._root)

    def check(self, text):
        for path in (self._swap, self._stream):
            path.unlink(missing_ok=True)
        return self._check(text)


def _row(name, memory, cmdline, commands, check, swap=512 * MIB, stream=0, file=0, **settings):
    disks = _Disks(name, swap, stream, file, check)
    run = ";".join(["exec /bin/swapon /dev/vda", *commands, "vmcheck"])
    return Row(name, memory, f'{cmdline} run="{run}"'.strip(), extra=disks.extra(), prepare=disks.make,
               check=disks.check, ktap=False, expect=["families, 0 mistakes"], timeout=500, **settings)


def _results(text):
    """The lines of tests/pressure/order.c with counts, as dictionaries."""
    lines = re.findall(r"^ORDER (\w+=\d+ touches=.*)$", text, re.M)
    return [{key: int(value) for key, value in (word.split("=") for word in line.split())} for line in lines]


# --- when does swapping start? --------------------------------------------------------------------------

FROM_FREE = 0.99   # of what was free after boot: Linux 0.977
KERNEL_MIB = 100


def _starts_late(text):
    """Nearly all that is free after boot is used first, and then the kernel gets memory from programs."""
    free = re.search(r"^MemFree: +(\d+) kB$", text, re.M)
    touched = re.search(r"^PRESSURE swapping starts: touched_mib=(\d+)", text, re.M)
    kernel = re.search(r"^PRESSURE kernel_mib=(\d+) oom_kill=(\d+)", text, re.M)
    if not free or not touched or not kernel:
        return "no figures"
    share = int(touched[1]) * 1024 / int(free[1])
    if share < FROM_FREE:
        return f"swapping starts when {100 * share:.2f} % of what was free is touched, expected {100 * FROM_FREE} %"
    if int(kernel[1]) < KERNEL_MIB or int(kernel[2]):
        return f"the kernel got {kernel[1]} MiB with {kernel[2]} kills, expected {KERNEL_MIB} and none"
    return None


def _effective():
    for memory, each in (("4G", (2060, 1550)), ("2G", (1040, 1040)), ("1536M", (790, 790))):
        for (mode, cmdline), mib in zip(modes("unixbuf=low"), each):
            # Without PAE, 1 GiB of the 4 is above the limit of the kernel.
            commands = [f"exec /tests/pressure 2 {mib} 1 seq {KERNEL_MIB}"]
            row = _row(f"order-effective-{memory}-{mode}", memory, cmdline, commands, _starts_late, 1024 * MIB,
                       smp=4 if memory == "2G" else 1, tier="long" if memory == "1536M" else "all")
            row.cmdline = row.cmdline.replace('run="', 'run="meminfo;', 1)
            yield row


# --- the order ------------------------------------------------------------------------------------------

LOOKS = 8.0         # for each freed page, in any 10,000
STREAM_LOOKS = 1.5  # the same beside a read() stream


def _looks(results, most):
    worst = max(result["worst_looks_percent"] for result in results) / 100
    return f"{worst:.2f} looks for a freed page, expected at most {most}" if worst > most else None


def _reads(name, first, most, key="pswpin", looks=LOOKS):
    """From the result with this number on, at most `most` percent of the touches may read a page in."""
    def check(text):
        results = _results(text)
        late = [result for result in results if result[name] >= first]
        if not late:
            return "no figures"
        for result in late:
            percent = 100 * result[key] / result["touches"]
            if percent > most:
                return f"{name} {result[name]}: {percent:.2f} % of the touches read a page, expected at most {most}"
        return _looks(results, looks)
    return check


def _random(text):
    """The pages that do not fit have to be read, and 0.5 points more."""
    fits, pages = (int(re.search(rf"^ORDER {what}=(\d+)", text, re.M)[1]) for what in ("fits", "pages"))
    return _reads("round", 3, 100 * (pages - fits) / pages + 0.5, "pgmajfault")(text)


def _moved(text):
    """mlock(2) has moved all of the memory out of lowmem."""
    low = [int(value) for value in re.findall(r"^ORDER \w+ LowFree_kib=(\d+)", text, re.M)]
    if len(low) != 2 or low[1] - low[0] < 63 << 10 or "ORDER wrong=0" not in text:
        return f"LowFree before and after mlock(2) of 64 MiB: {low}"
    return None


def _tier(smp, mode="pae", both=False):
    """With more CPUs than the host has, a boot takes a minute and more. The hand knows nothing of the mode."""
    return "long" if smp > 2 or (mode == "nopae" and not both) else "all"


# The machine has a little high memory, as far as it goes.
SMALL = (("pae", "128M", "highmem=40M"), ("nopae", "128M", "nopae highmem=40M"))


def _orders():
    for mode, memory, cmdline in SMALL:
        for smp in (1, 4):
            for name, words, check in (("loop-103", "loop 1030 12", _reads("pass", 10, 10)),
                                       ("loop-110", "loop 1100 12", _reads("pass", 10, 30)),
                                       ("random", "random 1030 5", _random),
                                       ("new", "new", _reads("pass", 3, 1))):
                yield _row(f"order-{name}-{mode}-smp{smp}", memory, cmdline, [f"exec /tests/order {words}"], check,
                           smp=smp, tier=_tier(smp, mode, name == "new"))
            for share in (500, 900):
                for what, most, looks in (("read", 0.1, STREAM_LOOKS), ("mapped", 0.5, LOOKS)):
                    yield _row(f"order-{what}-{share}-{mode}-smp{smp}", memory, cmdline,
                               [f"exec /tests/order {what} {share} /dev/vdb"],
                               _reads(what, share, most, looks=looks), stream=400 * MIB, smp=smp,
                               tier=_tier(smp, mode, what == "read"))
        yield _row(f"order-lock-{mode}", "320M", cmdline.replace("40M", "128M"), ["exec /tests/order lock 64"], _moved,
                   smp=2)


# --- balance --------------------------------------------------------------------------------------------

APART = 0.05  # of the share of a zone


def _zones(text):
    """For each time that zones are shown: pages that can go, and pages that the hand has passed, by zone."""
    keys = ("nr_anon_pages", "nr_file_pages", "pgvisit")
    pattern = r"^Node 0, zone +(\w+)$(?:\n .*)*?" + "".join(rf"\n +{key} +(\d+)(?:\n .*)*?" for key in keys)
    found, times = re.findall(pattern, text, re.M), []
    for zone, *values in found:
        if zone == "DMA":
            times.append({})
        times[-1][zone] = dict(zip(keys, map(int, values)))
    return times


def _balanced(text):
    times = _zones(text)
    if len(times) != 2:
        return f"zones were shown {len(times)} times"
    before, after = times
    visits = {zone: after[zone]["pgvisit"] - before[zone]["pgvisit"] for zone in after}
    pages = {zone: sum(time[zone][key] for time in times for key in ("nr_anon_pages", "nr_file_pages"))
             for zone in after}
    for zone in after:
        share = visits[zone] / sum(visits.values()) / (pages[zone] / sum(pages.values()))
        if abs(share - 1) > APART:
            return f"{zone}: visited {share:.3f} times its share: {visits} of {pages}"
    return _looks(_results(text), LOOKS)


def _balance():
    for mode, cmdline in modes("highmem=96M"):
        for smp in (1, 4):
            yield _row(f"order-balance-{mode}-smp{smp}", "224M", cmdline,
                       ["exec /bin/mkdir /mnt", "exec /bin/mount /dev/vdb /mnt", "fill Normal 50",
                        "exec /tests/order mixed 900 /mnt/file 3"], _balanced, stream=220 * MIB, file=160 * MIB,
                       smp=smp, tier=_tier(smp, mode))


PARTS = (_effective, _orders, _balance)
