#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots with Debian's programs as the root, on a disk with ext2, and types commands: busybox, coreutils, memtester.

    tests/qemu/debian_disk.py [--memtester SIZE]

The programs are unmodified, and fetched by `make disk ROOT=debian` unless the disk is there. Where they cannot
be fetched, all tests are skipped, and a note says why. memtester gets SIZE of the memory. Afterwards e2fsck has
to find nothing. The last line is 'N passed, N failed, N skipped'.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from shell import Shell

DISK = Path("build/debian.img")
MODES = ("", "nopae")
SECONDS = 600
ASKS = "\x1b[6n"  # after each prompt busybox asks for the place of the cursor
TEXT = "pages of high memory\n"
MD5 = hashlib.md5(TEXT.encode()).hexdigest()

# Each line with a pattern that its whole output has to match.
DIALOGUE = (
    ("cd /root; ls /", r"bin +.*proc[^$]*\n"),
    ("mkdir a; echo pages of high memory >a/one; cat a/one", re.escape(TEXT)),
    ("cp -r a b; mv b/one b/two; find b", r"b\nb/two\n"),
    ("grep -c . b/two", r"\d+\n"),
    ("md5sum a/one b/two", rf"{MD5}  a/one\n{MD5}  b/two\n"),
    ("tar cf x.tar a b; rm -r a b; tar xf x.tar; find a b | sort", r"a\na/one\nb\nb/two\n"),
    ("dd if=/dev/urandom of=big bs=64k count=64 2>/dev/null; cp big copy; cmp big copy; echo $?", r"0\n"),
    ("dd if=big bs=4096 skip=1000 2>/dev/null | tail -c 98304 | cmp - copy | wc -l", r"1\n"),
    ("ln -s big link; readlink link; rm link big copy x.tar; ls -a", r"big\n\. +\.\. +a +b\n"),
    ("df /", r"Filesystem .*\n/dev/vda +\d+ +\d+ +\d+ +\d+% /\n"),
    ("mount", r"/dev/vda on / type ext2 \(rw,relatime\)\n[^$]*proc on /proc type proc .*\n"),
    ("free", r" +total .*\nMem: +\d+ .*\n[^$]*Swap: +0 +0 +0\n"),
    ("ps", r"PID +USER +COMMAND\n[^$]*/bin/sh\n[^$]*"),
    # Programs of the package coreutils, which are linked with Debian's C library by its ld.so.
    ("for p in ls cp cat df; do readlink -f /bin/$p; done", r"/bin/ls\n/bin/cp\n/bin/cat\n/bin/df\n"),
    ("/bin/ls -l a", r"total 4\n-rw-r--r-- 1 root root \d+ .* one\n"),
    ("/bin/cp -a a c; /bin/mv c/one c/three; /bin/cat c/three", re.escape(TEXT)),
    ("/usr/bin/sort /etc/passwd | /usr/bin/head -n 1", r"nobody:.*\n"),
    ("/usr/bin/md5sum c/three", rf"{MD5}  c/three\n"),
    ("/usr/bin/stat -c '%s %A %U' c/three", rf"{len(TEXT)} -rw-r--r-- root\n"),
    ("/bin/df / | /usr/bin/tail -n 1", r"/dev/vda +\d+ +\d+ +\d+ +\d+% /\n"),
    ("/bin/ls -l /proc/self/exe", r".* /proc/self/exe -> /bin/ls\n"),
    ("/usr/bin/sort /proc/vmstat | head -n 1", r"allocstall_dma 0\n"),
    ("top -b -n1 | grep ^Load", r"Load average: [\d.]+ [\d.]+ .*\n"),
    ("echo 3 >/proc/sys/vm/drop_caches; grep vda /proc/diskstats", r" 254 +0 vda [1-9].*\n"),
    ("/bin/rm -r a b c; sync; ls", r""),
)


def talk(shell, memtester):
    """A complaint, or None."""
    shell.until(ASKS)
    shell.type("stty cols 300; PS1='$ '")
    for line, wanted in (*DIALOGUE, (f"MEMTESTER_TEST_MASK=3 memtester {memtester} 1 | grep -e got -e ok -e Done",
                                     r"got .*locked\.\n.*ok\n.*ok\n.*ok\nDone\.\n")):
        # The log names calls that the kernel does not have, once for each program.
        printed = re.sub(r"\[ *\d+\.\d+\] .*\n", "", shell.type(line))
        printed = re.sub(r".\x08+|[\x08\x1b]\[?\w?", "", printed)
        if not re.fullmatch(wanted, printed):
            return f"{line!r} printed {printed!r}, expected {wanted!r}"
    status = shell.leave()
    return f"exit status {status}, expected 33" if status != 33 else None


def boot(mode, image, memtester):
    """A complaint, or None."""
    subprocess.run(["cp", "--sparse=always", str(DISK), str(image)], check=True)
    with Shell(f'{mode} root=/dev/vda run="exec /bin/sh"', "build/initrd.cpio", "-smp", "2", "-drive",
               f"file={image},format=raw,if=virtio,cache=unsafe", memory="4G", prompt="\n$ " + ASKS,
               seconds=SECONDS) as shell:
        try:
            wrong = talk(shell, memtester)
        except (TimeoutError, subprocess.TimeoutExpired, BrokenPipeError) as error:
            wrong = str(error)
        if wrong:
            print("\n".join(shell.text.splitlines()[-20:]))
            return wrong
    check = subprocess.run(["e2fsck", "-fn", str(image)], capture_output=True, text=True, check=False)
    return f"e2fsck: {check.stdout}" if check.returncode else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memtester", default="2500M", metavar="SIZE")
    args = parser.parse_args()
    made = None if DISK.exists() else subprocess.run(["make", "-s", "disk", "ROOT=debian", f"DISK={DISK}"],
                                                     capture_output=True, text=True, check=False)
    if made and made.returncode:
        print(f"note: Debian's programs are not tested: {made.stderr.strip().splitlines()[0]}")
        print(f"0 passed, 0 failed, {len(MODES)} skipped")
        return 0
    failed = 0
    with tempfile.TemporaryDirectory(dir="build") as folder:
        for mode in MODES:
            wrong = boot(mode, Path(folder) / "disk.img", args.memtester)
            failed += bool(wrong)
            print(f"{mode or 'PAE'}: {wrong or 'ok'}", flush=True)
    print(f"{len(MODES) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
