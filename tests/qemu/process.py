# SPDX-License-Identifier: MIT
"""Runs one program with all its children in a process group, within limits of time, and counts what it used."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass

LAST_WORDS = 10  # seconds in which a program that is late may still explain itself

# Without these, a make above this process would share its job slots with the makes below.
ENVIRONMENT = {name: value for name, value in os.environ.items()
               if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")}

_groups = set()  # process groups that are running
_stopping = threading.Event()


@dataclass
class Ended:
    """The end of a program: its output, its exit status, and a complaint about time, or None."""

    output: bytes
    status: int
    late: str | None
    seconds: float
    cpu_seconds: float  # of all its threads and children together


def stopping():
    """Whether stop_all() was called."""
    return _stopping.is_set()


def stop_all():
    """Ends all programs, and lets no other one begin."""
    _stopping.set()
    for group in list(_groups):
        with contextlib.suppress(ProcessLookupError):  # it may have ended just now
            os.killpg(group, signal.SIGKILL)


def stop_at_signals():
    """Lets Ctrl-C and SIGTERM end the programs that run.

    Python calls a handler in the main thread, between two of its steps. A signal that comes just before that
    thread waits for a program, or that another thread receives, would have no effect until that ends. Python
    writes the number of a signal to the wakeup file at once, and a thread waits for it there.
    """
    reader, writer = socket.socketpair()
    writer.setblocking(False)

    def stop():
        while reader.recv(1):  # each signal: a closed reader would make the second one an error
            stop_all()

    threading.Thread(target=stop, daemon=True).start()
    signal.set_wakeup_fd(writer.detach())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)  # the signal must not end this program


class _Pipe:
    """The output of a program that writes to its standard output."""

    def __init__(self, process):
        self._file = process.stdout.fileno()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._file, selectors.EVENT_READ)
        self._chunks = []

    def grew(self):
        """Waits a second at most; returns whether there was output, None at its end."""
        if not self._selector.select(timeout=1):
            return False
        chunk = os.read(self._file, 65536)
        self._chunks.append(chunk)
        return True if chunk else None

    def output(self):
        self._selector.close()
        return b"".join(self._chunks)


class _File:
    """The output of a program that writes to a file."""

    def __init__(self, process, path):
        self._process, self._path, self._size = process, path, 0

    def grew(self):
        # Asks only: what the program used of the CPU is read when it is waited for.
        if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return None
        time.sleep(0.2)
        size = self._path.stat().st_size
        grown, self._size = size != self._size, size
        return grown

    def output(self):
        return self._path.read_bytes()


def _watch(source, timeout, silence):
    """Reads until the end of the output; returns a complaint if that takes too long."""
    start = last = time.monotonic()
    while (grown := source.grew()) is not None:
        now = time.monotonic()
        if grown:
            last = now
        if now - start > timeout:
            return f"no end after {timeout:.0f} s"
        if now - last > silence:
            return f"silent for {silence:.0f} s"
    return None


def run(command, timeout, silence, console=None, ask_why=None, extra=None):
    """Runs a command to its end.

    timeout and silence are in seconds, the latter without any output. console is the file that the program
    writes its output to, if that is not its standard output. ask_why is called when the program is late; if
    it returns True the program has LAST_WORDS seconds to say where it is, before it is killed. extra has
    more variables for its environment.
    """
    start = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL if console else subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True, env=ENVIRONMENT | (extra or {})) as process:
        _groups.add(process.pid)
        if stopping():  # stop_all() may have come between the start and the line above
            os.killpg(process.pid, signal.SIGKILL)
        try:
            source = _File(process, console) if console else _Pipe(process)
            late = _watch(source, timeout, silence)
            if late:
                if ask_why and ask_why():
                    _watch(source, LAST_WORDS, LAST_WORDS)
                os.killpg(process.pid, signal.SIGKILL)
            output = source.output()
            _, wait_status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(wait_status)
        finally:
            _groups.discard(process.pid)
    return Ended(output, process.returncode, late, time.monotonic() - start, usage.ru_utime + usage.ru_stime)
