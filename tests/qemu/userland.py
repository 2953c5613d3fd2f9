#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types commands at Debian's unmodified klibc shell, on a 486, a Pentium III and the newest CPU, in both modes.

The package klibc-utils is fetched by `make userland`, unless build/userland.cpio is there. Where it cannot be
fetched, all tests are skipped, and a note says why. The last line is 'N passed, N failed, N skipped'.
"""

import os
import selectors
import subprocess
import sys
import time
from pathlib import Path

ARCHIVE = Path("build/userland.cpio")
MACHINES = (("486", ""), ("pentium3", ""), ("pentium3", "nopae"), ("max", ""), ("max", "nopae"))
SECONDS = 120  # for each boot
PROMPT = "\n# "

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
SHOWN = {"ls /": (" bin\n", " dev\n", " etc\n", " lib\n", " tmp\n"),
         "ls /bin | cat": (" cat\n", " ls\n", " sh\n")}


class Shell:
    """A guest whose shell reads the serial line."""

    def __init__(self, cpu, mode):
        command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", cpu, "-m", "64M", "-display", "none",
                   "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                   "-kernel", "build/highland.elf", "-initrd", str(ARCHIVE), "-append", f'{mode} run="exec /bin/sh"']
        self._end = time.monotonic() + SECONDS
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def until(self, end):
        """The text up to an end, which is that of the prompt if the shell waits."""
        got = ""
        while not got.endswith(end):
            left = self._end - time.monotonic()
            if left <= 0 or not self._selector.select(timeout=left):
                raise TimeoutError(f"no {end!r} within {SECONDS} s")
            chunk = os.read(self._process.stdout.fileno(), 65536)
            if not chunk:
                raise TimeoutError("the guest ended")
            shown = chunk.decode(errors="replace").replace("\r", "")
            got += shown
            self.text += shown
        return got

    def type(self, line):
        """The output of a command, without its echo."""
        self._process.stdin.write(line.encode() + b"\r")
        self._process.stdin.flush()
        return self.until(PROMPT).removeprefix(line + "\n").removesuffix(PROMPT[1:])

    def leave(self):
        """The exit status of QEMU after that of the shell is 0."""
        self._process.stdin.write(b"exit 0\r")
        self._process.stdin.flush()
        return self._process.wait(max(self._end - time.monotonic(), 1))


def talk(shell):
    """A complaint, or None."""
    shell.until(PROMPT)
    for line, wanted in DIALOGUE:
        printed = shell.type(line)
        missing = [part for part in SHOWN.get(line, ()) if part not in printed]
        if missing or wanted is not None and printed != wanted:
            return f"{line!r} printed {printed!r}, expected {missing or wanted!r}"
    status = shell.leave()
    return f"exit status {status}, expected 33" if status != 33 else None


def main():
    made = subprocess.run(["make", "-s", "userland"], capture_output=True, text=True, check=False) \
        if not ARCHIVE.exists() else None
    if made and made.returncode:
        print(f"note: Debian's programs are not tested: {made.stderr.strip().splitlines()[0]}")
        print(f"0 passed, 0 failed, {len(MACHINES)} skipped")
        return 0
    failed = 0
    for cpu, mode in MACHINES:
        with Shell(cpu, mode) as shell:
            try:
                wrong = talk(shell)
            except (TimeoutError, subprocess.TimeoutExpired, BrokenPipeError) as error:
                wrong = str(error)
        failed += bool(wrong)
        print(f"{cpu} {mode or 'PAE if it has it'}: {wrong or 'ok'}", flush=True)
        if wrong:
            print("\n".join(shell.text.splitlines()[-20:]))
    print(f"{len(MACHINES) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
