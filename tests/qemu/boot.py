# SPDX-License-Identifier: MIT
"""One boot: the command, its time limits, and whether what came out is what was expected."""

import os
import re
import selectors
import shlex
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import ktap

_guests = set()  # process groups that are running
_stopped = threading.Event()

SILENCE = 120  # seconds without a byte on the console; eight CPUs on two cores are slow now and then
LOGS = Path("build/test")


@dataclass
class Outcome:
    """What became of a row."""

    row: object
    command: list
    text: str = ""
    seconds: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    problems: list = field(default_factory=list)


# The display is one that nobody has to read: "term" stops when its pseudo-terminal is full.
BOCHSRC = """\
config_interface: textconfig
display_library: rfb, options="timeout=0"
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
memory: guest={memory}, host={host}
cpu: model=core2_penryn_t9600, count={smp}, ips=20000000, reset_on_triple_fault=0, ignore_bad_msrs=1
ata0-master: type=cdrom, path={iso}, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev={console}
clock: sync=none, time0=local
panic: action=fatal
sound: waveoutdrv=dummy, waveout=none, waveindrv=dummy, wavein=none, midioutdrv=dummy, midiout=none
plugin_ctrl: speaker=0
"""


def _bochs_console(row):
    return LOGS.absolute() / f"{row.name}.com1"


def _bochs_command(row):
    """Bochs reads all from a file. Its debugger, which Debian builds in, has to be told to go on."""
    unit = {"M": 1, "G": 1024}[row.memory[-1]] * int(row.memory[:-1])
    config, start = LOGS / f"{row.name}.bochsrc", LOGS / "bochs.continue"
    config.write_text(BOCHSRC.format(memory=unit, host=min(unit, 1024), smp=row.smp, iso=Path(row.iso).absolute(),
                                     console=_bochs_console(row)))
    start.write_text("c\n")
    _bochs_console(row).write_bytes(b"")
    return ["bochs", "-q", "-f", str(config), "-rc", str(start)]


def command(row):
    """The emulator's arguments for a row."""
    if row.emulator == "bochs":
        return _bochs_command(row)
    # Under -icount CPUs take turns; otherwise each is a thread.
    accel = "tcg,thread=multi" if row.smp > 1 and "-icount" not in row.extra else "tcg"
    args = [row.qemu, "-accel", accel, "-smp", str(row.smp), "-machine", row.machine, "-cpu", row.cpu, "-m", row.memory,
            "-display", "none", "-serial", "stdio", "-no-reboot",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
    if row.sparse:
        args += ["-object", f"memory-backend-ram,id=ram,size={row.memory},reserve=off",
                 "-machine", "memory-backend=ram"]
    if row.firmware:
        # The firmware writes into its variables: each guest gets a copy.
        code, variables = row.firmware
        copy = LOGS / f"{row.name}.vars"
        args += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                 "-drive", f"if=pflash,format=raw,file={copy}"]
    if row.cmdline is None:
        args += ["-cdrom", row.iso]
    else:
        args += ["-kernel", row.kernel, "-append", row.cmdline]
    return args + row.extra


def _watch_file(process, path, timeout):
    """As _watch(), for an emulator whose console is a file."""
    start = last = time.monotonic()
    size = 0
    while process.poll() is None:
        time.sleep(0.2)
        now, grown = time.monotonic(), path.stat().st_size
        if grown != size:
            size, last = grown, now
        if now - start > timeout:
            return path.read_bytes(), f"no end after {timeout} s"
        if now - last > SILENCE:
            return path.read_bytes(), f"silent for {SILENCE} s"
    return path.read_bytes(), None


def _watch(process, timeout):
    """Reads the console until its end; returns the text and a complaint about time, or None."""
    start = last = time.monotonic()
    chunks = []
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if selector.select(timeout=1):
                chunk = os.read(process.stdout.fileno(), 65536)
                if not chunk:
                    return b"".join(chunks), None
                chunks.append(chunk)
                last = time.monotonic()
            now = time.monotonic()
            if now - start > timeout:
                return b"".join(chunks), f"no end after {timeout} s"
            if now - last > SILENCE:
                return b"".join(chunks), f"silent for {SILENCE} s"


def _judge(outcome, status, late):
    row = outcome.row
    if late:
        outcome.problems.append(late)
    elif status != row.status and row.emulator == "qemu":  # Bochs always ends with 1
        meaning = {0: " (reset, or switched off)", 33: " (passed)", 35: " (something failed)",
                   37: " (panic)"}.get(status, "")
        outcome.problems.append(f"exit status {status}{meaning}, expected {row.status}")
    for pattern in row.expect:
        if not re.search(pattern, outcome.text, re.M):
            outcome.problems.append(f"the console does not show /{pattern}/")
    if row.check:
        complaint = row.check(outcome.text)
        if complaint:
            outcome.problems.append(complaint)
    if row.ktap:
        results = ktap.parse(outcome.text)
        outcome.problems += results.problems
        outcome.passed, outcome.skipped = results.passed, results.skipped
        outcome.failed = results.failed
    elif not outcome.problems:
        outcome.passed = 1
    if outcome.problems and outcome.failed == 0:
        outcome.failed = 1


def stop_all():
    """Ends all guests, and lets no other begin."""
    _stopped.set()
    for group in list(_guests):
        os.killpg(group, signal.SIGKILL)


def boot(row):
    """Runs a row and says what became of it."""
    LOGS.mkdir(parents=True, exist_ok=True)
    outcome = Outcome(row, command(row))
    if _stopped.is_set():
        outcome.problems.append("not started")
        outcome.failed = 1
        return outcome
    if row.firmware:
        shutil.copyfile(row.firmware[1], LOGS / f"{row.name}.vars")
    start = time.monotonic()
    bochs = row.emulator == "bochs"
    with subprocess.Popen(outcome.command, stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL if bochs else subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True) as process:
        _guests.add(process.pid)
        try:
            if bochs:
                text, late = _watch_file(process, _bochs_console(row), row.timeout)
            else:
                text, late = _watch(process, row.timeout)
            if late:
                os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
        finally:
            _guests.discard(process.pid)
    outcome.seconds = time.monotonic() - start
    outcome.text = text.decode(errors="replace").replace("\r", "")
    (LOGS / f"{row.name}.log").write_text(outcome.text)
    _judge(outcome, status, late)
    return outcome


def shell_line(outcome):
    """The command as one would type it, with a time limit."""
    return f"timeout {outcome.row.timeout} {shlex.join(outcome.command)}"
