# SPDX-License-Identifier: MIT
"""Calls functions of a student's module, which runs in a process of its own.

The module never gets the memory that it works on: it asks this side, which counts and answers. So an
answer can only be right if it was computed or guessed. The module's own output is kept apart and decides
nothing. Two pipes carry one JSON object per line:

    to the module      {"call": "walk", "args": [...]}    {"bytes": "0021..."}    {"no memory": "..."}
    from the module    {"answer": ...}    {"read": [paddr, size]}    {"raised": "..."}

As a program (student.py FILE IN OUT) this file is the other side.
"""

import importlib.util
import json
import os
import resource
import selectors
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import Machine, NoMemory  # noqa: E402

CPU_SECONDS, SECONDS = 30, 240
MEMORY, OUTPUT, PAGE = 1 << 30, 1 << 20, 4096
MOST_READS = 300_000
TOO_MANY = f"more than {MOST_READS} reads: walk the tables, not all addresses"


class Raised(Exception):
    """The student's function raised an exception, or the process ended."""


def _limits():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (OUTPUT, OUTPUT))


class Student:
    """A process with the module in `path`."""

    def __init__(self, path):
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()
        self._output = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-I", __file__, str(Path(path).resolve()), str(to_read), str(to_write)],
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT, env={}, cwd="/",
            pass_fds=(to_read, to_write), preexec_fn=_limits, start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        self._deadline = time.monotonic() + SECONDS
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        self._output.close()

    def _send(self, message):
        try:
            os.write(self._to, json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            raise Raised(self._end()) from None

    def _receive(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._from, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(timeout=max(0, self._deadline - time.monotonic())):
                    raise Raised(f"no answer within {SECONDS} s: is there an endless loop?")
                chunk = os.read(self._from, 1 << 16)
                if not chunk:
                    raise Raised(self._end())
                self._buffer += chunk
                if len(self._buffer) > 64 << 20:
                    raise Raised("an answer of more than 64 MiB")
        line, _, self._buffer = self._buffer.partition(b"\n")
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise Raised(f"the process sent {line[:60]!r}, which is no message")
        return message

    def _end(self):
        """Why the process ended."""
        status = self._process.wait(timeout=5)
        if -status in (9, 24):
            return f"it was ended after {CPU_SECONDS} s of CPU time: is there an endless loop?"
        return f"the process ended with status {status}"

    def output(self):
        """The first 20 lines that the module printed."""
        self._output.seek(0)
        return self._output.read(1 << 16).decode(errors="replace").splitlines()[:20]

    def call(self, name, memory, registers, *args, by_page=False):
        """The answer of a function whose first argument is a machine; without one if `memory` is None.

        With `by_page` the other side gets whole pages and keeps them during the call. That is faster, and
        the reads of the function are not counted here.
        """
        machine = None if memory is None else registers
        self._send({"call": name, "machine": machine, "args": args, "by page": by_page})
        while True:
            message = self._receive()
            if "answer" in message:
                return message["answer"]
            if "raised" in message:
                raise Raised(str(message["raised"])[:2000])
            try:
                paddr, size = map(int, message["read"])
                if len(memory.reads) >= MOST_READS:
                    raise Raised(TOO_MANY)
                self._send({"bytes": memory.request(paddr, size).hex()})
            except NoMemory as error:
                self._send({"no memory": str(error)})
            except (KeyError, TypeError, ValueError):
                raise Raised(f"the process sent {str(message)[:60]}, which is no request") from None


# --- the other side -----------------------------------------------------------------------------------


def plain(value):
    """An answer as JSON can carry it."""
    if isinstance(value, (set, frozenset)):
        value = sorted(value)
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if value is None or isinstance(value, (bool, int, str)):
        return value
    raise TypeError(f"it returned {value!r} of type {type(value).__name__}: expected numbers, "
                    f"True, False, None, text, tuples, lists and sets")


def reason(error, path):
    """The exception, and the line of the module that raised it."""
    lines = [f"{Path(path).name}:{frame.lineno}: in {frame.name}(): {frame.line}"
             for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    return "\n".join([f"{type(error).__name__}: {error}", *lines[-1:]])


class Pages:
    """Reads memory page by page, and keeps the pages. An ordinary program makes many small reads."""

    def __init__(self, read):
        self._read, self._pages, self._left = read, {}, MOST_READS

    def _page(self, number):
        if number not in self._pages:
            self._pages[number] = self._read(number * PAGE, PAGE)
        return self._pages[number]

    def read(self, paddr, size):
        self._left -= 1
        if self._left < 0:
            raise RuntimeError(TOO_MANY)
        number, offset = divmod(paddr, PAGE)
        if paddr < 0 or not 0 < offset + size <= PAGE:
            return self._read(paddr, size)
        return self._page(number)[offset:offset + size]


def serve(path, source, sink):
    def send(message):
        sink.write(json.dumps(message) + "\n")
        sink.flush()

    def read(paddr, size):
        send({"read": [paddr, size]})
        reply = json.loads(source.readline())
        if "no memory" in reply:
            raise NoMemory(reply["no memory"])
        return bytes.fromhex(reply["bytes"])

    module = None
    for line in source:
        request = json.loads(line)
        try:
            if module is None:
                spec = importlib.util.spec_from_file_location("walk", path)
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
            args = request["args"]
            if request["call"] == "audit":
                args = [module.Layout(*args[0])]
            if request["machine"]:
                reader = Pages(read).read if request["by page"] else read
                args = [Machine(reader, *request["machine"]), *args]
            send({"answer": plain(getattr(module, request["call"])(*args))})
        except Exception as error:
            send({"raised": reason(error, path)})


if __name__ == "__main__":
    serve(sys.argv[1], open(int(sys.argv[2])), open(int(sys.argv[3]), "w"))
