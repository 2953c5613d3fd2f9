#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cuts the power of a guest that changes files on an ext2 disk, and looks at what is left.

QEMU logs all writes and flushes of the guest's disk (write_log.py). tests/power/power.c runs in the guest:
it changes files, and after each fsync() it says on the serial line what has to be kept from now on. Killing
QEMU would lose nothing, since the host keeps what was written. So each cut is a place in the log: writes that
were flushed before it are kept. Of the others all are lost, or all are kept, or some. Then `e2fsck -fy` has to
repair the file system, and all that the guest was promised has to be there.

The last line is 'N passed, N failed': a cut is a test.
"""

import argparse
import array
import functools
import os
import random
import re
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from write_log import Disk, WriteLog

WORDS = 0xFFFFFFFF
DEVICES = {
    "modern": ("virtio-blk-pci,disable-legacy=on,disable-modern=off", "/dev/vda"),
    "legacy": ("virtio-blk-pci,disable-legacy=off,disable-modern=on", "/dev/vda"),
    "ide": ("ide-hd,bus=ide.0", "/dev/hda"),
}
SHOWN = 10  # failures in full
SLOWEST = 300  # seconds for the guest


# --- the guest -------------------------------------------------------------------------------------------


class Guest:
    """A guest with a logged disk, whose program is answered line by line."""

    def __init__(self, args, folder):
        self.image, self.log = folder / "disk.img", folder / "disk.log"
        self.log.touch()
        device, self._name = DEVICES[args.device]
        self._deadline = time.monotonic() + SLOWEST
        self._text = b""
        command = [
            "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", args.memory, "-smp", str(args.cpus),
            "-display", "none", "-serial", "stdio", "-no-reboot", "-kernel", args.kernel, "-initrd", "build/power.cpio",
            "-append", args.append,
            "-blockdev", f"node-name=image,driver=file,filename={self.image},cache.no-flush=on",
            "-blockdev", f"node-name=log,driver=file,filename={self.log},cache.no-flush=on",
            "-blockdev", "node-name=disk,driver=blklogwrites,file=image,log=log,log-sector-size=512,"
                         "log-super-update-interval=1",
            "-device", f"{device},drive=disk"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)

    def until(self, pattern):
        """The match of a pattern in what the guest prints from now on."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not (found := re.search(pattern, self._text)):
                left = self._deadline - time.monotonic()
                chunk = os.read(self.process.stdout.fileno(), 65536) if left > 0 and selector.select(left) else b""
                if not chunk:
                    raise RuntimeError("the guest says nothing more; the end of its console:\n"
                                       + self._text[-3000:].decode(errors="replace"))
                self._text += chunk
        self._text = self._text[found.end():]
        return found

    def type(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def statements(self, seed, steps, others):
        """Runs the program. Yields each statement, with the number of log entries when it was made."""
        self.until(rb"highland> ")
        self.type(f"exec /bin/power {self._name} {seed} {steps} {others}\r")
        while True:
            words = self.until(rb"@@ ([a-z]+[^\r\n]*)[\r\n]").group(1).decode().split()
            if words[0] == "failed":
                raise RuntimeError(f"a call of the program failed: {' '.join(words[1:])}")
            if words[0] == "done":
                return
            yield WriteLog(self.log).count(), words
            self.type("\n")

    def close(self):
        self.process.kill()
        self.process.wait()


# --- promises --------------------------------------------------------------------------------------------


@functools.cache
def places():
    """The part of a word that depends on its place, for all words of a large file."""
    return array.array("I", ((i * 0x9E3779B1) & WORDS for i in range(1 << 19))).tobytes()


@functools.lru_cache(maxsize=300)
def contents(number, size):
    """The bytes of a file, as tests/power/power.c has them. Python's integers are its fastest way to do this."""
    whole = (size + 3) & ~3
    key = ((number * 0x85EBCA6B) & WORDS).to_bytes(4, "little") * (whole // 4)
    words = int.from_bytes(places()[:whole], "little") ^ int.from_bytes(key, "little")
    return words.to_bytes(whole, "little")[:size]


class Promises:
    """The files that have to be on the disk, by path. A path that is going to change has no promise."""

    def __init__(self):
        self.now = {}

    def take(self, words):
        kind, path = words[0], words[1].removeprefix("/mnt")
        if kind == "leave":
            self.now.pop(path, None)
        elif kind == "file":
            self.now[path] = [("file", int(words[2]), int(words[3]))]
        elif kind == "either":
            self.now[path] = [*self.now.get(path, []), ("file", int(words[2]), int(words[3]))]
        else:
            self.now[path] = [(kind,)]

    def broken(self, root):
        """Each promise that is not kept, in words."""
        for path, alternatives in sorted(self.now.items()):
            wrong = [self._wrong(Path(f"{root}{path}"), *alternative) for alternative in alternatives]
            if all(wrong):
                yield f"{path} {', and '.join(wrong)}"

    @staticmethod
    def _wrong(there, kind, size=0, number=0):
        """The reason why a path does not keep a promise, or None."""
        if kind == "gone":
            return "is there, but it was removed" if there.exists() else None
        if kind == "folder":
            return None if there.is_dir() else "is no folder"
        if not there.is_file():
            return "is missing"
        have, wanted = there.read_bytes(), contents(number, size)
        if have[:size] == wanted:
            return None
        first = next((i for i in range(min(len(have), size)) if have[i] != wanted[i]), len(have))
        return f"has a wrong byte {first}, of {size} that were synced as number {number}; it has {len(have)} bytes"


# --- cuts ------------------------------------------------------------------------------------------------


def run(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", check=False)


def judge(image, folder, promises):
    """Each fault of an image after a power cut, in words."""
    path, root = folder / "cut.img", folder / "root"
    path.write_bytes(image)
    repaired = run("e2fsck", "-fy", path)
    if repaired.returncode & ~3:
        return [f"e2fsck -fy ends with {repaired.returncode}:\n{repaired.stdout[-1500:]}"]
    again = run("e2fsck", "-fn", path)
    if again.returncode:
        return [f"e2fsck finds errors after its own repair:\n{again.stdout[-1500:]}"]
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    run("debugfs", "-R", f"rdump / {root}", path)
    wrong = list(promises.broken(root))
    if wrong:
        wrong.append("what e2fsck said:\n" + "\n".join(repaired.stdout.splitlines()[:25]))
    return wrong


def choose(entries, statements, number, rng):
    """Places in the log. Many are where a promise was just made, and those before and behind flushes."""
    first = statements[0][0] if statements else 0
    promised = [at for at, _ in statements]
    flushes = [i for i, entry in enumerate(entries) if entry.is_flush and i >= first]
    chosen = set()
    while len(chosen) < min(number, len(entries) - first):
        kind = rng.randrange(4)
        if kind == 0 and promised:
            chosen.add(rng.choice(promised))
        elif kind == 1 and flushes:
            chosen.add(rng.choice(flushes) + rng.randrange(2))
        else:
            chosen.add(rng.randrange(first, len(entries) + 1))
    return sorted(chosen)


# The chance of a write in the cache, and whether sectors have fates of their own.
FATES = ((0.0, False), (0.5, False), (0.0, False), (0.5, True), (0.9, False), (0.1, True), (1.0, False))


def cut_all(base, log, statements, args, folder):
    """Tries all cuts; returns the failures, one text each, and the number of cuts."""
    rng = random.Random(args.seed)
    entries = log.entries()
    disk, promises, made = Disk(base), Promises(), 0
    cuts, failures = choose(entries, statements, args.cuts, rng), []
    taken = 0
    for number, place in enumerate(cuts):
        while taken < place:
            disk.take(entries[taken])
            taken += 1
        while made < len(statements) and statements[made][0] <= place:
            promises.take(statements[made][1])
            made += 1
        chance, torn = FATES[number % len(FATES)]
        wrong = judge(disk.after_cut(chance, rng, torn), folder, promises)
        if wrong:
            failures.append(f"cut at entry {place} of {len(entries)}, {len(disk.cached)} writes in the cache, each "
                            f"kept with chance {chance}{' by sector' if torn else ''}, {len(promises.now)} promises:"
                            "\n  "
                            + "\n  ".join(wrong))
    while taken < len(entries):
        disk.take(entries[taken])
        taken += 1
    if bytes(disk.everything()) != (folder / "disk.img").read_bytes():
        failures.append("the log does not lead to the image that QEMU wrote: this test is wrong")
    print(f"{disk.writes} writes, {disk.flushes} flushes, {len(statements)} statements, {len(cuts)} cuts")
    return failures, len(cuts)


def one_guest(args):
    """Runs a guest and cuts its power at many places."""
    with tempfile.TemporaryDirectory(prefix="highland-") as name:
        folder = Path(name)
        image = folder / "disk.img"
        image.write_bytes(b"")
        os.truncate(image, args.size << 20)
        made = run("mke2fs", "-q", "-F", "-t", "ext2", "-b", str(args.block), image)
        if made.returncode:
            raise RuntimeError(made.stdout)
        base = image.read_bytes()
        guest = Guest(args, folder)
        try:
            statements = list(guest.statements(args.seed, args.steps, args.others))
        finally:
            guest.close()
        return cut_all(base, WriteLog(guest.log), statements, args, folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=150, help="of the program")
    parser.add_argument("--others", type=int, default=0, help="processes that change files at the same time")
    parser.add_argument("--device", choices=DEVICES, default="modern")
    parser.add_argument("--size", type=int, default=48, help="of the disk, in MiB")
    parser.add_argument("--block", type=int, default=1024, help="size of a block of ext2")
    parser.add_argument("--kernel", default="build/highland.elf")
    parser.add_argument("--append", default="", help="boot parameters")
    parser.add_argument("--memory", default="256M")
    parser.add_argument("--cpus", type=int, default=2)
    args = parser.parse_args()
    try:
        failures, cuts = one_guest(args)
    except RuntimeError as wrong:
        print(wrong)
        print("0 passed, 1 failed")
        return 1
    for failure in failures[:SHOWN]:
        print(failure)
    print(f"{cuts - min(cuts, len(failures))} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
