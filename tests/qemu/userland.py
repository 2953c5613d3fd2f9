#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types commands at Debian's unmodified klibc shell, on a 486, a Pentium III and the newest CPU, in both modes.

The package klibc-utils is fetched by `make userland`, unless build/userland.cpio is there. Where it cannot be
fetched, all tests are skipped, and a note says why. The last line is 'N passed, N failed, N skipped'.
"""

import re
import subprocess
import sys
from pathlib import Path

from shell import Shell

ARCHIVE = Path("build/userland.cpio")
MACHINES = (("486", ""), ("pentium3", ""), ("pentium3", "nopae"), ("max", ""), ("max", "nopae"))

# Each line with the output of the shell. With None only parts of the output are looked for.
DIALOGUE = (
    ("ls /", None),
    ("cat /etc/motd", Path("user/files/motd").read_text()),
    ("ls /bin | cat", None),
    ("echo one two | while read a b; do echo $b $a; done", "two one\n"),
    ("for i in 1 2 3; do echo n $i; done", "n 1\nn 2\nn 3\n"),
    ("cat /etc/motd | cat | cat > /tmp/copy; cat < /tmp/copy", Path("user/files/motd").read_text()),
    ("echo $((6 * 7)) `echo a; echo b`", "42 a b\n"),
    ("cat /missing; echo $?", "/missing: No such file or directory\n1\n"),
    ("(exit 7); echo $?", "7\n"),
    ("sh -c 'kill -9 $$'; echo $?", "Killed\n137\n"),
    ("false || true && echo $?", "0\n"),
    ("sleep 1 & wait; echo $?", "0\n"),
)
# For CPUs with CMOV: lines of busybox that read /proc, and patterns of what they print.
BUSYBOX = (
    ("busybox ps", (r"^PID +USER +COMMAND$", r"^ +\d+ root +/bin/sh$", r"^ +\d+ root +busybox ps$")),
    ("busybox ps -o pid,ppid,stat,args", (r"^ +\d+ +\d+ R +busybox ps -o",)),
    ("busybox free", (r"^Mem: +\d{5} +\d+ +\d+ +\d+ +\d+ +\d+$", r"^Swap: +0 +0 +0$")),
    ("busybox uptime", (r"^ \d\d:\d\d:\d\d up \d+ min, .*load average: \d+\.\d\d, \d+\.\d\d, \d+\.\d\d$",)),
    ("busybox mount", (r"^proc on /proc type proc \(rw",)),
    ("busybox df", (r"^Filesystem .*Mounted on$", r" \d+% /dev$")),
    ("busybox top -b -n1", (r"^Mem: \d+K used, \d+K free, ", r"^CPU: +\d+% usr +\d+% sys",
                            r"^Load average: [\d.]+ [\d.]+", r"busybox top -b -n1")),
    ("busybox pidof busybox sh", (r"^\d+ \d+$",)),
    ("busybox ls -l /proc/self/fd", (r" 1 -> /dev/console$",)),
    ("busybox tr '\\0' ' ' </proc/self/cmdline; echo", (r"^/bin/sh $",)),
    ("busybox grep -c . /proc/self/maps", (r"^\d+$",)),
    ("busybox cat /proc/filesystems", (r"^nodev\tproc$",)),
)
SHOWN = {"ls /": (" bin\n", " dev\n", " etc\n", " lib\n", " tmp\n"),
         "ls /bin | cat": (" cat\n", " ls\n", " sh\n")}


def compare(shell, lines):
    """The first complaint about lines with patterns, or None."""
    for line, patterns in lines:
        printed = shell.type(line)
        missing = [pattern for pattern in patterns if not re.search(pattern, printed, re.M)]
        if missing:
            return f"{line!r} printed {printed!r}, expected {missing!r}"
    return None


def talk(shell, busybox):
    """A complaint, or None."""
    shell.wait()
    for line, wanted in DIALOGUE:
        printed = shell.type(line)
        missing = [part for part in SHOWN.get(line, ()) if part not in printed]
        if missing or wanted is not None and printed != wanted:
            return f"{line!r} printed {printed!r}, expected {missing or wanted!r}"
    return (compare(shell, BUSYBOX) if busybox else None) or leave(shell)


def leave(shell):
    """A complaint about the end of the shell, or None."""
    status = shell.leave()
    return f"exit status {status}, expected 33" if status != 33 else None


def make(file, *goals):
    """Makes a file unless it is there. Returns what is wrong, or None."""
    if file.exists():
        return None
    made = subprocess.run(["make", "-s", *goals], capture_output=True, text=True, check=False)
    return made.stderr.strip().splitlines()[0] if made.returncode else None


def try_one(name, shell, dialogue):
    """Whether a dialogue fails."""
    with shell:
        try:
            wrong = dialogue(shell)
        except (TimeoutError, subprocess.TimeoutExpired, BrokenPipeError) as error:
            wrong = str(error)
    print(f"{name}: {wrong or 'ok'}", flush=True)
    if wrong:
        print("\n".join(shell.text.splitlines()[-20:]))
    return bool(wrong)


def main():
    fault = make(ARCHIVE, "userland")
    if fault:
        print(f"note: Debian's programs are not tested: {fault}")
        print(f"0 passed, 0 failed, {len(MACHINES)} skipped")
        return 0
    failed = 0
    for cpu, mode in MACHINES:
        shell = Shell(f'{mode} run="exec /bin/sh"', ARCHIVE, cpu=cpu)
        failed += try_one(f"{cpu} {mode or 'PAE if it has it'}", shell, lambda at, old=cpu == "486": talk(at, not old))
    print(f"{len(MACHINES) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
