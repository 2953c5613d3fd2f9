# SPDX-License-Identifier: MIT
"""The tests that are programs of this machine, beside the table of boots: what to run, and how to judge it."""

import itertools
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import process
from boot import LOGS, Outcome

HOST = Path("tests/host")


@dataclass
class Program:
    """A program whose last line of the form 'N passed, N failed[, N skipped]' has its results.

    smp and mebibytes are the cores and the memory of the host that it keeps busy. tier is as that of a
    boot. A program without such a line is one test, which passes if it exits with 0.
    """

    name: str
    command: list
    tier: str = "all"
    smp: int = 1
    mebibytes: int = 512
    timeout: int = 600
    counted: bool = True


def _host_tests(bits):
    for path in sorted([*HOST.glob("test_*.c"), *HOST.glob("fuzz_*.c")]):
        if path.stem != "fuzz_main":
            yield Program(f"host{bits}-{path.stem}", ["tests/host/run.sh", f"build/host/{bits}/{path.stem}"], "test")


def _power_cuts():
    """The power fails under each driver, in both modes, with each size of a block."""
    for name, seed, cuts, options in (
            ("power-cut", 1, 100, ""),
            ("power-cut-legacy-nopae", 2, 40, "--device legacy --block 4096 --append nopae"),
            ("power-cut-ide", 3, 40, "--device ide --block 2048"),
            ("power-cut-others", 4, 40, "--others 3 --cpus 4 --steps 80")):
        yield Program(name, ["python3", "tests/qemu/power_cut.py", "--seed", str(seed), "--cuts", str(cuts),
                             *options.split()], smp=2, timeout=900)


def table(host_bits=("64", "32")):
    """All programs, of all tiers."""
    return [
        *itertools.chain(*map(_host_tests, host_bits)),
        Program("runner", ["python3", "-m", "unittest", "-q", "tests/qemu/test_runner.py",
                           "tests/qemu/test_results_page.py"], "test", counted=False),
        Program("report", [sys.executable, "-m", "unittest", "-q", "tests/qemu/test_report.py"], "test", counted=False),
        Program("words", ["python3", "-m", "unittest", "-q", "tests/qemu/test_words.py"], "test", counted=False),
        Program("lab-tools", ["python3", "-m", "unittest", "-q", "tests/qemu/test_lab.py"], "test", counted=False),
        Program("bug-tools", ["python3", "-m", "unittest", "-q", "tests/qemu/test_bug.py"], "test", counted=False),
        Program("bug", ["python3", "tests/qemu/bug_test.py"], smp=2, mebibytes=1024),
        Program("labs", ["python3", "tools/lab/check.py", "--grade"], smp=2, mebibytes=1024, timeout=1800),
        Program("lab-cheats", ["python3", "tests/qemu/cheats.py"], smp=2, mebibytes=1024),
        Program("labs-wrong", ["python3", "tools/lab/check.py", "--grade-wrong"], "long", smp=2, mebibytes=1024,
                timeout=7200),
        Program("debugger", ["python3", "tests/qemu/debugger.py"], "test"),
        Program("editor", ["python3", "tests/qemu/editor.py"], "test"),
        Program("debugger-planted", ["python3", "tests/qemu/debugger.py", "--planted"]),
        *(Program(f"debugger-{build}", ["python3", "tests/qemu/debugger.py", "--build", f"build/{build}"])
          for build in ("2G", "1G", "debug")),
        Program("image", ["python3", "tests/qemu/image.py"], "test"),
        Program("docs", ["python3", "tests/qemu/docs.py"], "test"),
        Program("bench", ["python3", "tests/qemu/bench.py", "--check"], "test"),
        Program("ubench", ["python3", "tests/qemu/ubench.py", "--check"], "test", smp=2, mebibytes=6144, timeout=1800),
        Program("typed", ["python3", "tests/qemu/typed.py"], "test", smp=2),
        Program("audit", ["python3", "tests/qemu/audit.py", "--memory", "512M", "--splits", "3G"], "test"),
        Program("picture", ["python3", "tests/qemu/picture_test.py", "--quick"], "test"),
        Program("pictures", ["python3", "tests/qemu/picture_test.py"], smp=2, mebibytes=2048),
        Program("quiz", ["python3", "tests/qemu/quiz_test.py"]),
        Program("quiz-tools", ["python3", "-m", "unittest", "-q", "tests/qemu/test_quiz.py"], "test", counted=False),
        Program("view", ["python3", "tests/qemu/view_test.py"], "test"),
        Program("grade-key", ["python3", "tests/qemu/grade_key_test.py"], "test"),
        Program("screen", ["python3", "tests/qemu/screen.py", "--quick"], "test"),
        Program("screen-others", ["python3", "tests/qemu/screen.py", "--others"]),
        Program("audit-planted", ["python3", "tests/qemu/audit.py", "--planted", "--memory", "4G",
                                  "--splits", "3G", "1G"]),
        *_power_cuts(),
        Program("userland", ["python3", "tests/qemu/userland.py"]),
        Program("debian-disk", ["python3", "tests/qemu/debian_disk.py", "--memtester", "200M"], smp=2, mebibytes=4096),
        Program("debian-disk-2500M", ["python3", "tests/qemu/debian_disk.py"], "long", smp=2, mebibytes=4096,
                timeout=1800),
        Program("disk-copy", ["python3", "tests/qemu/disk_copy.py", "--memory", "256M", "8G"], smp=2, mebibytes=1536),
        Program("disk-copy-3g", ["python3", "tests/qemu/disk_copy.py", "--file", "3072", "--memory", "4G", "1G"],
                "long", smp=2, mebibytes=5120, timeout=3600),
        Program("typing", ["python3", "tests/qemu/typing_test.py"], "test"),
        Program("release", ["python3", "tests/qemu/release_test.py"], "long", smp=2, mebibytes=1024, timeout=1800),
        Program("loaded", ["python3", "tests/qemu/loaded.py"], "long", smp=2, timeout=1800),
        Program("wrong-lines", ["python3", "tests/qemu/wrong_lines.py"], smp=2, timeout=300),
        Program("late-cpu", ["python3", "tests/qemu/late_cpu.py"], smp=2),
        Program("web", ["tools/test-web.sh", "build"], smp=2, mebibytes=2048),
        Program("recording", ["python3", "tests/qemu/recording_test.py"]),
        Program("site", ["python3", "tests/qemu/site_test.py"], smp=2, mebibytes=1024),
        Program("host-coverage", ["make", "-C", "tests/host", "coverage"], smp=2, counted=False),
    ]


def _totals(text):
    found = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", text, re.M)
    return [int(number or 0) for number in found[-1]] if found else None


def _judge(outcome, status, late):
    totals = _totals(outcome.text) if outcome.row.counted else [int(status == 0), int(status != 0), 0]
    if late:
        outcome.problems.append(late)
    elif totals is None:
        outcome.problems.append(f"exit status {status}, and no line 'N passed, N failed'")
    elif status != 0 or totals[1]:
        outcome.problems.append(f"exit status {status}, {totals[1]} failed")
    outcome.passed, outcome.failed, outcome.skipped = totals or (0, 0, 0)
    if outcome.problems and outcome.failed == 0:
        outcome.failed = 1


def run(program):
    """Runs a program and says what became of it."""
    LOGS.mkdir(parents=True, exist_ok=True)
    outcome = Outcome(program, program.command)
    ended = process.run(program.command, program.timeout, program.timeout)
    outcome.seconds, outcome.cpu_seconds = ended.seconds, ended.cpu_seconds
    outcome.text = ended.output.decode(errors="replace")
    (LOGS / f"{program.name}.log").write_text(outcome.text)
    _judge(outcome, ended.status, ended.late)
    return outcome
