#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the commands of `make debug` in both modes and compares them with the kernel's own reports.

    tests/qemu/debugger.py              the commands, and the samples of the pages
    tests/qemu/debugger.py --build build/2G
    tests/qemu/debugger.py --planted    a copy of the commands with errors: each must be found

gdb runs in batch. It stops in kernel_main(), where most structures do not exist yet, and where the kernel is about
to leave the emulator, after `run=` has printed the reports. debugger_session.py, which runs in gdb, keeps the
answers. The last line is 'N passed, N failed, N skipped'.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import samples

HERE = Path(__file__).parent
# Text, the direct map, the page that is never mapped, a fixmap page without a frame, behind the vmalloc range,
# the first slot of kmap() in each mode, a guard of kmap_local.
ADDRESSES = (0xC0100000, 0xC0140000, 0xC0250000, 0xC1000000, 0, 0xFFFFE000, 0xFF9FE000, 0xDFFFF123, 0xFFA00000,
             0xFF800000, 0xFFD48000, 0xF8801000, 0xFFFFF123)
LIMIT = 120
# RAM that leaves 128 MiB for high memory, where a build's split is not the usual one.
RAM = {"2G": "2G", "1G": "3G"}
# The kernel's command, and gdb's, which print the same.
SAME = {"kmapinfo slots": "hl kmap", "vmallocinfo": "hl vmalloc", "slabinfo": "hl slab", "memblock": "hl memblock"}
REPORTS = ("hold", *SAME, "ps", "dmesg", *(f"ptwalk {address:#x}" for address in ADDRESSES), "zoneinfo", "buddyinfo")
FRAMES = ("0", "zones[1].start_pfn", "zones[3].start_pfn", "zones[3].start_pfn + 0x123")
EARLY = ("hl zones", "hl buddy", "hl page 0", "hl kmap", "hl vmalloc", "hl slab", "hl threads", "hl e820",
         "hl cmdline")
ALWAYS = ("hl where kernel_main", "hl walk kernel_main", "hl dmesg", "hl memblock", "hl")
PRINTS = ("print zones[1]", "print *mem_map", "print pkmap_ptes[0]", "print memblock.current_limit",
          "print 'mm/vmap_area.c'::tree", "print 'sched/sched.c'::run_queue")
WRONG = {
    "hl nothing": r"hl: 'nothing', expected one of: buddy, cmdline, ",
    "hl page": r"hl page: expected an argument: hl page PFN",
    "hl page 0x100000000": r"hl page: '0x100000000': frame 0x100000000 has no descriptor, "
                           r"expected a frame number below 0x[0-9a-f]+",
    "hl page -1": r"hl page: '-1': .* has no descriptor, expected a frame number below 0x[0-9a-f]+",
    "hl page no_name": r"hl page: 'no_name': No symbol \"no_name\".*; expected a frame number below",
    "hl page 1.5.2": r"hl page: '1.5.2': .*; expected a frame number below",
    "hl where": r"hl where: expected an argument: hl where ADDR",
    "hl where 0x100000000": r"hl where: '0x100000000': expected an address of 32 bits such as 0xc0100000",
    "hl where *(int *)0": r"hl where: .*Cannot access memory at address 0x0; expected an address of 32 bits",
    "hl walk 1 +": r"hl walk: '1 \+': .*; expected an address of 32 bits",
    "hl walk -1ll": r"hl walk: '-1ll': expected an address of 32 bits",
    "hl buddy Middle": r"hl buddy: 'Middle', expected a zone: DMA, Normal, HighMem",
    **{f"hl {name} more": rf"hl {name}: 'more', expected no argument"
       for name in ("zones", "kmap", "vmalloc", "slab", "threads", "dmesg", "memblock", "e820", "cmdline")}}
COMPLETIONS = {"complete hl b": "hl buddy", "complete hl buddy h": "hl buddy HighMem",
               "complete hl where memblock.current_l": "hl where memblock.current_limit"}


class Run:
    """One batch run: the kernel's reports, and the answers of gdb, by their commands."""

    def __init__(self, mode, commands, folder, tools="tools", build="build"):
        serial, script, answers = (Path(folder) / f"{mode}.{kind}" for kind in ("serial", "py", "json"))
        job = {"early": [*EARLY, *ALWAYS], "commands": commands, "answers": str(answers)}
        script.write_text(f"JOB = {job!r}\n{(HERE / 'debugger_session.py').read_text()}")
        # The command line is also what separates the reports.
        reports = f"cmdline;{';cmdline;'.join(REPORTS)};cmdline"
        machine = ["qemu-system-i386", "-accel", "tcg", "-m", RAM.get(Path(build).name, "1G"), "-smp", "2",
                   "-display", "none", "-no-reboot",
                   "-device", "isa-debug-exit,iobase=0xf4,iosize=4", "-serial", f"file:{serial}",
                   "-kernel", "highland.elf",
                   "-append", ("nopae " if mode == "nopae" else "") + f'run="{reports}"']
        process = subprocess.Popen([f"{tools}/debug.sh", build, "-batch", "-x", str(script), "--", *machine],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            self.gdb, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.gdb = f"no end after {LIMIT} s"
        finally:
            # QEMU waits for its debugger for ever: it ends with the group, whatever has happened.
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.kernel = serial.read_text(errors="replace").replace("\r", "") if serial.exists() else ""
        self.answers = json.loads(answers.read_text()) if answers.exists() else {}
        parts = re.split(r"^highland\.elf .*\n", self.kernel, flags=re.M)
        self.reports = dict(zip(REPORTS, parts[1:])) if len(parts) == len(REPORTS) + 2 else {}

    def answer(self, command):
        """The output of gdb."""
        return self.answers.get(command, "error: not run")

    def report(self, command):
        """The output of the kernel."""
        return self.reports.get(command, "no report")


def _differ(wanted, got):
    """None if two lists of lines are equal, else the first difference."""
    if not wanted:
        return "the kernel shows nothing"
    for one, other in zip([*wanted, "the end"], [*got, "the end"]):
        if one != other:
            return f"the kernel shows\n      {one}\n    and gdb\n      {other}"
    return None


def _plain(text):
    """Lines without the times that pass between two reports."""
    return re.sub(r"\d+ ms\b", "* ms", text).rstrip().splitlines()


def check_same(run, command):
    return _differ(_plain(run.report(command)), _plain(run.answer(SAME[command])))


def _walk(text):
    """The lines of a walk without the bits that the CPU sets, which may happen between two reports."""
    text = re.sub(r"^(\S+ +\[ *\d+\]  [0-9a-f]+)([0-9a-f]{2})(?=  )",
                  lambda match: f"{match[1]}{int(match[2], 16) & ~0x60:02x}", text, flags=re.M)
    text = re.sub(r"^CR3 .*\n", "", text, flags=re.M)
    return [re.sub(r" (dirty|accessed)\b", "", line).rstrip() for line in text.splitlines()]


def check_walk(run, address):
    return _differ(_walk(run.report(f"ptwalk {address:#x}")), _walk(run.answer(f"hl walk {address:#x}")))


def check_where(run, address):
    """hl where has the region and the walk of hl walk, and a frame or a reason why there is none."""
    walk, where = _walk(run.answer(f"hl walk {address:#x}")), _walk(run.answer(f"hl where {address:#x}"))
    missing = [line for line in walk if line not in where]
    if missing or not walk:
        return f"hl where does not show {missing}"
    if walk[-1].endswith("is not mapped"):
        return None if not re.search("^frame|^mapped", "\n".join(where), re.M) else "a frame of an unmapped address"
    paddr = int(walk[-1].split()[-1], 16)
    text = "\n".join(where)
    if f"frame {hex(paddr >> 12) if paddr >> 12 else 0}: PAGE_" not in text:
        return f"no descriptor of frame {paddr >> 12:#x}:\n{text}"
    mapped = f"  {address & ~0xfff:08x} {walk[0].split(': ')[1]}: " in text
    return None if mapped else f"not among its mappings:\n{text}"


def check_held(run):
    """The page that `hold` maps with kmap(): the kernel names its address and frame in kmapinfo."""
    held = re.search(r"^([0-9a-f]{8}) frame (0x[0-9a-f]+) 1 user, since (hold\+\w+)",
                     run.report("kmapinfo slots"), re.M)
    if not held:
        return "the kernel shows no page that hold has mapped"
    address, frame, caller = held.groups()
    where, page = run.answer("where held"), run.answer("page held")
    # The page may be a tail: `hold` takes the highest page of a block.
    descriptor = (rf"^frame {frame}: PAGE_(USED|TAIL), order 0, zone HighMem, physical {frame}000\n.*\n"
                  r"((?<=\n)  in the block of frame 0x\w+: PAGE_USED, |(?!  in ))")
    for text, pattern in (
            (where, rf"^{address} is in: pkmap slot 0$"), (where, descriptor), (page, descriptor),
            (where, rf"1 user; the first user was {re.escape(caller)}, thread 'prompt'$"),
            (where, rf"^mapped at\n  {address} pkmap slot 0: "),
            (run.answer("print pkmap_ptes[0]"), rf"\(frame {frame}: .*\bwrite present\)")):
        if not re.search(pattern, text, re.M):
            return f"expected {pattern}, got:\n{text}"
    return None


def _zones_of_kernel(text):
    zones = {}
    for part in re.split(r"^Node 0, zone +", text, flags=re.M)[1:]:
        start = re.search(r"start_pfn: +(\d+)", part)
        figures = [int(re.search(rf"^ +(?:pages )?{name} +(\d+)$", part, re.M)[1])
                   for name in ("spanned", "present", "managed", "free")]
        cached = sum(map(int, re.findall(r"count: (\d+)", part)))
        if start:
            zones[part.split(None, 1)[0]] = [int(start[1]), *figures, cached]
    return zones


def check_zones(run):
    kernel = _zones_of_kernel(run.report("zoneinfo"))
    gdb = {name: [int(start, 0), *map(int, figures)] for name, start, *figures in re.findall(
        r"^(\w+) +(0|0x\w+) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+)$", run.answer("hl zones"), re.M)}
    for name in sorted(set(kernel) | set(gdb)):
        one, other = kernel.get(name), gdb.get(name)
        # A page or two may have changed hands since.
        if not one or not other or one[:4] != other[:4] or any(abs(one[at] - other[at]) > 64 for at in (4, 5)):
            return f"zone {name}: {one} and {other} (start, spanned, present, managed, free, cached)"
    return None if kernel else "zoneinfo shows no zone"


def _blocks(text):
    return {name: list(map(int, counts.split()))
            for name, counts in re.findall(r"^Node 0, zone +(\w+) +([\d ]+)$", text, re.M)}


def check_buddy(run):
    """The counts of blocks by order; the lists of each zone have the same numbers and no complaint."""
    kernel, gdb = _blocks(run.report("buddyinfo")), _blocks(run.answer("hl buddy"))
    if not kernel or kernel.keys() != gdb.keys():
        return f"buddyinfo shows {kernel}, hl buddy {gdb}"
    for name, counts in kernel.items():
        if len(counts) != len(gdb[name]) or sum(abs(a - b) for a, b in zip(counts, gdb[name])) > 4:
            return f"zone {name}: buddyinfo shows {counts}, hl buddy {gdb[name]}"
        text = run.answer(f"hl buddy {name}")
        lines = [list(map(int, line)) for line in re.findall(r"^ +(\d+) +(\d+) +(\d+)(?: |$)", text, re.M)]
        if lines != [[size, count, count << size] for size, count in enumerate(gdb[name])] or "damage" in text:
            return f"hl buddy shows {gdb[name]} for {name}, and hl buddy {name}\n{text}"
        if sum(counts) and not re.search(r"  0x[0-9a-f]+", text):
            return f"hl buddy {name} shows no block:\n{text}"
    return None


def check_pages(run):
    """A frame has the zone that zoneinfo says, and no state that contradicts another report."""
    for name, (start, *_) in _zones_of_kernel(run.report("zoneinfo")).items():
        text = run.answer(f"hl page {FRAMES[('DMA', 'Normal', 'HighMem').index(name)]}")
        if f"zone {name}, physical {hex(start << 12) if start else 0}\n" not in text:
            return f"frame {start:#x}: expected zone {name}, got: {text}"
    free, tail = run.answer(f"hl page {FRAMES[2]}"), run.answer(f"hl page {FRAMES[3]}")
    if "PAGE_FREE, order 10, zone HighMem" not in free:
        return f"the first frame of HighMem is not free: {free}"
    block = f"in the block of {free.split(':')[0]}: PAGE_FREE, order 10"
    return None if "PAGE_TAIL" in tail and block in tail else f"expected {block}, got: {tail}"


def check_threads(run):
    """ps shows the same threads. Idle threads and CPUs change at any time."""
    wanted = re.findall(r"^ +(\d+) +\d+ (\w+) +(\S+)$", run.report("ps"), re.M)
    got = re.findall(r"^ +(\d+) +\d+ (\w+) +(\S+) +([0-9a-f]{8})-([0-9a-f]{8})(?:  [0-9a-f]{8})?$",
                     run.answer("hl threads"), re.M)
    stacks = all(int(low, 16) < int(high, 16) <= int(low, 16) + 0x4000 for *_, low, high in got)
    same = [(number, name.startswith("idle/") or state, name) for number, state, name in wanted] == \
        [(number, name.startswith("idle/") or state, name) for number, state, name, *_ in got]
    own = "stack of thread 'prompt'" in run.answer("hl where $esp")
    return None if wanted and same and stacks and own else f"ps shows {wanted}, hl threads {run.answer('hl threads')}"


def check_log(run, name="hl dmesg"):
    """dmesg, and then perhaps a message that came later."""
    wanted, got = run.report("dmesg").splitlines(), run.answer(name).splitlines()
    return _differ(wanted, got[:len(wanted)]) or (None if len(got) <= len(wanted) + 3 else f"more lines: {got[-5:]}")


def check_damaged(run):
    text = run.answer("damaged dmesg")
    return None if re.match(r"The message at byte \d+ of the log makes no sense: ", text) else text


def check_e820(run):
    """The map that the boot has printed; no parameter has changed it."""
    wanted = re.findall(r"^\[ *0\.\d+\] BIOS-(e820: .*)$", run.kernel.split("\nhighland.elf ")[0], re.M)
    return _differ(wanted, run.answer("hl e820").splitlines())


def check_cmdline(run):
    wanted = re.search(r"^highland\.elf .*$", run.kernel, re.M)
    return _differ([wanted[0]] if wanted else [], run.answer("hl cmdline").splitlines())


def check_prints(run):
    """The printers: a summary that the reports confirm."""
    limit = re.search(r"^limit (0x[0-9a-f]+)", run.report("memblock"), re.M)
    ranges = len(run.report("vmallocinfo").splitlines())
    for command, pattern in zip(PRINTS, (
            r"zone Normal: frames 0x1000 to 0x[37b]8000, \d+ free = \{lock = ",
            r"frame 0: PAGE_RESERVED, order 0, zone DMA = \{",
            r"0x[0-9a-f]+ \(", rf"= {limit[1] if limit else 'no limit'}$", rf"= {ranges} ranges from \w+ to \w+ = \{{",
            r"= (empty list|\d+ others in the list) = ")):
        if not re.search(pattern, run.answer(command)):
            return f"{command}: expected {pattern}, got {run.answer(command)}"
    return None


def check_early(run):
    """In kernel_main(): an error that says why, or an answer."""
    for command in EARLY:
        if not re.match(r"error: .*\byet\b", run.answer(f"early {command}")):
            return f"{command}: {run.answer(f'early {command}')}"
    for command in ALWAYS:
        if run.answer(f"early {command}").startswith("error: ") or not run.answer(f"early {command}"):
            return f"{command}: {run.answer(f'early {command}')}"
    return None if "no frame table yet" in run.answer("early hl where kernel_main") else "hl where does not say so"


def check_wrong(run):
    for command, pattern in WRONG.items():
        if not re.match(f"error: {pattern}", run.answer(command)):
            return f"{command}: expected {pattern}, got {run.answer(command)}"
    return None


def check_help(run):
    """`hl` lists each command with its arguments; `help` describes it; gdb completes its name."""
    names = re.findall(r"^hl (\w+)", run.answer("hl"), re.M)
    wanted = sorted("zones buddy page where walk kmap vmalloc slab threads dmesg memblock e820 cmdline".split())
    if names != wanted:
        return f"hl lists {names}, expected {wanted}"
    wide = [line for line in run.answer("hl").splitlines() if len(line) > 80]
    if wide:
        return f"more than 80 columns: {wide}"
    for name in names:
        if not re.match(rf"hl {name}\b.*: .*\n\n.{{20}}", run.answer(f"help hl {name}")):
            return f"help hl {name}: {run.answer(f'help hl {name}')}"
    for command, wanted in COMPLETIONS.items():
        if run.answer(command).strip() != wanted:
            return f"{command}: expected {wanted}, got {run.answer(command)}"
    return None


def check_mode(run, mode):
    name = {"pae": "PAE", "nopae": "non-PAE"}[mode]
    if f"The {name} kernel was chosen." not in run.gdb or not re.search(rf"Highland \S+ \({name}\)", run.kernel):
        return f"expected the {name} kernel and its symbols; gdb says:\n{run.gdb[-1500:]}"
    if not run.reports or "Traceback" in run.gdb:
        return f"the reports are not complete; gdb says:\n{run.gdb[-1500:]}"
    return None


def check(run, mode):
    """The complaint of each check, or None, by its name."""
    if not run.answers:
        return {"the session of gdb": f"it ended early and says:\n{run.gdb[-1500:]}"}
    return {"the right symbols": check_mode(run, mode),
            **{SAME[command]: check_same(run, command) for command in SAME},
            **{f"hl walk {address:#x}": check_walk(run, address) for address in ADDRESSES},
            **{f"hl where {address:#x}": check_where(run, address) for address in ADDRESSES},
            "hl where, hl page of a mapped page": check_held(run), "hl zones": check_zones(run),
            "hl buddy": check_buddy(run), "hl page": check_pages(run), "hl threads": check_threads(run),
            "hl dmesg": check_log(run), "hl dmesg, wrapped": check_log(run, "wrapped dmesg"),
            "hl dmesg, position 2^32": check_log(run, "overflowing dmesg"), "hl dmesg, damaged": check_damaged(run),
            "hl e820": check_e820(run), "hl cmdline": check_cmdline(run), "printers": check_prints(run),
            "before the structures exist": check_early(run), "bad input": check_wrong(run),
            "hl, help, completion": check_help(run)}


def commands_for(mode):
    """All commands of a run, without those of the pages."""
    names = "zones buddy page where walk kmap vmalloc slab threads dmesg memblock e820 cmdline".split()
    return ["hl", *(f"hl {name}" for name in names if name not in ("page", "where", "walk")),
            *(f"hl buddy {zone}" for zone in ("DMA", "Normal", "HighMem")),
            *(f"hl page {pfn}" for pfn in FRAMES),
            *(f"hl {verb} {address:#x}" for verb in ("walk", "where") for address in ADDRESSES),
            "hl where $esp", *PRINTS, *WRONG, *COMPLETIONS, *(f"help hl {name}" for name in names)]


# --- errors in a copy ---------------------------------------------------------------------------------

@dataclass
class Plant:
    """An error in a copy of the commands, and the check that must complain."""

    file: str
    right: str
    wrong: str
    check: str


PLANTS = (
    Plant("address.py", '"PTE_GLOBAL", True', '"PTE_PCD", True', "hl walk 0xc1000000"),
    Plant("address.py", "base + number * PAGE, pte", "base + (number + 1) * PAGE, pte",
          "hl where, hl page of a mapped page"),
    Plant("address.py", 'return "gap between vmalloc and pkmap"', 'return "vmalloc"', "hl walk 0xff9fe000"),
    Plant("boot.py", "if low > start:", "if low >= start + 4096:", "hl memblock"),
    Plant("boot.py", "(self.bytes[start:] + self.bytes)[:length]", "self.bytes[start:start + length]",
          "hl dmesg, wrapped"),
    Plant("boot.py", "self.head - position & 0xffffffff", "self.head - position", "hl dmesg, position 2^32"),
    Plant("boot.py", "first + size - 1:#018x", "first + size:#018x", "hl e820"),
    Plant("frames.py", "per_cpu(variable(\"pcp_lists\"), cpu)", "per_cpu(variable(\"pcp_lists\"), 0)", "hl zones"),
    Plant("frames.py", "head = pfn >> size << size", "head = pfn >> size + 1 << size", "hl page"),
    Plant("frames.py", "f\"{int(area['nr_free']):6} \"", "f\"{int(area['head']):6} \"", "hl buddy"),
    Plant("kernel.py", "if text and not self.arguments:", "if False:", "bad input"),
    Plant("mappings.py", "_users(slot) == 0 for", "_users(slot) < 0 for", "hl kmap"),
    Plant("mappings.py", "below = node[\"child\"][1]", "below = node[\"child\"][0]", "hl vmalloc"),
    Plant("threads.py", "- _cached(int(cache[\"number\"]))", "", "hl slab"),
    Plant("threads.py", "key=lambda thread: int(thread[\"id\"])", "key=lambda thread: -int(thread[\"id\"])",
          "hl threads"),
    Plant("printers.py", 'self.value["start_pfn"]', 'self.value["present_pages"]', "printers"),
)


def plant(folder, plants):
    """A tree with the headers of this one, and a copy of tools/ in which the errors are."""
    for path in Path().resolve().iterdir():
        if path.name != "tools":
            (Path(folder) / path.name).symlink_to(path)
    shutil.copytree("tools", Path(folder) / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for one in plants:
        path = Path(folder) / "tools/gdb" / one.file
        text = path.read_text()
        if text.count(one.right) != 1:
            raise ValueError(f"{one.file} has {text.count(one.right)} times, expected once: {one.right}")
        path.write_text(text.replace(one.right, one.wrong))
    return f"{folder}/tools"


def test_plants(folder):
    """All errors at once: each is in another command, and each check of those commands must complain."""
    (Path(folder) / "tree").mkdir()
    run = Run("pae", commands_for("pae"), folder, plant(Path(folder) / "tree", PLANTS))
    complaints = check(run, "pae")
    if complaints["the right symbols"]:
        return {"the planted copy": complaints["the right symbols"]}
    return {f"planted in {one.file}: {one.wrong}": None if complaints[one.check] else f"{one.check} did not notice"
            for one in PLANTS}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planted", action="store_true", help="plant errors in a copy of the commands")
    parser.add_argument("--build", default="build", help="folder of the kernels, such as build/debug")
    options = parser.parse_args()
    planted = options.planted
    if not shutil.which("gdb"):
        print("gdb is not installed: its commands are not tested")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    passed = failed = 0
    own = [sample for sample in samples.read() if sample.command.startswith("gdb ") and options.build == "build"]
    with tempfile.TemporaryDirectory(prefix="highland-") as folder:
        for mode in ("pae",) if planted else ("pae", "nopae"):
            if planted:
                checks = test_plants(folder)
            else:
                commands = [*commands_for(mode), *(sample.command[4:] for sample in own if sample.mode == mode)]
                run = Run(mode, list(dict.fromkeys(commands)), folder, build=options.build)
                checks = check(run, mode)
                checks.update((sample.where, sample.complaint(run.answer(sample.command[4:]).removeprefix("error: ")))
                              for sample in own if sample.mode == mode)
            for name, complaint in checks.items():
                passed, failed = passed + (not complaint), failed + bool(complaint)
                print(f"FAILED  {mode}, {name}: {complaint}" if complaint else f"ok      {mode}, {name}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
