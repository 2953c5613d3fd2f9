#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests the files of Visual Studio Code in .vscode/: they are valid, and their debugger reaches the kernel.

The editor itself is not needed. A session of it is a machine (a task), and a gdb that gets the commands of
launch.json through its machine interface. This program does the same, with a free port in place of 1234.
The last line is 'N passed, N failed, N skipped'.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

LIMIT = 60
FOLDER = "${workspaceFolder}"


def load(folder=Path(".vscode")):
    """The two files, as an editor reads them."""
    return [json.loads((folder / name).read_text()) for name in ("launch.json", "tasks.json")]


def paths_of(value):
    """Each path of the tree that a value of a file names."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [path for part in value for path in paths_of(part)]
    return re.findall(rf"{re.escape(FOLDER)}/([\w./-]+)", value) if isinstance(value, str) else []


def complaints(launch, tasks, makefile):
    """Each fault of the files: a path that does not exist, a task or a port that does not fit."""
    goals = set(re.findall(r"^([\w-]+):", makefile, re.M)) | {"make"}
    commands = {task["label"]: task["command"] for task in tasks["tasks"]}
    found = [f"there is no file {path}" for path in paths_of([launch, tasks]) if not Path(path).exists()]
    for wanted in ("make", "make test", "make run"):
        if wanted not in commands.values():
            found.append(f"there is no task for {wanted}")
    for label, command in commands.items():
        words = [word for word in command.split() if "=" not in word]
        found += [f"{label}: there is no goal {word}" for word in words if word not in goals]
    for entry in launch["configurations"]:
        port = entry["miDebuggerServerAddress"].rpartition(":")[2]
        command = commands.get(entry["preLaunchTask"], "")
        pae = int("/pae/" in entry["program"])
        if command != f"make debug PORT={port} PAE={pae}":
            found.append(f"{entry['name']}: expected make debug PORT={port} PAE={pae}, got '{command}'")
    for task in tasks["tasks"]:
        pattern = task["problemMatcher"]["background"]["endsPattern"] if task.get("isBackground") else ""
        if pattern and not re.search(pattern, Path("tools/debug.sh").read_text()):
            found.append(f"{task['label']}: tools/debug.sh does not print '{pattern}'")
    return found


def free_port():
    """A port that no program uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def talk(gdb, line, until):
    """Sends a command to gdb, and returns its output up to a line that matches."""
    gdb.stdin.write(line + "\n")
    gdb.stdin.flush()
    text = ""
    for line in gdb.stdout:
        text += line
        if re.search(until, line):
            return text
    return f"{text}\n(gdb has ended)"


def session(entry):
    """None if the debugger of an entry of launch.json stops in kernel_main() and knows Highland's commands."""
    port, here = free_port(), str(Path.cwd())
    machine = subprocess.Popen(
        ["tools/debug.sh", "build", "--port", str(port), "--", "qemu-system-i386", "-accel", "tcg", "-m", "64M",
         "-display", "none", "-no-reboot", "-serial", "none", "-kernel", "highland.elf", "-append",
         "" if "/pae/" in entry["program"] else "nopae"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    gdb = subprocess.Popen([entry["MIMode"], "-q", "--interpreter=mi", entry["program"].replace(FOLDER, here)],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                           start_new_session=True)
    timer = threading.Timer(LIMIT, gdb.kill)
    timer.start()
    try:
        for command in (*(part["text"] for part in entry["setupCommands"]), f"-target-select remote 127.0.0.1:{port}"):
            command = command.replace(FOLDER, here)
            text = talk(gdb, command if command.startswith("-") else f'-interpreter-exec console "{command}"',
                        r"^\^(done|connected|error)")
            if "^error" in text:
                return f"{command}: {text}"
        text = talk(gdb, "-exec-continue", r"^\*stopped|^\^error")
        if not re.search(r'\*stopped,reason="breakpoint-hit".*func="kernel_main"', text):
            return f"gdb does not stop in kernel_main(): {text}"
        text = talk(gdb, '-interpreter-exec console "hl memblock"', r"^\^(done|error)")
        return None if "physmem: 0 of" in text and "^done" in text else f"hl memblock: {text}"
    finally:
        timer.cancel()
        for process in (gdb, machine):
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()


def main():
    if not shutil.which("gdb"):
        print("gdb is not installed: the debugger of the editor is not tested")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    launch, tasks = load()
    found = {"the files": "; ".join(complaints(launch, tasks, Path("Makefile").read_text()))}
    found.update((entry["name"], session(entry)) for entry in launch["configurations"])
    for name, complaint in found.items():
        print(f"FAILED  {name}: {complaint}" if complaint else f"ok      {name}")
    failed = sum(map(bool, found.values()))
    print(f"{len(found) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
