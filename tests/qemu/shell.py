# SPDX-License-Identifier: MIT
"""A guest with a shell on its serial line, at which tests type commands."""

import os
import selectors
import subprocess
import time


class Shell:
    """A guest whose shell reads the serial line.

    command holds further arguments of QEMU; prompt is what the shell prints last when it waits. A command that
    takes longer than seconds, counted from the start of the guest, raises TimeoutError.
    """

    def __init__(self, append, archive, *command, cpu="max", memory="64M", prompt="\n# ", seconds=120):
        self._prompt = prompt
        self._end = time.monotonic() + seconds
        self._process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-cpu", cpu, "-m", memory, "-display", "none", "-serial", "stdio",
             "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-kernel", "build/highland.elf",
             "-initrd", str(archive), "-append", append, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self.text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def until(self, end):
        """The text up to an end."""
        got = ""
        while not got.endswith(end):
            left = self._end - time.monotonic()
            if left <= 0 or not self._selector.select(timeout=left):
                raise TimeoutError(f"no {end!r} in time, after {got[-200:]!r}")
            chunk = os.read(self._process.stdout.fileno(), 65536)
            if not chunk:
                raise TimeoutError(f"the guest ended, after {got[-200:]!r}")
            shown = chunk.decode(errors="replace").replace("\r", "")
            got += shown
            self.text += shown
        return got

    def wait(self):
        """Waits until the shell prints its prompt."""
        return self.until(self._prompt)

    def type(self, line):
        """The output of a command, without its echo."""
        self._process.stdin.write(line.encode() + b"\r")
        self._process.stdin.flush()
        return self.wait().removeprefix(line + "\n").removesuffix(self._prompt.removeprefix("\n"))

    def leave(self):
        """The exit status of QEMU after that of the shell is 0."""
        self._process.stdin.write(b"exit 0\r")
        self._process.stdin.flush()
        return self._process.wait(max(self._end - time.monotonic(), 1))
