#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Copies a large file on an ext2 disk inside the guest, and compares the two files outside.

    tests/qemu/disk_copy.py [--file MIB] [--memory SIZE...] [--modes MODE...] [--disks DISK...]

Each page of the file has other contents. Afterwards e2fsck has to find nothing, and the counters of bounce pages
have to agree with where the pages of the file were: no page is copied for virtio, and for IDE those above 4 GiB.
The last line is 'N passed, N failed'.
"""

import argparse
import itertools
import os
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from shell import Shell

ARCHIVE = Path("build/initrd.cpio")
MIB = 1 << 20
PAGE = 4096
DISKS = {"virtio": ("vda", "if=virtio"), "ide": ("hda", "if=ide")}
SECONDS = 900


def fill(path, mebibytes):
    """A file of which no two pages are equal."""
    block = bytearray(os.urandom(MIB))
    with open(path, "wb") as file:
        for number in range(mebibytes):
            for page in range(0, MIB, PAGE):
                struct.pack_into("<II", block, page, number, page)
            file.write(block)


def make_image(image, folder, mebibytes):
    """An ext2 disk with the file, and room for its copy."""
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext2", "-b", "4096", "-d", str(folder), str(image),
                    f"{mebibytes * 2 + 256 + mebibytes // 8}M"], check=True)


def same(a, b):
    """Are two files equal?"""
    return subprocess.run(["cmp", str(a), str(b)], check=False).returncode == 0


def counter(text, name):
    """A number of /proc/vmstat."""
    match = re.search(rf"^{name} (\d+)$", text, re.M)
    if not match:
        raise ValueError(f"/proc/vmstat has no {name}")
    return int(match[1])


def judge_bounces(disk, memory, mode, mebibytes, vmstat):
    """Compares the counters with where the pages of both files were. Returns what is wrong, or None.

    Pages above 4 GiB are taken first. Without PAE there are none.
    """
    gigabytes = int(memory[:-1]) if memory.endswith("G") and "nopae" not in mode else 0
    above = (gigabytes - 3) * 1024  # mebibytes; QEMU places 3 GiB below 4 GiB
    for name in ("bounce_read", "bounce_write"):
        bounced, pages = counter(vmstat, name), mebibytes * MIB // PAGE
        if disk == "virtio" or above <= 0:
            least = most = 0
        elif above > 2 * mebibytes + 512:  # both files are there, and the metadata
            least, most = pages, pages + pages // 50 + 64
        else:
            least, most = 1, 2 * pages
        if not least <= bounced <= most:
            return f"{name} is {bounced}, expected {least} to {most}"
    return None


def copy_inside(disk, memory, mode, image, mebibytes):
    """Copies in the guest. Returns what is wrong, or None."""
    name, interface = DISKS[disk]
    drive = f"file={image},format=raw,{interface},cache=unsafe"
    with Shell(f'{mode} run="exec /bin/sh"', ARCHIVE, "-smp", "2", "-drive", drive, memory=memory, prompt="\n$ ",
               seconds=SECONDS) as shell:
        shell.wait()
        for line in ("mkdir /mnt", f"mount /dev/{name} /mnt", "cp /mnt/big /mnt/copy", "sync"):
            printed = shell.type(line)
            if printed:
                return f"{line!r} printed {printed!r}"
        text = shell.type("cat /proc/vmstat")
        wrong = judge_bounces(disk, memory, mode, mebibytes, text)
        if wrong:
            return wrong
        printed = shell.type("umount /mnt")
        if printed:
            return f"umount printed {printed!r}"
        status = shell.leave()
    return f"exit status {status}, expected 33" if status != 33 else None


def judge(image, big, folder):
    """A complaint about the image, or None."""
    check = subprocess.run(["e2fsck", "-fn", str(image)], capture_output=True, text=True, check=False)
    if check.returncode:
        return f"e2fsck: {check.stdout}"
    out = folder / "copy"
    subprocess.run(["debugfs", "-R", f"dump /copy {out}", str(image)], check=True, capture_output=True)
    equal = same(big, out)
    out.unlink()
    return None if equal else "the copy is different"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=int, default=300, metavar="MIB")
    parser.add_argument("--memory", nargs="+", default=["256M"])
    parser.add_argument("--modes", nargs="+", default=["pae", "nopae"])
    parser.add_argument("--disks", nargs="+", default=list(DISKS))
    args = parser.parse_args()
    failed = tests = 0
    with tempfile.TemporaryDirectory(dir="build") as folder:
        folder = Path(folder)
        (folder / "files").mkdir()
        big, image, used = folder / "files/big", folder / "image", folder / "used"
        fill(big, args.file)
        make_image(image, folder / "files", args.file)
        for disk, memory, mode in itertools.product(args.disks, args.memory, args.modes):
            subprocess.run(["cp", "--sparse=always", str(image), str(used)], check=True)
            try:
                wrong = copy_inside(disk, memory, mode.replace("pae", "") if mode == "pae" else mode, used, args.file)
            except (TimeoutError, ValueError, subprocess.TimeoutExpired, BrokenPipeError) as error:
                wrong = str(error)
            wrong = wrong or judge(used, big, folder)
            tests += 1
            failed += bool(wrong)
            print(f"{disk}, {memory}, {mode}: {wrong or 'ok'}", flush=True)
    print(f"{tests - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
