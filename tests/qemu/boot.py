# SPDX-License-Identifier: MIT
"""One boot: the command, its time limits, and whether what came out is what was expected."""

import contextlib
import re
import shlex
import shutil
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import ktap
import process
import report_check

SILENCE = 120  # seconds without a byte on the console; eight CPUs on two cores are slow now and then
LOGS = Path("build/test")


@dataclass
class Outcome:
    """The result of a row."""

    row: object
    command: list
    text: str = ""
    seconds: float = 0.0
    cpu_seconds: float = 0.0  # of the host, all threads together
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    status: int | None = None  # of the emulator
    late: str | None = None  # a complaint about time
    problems: list = field(default_factory=list)


# The display is one that nobody has to read: "term" stops when its pseudo-terminal is full.
BOCHSRC = """\
config_interface: textconfig
display_library: rfb, options="timeout=0"
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
memory: guest={memory}, host={host}
cpu: model=core2_penryn_t9600, count={smp}, ips=20000000, reset_on_triple_fault=0, ignore_bad_msrs=1
{iso}
{more}
com1: enabled=1, mode=file, dev={console}
clock: sync=none, time0=local
panic: action=fatal
sound: waveoutdrv=dummy, waveout=none, waveindrv=dummy, wavein=none, midioutdrv=dummy, midiout=none
plugin_ctrl: speaker=0
"""


def _bochs_console(row):
    return LOGS / f"{row.name}.com1"


def _bochs_command(row):
    """Bochs reads all from a file. Its debugger, which Debian builds in, waits for a command to continue."""
    unit = {"M": 1, "G": 1024}[row.memory[-1]] * int(row.memory[:-1])
    config, start = LOGS / f"{row.name}.bochsrc", LOGS / "bochs.continue"
    iso = (f"ata0-master: type=disk, mode=flat, path={row.iso}\nboot: disk" if row.stick else
           f"ata0-master: type=cdrom, path={row.iso}, status=inserted\nboot: cdrom")
    config.write_text(BOCHSRC.format(memory=unit, host=min(unit, 1024), smp=row.smp, iso=iso,
                                     console=_bochs_console(row), more="\n".join(row.bochs)))
    start.write_text("c\n")
    _bochs_console(row).write_bytes(b"")
    return ["bochs", "-q", "-f", str(config), "-rc", str(start)]


def command(row):
    """The emulator's arguments for a row."""
    if row.emulator == "bochs":
        return _bochs_command(row)
    # Under -icount CPUs take turns; otherwise each is a thread, unless the row wants turns.
    threads = "single" if row.turns else "multi"
    accel = f"tcg,thread={threads}" if row.smp > 1 and "-icount" not in row.extra else "tcg"
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
    if row.stick == "ide":
        args += ["-drive", f"if=ide,format=raw,snapshot=on,file={row.iso}"]
    elif row.stick == "usb":
        args += ["-drive", f"if=none,id=stick,format=raw,readonly=on,file={row.iso}", "-device", "qemu-xhci",
                 "-device", "usb-storage,drive=stick"]
    elif row.cmdline is None:
        args += ["-cdrom", row.iso]
    else:
        args += ["-kernel", row.kernel, "-append", row.cmdline]
    return args + row.extra


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
    outcome.problems += report_check.judge(outcome.text)
    if row.ktap:
        results = ktap.parse(outcome.text)
        outcome.problems += results.problems
        outcome.passed, outcome.skipped = results.passed, results.skipped
        outcome.failed = results.failed
    elif not outcome.problems:
        outcome.passed = 1
    if outcome.problems and outcome.failed == 0:
        outcome.failed = 1


def _inject_nmi(path):
    """An NMI from outside makes the kernel show what each CPU is doing. Returns whether it was sent."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(path)
        connection.recv(4096)
        for request in ("qmp_capabilities", "inject-nmi"):
            connection.sendall(b'{"execute": "%s"}' % request.encode())
            connection.recv(4096)
        return True
    return False


def boot(row):
    """Runs a row and says what became of it."""
    LOGS.mkdir(parents=True, exist_ok=True)
    outcome = Outcome(row, command(row))
    if row.prepare:
        row.prepare()
    if row.firmware:
        shutil.copyfile(row.firmware[1], LOGS / f"{row.name}.vars")
    if row.emulator == "bochs":
        ended = process.run(outcome.command, row.timeout, SILENCE, console=_bochs_console(row))
    else:
        with tempfile.TemporaryDirectory(prefix="highland-") as folder:
            qmp = f"{folder}/qmp"
            ended = process.run([*outcome.command, "-qmp", f"unix:{qmp},server=on,wait=off"], row.timeout, SILENCE,
                                ask_why=lambda: _inject_nmi(qmp))
    outcome.seconds, outcome.cpu_seconds = ended.seconds, ended.cpu_seconds
    outcome.status, outcome.late = ended.status, ended.late
    outcome.text = ended.output.decode(errors="replace").replace("\r", "")
    (LOGS / f"{row.name}.log").write_text(outcome.text)
    _judge(outcome, ended.status, ended.late)
    return outcome


def shell_line(outcome):
    """The command as one would type it, with a time limit."""
    return f"timeout {outcome.row.timeout} {shlex.join(outcome.command)}"
