#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants bugs, one at a time, and looks whether the tests see them.

tests/mutants/*.toml is the table; docs/testing.md says how a row is written. Each bug is planted in a copy
of the tree, what is needed is built there, and the tests run that have to turn red. Before the first one all
of these tests run on the unchanged copy, where they have to be green. The last line is
'N passed, N failed, N skipped': a bug that was caught has passed.
"""

import argparse
import dataclasses
import fnmatch
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

import boot
import machines
import programs
import user_rows

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "tests/mutants"
COPY = Path("build/mutants")
KEYS = {"name", "file", "right", "wrong", "breaks", "caught"}

SHORTEST_LIMIT = 45  # seconds for a test that hangs; twice what it takes unchanged if that is more
SILENCE = 45
BUILD_LIMIT = 900


class TableError(Exception):
    """A row of the table that cannot be what was meant."""


# --- the table -----------------------------------------------------------------------------------------


@dataclass
class Mutant:
    """A row: in `file` the lines `right` become `wrong`, and all places in `caught` have to see it."""

    name: str
    file: str
    right: str
    wrong: str
    breaks: str
    caught: list

    def planted(self, text):
        """The text of the file with the bug in it."""
        lines, right = f"\n{text}", f"\n{self.right}\n"
        found = len(re.findall(f"(?={re.escape(right)})", lines))  # also where two share a line's end
        if found != 1:
            raise TableError(f"{self.name}: its lines stand {found} times in {self.file}, expected once:\n"
                             f"{self.right}")
        wrong = f"\n{self.wrong}\n" if self.wrong else "\n"
        return lines.replace(right, wrong)[1:]


def load(folder=TABLE):
    """All rows, in the order of the files' names."""
    mutants = []
    for path in sorted(folder.glob("*.toml")):
        for row in tomllib.loads(path.read_text()).get("mutant", []):
            if set(row) != KEYS:
                raise TableError(f"{path.name}: {row.get('name', '?')} has {sorted(row)}, "
                                 f"expected {sorted(KEYS)}")
            row["right"], row["wrong"] = row["right"].rstrip("\n"), row["wrong"].rstrip("\n")
            mutants.append(Mutant(**row))
    return mutants


def split_place(place):
    """'pae-1G kmap.*' is a boot and a glob of tests, 'user-pae-64M pipes' one and a program, 'pae-1G' all of a boot."""
    name, _, glob = place.partition(" ")
    return name, glob


@functools.cache
def boots(folder):
    """All boots by name. Making the table makes files too, in the working directory, which is `folder`."""
    return {row.name: row for row in machines.rows()}


def row_of(place):
    """The boot that a place names, with only the tests that it names; None if this machine has none such."""
    name, glob = split_place(place)
    row = boots(os.getcwd()).get(name)
    if not row and not name.startswith("bochs-"):
        raise TableError(f"{place}: no boot is called {name}")
    if not row or not glob:
        return row
    if row.cmdline is None:
        return row  # the image chooses
    if user_rows.TESTS in row.cmdline:
        return user_rows.only(row, glob)
    chosen = row.cmdline.replace('run="selftest', f'run="selftest {glob}')
    if chosen == row.cmdline:
        chosen = re.sub(r"\bselftest\b", f"selftest={glob}", row.cmdline)
    if chosen == row.cmdline:
        raise TableError(f"{place}: the boot runs no self-tests")
    return dataclasses.replace(row, cmdline=chosen)


def program_of(place):
    """The program of this machine that a place names, without those of tests/host."""
    for program in programs.table(()):
        if program.name == place[8:]:
            return program
    raise TableError(f"{place}: no program is called {place[8:]}")


def check_table(mutants, root=ROOT):
    """The faults of the table: lines that are gone, or tests that do not exist."""
    complaints = []
    names = [mutant.name for mutant in mutants]
    complaints += [f"{name}: two rows have this name" for name in set(names) if names.count(name) > 1]
    for mutant in mutants:
        try:
            if mutant.right == mutant.wrong:
                raise TableError(f"{mutant.name}: the wrong lines are the right ones")
            mutant.planted((root / mutant.file).read_text())
            if not mutant.caught:
                raise TableError(f"{mutant.name}: no test has to catch it")
            for place in mutant.caught:
                check_place(place, root)
        except (OSError, TableError) as error:
            complaints.append(str(error))
    return complaints


def check_place(place, root):
    """A host test has a source, a program and a boot are in their tables, a glob matches a test."""
    if place.startswith("host:"):
        if not (root / f"tests/host/{place[5:]}.c").exists():
            raise TableError(f"{place}: there is no such host test")
        return
    if place.startswith("program:"):
        program_of(place)
        return
    row = row_of(place)
    _, glob = split_place(place)
    if row and user_rows.is_user(row):
        if glob and not (root / f"tests/user/expected/{glob}.txt").exists():
            raise TableError(f"{place}: there is no such test of programs")
        return
    suites = [path.read_text() for path in (root / "tests/kernel").glob("*.c")]
    tests = [".".join(test) for text in suites for test in re.findall(r"^KTEST\((\w+), (\w+)\)", text, re.M)]
    if glob and not any(fnmatch.fnmatch(test, glob) or test.split(".")[0] == glob for test in tests):
        raise TableError(f"{place}: no test matches")


# --- the copy --------------------------------------------------------------------------------------------


def make_copy(copy):
    """Brings the copy up to date. Files that are the same keep their time, so little is built anew."""
    wanted = set(subprocess.run(["tools/files.sh", "*"], cwd=ROOT, check=True, capture_output=True,
                                text=True).stdout.splitlines())
    for name in wanted:
        source, target = ROOT / name, copy / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    for path in copy.rglob("*"):
        name = path.relative_to(copy)
        if path.is_file() and name.parts[0] != "build" and str(name) not in wanted:
            path.unlink()


def run(command, limit):
    """Runs a command in a session of its own; returns its status, None after the time limit, and its text."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", start_new_session=True) as process:
        try:
            text, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            text, _ = process.communicate()
            return None, text
        return process.returncode, text


class BuildError(Exception):
    """The compiler did not like it; its message."""


def make(*arguments):
    """make in the copy, as if nobody had called us."""
    env = [f"-u{name}" for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES")]
    status, text = run(["env", *env, "make", f"-j{len(os.sched_getaffinity(0))}", *arguments], BUILD_LIMIT)
    if status != 0:
        raise BuildError(text)


# --- running what has to turn red ------------------------------------------------------------------------


@dataclass
class Result:
    """The result of a test: red, and why; or skipped."""

    red: bool = False
    why: str = ""
    skipped: bool = False


def build(place):
    """Builds the files that a place needs, and no more, since each bug needs a build."""
    if place.startswith("host:"):
        make("-C", "tests/host", "build", "BITS=64", f"T={place[5:]}")
    elif place.startswith("program:"):
        make("build/highland.elf", user_rows.ARCHIVE, *(["build/power.cpio"] if "power-cut" in place else []))
    elif row_of(place):
        make(row_of(place).kernel, *([user_rows.ARCHIVE] if user_rows.is_user(row_of(place)) else []))


def run_host(program, limit):
    status, text = run(["tests/host/run.sh", f"build/host/64/{program}"], limit)
    if status is None:
        return Result(True, f"no end after {limit:.0f} s")
    found = re.findall(r"^ *(not ok .*|.*ERROR: AddressSanitizer.*|.*runtime error: .*)$", text, re.M)
    return Result(status != 0, found[0].strip() if found else text.strip().splitlines()[-1])


def run_program(place, limit):
    """A program that left out all of its tests, because this machine lacks something, is skipped."""
    status, text = run(program_of(place).command, limit)
    if status is None:
        return Result(True, f"no end after {limit:.0f} s")
    if re.search(r"^0 passed, 0 failed, [1-9]", text, re.M):
        return Result(skipped=True, why=text.splitlines()[0])
    complaint = re.search(r"^FAILED.*\n +(.*)", text, re.M)
    return Result(status != 0, complaint[1][:200] if complaint else text.strip().splitlines()[-1])


def make_image(row, glob):
    """An image that starts the tests, for machines that boot nothing else."""
    iso = "build/mutant.iso"
    entry = "3" if "mb1" in row.iso else "2"
    status, text = run(["tools/iso.sh", iso, "build/highland.elf", entry, "0",
                        "touch_limit=64M highmem=128M" + (f" selftest={glob}" if glob else "")], BUILD_LIMIT)
    if status != 0:
        raise BuildError(text)
    # Other expectations are those of all suites of the row.
    return dataclasses.replace(row, iso=iso, **({"expect": [], "check": None} if glob else {}))


def run_boot(place, limit):
    row = row_of(place)
    if not row:
        return Result(skipped=True, why="Bochs is not installed")
    if row.iso:
        row = make_image(row, split_place(place)[1])
    outcome = boot.boot(dataclasses.replace(row, timeout=limit))
    if not outcome.problems:
        return Result()
    panics = re.findall(r"Kernel panic: .*", outcome.text)
    failed = [problem for problem in outcome.problems if problem.startswith("not ok")]
    return Result(True, " ".join((failed + panics + outcome.problems)[0].split())[:200])


def run_place(place, limit):
    build(place)
    if place.startswith("program:"):
        return run_program(place, limit)
    return run_host(place[5:], limit) if place.startswith("host:") else run_boot(place, limit)


# --- one bug after the other -------------------------------------------------------------------------------


def try_mutant(mutant, limits):
    """Plants it, runs the tests, and always removes it. It is caught if all places catch it."""
    path = Path(mutant.file)
    text = path.read_text()
    path.write_text(mutant.planted(text))
    try:
        results = [(place, run_place(place, limits[place])) for place in mutant.caught]
    except BuildError as error:
        if "static assertion failed" in str(error):
            return Result(True, "a static assertion")
        raise TableError(f"{mutant.name}: does not compile:\n{error}") from error
    finally:
        path.write_text(text)
    ran = [(place, result) for place, result in results if not result.skipped]
    if not ran:
        return results[0][1]
    blind = [place for place, result in ran if not result.red]
    if blind:
        return Result(False, f"not seen by {', '.join(blind)}")
    return Result(True, "; ".join(f"{place}: {result.why}" for place, result in ran))


def measure(places):
    """Runs all tests on the unchanged copy; returns time limits, None if one of them is red."""
    limits = {}
    for number, place in enumerate(places, 1):
        build(place)
        start = time.monotonic()
        result = run_place(place, 600)
        seconds = time.monotonic() - start
        word = "RED" if result.red else "skipped" if result.skipped else "green"
        print(f"unchanged [{number:3}/{len(places)}] {place:<44} {word:<8} {seconds:6.1f} s  "
              f"{result.why if word != 'green' else ''}".rstrip(), flush=True)
        if result.red:
            return None
        limits[place] = max(SHORTEST_LIMIT, 2 * seconds)
    return limits


def try_all(mutants, limits):
    """Returns how many were caught, were not, and could not be tried."""
    counts = {"caught": 0, "SURVIVED": 0, "skipped": 0}
    for number, mutant in enumerate(mutants, 1):
        start = time.monotonic()
        try:
            result = try_mutant(mutant, limits)
        except TableError as error:
            result = Result(False, f"error of the table: {error}")
        word = "skipped" if result.skipped else "caught" if result.red else "SURVIVED"
        counts[word] += 1
        print(f"[{number:3}/{len(mutants)}] {mutant.name:<44} {word:<8} {time.monotonic() - start:6.1f} s  "
              f"{result.why}", flush=True)
        if word == "SURVIVED":
            print(f"          {mutant.file}: {mutant.breaks}", flush=True)
    return counts.values()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--filter", default="*", metavar="GLOB", help="only rows of this name")
    parser.add_argument("--list", action="store_true", help="name the rows and stop")
    parser.add_argument("--copy", default=COPY, type=Path, metavar="FOLDER", help="where the copy is kept")
    args = parser.parse_args()
    try:
        mutants = [mutant for mutant in load() if fnmatch.fnmatch(mutant.name, args.filter)]
    except TableError as error:
        print(error, file=sys.stderr)
        return 2
    if args.list:
        print("\n".join(f"{mutant.name:<44} {mutant.breaks}" for mutant in mutants))
        return 0
    if not mutants:
        print(f"no row is called '{args.filter}'; --list names them", file=sys.stderr)
        return 2
    complaints = check_table(mutants)
    if complaints:
        print("\n".join(complaints), file=sys.stderr)
        return 2
    boot.SILENCE = SILENCE
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through `finally`, which takes the bug away
    make_copy(args.copy)
    os.chdir(args.copy)
    limits = measure(sorted({place for mutant in mutants for place in mutant.caught}))
    if limits is None:
        print("a test is red without any bug planted: nothing can be learnt from it")
        return 1
    caught, survived, skipped = try_all(mutants, limits)
    print(f"{caught} passed, {survived} failed, {skipped} skipped")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
