# SPDX-License-Identifier: MIT
"""Scenes: commands for the prompt that change memory, and the pictures that show it.

A scene is a file scenes/NAME.toml:

	title = "Fill high memory"
	text = '''What the reader will see, and why.'''
	highmem = true                  # a machine without high memory gets some, by highmem=
	cpus = 2                        # of the machine; 1 if it is missing
	programs = true                 # the machine has the files of user/, so that exec finds programs
	commands = ["fill HighMem 90"]  # typed one after the other; "! COMMAND" must be refused by the kernel
	address = "slot"                # of the walk: "slot", "kernel", "frame table" or a number

	[[picture]]
	kind = "carpet"                 # one of KINDS
	legend = true                   # of a carpet only: in the drawing, too
	of = "kernel"                   # of a lens only: the block of the kernel, not of the highest zone;
	                                # "programs": the one with most of their pages
	cache = "kmalloc-64"            # of objects only: the cache
	cpu = 1                         # of local-slots only: the CPU
	text = '''What this picture shows.'''

A picture is drawn of the moment before the first command and of the moment after the last one. The timelines
of slots, ranges and objects need the moments between them, too.
"""

import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[1]))
sys.path.insert(2, str(Path(__file__).resolve().parents[2] / "tests/qemu"))
import snapshot  # noqa: E402
import view as view_of  # noqa: E402

FOLDER = Path(__file__).parent / "scenes"
KINDS = ("carpet", "lens", "address-space", "blocks", "lowmem", "walk", "slots", "ranges", "objects", "local-slots")
KEYS = {"title", "text", "highmem", "cpus", "programs", "commands", "address", "picture"}


class SceneError(Exception):
    """A scene that does not exist, or a command of it that ended in another way than the scene says."""


@dataclass(frozen=True)
class Scene:
    """A file of scenes/."""

    name: str
    title: str
    text: str
    pictures: list
    commands: tuple = ()
    highmem: bool = False
    address: str = "kernel"
    cpus: int = 1
    programs: bool = False


@dataclass
class Played:
    """The moments of a scene, (command, `report json` after it) for some pictures, and (command, its output)."""

    kernel: str
    before: snapshot.Snapshot
    after: snapshot.Snapshot
    moments: list
    reports: list
    transcript: list


def names():
    """All scenes, the simplest one first."""
    return sorted((path.stem for path in FOLDER.glob("*.toml")), key=lambda name: (name != "boot", name))


def load(name):
    """A scene by its name."""
    if name not in names():
        raise SceneError(f"SCENE={name}: expected one of: {' '.join(names())}")
    row = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    pictures = row.get("picture", [])
    wrong = {*row} - KEYS | {picture.get("kind", "?") for picture in pictures} - {*KINDS}
    if wrong or not pictures or not row.get("title"):
        raise SceneError(f"scenes/{name}.toml: {sorted(wrong)}, expected a title, pictures and only known keys")
    return Scene(name, row["title"], row.get("text", ""), pictures, tuple(row.get("commands", ())),
                 row.get("highmem", False), row.get("address", "kernel"), row.get("cpus", 1),
                 row.get("programs", False))


def type_command(guest, line):
    """The output of a command. Raises a SceneError if it was refused, or was not although it begins with '!'."""
    must_fail, command = line.startswith("!"), line.lstrip("! ")
    text = guest.command(command)
    output = text[:text.rindex("\nhighland>")].strip() if "\nhighland>" in text else text.strip()
    # A command that refuses begins its message with its own name.
    if bool(re.search(rf"^{re.escape(command.split()[0])}: ", output, re.M)) != must_fail:
        raise SceneError(f"'{command}' was expected to be {'refused' if must_fail else 'obeyed'}; the kernel said:\n"
                         f"{output}")
    return command, output


def _addresses(scene, view):
    """(address, what it is) to walk."""
    mapped = sorted(view.kmap_list(), key=lambda slot: -(slot.users or 0))
    known = {"kernel": view.kernel_start, "frame table": view.mem_map,
             "slot": mapped[0].vaddr if mapped else view.pkmap_start}
    return [known[scene.address] if scene.address in known else int(str(scene.address), 0)]


def play(scene, guest, kernel, on_moment=None):
    """Plays a scene at the prompt of a guest that runs the file `kernel`.

    on_moment(label) is called while the guest is as it is drawn.
    """
    view = view_of.View(guest.read)

    def moment(label):
        taken = snapshot.take(guest, view, label, _addresses(scene, view))
        if on_moment:
            on_moment(label)
        return taken

    def slot_moment(command):
        return command, snapshot.slot_states(view.kmap_list(), view.nr_kmap_slots), view.kmap_flush_count()

    before = moment("before the scene" if scene.commands else "after boot")
    moments, reports, transcript = [slot_moment("(before)")], [], []
    wants_reports = any(picture["kind"] in ("ranges", "objects", "local-slots") for picture in scene.pictures)
    if wants_reports:
        reports.append(("(before)", snapshot.report_of(guest)))
    for line in scene.commands:
        transcript.append(type_command(guest, line))
        moments.append(slot_moment(transcript[-1][0]))
        if wants_reports:
            reports.append((transcript[-1][0], snapshot.report_of(guest)))
    after = moment("after the scene") if scene.commands else before
    return Played(kernel, before, after, moments, reports, transcript)
