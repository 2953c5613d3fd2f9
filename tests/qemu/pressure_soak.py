#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots each mode with too little memory for some minutes, on 4 CPUs: programs, files and swap areas that change.

Programs know each byte of their memory. Afterwards the page tables must agree with the owners of pages and with
the slots, and no memory may be lost. The last line is 'N passed, N failed'.
"""

import argparse
import re
import shutil
import subprocess

import boot
from boot import LOGS
from boot_row import Row, modes
from swap_rows import ARCHIVE, MIB, TOOLS, make_area

# The last program of each line but `wait` works in the background. Files are read, copied and removed meanwhile.
SOAK = """\
/tests/verify 3 {large} 1 rand for {seconds} &
/tests/verify 1 {small} 1 seq for {seconds} &
/tests/storms copies {seconds} &
sh /mnt/files &
sh /mnt/swaps &
wait
"""
FILES = """\
/tests/filestorm /mnt {half} names
/tests/filestorm /mnt {half} unlinked
"""
COPIES = "cp data copy && cmp data copy && rm copy || echo copy: FAILED\n"
SWAPS = "cd /mnt\n" + 3 * COPIES + "swapoff swap ; swapon -p 5 swap\n"
LOST = 2048  # KiB: caches of the kernel


class _Soak:
    """vda has a file system with scripts, a swap file and a file to read; vdb is an area."""

    def __init__(self, name, seconds):
        self._root, self._seconds = LOGS / f"{name}.root", seconds
        self._files, self._area = LOGS / f"{name}-files.img", LOGS / f"{name}-area.img"

    def extra(self):
        words = ["-initrd", ARCHIVE]
        for node, path in (("d0", self._files), ("d1", self._area)):
            words += ["-blockdev", f"node-name={node},driver=raw,file.driver=file,file.filename={path}",
                      "-device", f"virtio-blk-pci,drive={node}"]
        return words

    def make(self):
        shutil.rmtree(self._root, ignore_errors=True)
        self._root.mkdir(parents=True)
        (self._root / "script").write_text(SOAK.format(large=80, small=60, seconds=self._seconds))
        (self._root / "files").write_text(FILES.format(half=self._seconds // 2))
        (self._root / "swaps").write_text(SWAPS * max(self._seconds // 20, 1))
        (self._root / "data").write_bytes(bytes(range(1, 251)) * (60 * MIB // 250))
        (self._root / "swap").write_bytes(b"x" * 64 * MIB)
        self._run("mkswap", str(self._root / "swap"))
        with open(self._root / "swap", "r+b") as image:  # without a hole
            for start, end in ((0, 1024), (1536, 4086)):
                image.seek(start)
                image.write(b"x" * (end - start))
        self._files.unlink(missing_ok=True)
        self._run("mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", "-d", str(self._root), str(self._files), "300M")
        shutil.rmtree(self._root)
        make_area(self._area, 512 * MIB)

    @staticmethod
    def _run(*command):
        subprocess.run(command, env=TOOLS, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def check(self, text):
        if wrong := _all_is_back(text):
            return wrong
        self._run("e2fsck", "-fn", str(self._files))
        self._files.unlink()
        self._area.unlink()
        return None


def _all_is_back(text):
    """A check that no memory is lost between the two reports, and nothing has failed."""
    if wrong := re.search(r".*(FAILED|VERIFY failed|Killed process).*", text):
        return wrong[0]
    free = [sum(map(int, kib)) for kib in
            re.findall(r"^MemFree: +(\d+) kB$.*?^Buffers: +(\d+) kB$.*?^Cached: +(\d+) kB$", text, re.M | re.S)]
    if len(free) != 2:
        return f"{len(free)} reports of memory, expected 2"
    return f"{free[0] - free[1]} KiB of memory are lost, expected at most {LOST}" if free[0] - free[1] > LOST else None


def soak(mode, seconds, name, **settings):
    """A boot where programs, files and swap areas press each other for a time. All counts return."""
    disks = _Soak(name, seconds)
    programs = ["exec /bin/mkdir /mnt", "exec /bin/mount /dev/vda /mnt", "exec /bin/swapon /dev/vdb",
                "exec /bin/swapon -p 5 /mnt/swap", "exec /tests/verify 3 80 1 seq", "exec /bin/sync", "meminfo",
                "exec /bin/sh /mnt/script", "vmcheck", "exec /bin/cat /proc/vmstat", "exec /bin/swapoff /mnt/swap",
                "exec /bin/swapoff /dev/vdb", "exec /bin/sync", "vmcheck", "meminfo", "exec /bin/umount /mnt"]
    cmdline = dict(modes(f'run="{";".join(programs)}"'))[mode]
    return Row(name, "192M", cmdline, extra=disks.extra(), prepare=disks.make, check=disks.check, ktap=False,
               expect=["^VERIFY ok$", "^pswpout [1-9]", r"families, 0 mistakes",
                       "^SwapTotal: +0 kB$", "^storm copies: passed", "^storm names: passed",
                       "^storm unlinked: passed"], timeout=2 * seconds + 300, **settings)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="of each mode")
    parser.add_argument("--mode", choices=("pae", "nopae"), help="only this one")
    parser.add_argument("--build", default="3G", help="variant of the kernel")
    args = parser.parse_args()
    boot.SILENCE = 120 + args.minutes * 60  # the programs print their results at the end
    passed = failed = 0
    for mode in (args.mode,) if args.mode else ("pae", "nopae"):
        outcome = boot.boot(soak(mode, int(args.minutes * 60), f"soak-pressure-{mode}", smp=4, build=args.build))
        counts = dict(re.findall(r"^(pswpin|pswpout|pgscan_direct|pgscan_kswapd) (\d+)$", outcome.text, re.M))
        print(f"{mode:<5}: {', '.join(f'{count} {name}' for name, count in counts.items())}, "
              f"{outcome.seconds:.0f} s: {'FAILED' if outcome.problems else 'ok'}", flush=True)
        for problem in outcome.problems:
            print(f"  {problem}\n  {boot.shell_line(outcome)}", flush=True)
        passed, failed = passed + (not outcome.problems), failed + bool(outcome.problems)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
