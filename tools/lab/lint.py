# SPDX-License-Identifier: MIT
"""The faults of the tables of labs: functions, files, tests and lines that are gone, and points that do not add up."""

import re
import sys
import tomllib
from pathlib import Path

import stub as stubs
import table
import tree
from table import LabError

sys.path.insert(1, str(tree.ROOT / "tests/qemu"))

# pylint: disable=wrong-import-position
import bench  # noqa: E402
import mutants  # noqa: E402

ALL = 100  # points of a lab


def twice(names):
    return sorted({name for name in names if names.count(name) > 1})


# --- lab.toml ------------------------------------------------------------------------------------------------


def _stub_faults(lab, root):
    steps = {step.name for step in lab.steps}
    for stub in lab.stubs:
        if stub.file not in lab.files:
            yield f"{stub.function}() is in {stub.file}, which is not in files"
        if stub.step not in steps:
            yield f"{stub.function}() names the step {stub.step}, which does not exist"
        try:
            stubs.apply(lab, stub, (root / stub.file).read_text())
        except OSError:
            yield f"there is no file {stub.file}"
        except LabError as error:
            yield str(error).partition(": ")[2]


def _boot_faults(step, tests):
    for boot in step.boots:
        for glob in boot.tests.replace(",", " ").split():
            if not table.matching(glob, tests):
                yield f"step {step.name}: no test matches {glob}"
        if not re.fullmatch(r"(?:[1-9]\d*|\{seed\})[MG]", boot.ram):
            yield f"step {step.name}: ram is {boot.ram!r}, expected a size in M or G"
        if not 1 <= boot.cpus <= 255:
            yield f"step {step.name}: cpus is {boot.cpus}, expected 1 to 255"
        if not step.hidden and (boot.maps or "{seed}" in boot.ram + boot.cmdline):
            yield f"step {step.name}: it varies with the seed, expected hidden = true"


def _step_faults(lab, root, tests):
    before = set()
    for step in lab.steps:
        yield from _boot_faults(step, tests)
        for name in step.needs:
            if name not in before:
                yield f"step {step.name} needs {name}, which is no step before it"
        before.add(step.name)
        for program in (word.partition(":")[0] for word in step.host):
            if not (root / f"tests/host/{program}.c").exists():
                yield f"step {step.name}: there is no tests/host/{program}.c"
        if step.python and not (root / step.python[0]).exists():
            yield f"step {step.name}: there is no file {step.python[0]}"
        if limit := step.bench:
            rows = bench.read_csv(root / bench.BASELINE)
            if (limit.mode, limit.row) not in {(row["mode"], row["name"]) for row in rows}:
                yield f"step {step.name}: there is no benchmark {limit.row} in mode {limit.mode}"
            if limit.column not in bench.LAB_COSTS:
                yield f"step {step.name}: column is {limit.column}, expected one of: {' '.join(bench.LAB_COSTS)}"


def _handed_out_faults(path):
    """The table in a student's tree must be the rest without the hidden steps."""
    text = path.read_text()
    whole, rest = tomllib.loads(text), tomllib.loads(tree.without_hidden(text))
    whole["step"] = [step for step in whole.get("step", []) if not step.get("hidden")]
    if rest != whole:
        yield "hidden steps cannot be cut out: write each as a [[step]] with a line hidden = true"


def lab_faults(lab, root, tests):
    """The faults of a lab's table."""
    points = sum(step.points for step in lab.steps)
    if points != ALL:
        yield f"the points of all steps are {points} together, expected {ALL}"
    yield from (f"two steps are called {name}" for name in twice([step.name for step in lab.steps]))
    yield from (f"there is no file {name}" for name in lab.files if not (root / name).is_file())
    yield from _stub_faults(lab, root)
    yield from _step_faults(lab, root, tests)
    yield from _handed_out_faults(root / "labs" / lab.name / "lab.toml")


# --- wrong.toml ----------------------------------------------------------------------------------------------


def without_points(lab, fails):
    """These steps, and those that need one of them."""
    names = set(fails)
    for _ in lab.steps:
        names |= {step.name for step in lab.steps if names & set(step.needs)}
    return names


def changed(wrong, root):
    """File to text, with the changes of a wrong solution."""
    texts = {}
    for row in wrong.change:
        if set(row) != {"file", "right", "wrong"}:
            raise LabError(f"a change has the keys {' '.join(sorted(row))}, expected file, right and wrong")
        text = texts.get(row["file"]) or (root / row["file"]).read_text()
        mutant = mutants.Mutant(wrong.name, row["file"], row["right"].rstrip("\n"), row["wrong"].rstrip("\n"), "", [])
        texts[row["file"]] = mutant.planted(text)
    return texts


def wrong_faults(lab, wrong, root):
    """The faults of a row of wrong solutions."""
    steps = {step.name: step.points for step in lab.steps}
    yield from (f"it fails {name}, which is no step" for name in wrong.fails if name not in steps)
    points = ALL - sum(steps.get(name, 0) for name in without_points(lab, wrong.fails))
    if wrong.points != points:
        yield f"points is {wrong.points}, expected {points} when {', '.join(wrong.fails) or 'nothing'} fails"
    if not wrong.change:
        yield "it changes nothing"
    yield from (f"it changes {row.get('file')}, which students do not hand in"
                for row in wrong.change if row.get("file") not in lab.files)
    try:
        changed(wrong, root)
    except (LabError, mutants.TableError, OSError) as error:
        yield str(error)


# --- all -----------------------------------------------------------------------------------------------------


# --- pages ---------------------------------------------------------------------------------------------------

PAGES = ("README.md", "hints.md", "design.md")
LEAST_WRONG = 4  # wrong solutions
QUOTED = re.compile(r"(\w+\.c):(\d+): ")
EXPECTATION = re.compile(r"EXPECT|REQUIRE|CHECK|_fail\(")


def page_faults(folder, tests):
    """Pages that are missing, and lines of tests that a page quotes but that have no expectation (any more)."""
    for name in PAGES:
        if not (folder / name).exists():
            yield f"{name}: there is no such page"
            continue
        for file, line in QUOTED.findall((folder / name).read_text()):
            sources = [path for path in (tests / "kernel" / file, tests / "host" / file) if path.exists()]
            lines = sources[0].read_text().splitlines() if sources else []
            if not EXPECTATION.search("".join(lines[int(line) - 1:int(line)])):
                yield f"{name}: it quotes {file}:{line}, where the tests expect nothing"


def faults(root, names):
    """The faults of all tables of these labs, each with the file that it is in."""
    tests = table.all_tests(root)
    numbers = {}
    for name in names:
        where = f"labs/{name}"
        try:
            lab, wrongs = table.load(name, root), table.load_wrong(name, root)
        except LabError as error:
            yield str(error)
            continue
        if lab.number in numbers:
            yield f"{where}/lab.toml: number is {lab.number}, which lab {numbers[lab.number]} has"
        numbers[lab.number] = name
        yield from (f"{where}/lab.toml: {fault}" for fault in lab_faults(lab, Path(root), tests))
        yield from (f"{where}/{fault}" for fault in page_faults(Path(root, where), Path(root, "tests")))
        if len(wrongs) < LEAST_WRONG and not Path(root, ".lab").exists():  # a student's tree has none
            yield f"{where}/wrong.toml: {len(wrongs)} wrong solutions, expected at least {LEAST_WRONG}"
        yield from (f"{where}/wrong.toml: two rows are called {row}" for row in twice([row.name for row in wrongs]))
        for wrong in wrongs:
            yield from (f"{where}/wrong.toml: {wrong.name}: {fault}" for fault in wrong_faults(lab, wrong, Path(root)))
