#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots the machine of `make run` once in each mode and compares the samples in docs/*.md with what it prints.

The last line is 'N passed, N failed'. samples.py says how a sample is marked; those of gdb are looked at by
debugger.py.
"""

import subprocess
import sys

import samples

MACHINE = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "4G", "-smp", "2", "-display", "none",
           "-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
           "-kernel", "build/highland.elf"]


def boot(mode, commands):
    """What is printed: by the boot, and by each command."""
    # A command of its own name marks where the output of each begins: `help NAME` prints one line.
    run = ";".join(f"help help;{command}" for command in commands)
    words = ("nopae " if mode == "nopae" else "") + f'"run={run};help help"'
    done = subprocess.run([*MACHINE, "-append", words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)
    text = done.stdout.replace("\r", "")
    parts = [part.split("\n", 1)[-1] for part in text.split("\nhelp ")]
    return dict(zip(("boot", *commands), [text.split("\nhelp ")[0], *parts[1:]]))


def main():
    passed = failed = 0
    table = [sample for sample in samples.read() if not sample.command.startswith("gdb ")]
    for mode in ("pae", "nopae"):
        own = [sample for sample in table if sample.mode == mode]
        commands = list(dict.fromkeys(sample.command for sample in own if sample.command != "boot"))
        output = boot(mode, commands) if own else {}
        for sample in own:
            complaint = sample.complaint(output.get(sample.command, ""))
            passed, failed = passed + (not complaint), failed + bool(complaint)
            print(f"FAILED  {complaint}" if complaint else f"ok      {sample.where}: {sample.command} ({mode})")
    if not table:
        print("docs has no samples, expected some")
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
