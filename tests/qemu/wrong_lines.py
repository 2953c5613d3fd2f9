#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Types at a machine whose ACPI tables put the serial port's and the keyboard's lines at wrong inputs.

Both have to be heard all the same, in both modes, and the kernel has to say what it found once it has proof: 40
requests without an interrupt. The last line is 'N passed, N failed'.
"""

import os
import re
import selectors
import socket
import subprocess
import sys
import tempfile
import time

import acpi_tables

SECONDS = 60
LINE = "uptime" + 40 * " "


def arguments(socket_path, mode):
    tables = acpi_tables.Firmware()
    tables.madt([*acpi_tables.FOUR, *acpi_tables.REST, acpi_tables.line(4, 20), acpi_tables.line(1, 21)])
    return ["qemu-system-x86_64", "-accel", "tcg", "-m", "64M", "-smp", "4", "-cpu", "max", "-machine", "pc,acpi=off",
            "-display", "none", "-serial", "stdio", "-no-reboot", "-monitor", f"unix:{socket_path},server=on,wait=off",
            "-kernel", "build/highland.elf", "-append", mode, *tables.arguments(f"wrong-lines-{mode or 'pae'}")]


class Machine:
    """A guest that can be typed at."""

    def __init__(self, folder, mode):
        self._monitor = f"{folder}/monitor"
        self.text = ""
        self.process = subprocess.Popen(arguments(self._monitor, mode), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True)

    def wait(self, pattern):
        """Reads until the console shows a pattern behind what was waited for before; False after a minute."""
        deadline, begin = time.monotonic() + SECONDS, len(self.text)
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not re.search(pattern, self.text[begin:]):
                if not selector.select(timeout=max(0, deadline - time.monotonic())):
                    return False
                got = os.read(self.process.stdout.fileno(), 65536)
                if not got:
                    return False
                self.text += got.decode(errors="replace")
        return True

    def type_serial(self, text):
        for character in text:
            self.process.stdin.write(character.encode())
            self.process.stdin.flush()
            time.sleep(0.03)  # longer than a tick, so that each character is a request of its own

    def press(self, keys):
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(self._monitor)
            monitor.sendall("".join(f"sendkey {key} 30\n" for key in keys).encode())
            time.sleep(0.1 * len(keys) + 0.5)  # the monitor holds each key for 30 ms


def failures(mode):
    """The failures, one text each."""
    with tempfile.TemporaryDirectory(prefix="highland-") as folder:
        machine = Machine(folder, mode)
        try:
            if not machine.wait(r"highland> "):
                return ["no prompt"], machine.text
            machine.type_serial(LINE + "\r")
            if not machine.wait(r"up \d+\.\d+ seconds"):
                return ["the serial port is deaf"], machine.text
            machine.press([*("spc" if key == " " else key for key in LINE), "ret"])
            if not machine.wait(r"up \d+\.\d+ seconds"):
                return ["the keyboard is deaf"], machine.text
            missing = [name for name in ("serial", "keyboard")
                       if machine.text.count(f"{name}: it waits, and its interrupt, line") != 1]
            return [f"{name}: expected one warning" for name in missing], machine.text
        finally:
            machine.process.kill()
            machine.process.wait()


def main():
    passed = failed = 0
    for mode in ("", "nopae"):
        wrong, text = failures(mode)
        passed += not wrong
        failed += bool(wrong)
        for what in wrong:
            print(f"{mode or 'pae'}: {what}; the console ends with\n{text[-1500:]}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
