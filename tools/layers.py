#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the layers of the house point down.

The table names the layers from the ground up. A file may include, and call, what is in its own layer
or below. Includes are read from the sources; calls and data references from the symbols of the PAE
kernel's objects. Circles are sets of files that reach each other through includes. All numbers have to
be 0 but that of the circles within one layer, each of which needs a reason in docs/.
"""

import pathlib
import re
import subprocess
import sys

# The first pattern that matches the whole path of a source (or header) decides.
LAYERS = [
    ("lib, asm headers", r"lib/.*|arch/i386/(string|percpu)\..*|arch/i386/include/asm/.*"),
    ("printk, panic", r"kernel/(printk|log_ring|console|panic|ubsan|symbols)\..*"
     r"|arch/i386/(backtrace|extable|machine)\.c"),
    ("preempt, spinlocks, CPU, interrupts, time", r"kernel/(preempt|spinlock|lock_order|boot_cost|cpu_call|seed|watchdog|fault_inject)\..*"
     r"|arch/i386/(counter|cpu|cpu_report|irq|pic|pit|time)\.c"),
    ("memblock", r"mm/memblock.*|arch/i386/(e820|e820_params|iomem)\.c"),
    ("page tables, traps, fixmap, kmap_local", r"mm/(page|kmap_local)\..*"
     r"|arch/i386/(pgtable|paging|fixmap|tlb|region|ptdump|fault|traps|trap_report|descriptors"
     r"|entry_traps|setup|absent_ram|boot_problems|borders|boot_modules|set_memory|direct_map|acpi|clocks|tsc"
     r"|topology|topology_add|madt|mp_table|lapic|lapic_find|ioapic)\..*"),
    ("buddy", r"mm/(gfp|mmzone|mem_map|page_alloc|page_alloc_check|page_poison|page_debug|page_owner|buddy|pcp|watermark|zone_report"
     r"|handover|initmem)\..*"),
    ("slab", r"mm/(kmem_cache|slab|slab_\w+|kmalloc)\..*"),
    ("vmalloc", r"mm/(vmap_area|vmalloc|map_range|ioremap|kvmalloc)\..*"),
    ("threads, wait queues", r"kernel/(sched|thread|wait|mutex)\..*|arch/i386/switch\..*"),
    ("CPUs", r"arch/i386/(smp|smp_start|smp_stop)\.c|boot/trampoline\.asm"),
    ("what sleeps", r"mm/(kmap|kmap_slots|highmem|page_address)\..*|kernel/(modules|input)\..*"),
    ("drivers", r"drivers/.*"),
    ("prompt", r"boot/entry\.asm|kernel/(main|params|prompt|words|keys|lineedit|pager|boot_action)\..*"),
    ("tests", r"tests/.*"),
]

# Called by the compiler, from every layer, and only in a build with UBSAN=1.
BY_THE_COMPILER = "kernel/ubsan.c"


def layer_of(path):
    for number, (_, pattern) in enumerate(LAYERS):
        if re.fullmatch(pattern, path):
            return number
    sys.exit(f"layers: {path} is in no layer: add it to the table in tools/layers.py")


def sources():
    out = subprocess.run(["tools/files.sh", "*.c", "*.h", "*.asm"], check=True, capture_output=True,
                         text=True).stdout.split()
    return [p for p in out if not p.startswith(("tests/host/", "tests/qemu/", "tests/absent/", "boot/asm_offsets", "boot/image",
                                               "boot/chooser", "boot/loader_info"))]


def resolve(include):
    """The file that <include> names, or None for a header of the compiler."""
    for path in (include, f"arch/i386/include/{include}"):
        if pathlib.Path(path).exists():
            return path
    return None


def includes(paths):
    for path in paths:
        for name in re.findall(r'^#include [<"]([^>"]+)[>"]', pathlib.Path(path).read_text(), re.M):
            target = resolve(name)
            if target:
                yield path, target


def symbols(obj):
    defined, used = set(), set()
    out = subprocess.run(["nm", str(obj)], check=True, capture_output=True, text=True).stdout
    for line in out.splitlines():
        *_, kind, name = line.split()
        (used if kind == "U" else defined if kind.isupper() else set()).add(name)
    return defined, used


def calls():
    """Pairs of sources of which the first uses a symbol of the second, with the symbol."""
    root = pathlib.Path("build/pae")
    where, uses = {}, {}
    for path in sources():
        if path.endswith(".h") or path == BY_THE_COMPILER:
            continue
        obj = root / pathlib.Path(path).with_suffix(".o")
        if not obj.exists():
            sys.exit(f"layers: {obj} is not built: run make first")
        defined, uses[path] = symbols(obj)
        where.update({name: path for name in defined})
    for path, names in uses.items():
        for name in sorted(names):
            if name in where:
                yield path, where[name], name


def circles(edges):
    """Strongly connected sets of more than one file (Tarjan)."""
    graph = {}
    for a, b in edges:
        graph.setdefault(a, set()).add(b)
        graph.setdefault(b, set())
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == index[node]:
            group = []
            while True:
                group.append(stack.pop())
                if group[-1] == node:
                    break
            if len(group) > 1:
                found.append(sorted(group))

    sys.setrecursionlimit(10000)
    for node in list(graph):
        if node not in index:
            visit(node)
    return found


def stem(path):
    """A source and its header are one thing, wherever the header is."""
    return pathlib.Path(path).stem if "include/asm" in path else str(pathlib.Path(path).with_suffix(""))


def main():
    upward = []
    include_edges = set()
    for path, target in includes(sources()):
        if layer_of(target) > layer_of(path):
            upward.append(f"{path} includes {target}")
        include_edges.add((path, target))
    call_edges = set()
    for path, target, name in calls():
        if layer_of(target) > layer_of(path):
            upward.append(f"{path} uses {name} of {target}")
        if path != target:
            call_edges.add((path, target))
    for line in upward:
        print(f"layers: upward: {line}")
    include_circles = circles(include_edges)
    across = inside = 0
    for group in circles(call_edges):
        if len({layer_of(path) for path in group}) > 1:
            across += 1
            print("layers: circle across layers: " + ", ".join(group))
        else:
            inside += 1
            print("layers: circle within a layer: " + ", ".join(group))
    for group in include_circles:
        print("layers: circle of includes: " + ", ".join(group))
    print(f"layers: {len(upward)} upward includes and calls, {across} circles across layers, "
          f"{inside} within one, {len(include_circles)} of includes")
    return 1 if upward or across or include_circles else 0


if __name__ == "__main__":
    sys.exit(main())
