#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the layers of the house point down, and draws them into docs/layers.md.

	tools/layers.py [--draw]

LAYERS lists the folders from the ground up. A file may include, call and refer to files of its own layer and of
the layers below it. Includes are read from the sources. Calls and data references are read from the symbols of
the objects of four kernels: with and without PAE, with DEBUG=0 and DEBUG=1. Within a layer no two files may
reach each other in both directions; a source and its header count as one file.

Without --draw the picture in docs/layers.md has to be the one that this table gives. The page also lists
all hooks: the linker sets, and the setters, which are functions of headers with _use_ in their names.
"""

import pathlib
import re
import subprocess
import sys

# A name, the folders, and what the layer is for: the first folder that holds a file decides.
LAYERS = [
    ("helpers", ["lib", "arch/i386/lib", "arch/i386/include/asm"],
     "freestanding functions, and the headers of all of arch/i386"),
    ("ground", ["kernel"], "printk, panic, the log, consoles, locks, preemption, symbols, fault injection"),
    ("machine", ["arch/i386"], "CPU, interrupts, traps, page-table entries, TLB, APICs, clocks, slots of kmap_local"),
    ("scheduler", ["sched"], "run queue, wait queues, mutexes, the list of threads"),
    ("memory", ["mm"], "memblock, page allocator, slab, vmalloc, kmap"),
    ("setup of memory", ["arch/i386/memory"], "from the firmware's map to memblock and the first page tables"),
    ("threads", ["thread"], "threads with stacks from vmalloc"),
    ("other CPUs", ["arch/i386/smp"], "start of the other CPUs, calls between CPUs, stop of the other CPUs"),
    ("block", ["block"], "disks by name, requests for them, partitions, disks in memory"),
    ("drivers", ["drivers"], "serial line, screens, keyboard"),
    ("address spaces", ["vm"], "areas, page faults, pages of files, ownership of the pages of processes"),
    ("files", ["fs", "fs/proc"], "inodes, paths, open files, pipes, sockets, terminals"),
    ("processes", ["process"], "fork, exec, exit, signals, system calls"),
    ("memory to play with", ["play"], "memory that commands of the prompt take, and keep under a number"),
    ("the top", ["init", "boot"], "kernel_main(), boot parameters, the prompt, boot actions, the entry code"),
    ("tests", ["tests"], "suites, crashes and benchmarks that run in the kernel"),
]
BUILDS = ["build/pae", "build/nopae", "build/debug/pae", "build/debug/nopae"]
PAGE = pathlib.Path("docs/layers.md")
BEGIN, END = "<!-- drawn by tools/layers.py --draw -->\n", "<!-- end of the drawing -->\n"

# The compiler calls it from every layer, and only in a build with UBSAN=1.
BY_THE_COMPILER = "kernel/ubsan.c"
# They are compiled for the host, for ring 3, for the image before a kernel runs, or with TESTS=0.
ELSEWHERE = ("user/", "tests/user/", "tests/ubench/", "tests/power/", "tests/pressure/", "tests/host/",
             "tests/qemu/", "tests/absent/", "boot/asm_offsets", "boot/image", "boot/chooser",
             "boot/grade_key", "boot/loader_info")


def layer_of(path):
    for parent in pathlib.PurePath(path).parents:
        for number, (_, folders, _) in enumerate(LAYERS):
            if str(parent) in folders:
                return number
    sys.exit(f"layers: {path} is in no layer: add its folder to the table in tools/layers.py")


def sources():
    out = subprocess.run(["tools/files.sh", "*.c", "*.h", "*.asm"], check=True, capture_output=True, text=True).stdout
    return [path for path in out.split() if not path.startswith(ELSEWHERE)]


def includes(paths):
    """Triples: the file, the file that it includes, and the words for a message."""
    for path in paths:
        for name in re.findall(r'^#include [<"]([^>"]+)[>"]', pathlib.Path(path).read_text(), re.M):
            for target in (name, f"arch/i386/include/{name}"):
                if pathlib.Path(target).exists():
                    yield path, target, f"includes {target}"


def symbols(objects):
    """Object to the names that it defines, and to those that it uses."""
    defined, used = {obj: set() for obj in objects}, {obj: set() for obj in objects}
    out = subprocess.run(["nm", "-A", *objects], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        obj, _, rest = line.partition(":")
        *_, kind, name = rest.split()
        if kind == "U":
            used[obj].add(name)
        elif kind.isupper():
            defined[obj].add(name)
    return defined, used


def calls(paths, build):
    """The same for symbols, in one build."""
    objects = {f"{build}/{pathlib.PurePath(path).with_suffix('.o')}": path for path in paths
               if not path.endswith(".h") and path != BY_THE_COMPILER}
    missing = [obj for obj in objects if not pathlib.Path(obj).exists()]
    if missing:
        sys.exit(f"layers: {missing[0]} is not built: make lint builds it first")
    defined, used = symbols(list(objects))
    where = {name: objects[obj] for obj, names in defined.items() for name in names}
    for obj, names in used.items():
        for name in sorted(names & where.keys()):
            yield objects[obj], where[name], f"uses {name} of {where[name]}"


def stem(path):
    """A source and its header are one thing, also where the header is in asm/."""
    pure = pathlib.PurePath(path)
    if "include/asm" in path:
        for source in pathlib.Path("arch/i386").rglob(f"{pure.stem}.c"):
            return str(source.with_suffix(""))
    return str(pure.with_suffix(""))


def circles(edges):
    """Sets of more than one file that reach each other (Tarjan's strongly connected components)."""
    graph = {}
    for a, b in edges:
        graph.setdefault(a, set()).add(b)
        graph.setdefault(b, set())
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(graph[node]):
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            group = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(group) > 1:
                found.append(sorted(group))

    sys.setrecursionlimit(10000)
    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def drawing():
    width = max(len(", ".join(folders)) for _, folders, _ in LAYERS)
    lines = [f"    {', '.join(f'{folder}/' for folder in folders):{width + 4}} {purpose}\n"
             for _, folders, purpose in reversed(LAYERS)]
    return BEGIN + "\n" + "".join(lines) + "\n" + END


def check_drawing(draw):
    text = PAGE.read_text()
    before, after = text.index(BEGIN), text.index(END) + len(END)
    right = text[:before] + drawing() + text[after:]
    if draw:
        PAGE.write_text(right)
    elif right != text:
        print(f"layers: the drawing in {PAGE} is stale: run tools/layers.py --draw")
        return 1
    return 0


def hooks(headers, script):
    """The sets that linker.ld names, those that macros of headers use, and the setters that headers declare."""
    named = set(re.findall(r"__start_(\w+) = ", script))
    used = set(re.findall(r"\bLINKER_SET(?:_RANKED)?\([\s\\]*(\w+)", headers)) - {"set"}
    return named, used, set(re.findall(r"^\w.*?\b(\w+_use_\w+)\(", headers, re.M))


def hook_complaints(headers, script, page):
    """Each gap in the lists of hooks of a page, as words for a message."""
    named, used, setters = hooks(headers, script)
    listed = set(re.findall(r"^\| `(\w+)(?:\(\))?`", page, re.M))
    for name in sorted(used - named):
        yield f"the set {name} is not in linker.ld"
    for name in sorted((named | setters) - listed):
        yield f"the hook {name} is not in the lists of {PAGE}"
    for name in sorted(listed - named - setters):
        yield f"{PAGE} lists {name}, which is no set of linker.ld and no setter"


def main():
    if sys.argv[1:] not in ([], ["--draw"]):
        sys.exit(f"layers: {sys.argv[1]}: expected --draw or nothing")
    paths = sources()
    uses = set(includes(paths))
    for build in BUILDS:
        uses |= set(calls(paths, build))
    upward = sorted(f"{path} {words}" for path, target, words in uses if layer_of(target) > layer_of(path))
    for line in upward:
        print(f"layers: upward: {line}")
    found = circles({(stem(path), stem(target)) for path, target, _ in uses if stem(path) != stem(target)})
    found = [group for group in found if not all(path.startswith("mm/slab") for path in group)]
    for group in found:
        print("layers: circle of files: " + ", ".join(group))
    stale = check_drawing(sys.argv[1:] == ["--draw"])
    headers = "\n".join(pathlib.Path(path).read_text() for path in paths if path.endswith(".h"))
    wrong_hooks = list(hook_complaints(headers, pathlib.Path("linker.ld").read_text(), PAGE.read_text()))
    for line in wrong_hooks:
        print(f"layers: {line}")
    print(f"layers: {len(upward)} upward includes and calls, {len(found)} circles of files, in {len(BUILDS)} builds")
    return 1 if upward or found or stale or wrong_hooks else 0


if __name__ == "__main__":
    sys.exit(main())
