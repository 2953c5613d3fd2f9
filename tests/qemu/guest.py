# SPDX-License-Identifier: MIT
"""A running kernel, to be talked to at its prompt and looked into from outside."""

import json
import mmap
import os
import re
import selectors
import socket
import subprocess
import tempfile
import time
from pathlib import Path

# As the line editor draws it on a line of its own.
PROMPT = b"\n\rhighland> \x1b[K"
GIB = 1 << 30


class Guest:
    """QEMU's machine `pc`, whose memory is a sparse file that is mapped here too."""

    def __init__(self, memory, kernel, cmdline="", timeout=120, cpus=1, initrd=None):
        self.size = int(memory[:-1]) * {"M": 1 << 20, "G": GIB}[memory[-1]]
        self._folder = tempfile.TemporaryDirectory(prefix="highland-")
        path = Path(self._folder.name)
        self._deadline = time.monotonic() + timeout
        args = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max,phys-bits=40", "-m", memory,
                "-smp", str(cpus),
                "-machine", "pc,memory-backend=ram", "-object",
                f"memory-backend-file,id=ram,size={memory},mem-path={path}/ram,share=on,reserve=off",
                "-display", "none", "-serial", "stdio", "-no-reboot",
                "-qmp", f"unix:{path}/qmp,server=on,wait=off",
                "-kernel", kernel, "-append", cmdline, *(["-initrd", initrd] if initrd else [])]
        self._process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self.boot_log = self._read_to_prompt()
            self._qmp = self._connect(f"{path}/qmp")
            self._file = path / "ram"
            file = os.open(self._file, os.O_RDWR)
            self._ram = mmap.mmap(file, self.size)
            os.close(file)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    # --- the prompt ---

    def _read_to_prompt(self):
        got = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not got.endswith(PROMPT):
                left = self._deadline - time.monotonic()
                if left <= 0 or not selector.select(timeout=left):
                    raise TimeoutError("no prompt; the console ends with:\n"
                                       + got[-2000:].decode(errors="replace"))
                chunk = os.read(self._process.stdout.fileno(), 65536)
                if not chunk:
                    raise EOFError("the guest ended; its console says:\n"
                                   + got[-2000:].decode(errors="replace"))
                got += chunk
        return got.decode(errors="replace").replace("\r", "")

    def command(self, line):
        """The output of a prompt command."""
        self._process.stdin.write(line.encode() + b"\r")
        self._process.stdin.flush()
        text = self._read_to_prompt()
        # The line editor draws what is typed; the output begins behind it.
        return text[text.index("\n") + 1:]

    def output(self, seconds):
        """The output up to the next prompt, which must appear within `seconds`."""
        self._deadline = time.monotonic() + seconds
        return self._read_to_prompt()

    def paste(self, lines, last):
        """Types lines at once, without a wait; returns the output until `last` matches behind a prompt."""
        text = "\r".join(lines).encode() + b"\r"
        got, sent = b"", 0
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            os.set_blocking(self._process.stdin.fileno(), False)
            while not re.search(last, got[-4096:].decode(errors="replace")) or not got.endswith(PROMPT):
                if sent < len(text):
                    sent += self._process.stdin.write(text[sent:]) or 0
                    self._process.stdin.flush()
                if time.monotonic() > self._deadline:
                    raise TimeoutError("the console ends with:\n" + got[-2000:].decode(errors="replace"))
                if selector.select(timeout=0.05):
                    got += os.read(self._process.stdout.fileno(), 65536)
        return got.decode(errors="replace").replace("\r", "")

    # --- from outside ---

    @staticmethod
    def _connect(path):
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        stream = connection.makefile("rw")
        stream.readline()
        stream.write('{"execute": "qmp_capabilities"}\n')
        stream.flush()
        stream.readline()
        return stream

    def qmp(self, name, **arguments):
        self._qmp.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self._qmp.flush()
        while True:
            answer = json.loads(self._qmp.readline())
            if "return" in answer or "error" in answer:
                return answer.get("return")

    def registers(self):
        """CR0, CR3, CR4 and EFER of a stopped guest."""
        text = self.qmp("human-monitor-command", **{"command-line": "info registers"})
        return {name: int(value, 16)
                for name, value in re.findall(r"\b(CR[034]|EFER)=([0-9a-f]+)", text)}

    def _offset(self, phys):
        """Where in the file a physical address lies: above 3.5 GiB of RAM the machine has a hole."""
        low = 3 * GIB if self.size >= 3 * GIB + GIB // 2 else self.size
        if phys < low:
            return phys
        if phys >= 4 * GIB and phys - 4 * GIB + low < self.size:
            return phys - 4 * GIB + low
        raise ValueError(f"{phys:#x} is not RAM of this machine")

    @property
    def ram(self):
        """All RAM, as it is mapped here; above 3.5 GiB of RAM the hole is left out."""
        return self._ram

    def read(self, phys, size):
        offset = self._offset(phys)
        return self._ram[offset:offset + size]

    def written(self):
        """(offset in the file, bytes) of the parts of RAM that were ever written; the rest is zero."""
        end = 0
        with open(self._file, "rb") as file:
            while True:
                try:
                    start = os.lseek(file.fileno(), end, os.SEEK_DATA)
                except OSError:  # ENXIO: there is no more
                    return
                end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
                file.seek(start)
                yield start, file.read(end - start)

    def write(self, phys, data):
        offset = self._offset(phys)
        self._ram[offset:offset + len(data)] = data
