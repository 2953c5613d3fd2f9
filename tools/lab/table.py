# SPDX-License-Identifier: MIT
"""The tables of a lab: labs/NAME/lab.toml says what a student writes and how it is graded, wrong.toml has wrong
solutions with the points that each deserves. labs/README.md explains every key."""

import fnmatch
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

MODES = ("pae", "nopae")


class LabError(Exception):
    """A table, a name or a file that is not as it must be; the text says what was expected."""


@dataclass
class Stub:
    """A function that the student writes: `body` boots without it, None panics and names the step."""

    file: str
    function: str
    step: str
    body: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Machine:
    """A boot, without the tests that it runs: steps with equal machines share one."""

    mode: str = "pae"
    ram: str = "512M"
    cpus: int = 1
    icount: bool = False
    cmdline: str = ""


@dataclass
class Boot:
    """Tests that a step wants to pass on a machine; `maps` adds a random memory map by seed."""

    tests: str
    mode: str = "both"
    ram: str = "512M"
    cpus: int = 1
    icount: bool = False
    cmdline: str = ""
    maps: bool = False

    def machines(self):
        """One machine for each paging mode."""
        for mode in MODES if self.mode == "both" else (self.mode,):
            yield Machine(mode, self.ram, self.cpus, self.icount, self.cmdline)


@dataclass
class Bench:
    """The limit of a cost of one operation, a row of `make bench`."""

    row: str
    column: str
    at_most: float
    mode: str = "PAE"


@dataclass
class Step:
    """A part of a lab that is passed or not."""

    name: str
    points: int
    text: str
    needs: list = field(default_factory=list)
    boots: list = field(default_factory=list)
    host: list = field(default_factory=list)
    python: list = field(default_factory=list)
    bench: Bench | None = None
    hidden: bool = False


@dataclass
class Lab:
    """A lab as its table says."""

    name: str
    title: str
    number: int
    files: list
    stubs: list
    steps: list

    def step(self, name):
        for step in self.steps:
            if step.name == name:
                return step
        raise LabError(f"STEP={name}: lab {self.name} has no such step, expected one of: "
                       + " ".join(step.name for step in self.steps))


@dataclass
class Wrong:
    """A wrong solution: the changes that make it from the reference, and the verdict that it deserves."""

    name: str
    why: str
    points: int
    fails: list
    change: list


def _make(kind, where, values):
    """An object of a data class from a table; its errors name the key."""
    fields = kind.__dataclass_fields__
    for key in values:
        if key not in fields:
            raise LabError(f"{where}: the key {key} is unknown, expected some of: {' '.join(fields)}")
    try:
        made = kind(**values)
    except TypeError as error:
        raise LabError(f"{where}: {str(error).partition(') ')[2] or error}") from error
    for key, value in values.items():
        wanted = fields[key].type
        if isinstance(wanted, type) and not isinstance(value, (wanted, int) if wanted is float else wanted):
            raise LabError(f"{where}: {key} is {value!r}, expected a {wanted.__name__}")
    return made


def read(path):
    """A TOML file as a dictionary."""
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{path}: {error}") from error


def names(root=Path(".")):
    """The names of all labs, in the order of their numbers."""
    tables = Path(root).glob("labs/*/lab.toml")
    return [name for _, name in sorted((read(path).get("number", 0), path.parent.name) for path in tables)]


def _step(where, values):
    step = _make(Step, where, values)
    step.boots = [_make(Boot, f"{where}: boots", boot) for boot in step.boots]
    for boot in step.boots:
        if boot.mode not in (*MODES, "both"):
            raise LabError(f"{where}: mode is {boot.mode!r}, expected pae, nopae or both")
    if step.bench is not None:
        step.bench = _make(Bench, f"{where}: bench", step.bench)
    if not (step.boots or step.host or step.python or step.bench):
        raise LabError(f"{where}: nothing grades it, expected boots, host, python or bench")
    return step


def load(name, root=Path(".")):
    """The lab of this name."""
    path = Path(root) / "labs" / name / "lab.toml"
    if not re.fullmatch(r"[a-z0-9-]+", name) or not path.exists():
        raise LabError(f"LAB={name}: there is no such lab, expected one of: {' '.join(names(root))}")
    values = read(path)
    values["stubs"] = [_make(Stub, f"{path}: stub", stub) for stub in values.pop("stub", [])]
    values["steps"] = [_step(f"{path}: step {step.get('name', '?')}", step) for step in values.pop("step", [])]
    return _make(Lab, str(path), {"name": name, **values})


def load_wrong(name, root=Path(".")):
    """The wrong solutions of a lab."""
    path = Path(root) / "labs" / name / "wrong.toml"
    return [_make(Wrong, f"{path}: {row.get('name', '?')}", row)
            for row in (read(path).get("wrong", []) if path.exists() else [])]


def all_tests(root=Path(".")):
    """The names of all tests that run in the kernel, each as suite.name."""
    sources = (path.read_text() for path in sorted((Path(root) / "tests/kernel").glob("*.c")))
    return [".".join(test) for text in sources for test in re.findall(r"^KTEST\((\w+),\s+(\w+)\)", text, re.M)]


def matching(globs, tests):
    """The tests that the kernel runs for this list of globs: by the name of a suite, or by their own."""
    return [test for test in tests for glob in [globs.replace(",", " ").split()]
            if any(fnmatch.fnmatchcase(test, one) or fnmatch.fnmatchcase(test.split(".")[0], one) for one in glob)]
