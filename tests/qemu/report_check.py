#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Judges what `report json` prints: against docs/report.schema.json, and the numbers against each other.

	tests/qemu/report_check.py FILE...

A file is a document, or a console log that has documents. Those of the command begin with {"version" and end with
a line }; those of the self-test report.document are on lines that begin with "# json:". The schema needs the
library jsonschema; without it, only the comparisons are made. They are exact, so nothing else may have allocated,
freed or mapped memory while the document was printed.
"""

import functools
import itertools
import json
import re
import sys
from collections import Counter
from pathlib import Path

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = Path(__file__).parents[2] / "docs/report.schema.json"
MARK = re.compile(r"^ *# json: ", re.M)
LOG_LINE = re.compile(r"^\[ *\d+\.\d{6}\] ")
PAGE = 4096
SHOWN = 5  # complaints of the schema about one document


# --- finding and reading documents --------------------------------------------------------------------


def _ending_at_brace(lines):
    """Documents among other lines; a message of the kernel may come between two lines."""
    document = None
    for line in lines:
        if line.startswith('{"version"'):
            document = []
        if document is None or LOG_LINE.match(line):
            continue
        document.append(line)
        if line == "}" or line.startswith("!"):
            yield "\n".join(document)
            document = None
    if document:
        yield "\n".join(document)  # cut: the reader complains


def documents(text):
    """The texts of all documents in a console log."""
    lines = text.replace("\r", "").splitlines()
    marked = [MARK.sub("", line) for line in lines if MARK.match(line)]
    plain = [line for line in lines if not MARK.match(line)]
    return [*_ending_at_brace(marked), *_ending_at_brace(plain)]


def _no_key_twice(pairs):
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"the key {key!r} occurs twice in an object")
    return dict(pairs)


def read(text):
    """The document of a text; ValueError if it is none."""
    return json.loads(text, object_pairs_hook=_no_key_twice)


@functools.lru_cache(maxsize=None)
def _validator():
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text()))


def sections():
    """All sections that the schema describes."""
    return set(json.loads(SCHEMA.read_text())["properties"]) - {"version"}


def against_schema(report):
    """Complaints of the schema."""
    if not jsonschema:
        return
    for error in itertools.islice(_validator().iter_errors(report), SHOWN):
        place = ".".join(map(str, error.path)) or "the document"
        yield f"{place}: {error.message[:200]}"


# --- comparing numbers --------------------------------------------------------------------------------


def differs(what, got, want):
    """A complaint if two numbers differ that should be equal."""
    if got != want:
        yield f"{what}: {got}, expected {want}"


def in_order(what, ranges, start=0, end=1 << 64):
    """Complaints about ranges, pairs of a start and an end, that are empty, overlap, or leave the outer range."""
    for first, last in ranges:
        if not start <= first < last <= end:
            yield f"{what}: the range {first:#x}-{last:#x} is not between {start:#x} and {end:#x}"
        start = max(start, last)


def sized(ranges):
    """Pairs of a start and an end, of ranges that have a size."""
    return [(int(r["start"]), int(r["start"]) + int(r["size"])) for r in ranges]


def covered(ranges, by):
    """Whether each range is inside of one of the others, after those that touch were joined."""
    joined = []
    for first, last in by:
        if joined and joined[-1][1] == first:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return all(any(a <= first and last <= b for a, b in joined) for first, last in ranges)


def whole_frames(ranges):
    """Whole frames in the ranges."""
    return sum(max(0, last // PAGE - -(-first // PAGE)) for first, last in ranges)


# --- the rules, each a function of the document --------------------------------------------------------


def physical(report):
    """e820, iomem and memblock: sorted ranges, and as many frames as the zones have."""
    memblock = report["memblock"]
    yield from in_order("e820", sized(report["e820"]["entries"]))
    yield from in_order("iomem", sized(r for r in report["iomem"]["ranges"] if r["depth"] == 0))
    lists = {name: sized(memblock[name]["regions"]) for name in ("physmem", "memory", "reserved")}
    for name, ranges in lists.items():
        yield from in_order(f"memblock.{name}", ranges)
        yield from differs(f"memblock.{name}.total_size", int(memblock[name]["total_size"]),
                           sum(last - first for first, last in ranges))
    if not covered(lists["memory"], lists["physmem"]):
        yield "memblock.memory: has RAM that memblock.physmem has not"
    yield from differs("present pages of all zones", sum(zone["present"] for zone in report["zones"]["zones"]),
                       whole_frames(lists["memory"]))


def inside(run, zone):
    """Number of frames of a run between the borders of a zone."""
    first, last = max(run[0], zone["start_pfn"]), min(run[0] + run[1], zone["start_pfn"] + zone["spanned"])
    return max(0, last - first)


def runs(report):
    """The runs cover all frames once, consist of aligned blocks, and are as long as they can be."""
    frames, zones = report["frames"], report["zones"]["zones"]
    tail, hole = (frames["states"].index(name) for name in ("tail of a block", "hole"))
    next_pfn, before = 0, None
    for run in frames["runs"]:
        first, count, state, order, zone = run
        if first != next_pfn:
            yield f"run {run}: begins at frame {first}, expected {next_pfn}"
        if first % (1 << order) or count % (1 << order) or count == 0:
            yield f"run {run}: no row of blocks of order {order}"
        if run[2:] == before:
            yield f"run {run}: continues the run before it"
        if state == tail:
            yield f"run {run}: the tail of no block"
        if state >= len(frames["states"]):
            yield f"run {run}: a state without a name"
        if state != hole and (zone >= len(zones) or inside(run, zones[zone]) != count):
            yield f"run {run}: leaves its zone"
        next_pfn, before = first + count, run[2:]
    yield from differs("frames of all runs", next_pfn, frames["max_pfn"])


def zones_have_what_runs_say(report):
    """Present, free and cached pages of each zone are those of its runs."""
    frames = report["frames"]
    pages = Counter()
    for _, count, state, order, zone in frames["runs"]:
        pages[zone, frames["states"][state]] += count
        pages[zone, "free", order] += count * (frames["states"][state] == "free")
    for number, zone in enumerate(report["zones"]["zones"]):
        name = f"zone {zone['name']}"
        present = sum(pages[number, state] for state in frames["states"] if state != "hole")
        yield from differs(f"{name}, present", zone["present"], present)
        yield from differs(f"{name}, managed", zone["managed"], present - pages[number, "reserved"])
        holes = sum(inside(run, zone) for run in frames["runs"] if frames["states"][run[2]] == "hole")
        yield from differs(f"{name}, spanned", zone["spanned"], present + holes)
        yield from differs(f"{name}, free", zone["free"], pages[number, "free"])
        for order, blocks in enumerate(zone["free_blocks"]):
            yield from differs(f"{name}, free blocks of order {order}", blocks, pages[number, "free", order] >> order)
        yield from differs(f"{name}, cached", sum(zone["cached"]), pages[number, "free, cached by a CPU"])
        if not zone["min"] <= zone["low"] <= zone["high"]:
            yield f"{name}: watermarks {zone['min']}, {zone['low']}, {zone['high']} do not rise"
        yield from differs(f"{name}, CPUs", len(zone["cached"]), len(report["cpus"]["cpus"]))


def sums(report):
    """meminfo adds up the zones."""
    zones, meminfo = report["zones"]["zones"], report["meminfo"]
    high = [zone for zone in zones if zone["start_pfn"] >= report["frames"]["max_low_pfn"]]
    low = [zone for zone in zones if zone not in high]
    for name, some in (("Mem", zones), ("High", high), ("Low", low)):
        yield from differs(f"meminfo.{name}Total", meminfo[f"{name}Total"], 4 * sum(zone["managed"] for zone in some))
        yield from differs(f"meminfo.{name}Free", meminfo[f"{name}Free"],
                           4 * sum(zone["free"] + sum(zone["cached"]) for zone in some))
    yield from differs("meminfo.Slab", meminfo["Slab"],
                       4 * sum(cache["slabs"] * cache["pages_per_slab"] for cache in report["slab"]["caches"]))


def layout(report):
    """The regions do not overlap, and the other sections know the same borders."""
    regions = {region["name"]: (region["start"], region["end"]) for region in report["layout"]["regions"]}
    yield from in_order("layout", regions.values(), report["build"]["page_offset"], 1 << 32)
    kmap, frames = report["kmap"], report["frames"]
    yield from differs("start of pkmap", regions["pkmap"][0], kmap["base"])
    yield from differs("bytes of pkmap", regions["pkmap"][1] - regions["pkmap"][0], kmap["slots"] * PAGE)
    yield from differs("start of vmalloc", regions["vmalloc"][0], report["vmalloc"]["start"])
    yield from differs("end of vmalloc", regions["vmalloc"][1], report["vmalloc"]["end"])
    yield from differs("start of lowmem", regions["lowmem"][0], report["build"]["page_offset"])
    if regions["lowmem"][1] - regions["lowmem"][0] < frames["max_low_pfn"] * PAGE:
        yield f"lowmem: smaller than {frames['max_low_pfn']} frames"
    yield from differs("entries of a page table", report["layout"]["entries_per_table"],
                       512 if report["build"]["pae"] else 1024)


def state_of(report, pfn):
    """The name of the state of a frame; None without a frame."""
    frames = report["frames"]
    return next((frames["states"][state] for first, count, state, _, _ in frames["runs"]
                 if first <= pfn < first + count), None)


UNOWNED = ("hole", "free", "free, cached by a CPU", None)


def kmap(report):
    """The counts are those of the lists, and no page has two held slots."""
    section, frames = report["kmap"], report["frames"]
    held, idle = section["held_slots"], section["idle_slots"]
    yield from differs("kmap.held", section["held"], len(held))
    yield from differs("kmap.idle", section["idle"], len(idle))
    slots = [[slot["slot"], slot["pfn"]] for slot in held]
    for name, some in (("held", slots), ("idle", idle), ("all", sorted(slots + idle))):
        yield from in_order(f"kmap, {name} slots", ((number, number + 1) for number, _ in some), end=section["slots"])
    for number, pfn in slots + idle:
        if not frames["max_low_pfn"] <= pfn < frames["max_pfn"]:
            yield f"kmap slot {number}: frame {pfn} is not in high memory"
    for slot in held:
        if state_of(report, slot["pfn"]) in UNOWNED:
            yield f"kmap slot {slot['slot']}: is held, and maps a frame that is {state_of(report, slot['pfn'])}"
        if len({"caller", "thread", "ms"} & slot.keys()) not in (0, 3):
            yield f"kmap slot {slot['slot']}: has a part of its holder: {sorted(slot)}"
    for pfn, number in Counter(slot["pfn"] for slot in held).items():
        if number > 1:
            yield f"kmap: frame {pfn} has {number} held slots"


def kmap_local(report):
    """Each mapping is in a slot of its CPU."""
    section = report["kmap_local"]
    yield from differs("kmap_local, CPUs", len(section["cpus"]), len(report["cpus"]["cpus"]))
    for number, cpu in enumerate(section["cpus"]):
        places = [slot["address"] - cpu["first_slot"] for slot in cpu["mapped"]]
        yield from in_order(f"kmap_local, CPU {number}", ((place, place + 1) for place in places),
                            end=section["depth"] * section["stride"])
        for slot, place in zip(cpu["mapped"], places):
            if place % section["stride"]:
                yield f"kmap_local, CPU {number}: {slot['address']:#x} is no slot"
            if state_of(report, slot["pfn"]) in UNOWNED:
                yield f"kmap_local, CPU {number}: maps a frame that is {state_of(report, slot['pfn'])}"


def vmalloc(report):
    """The ranges are inside of the region, and the largest gap is between two of them."""
    section = report["vmalloc"]
    ranges = [(r["start"], r["end"]) for r in section["ranges"]]
    yield from in_order("vmalloc", ranges, section["start"], section["end"])
    for r in section["ranges"]:
        yield from differs(f"pages of {r['start']:#x}", r["pages"], (r["end"] - r["start"]) // PAGE - 1)
        if ("phys" in r) != (r["purpose"] == "ioremap"):
            yield f"vmalloc: {r['start']:#x} is {r['purpose']}, and has{'' if 'phys' in r else ' no'} phys"
    ends = [section["start"], *(end for _, end in ranges)]
    starts = [*(start for start, _ in ranges), section["end"]]
    yield from differs("vmalloc.largest_gap", section["largest_gap"],
                       max(start - end for end, start in zip(ends, starts)))


def slab(report):
    """A slab has room for its objects, and each of its pages is in a run of the state slab."""
    caches, frames = report["slab"]["caches"], report["frames"]
    for cache in caches:
        name = f"cache {cache['name']}"
        yield from differs(f"{name}, objects", cache["objects"], cache["slabs"] * cache["objects_per_slab"])
        if cache["active_objects"] > cache["objects"]:
            yield f"{name}: {cache['active_objects']} of {cache['objects']} objects are in use"
        if cache["empty_slabs"] > cache["slabs"]:
            yield f"{name}: {cache['empty_slabs']} of {cache['slabs']} slabs are empty"
        if cache["object_size"] * cache["objects_per_slab"] > cache["pages_per_slab"] * PAGE:
            yield f"{name}: objects are larger than their slab"
    names = Counter(cache["name"] for cache in caches)
    yield from (f"slab: {number} caches are called {name}" for name, number in names.items() if number > 1)
    pages = sum(count for _, count, state, _, _ in frames["runs"] if frames["states"][state] == "slab")
    needed = sum(cache["slabs"] * cache["pages_per_slab"] for cache in caches)
    if pages < needed:
        yield f"slab: {pages} frames are slabs, expected at least {needed}"


def handles(report):
    """The blocks of a handle are in use, and it maps handles that exist."""
    found = report["handles"]["handles"]
    yield from in_order("handles", ((handle["number"], handle["number"] + 1) for handle in found))
    numbers = [handle["number"] for handle in found]
    for handle in found:
        block = handle.get("first_block")
        if block is not None and state_of(report, block) in UNOWNED:
            yield f"handle {handle['number']}: holds a frame that is {state_of(report, block)}"
        if not set(handle["maps"]) <= set(numbers):
            yield f"handle {handle['number']}: maps handles {handle['maps']}, expected some of {numbers}"
    used = sum(count for _, count, state, _, _ in report["frames"]["runs"]
               if report["frames"]["states"][state] in ("allocated", "slab"))
    if sum(handle["pages"] for handle in found) > used:
        yield f"handles: hold {sum(handle['pages'] for handle in found)} pages, expected at most {used}"


def threads_and_cpus(report):
    """Each CPU has an idle thread and runs one thread; tables by CPU have a place for each."""
    threads, cpus = report["threads"]["threads"], [cpu["cpu"] for cpu in report["cpus"]["cpus"]]
    yield from in_order("threads", ((thread["id"], thread["id"] + 1) for thread in threads))
    yield from in_order("cpus", ((cpu, cpu + 1) for cpu in cpus))
    names = [thread["name"] for thread in threads]
    for thread in threads:
        if thread["cpu"] not in cpus:
            yield f"thread {thread['id']}: is on CPU {thread['cpu']}, expected one of {cpus}"
        if thread["name"].startswith("idle/") and names.count(thread["name"]) > 1:
            yield f"threads: {thread['name']} occurs twice"
    running = Counter(thread["cpu"] for thread in threads if thread["state"] == "running")
    yield from (f"CPU {cpu}: runs {number} threads" for cpu, number in running.items() if number > 1)
    yield from differs("tlb, CPUs", len(report["tlb"]["cpus"]), len(cpus))
    for row in report["interrupts"]["rows"]:
        yield from differs(f"interrupts {row['label']}, CPUs", len(row["counts"]), len(cpus))


RULES = (physical, zones_have_what_runs_say, sums, layout, kmap, kmap_local, vmalloc, slab, handles,
         threads_and_cpus)


def complaints(report):
    """All complaints about a document that was read."""
    wrong = list(against_schema(report))
    missing = sections() - report.keys()
    if wrong or len(missing) == len(sections()):
        return wrong or ["the document has no section"]
    # A document of some sections was asked for: the rules are about whole ones.
    if missing or wrong:
        return wrong
    # The other rules count by state and zone of the runs.
    return list(runs(report)) or list(itertools.chain.from_iterable(rule(report) for rule in RULES))


def complaints_about(text):
    """All complaints about the text of a document."""
    try:
        report = read(text)
    except ValueError as error:
        return [f"no JSON: {error}; it ends with {text[-100:]!r}"]
    return complaints(report)


def judge(console):
    """Complaints about all documents in a console log, and about the one that the self-test should have printed."""
    found = documents(console)
    wrong = [f"report json: {complaint}" for text in found for complaint in complaints_about(text)]
    ended = re.search(r"^    ok \d+ document$", console, re.M)
    if ended and not any(sections() <= read_or_nothing(text).keys() for text in found):
        wrong.append("report json: the self-test report.document printed no whole document")
    return wrong


def read_or_nothing(text):
    """The document of a text, or an empty one."""
    try:
        return read(text)
    except ValueError:
        return {}


def main():
    failed = 0
    for name in sys.argv[1:]:
        text = Path(name).read_text(errors="replace")
        found = documents(text)
        wrong = judge(text) if found else ["no document"]
        print(*(f"{name}: {complaint}" for complaint in wrong), f"{name}: {len(found)} documents, "
              f"{len(wrong)} complaints", sep="\n")
        failed |= bool(wrong)
    if not jsonschema:
        print("Left out: the schema, for want of python3-jsonschema")
    return failed


if __name__ == "__main__":
    sys.exit(main())
