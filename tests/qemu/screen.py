#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks at the screens of guests: text mode and framebuffers of several formats, at the prompt and after a panic.

Each guest is typed to on its keyboard, and nothing is read but its screen, so what passes here is what a person
in front of the machine can do. The pictures stay in build/test/screen-*.png. The last line is
'N passed, N failed'.
"""

import argparse
import fnmatch
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import screenshot
from boot_row import PASSED
from cpu_rows import FIRMWARE

LOGS = Path("build/test")
ISO = "build/highland-screen.iso"
KEYS = {" ": "spc", "-": "minus", "\n": "ret", "=": "equal", ";": "semicolon"}
MOST_INSTRUCTIONS = 20_000_000  # to print as many lines as the screen has


@dataclass
class Case:
    """A guest. payload is GRUB's gfxpayload, None boots the kernel without GRUB; expect is the size of the picture.

    firmware is a key of FIRMWARE. quick cases are those of `make test`. One that ends early panics before
    there is vmalloc.
    """

    name: str
    payload: str | None = None
    multiboot: int = 2
    machine: str = "pc"
    firmware: str | None = None
    parameters: str = ""
    size: tuple | None = None
    quick: bool = False
    ends_early: bool = False
    extra: list = field(default_factory=list)


CASES = [
    Case("vga-pc", size=(720, 400), quick=True),
    Case("vga-q35-nopae", "text", machine="q35", parameters="nopae", size=(720, 400)),
    Case("vga-mb1", "800x600x32", multiboot=1, size=(720, 400)),  # no video flag: GRUB leaves text mode
    Case("fb-16-pc", "800x600x16", size=(800, 600)),
    Case("fb-15-pc", "640x480x15", size=(640, 480)),
    Case("fb-24-q35-nopae", "1024x768x24", machine="q35", parameters="nopae", size=(1024, 768), quick=True),
    Case("fb-32-pc", "1280x1024x32", size=(1280, 1024)),
    Case("uefi-x64-mb2", "asked", machine="q35", firmware="x64", quick=True),
    Case("uefi-x64-mb1-nopae", "asked", multiboot=1, machine="q35", firmware="x64", parameters="nopae"),
    Case("uefi-ia32-mb2-nopae", "1024x768x32", machine="q35", firmware="ia32", parameters="nopae"),
    Case("uefi-ia32-mb1", "asked", multiboot=1, machine="q35", firmware="ia32"),
    Case("early-vga", parameters="mem=2M", size=(720, 400), ends_early=True),
    Case("early-fb-16", "800x600x16", parameters="mem=2M", size=(800, 600), ends_early=True),
    Case("early-fb-24-nopae", "1024x768x24", parameters="nopae mem=1M", size=(1024, 768), quick=True,
         ends_early=True),
    Case("early-uefi-x64", "asked", machine="q35", firmware="x64", parameters="mem=2M", ends_early=True),
]


def command(case, folder):
    """QEMU's arguments."""
    args = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "256M", "-machine", case.machine, "-display",
            "none", "-no-reboot", "-vga", "std", "-serial", f"file:{LOGS}/screen-{case.name}.serial",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    parameters = f"pager=off {case.parameters}".strip()
    if case.payload is None:
        args += ["-kernel", "build/highland.elf", "-append", parameters]
    else:
        args += ["-cdrom", ISO, "-smbios",
                 f"type=1,product={case.payload},version={case.multiboot},serial={parameters}"]
    if case.firmware:
        code, variables = FIRMWARE[case.firmware]
        shutil.copyfile(variables, folder / "variables")
        args += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                 "-drive", f"if=pflash,format=raw,file={folder}/variables"]
    return args + case.extra


class Complaint(Exception):
    """A fault that a person in front of the screen would see."""


class Guest:
    """A guest with a screen to look at and a keyboard to type on."""

    def __init__(self, case, folder):
        self.case, self._folder, self._font = case, folder, screenshot.kernel_font()
        self._process = subprocess.Popen(command(case, folder) + ["-qmp", f"unix:{folder}/qmp,server=on,wait=off"],
                                         stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        connection = socket.socket(socket.AF_UNIX)
        for _ in range(100):
            try:
                connection.connect(f"{folder}/qmp")
                break
            except OSError:
                time.sleep(0.1)
        self._stream = connection.makefile("rw")
        self._stream.readline()
        self._qmp("qmp_capabilities")

    def close(self):
        self._process.kill()
        self._process.communicate()

    def _qmp(self, name, **arguments):
        self._stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self._stream.flush()
        while True:
            line = self._stream.readline()
            if not line:
                raise Complaint("the guest has ended")
            answer = json.loads(line)
            if "return" in answer or "error" in answer:
                return answer

    def look(self):
        """(picture, its lines)."""
        path = self._folder / "screen.ppm"
        self._qmp("screendump", filename=str(path))
        image = screenshot.Image(path)
        font = self._font
        if (image.width, image.height) == (720, 400):
            self._qmp("pmemsave", val=0xc0000, size=0x10000, filename=str(self._folder / "rom"))
            font = screenshot.bios_font((self._folder / "rom").read_bytes())
        return image, screenshot.read_text(image, font)

    def wait_for(self, pattern, seconds=90):
        """Waits until a line of the screen matches; returns the picture and its lines."""
        deadline = time.monotonic() + seconds
        while True:
            image, lines = self.look()
            if any(re.search(pattern, line) for line in lines):
                return image, lines
            if time.monotonic() > deadline:
                self.keep(image, "failed")
                raise Complaint(f"the screen does not show /{pattern}/ but\n  " + "\n  ".join(lines))
            time.sleep(0.1)

    def press(self, key):
        self._qmp("human-monitor-command", **{"command-line": f"sendkey {key} 20"})
        time.sleep(0.06)

    def type(self, text):
        for character in text:
            self.press(KEYS.get(character, character))

    def keep(self, image, what):
        """Leaves the picture where people can look at it."""
        (LOGS / f"screen-{self.case.name}-{what}.png").write_bytes(image.png())


def _last_line(lines):
    return next((line for line in reversed(lines) if line), "")


def _check_prompt(guest):
    image, lines = guest.wait_for(r"^highland>$")
    if guest.case.size and (image.width, image.height) != guest.case.size:
        raise Complaint(f"the screen has {image.width} x {image.height} pixels, expected {guest.case.size}")
    if not any("Type `help`" in line for line in lines):
        raise Complaint("no hint at `help`:\n" + "\n".join(lines))
    if any("\x7f" in line for line in lines):
        raise Complaint("there are glyphs that are in no font:\n" + "\n".join(lines))
    if image.width % 9:  # that of the text mode blinks
        row = max(i for i, line in enumerate(lines) if line)
        glyph, front = image.cell(8 * len("highland> "), 16 * row)
        if glyph[14:] != b"\xff\xff" or front is None:
            raise Complaint(f"there is no cursor behind the prompt, but {glyph.hex()}")
    guest.keep(image, "prompt")


def _check_typing(guest):
    guest.type("uptimex")
    guest.press("backspace")
    guest.type("\n")
    _, lines = guest.wait_for(r"^highland>$")
    if "highland> uptime" not in lines:
        raise Complaint("what was typed, less what was taken back, is not on the screen:\n" + "\n".join(lines))


def _check_scrolling_back(guest):
    guest.type("help params\n")
    guest.wait_for(r"^highland>$")
    guest.type("help\n")
    _, lines = guest.wait_for(r"^highland>$")
    for _ in range(20):
        if "highland> uptime" in lines:
            break
        guest.press("shift-pgup")
        _, lines = guest.look()
    else:
        raise Complaint("Shift-PgUp does not bring back what scrolled away:\n" + "\n".join(lines))
    if _last_line(lines) == "highland>":
        raise Complaint("`help params` and `help` did not fill the screen")
    guest.press("shift-pgdn")
    guest.type("x")  # brings back the end
    guest.wait_for(r"^highland> x$")
    guest.press("backspace")


def _check_panic(guest):
    guest.type("crash null-read\n")
    guest.wait_for(r"Kernel panic: ")
    image, lines = guest.wait_for(r"thread_begin")
    guest.keep(image, "panic")
    if len(lines) > 25 and not any("page 0, never mapped" in line for line in lines):
        raise Complaint("the report of the fault is not on the screen:\n" + "\n".join(lines))


def _check_early_panic(guest):
    """The screen shows the end of what the serial line got, in 25 lines of 80 characters, and nothing else."""
    image, _ = guest.wait_for(r"^Halted\.")
    if guest.case.size and (image.width, image.height) != guest.case.size:
        raise Complaint(f"the screen has {image.width} x {image.height} pixels, expected {guest.case.size}")
    for _ in range(50):
        image, lines = guest.look()
        log = (LOGS / f"screen-{guest.case.name}.serial").read_text(errors="replace").splitlines()
        rows = [line[at:at + 80].rstrip() for line in log for at in range(0, max(len(line), 1), 80)]
        if lines[:25] == rows[-24:] + [""]:
            break
        time.sleep(0.1)  # for the serial line: the screen is written to first
    else:
        raise Complaint("the screen does not show the end of the log but\n  " + "\n  ".join(lines))
    guest.keep(image, "panic")
    if not any("Kernel panic: RAM ends at " in line for line in lines) or any(lines[25:]):
        raise Complaint("the screen shows no panic, or more than that:\n  " + "\n  ".join(lines))


STEPS = (("prompt", _check_prompt), ("typing", _check_typing), ("scrolling-back", _check_scrolling_back),
         ("panic", _check_panic))
EARLY_STEPS = (("early panic", _check_early_panic),)


def run_case(case):
    """Prints a line for each step; returns (passed, failed)."""
    start = time.monotonic()
    steps = EARLY_STEPS if case.ends_early else STEPS
    with tempfile.TemporaryDirectory(prefix="highland-") as name:
        guest = Guest(case, Path(name))
        try:
            for passed, (step, check) in enumerate(steps):
                try:
                    check(guest)
                except Complaint as complaint:
                    print(f"FAILED  {case.name} {step}: {complaint}", flush=True)
                    return passed, 1
        finally:
            guest.close()
    print(f"ok      {case.name} {time.monotonic() - start:.1f} s", flush=True)
    return len(steps), 0


def run_cost(payload):
    """Counts the instructions that a screen of text takes; returns (passed, failed)."""
    case = Case(f"cost-{payload}", payload, parameters="selftest=screen", extra=["-icount", "shift=0,sleep=off"])
    with tempfile.TemporaryDirectory(prefix="highland-") as name:
        status = subprocess.run(command(case, Path(name)), stdin=subprocess.DEVNULL, check=False,
                                timeout=120).returncode
    text = (LOGS / f"screen-{case.name}.serial").read_text(errors="replace")
    found = re.search(r"# (\d+) lines of (\d+) characters: \d+ cells drawn, (\d+) cycles", text)
    if status != PASSED or not found or int(found[3]) >= MOST_INSTRUCTIONS:
        print(f"FAILED  {case.name}: exit status {status}, {found[0] if found else 'no figure'}; expected fewer than "
              f"{MOST_INSTRUCTIONS} instructions", flush=True)
        return 0, 1
    print(f"ok      {case.name} {int(found[3]):,} instructions", flush=True)
    return 1, 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="*", metavar="GLOB", help="only cases of this name")
    parser.add_argument("--quick", action="store_true", help="only those of make test")
    parser.add_argument("--others", action="store_true", help="only those that make test-all adds")
    args = parser.parse_args()
    LOGS.mkdir(parents=True, exist_ok=True)
    results = []
    for case in CASES:
        if not fnmatch.fnmatch(case.name, args.filter) or (args.others if case.quick else args.quick):
            continue
        if case.firmware and not all(path.exists() for path in FIRMWARE[case.firmware]):
            print(f"screen: {case.name} is left out, there is no firmware for {case.firmware}")
            continue
        results.append(run_case(case))
    costs = {"1280x1024x24": True, "1024x768x32": False, "1600x1200x32": False}
    for payload, quick in costs.items():
        if fnmatch.fnmatch(f"cost-{payload}", args.filter) and not (args.others if quick else args.quick):
            results.append(run_cost(payload))
    passed, failed = (sum(column) for column in zip(*results)) if results else (0, 1)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
