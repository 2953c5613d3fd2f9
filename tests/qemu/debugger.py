#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the commands of `make debug` in both modes and compares them with the kernel's own reports.

gdb runs in batch: it stops where the kernel is about to leave the emulator, after `run=` has printed the
reports, and prints its own. The last line is 'N passed, N failed, N skipped'.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import samples

# Text, the direct map, the page that is never mapped, a fixmap page without a frame, behind the vmalloc range.
ADDRESSES = (0xC0100000, 0xC0140000, 0xC0250000, 0xC1000000, 0, 0xFFFFE000, 0xFF9FE000, 0xDFFFF123)
TOUCHED = 0x60  # accessed and dirty: the CPU sets them while both reports are made
LIMIT = 120


class Run:
    """One batch run: what the kernel printed and what gdb printed."""

    def __init__(self, mode, commands, folder):
        serial, script = Path(folder) / f"{mode}.serial", Path(folder) / f"{mode}.gdb"
        reports = ";".join(["zoneinfo", *(f"ptwalk {address:#x}" for address in ADDRESSES)])
        script.write_text("set pagination off\nhbreak machine_exit\ncontinue\n"
                          + "".join(f'printf "## {command}\\n"\n{command}\n' for command in commands))
        machine = ["qemu-system-i386", "-accel", "tcg", "-m", "1G", "-display", "none", "-no-reboot", "-device",
                   "isa-debug-exit,iobase=0xf4,iosize=4", "-serial", f"file:{serial}", "-kernel", "highland.elf",
                   "-append", ("nopae " if mode == "nopae" else "") + f'run="{reports}"']
        process = subprocess.Popen(["tools/debug.sh", "build", "-batch", "-x", str(script), "--", *machine],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            self.gdb, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.gdb = f"no end after {LIMIT} s"
        finally:
            # QEMU waits for its debugger for ever: it ends with the group, whatever has happened.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.kernel = serial.read_text(errors="replace").replace("\r", "") if serial.exists() else ""
        self.outputs = {part.split("\n", 1)[0]: part.split("\n", 1)[1] for part in self.gdb.split("\n## ")[1:]}


def _entries(text):
    """The entries of a walk without the bits that the CPU sets, and where it ends."""
    entries = [(level, int(index), int(value, 16) & ~TOUCHED)
               for level, index, value in re.findall(r"^(PD|PT) +\[ *(\d+)\] +(?:0x)?([0-9a-f]+)", text, re.M)]
    end = re.search(r"is physical (0x[0-9a-f]+|0)\b|is not mapped", text)
    return entries, end[0] if end else "no end"


def check_walk(run, address):
    found = re.search(rf"^{address:08x} is in: .*\n((?:.*\n)*?.*(?:is physical|is not mapped).*\n)", run.kernel, re.M)
    kernel = _entries(found[1] if found else "")
    gdb = _entries(run.outputs.get(f"hl-ptwalk {address:#x}", ""))
    return None if kernel == gdb and kernel[0] else f"ptwalk {address:#x} shows {kernel}, hl-ptwalk {gdb}"


def _zones_of_kernel(text):
    zones = {}
    for part in re.split(r"^Node 0, zone +", text, flags=re.M)[1:]:
        name = part.split(None, 1)[0]
        numbers = {key: int(value) for key, value in re.findall(r"^ +(?:pages )?(free|spanned|present|managed) +(\d+)$",
                                                                part, re.M)}
        start = re.search(r"start_pfn: +(\d+)", part)
        zones[name] = (int(start[1]) if start else None, numbers.get("spanned"), numbers.get("present"),
                       numbers.get("managed"), numbers.get("free"))
    return zones


def check_zones(run):
    kernel = _zones_of_kernel(run.kernel)
    gdb = {name: (int(start, 0), *map(int, numbers)) for name, start, *numbers in re.findall(
        r"^(\S+) +from (\S+): (\d+) spanned, (\d+) present, (\d+) managed, (\d+) free$", run.gdb, re.M)}
    for name in sorted(set(kernel) | set(gdb)):
        one, other = kernel.get(name), gdb.get(name)
        # A page or two may have changed hands since.
        if not one or not other or one[:4] != other[:4] or abs(one[4] - other[4]) > 64:
            return f"zone {name}: zoneinfo shows {one}, hl-zones {other} (start, spanned, present, managed, free)"
    return None if kernel else "zoneinfo shows no zone"


def check_pages(run):
    """The first frame of each zone says so; a number behind the last one is refused."""
    for number, pfn in enumerate((0, 0x1000, 0x38000)):
        text = run.outputs.get(f"hl-page {pfn:#x}", "")
        if f"zone {number}," not in text:
            return f"hl-page {pfn:#x}: expected zone {number}, got: {text.strip()}"
    text = run.outputs.get("hl-page 0x100000000", "")
    return None if "has no descriptor" in text else f"hl-page 0x100000000: {text.strip()}"


def check_mode(run, mode):
    name = {"pae": "PAE", "nopae": "non-PAE"}[mode]
    if f"The {name} kernel was chosen." in run.gdb and re.search(rf"Highland \S+ \({name}\)", run.kernel):
        return None
    return f"expected the {name} kernel and its symbols; gdb says:\n{run.gdb[-1500:]}"


def main():
    if not shutil.which("gdb"):
        print("gdb is not installed: its commands are not tested")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    passed = failed = 0
    own = [sample for sample in samples.read() if sample.command.startswith("gdb ")]
    with tempfile.TemporaryDirectory(prefix="highland-") as folder:
        for mode in ("pae", "nopae"):
            commands = ["hl-zones", "hl-cmdline", *(f"hl-page {pfn:#x}" for pfn in (0, 0x1000, 0x38000, 1 << 32)),
                        *(f"hl-ptwalk {address:#x}" for address in ADDRESSES),
                        *(sample.command[4:] for sample in own if sample.mode == mode)]
            run = Run(mode, list(dict.fromkeys(commands)), folder)
            checks = {"the right symbols": check_mode(run, mode), "hl-zones": check_zones(run),
                      "hl-page": check_pages(run),
                      "hl-cmdline": None if "run=\"zoneinfo" in run.outputs.get("hl-cmdline", "")
                      else "no command line"}
            checks.update((f"hl-ptwalk {address:#x}", check_walk(run, address)) for address in ADDRESSES)
            checks.update((sample.where, sample.complaint(run.outputs.get(sample.command[4:], "")))
                          for sample in own if sample.mode == mode)
            for name, complaint in checks.items():
                passed, failed = passed + (not complaint), failed + bool(complaint)
                print(f"FAILED  {mode}, {name}: {complaint}" if complaint else f"ok      {mode}, {name}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
