#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds up one virtual CPU while the kernel starts it, as a busy host may.

QEMU runs each virtual CPU in a thread of its own, and ptrace stops one thread alone. The test stops
the CPU when the kernel prints its first line, and lets it continue later. If the CPU is then too
late, the kernel must name it and continue without it, and the CPU must halt for ever. The last line
is 'N passed, N failed, N skipped'.
"""

import ctypes
import os
import re
import subprocess
import sys
import tempfile
import time

from guest import Guest

KERNEL = "build/highland.elf"
CPUS, HELD = 4, 2
# Command line, seconds that the CPU is held up, milliseconds of patience; late if it is held up for longer.
CASES = (
    ("", 0.3, 5000),
    ("cpu_wait=300", 1.5, 300),
    ("nopae cpu_wait=300", 1.5, 300),
    ("", 7, 5000),
)
ATTEMPTS = 5  # on a busy host the kernel may have started the CPU before this program stops it

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17  # of ptrace(2)
ALL_THREADS = 0x40000000  # __WALL of waitpid(2)

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


class StoppedGuest(Guest):
    """A guest that has not begun yet; begin() has it run until it prints something."""

    def __init__(self, cmdline):  # pylint: disable=super-init-not-called
        self._folder = tempfile.TemporaryDirectory(prefix="highland-")
        path = f"{self._folder.name}/qmp"
        self._deadline = time.monotonic() + 60
        self._process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-m", "64M", "-smp", str(CPUS), "-S",
             "-display", "none", "-serial", "stdio", "-no-reboot", "-qmp", f"unix:{path},server=on,wait=off",
             "-kernel", KERNEL, "-append", cmdline],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            while not os.path.exists(path):
                time.sleep(0.01)
            self._qmp = self._connect(path)
        except BaseException:
            self.close()
            raise

    def thread(self, cpu):
        """The thread of the host that runs a CPU."""
        return self.qmp("query-cpus-fast")[cpu]["thread-id"]

    def begin(self):
        self.qmp("cont")
        return os.read(self._process.stdout.fileno(), 1)

    def is_parked(self, cpu):
        """Halted with interrupts off in the trampoline's page, whose address is in EBX there."""
        text = self.qmp("human-monitor-command", **{"command-line": "info registers", "cpu-index": cpu})
        at, page, flags = (int(re.search(rf"\b[ER]{name}=([0-9a-f]+)", text)[1], 16) for name in ("IP", "BX", "FL"))
        return "HLT=1" in text and at & ~0xfff == page and not flags & 1 << 9

    def first_prompt(self):
        return self._read_to_prompt()


def start_held_up(guest, seconds):
    """The output up to the prompt of a guest that has one CPU held up."""
    thread = guest.thread(HELD)
    ptrace(SEIZE, thread)
    guest.begin()
    ptrace(INTERRUPT, thread)
    os.waitpid(thread, ALL_THREADS)
    time.sleep(seconds)
    ptrace(DETACH, thread)
    return guest.first_prompt()


def wait_until_parked(guest):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if guest.is_parked(HELD):
            return True
        time.sleep(0.02)
    return False


def what_is_wrong(cmdline, seconds, patience):
    """A complaint, or None; "early" if the CPU was started before it was held up."""
    late = seconds * 1000 > patience
    with StoppedGuest(cmdline) as guest:
        text = start_held_up(guest, seconds)
        missing = re.findall(r"CPU (\d+) \(APIC \d+\) did not start within (\d+) ms", text)
        if late and not missing:
            return "early"
        if missing != ([(str(HELD), str(patience))] if late else []):
            return f"the kernel names {missing} as missing"
        running = CPUS - len(missing)
        if f"SMP: {running} of {CPUS} CPUs run" not in text:
            return f"{running} CPUs should run; the console says:\n{text}"
        if late and not wait_until_parked(guest):
            return "the late CPU does not halt"
        text = guest.command("selftest smp_calls.a_call_reaches_the_cpus_of_its_set")
        if not re.search(r"^ *ok 1 a_call_reaches_the_cpus_of_its_set$", text, re.M):
            return f"a command at the prompt does not work; it says:\n{text}"
    return None


def main():
    passed = failed = 0
    for case in CASES:
        try:
            wrong = "early"
            for _ in range(ATTEMPTS):
                if wrong == "early":
                    wrong = what_is_wrong(*case)
        except PermissionError:
            print(f"ptrace is not permitted here\n0 passed, 0 failed, {len(CASES)} skipped")
            return 0
        except (EOFError, TimeoutError) as error:
            wrong = str(error)
        passed += not wrong
        failed += bool(wrong)
        if wrong:
            print(f"'{case[0]}', held up for {case[1]} s: {wrong}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
