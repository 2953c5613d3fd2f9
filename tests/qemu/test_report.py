# SPDX-License-Identifier: MIT
"""Tests of report_check.py: the samples are right, and each planted mistake is named."""

import copy
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import report_check  # noqa: E402

DATA = Path(__file__).parents[1] / "data/report"
SAMPLES = sorted(DATA.glob("*.json"))


def sample(name="nopae-2G-held"):
    """The text of a sample: a machine whose kmap() slots are held, idle and empty."""
    return (DATA / f"{name}.json").read_text()


def put(value, *path):
    """A change of the document: the value at a path."""
    def change(report):
        for key in path[:-1]:
            report = report[key]
        report[path[-1]] = value
    return change


def add(number, *path):
    """A change of a number at a path."""
    def change(report):
        for key in path[:-1]:
            report = report[key]
        report[path[-1]] += number
    return change


def drop(*path):
    """A change that removes what is at a path."""
    def change(report):
        for key in path[:-1]:
            report = report[key]
        del report[path[-1]]
    return change


def swap(*path):
    """A change of the order of the first two elements at a path."""
    def change(report):
        for key in path:
            report = report[key]
        report[0], report[1] = report[1], report[0]
    return change


def repeat(*path):
    """A change that has the first element at a path twice."""
    def change(report):
        for key in path:
            report = report[key]
        report.insert(1, copy.deepcopy(report[0]))
    return change


def split_run(report):
    """A long run becomes two, which the kernel would have made one."""
    runs = report["frames"]["runs"]
    at = next(i for i, run in enumerate(runs) if run[1] >= 2 << run[3])
    first, count, *kind = runs[at]
    runs[at:at + 1] = [[first, 1 << kind[1], *kind], [first + (1 << kind[1]), count - (1 << kind[1]), *kind]]


def held(report):
    return report["kmap"]["held_slots"][0]


def free_frame(report):
    """The last frame of high memory that is free."""
    states = report["frames"]["states"]
    return next(first for first, _, state, _, zone in reversed(report["frames"]["runs"])
                if states[state] == "free" and zone == 3)


def second_slot(report):
    number, _ = report["kmap"]["idle_slots"].pop()
    report["kmap"]["held_slots"].append(held(report) | {"slot": number})
    report["kmap"]["held"] += 1
    report["kmap"]["idle"] -= 1


def two_idle_threads(report):
    threads = report["threads"]["threads"]
    threads.append(threads[0] | {"id": threads[-1]["id"] + 1, "state": "ready"})


def all_run(report):
    for thread in report["threads"]["threads"]:
        thread.update(state="running", cpu=0)


# Each mistake: the change that plants it, and words of the complaint.
AGAINST_SCHEMA = {
    "another version": (put(2, "version"), "version"),
    "an unknown section": (put({}, "weather"), "weather"),
    "an unknown member": (put(1, "zones", "zones", 0, "colour"), "colour"),
    "a missing member": (drop("zones", "zones", 0, "free"), "free"),
    "a string for a number": (put("3", "kmap", "held"), "kmap.held"),
    "a number that a reader rounds": (put(1 << 53, "e820", "entries", 0, "size"), "entries.0.size"),
    "a negative number": (put(-1, "meminfo", "MemFree"), "meminfo.MemFree"),
    "a short run": (drop("frames", "runs", 0, 4), "frames.runs.0"),
    "a long run": (lambda report: report["frames"]["runs"][0].append(0), "frames.runs.0"),
    "an order that is too large": (put(12, "frames", "runs", 0, 3), "frames.runs.0"),
    "an unknown state of a thread": (put("lost", "threads", "threads", 0, "state"), "threads.threads.0.state"),
    "a caller that is a number": (lambda report: held(report).update(caller=5), "caller"),
}

AGAINST_RULES = {
    "e820, out of order": (swap("e820", "entries"), "e820: the range"),
    "iomem, a range twice": (repeat("iomem", "ranges"), "iomem: the range"),
    "memblock, out of order": (swap("memblock", "reserved", "regions"), "memblock.reserved: the range"),
    "memblock, a wrong sum": (add(4096, "memblock", "memory", "total_size"), "memblock.memory.total_size"),
    "memblock, RAM from nowhere": (add(4096, "memblock", "memory", "regions", -1, "size"), "physmem has not"),
    "a gap between runs": (drop("frames", "runs", 3), "begins at frame"),
    "a run that is missing at the end": (drop("frames", "runs", -1), "frames of all runs"),
    "a run twice": (repeat("frames", "runs"), "begins at frame"),
    "a run in two parts": (split_run, "continues the run before it"),
    "a block that is not aligned": (put(9, "frames", "runs", 2, 3), "no row of blocks of order 9"),
    "a tail without a block": (put(2, "frames", "runs", 0, 2), "the tail of no block"),
    "a state without a name": (put(15, "frames", "runs", 0, 2), "a state without a name"),
    "a frame of another zone": (put(2, "frames", "runs", 0, 4), "leaves its zone"),
    "a page too many is present": (add(1, "zones", "zones", 1, "present"), "zone Normal, present"),
    "a page too many is managed": (add(1, "zones", "zones", 1, "managed"), "zone Normal, managed"),
    "a hole too many": (add(1, "zones", "zones", 0, "spanned"), "zone DMA, spanned"),
    "a page too many is free": (add(1, "zones", "zones", 3, "free"), "zone HighMem, free"),
    "a free block too few": (add(-1, "zones", "zones", 1, "free_blocks", 10), "free blocks of order 10"),
    "a cached page that was counted twice": (add(1, "zones", "zones", 1, "cached", 0), "zone Normal, cached"),
    "watermarks out of order": (put(1 << 20, "zones", "zones", 1, "min"), "do not rise"),
    "a zone that knows one CPU more": (lambda report: report["zones"]["zones"][0]["cached"].append(0),
                                       "zone DMA, CPUs"),
    "MemTotal": (add(4, "meminfo", "MemTotal"), "meminfo.MemTotal"),
    "HighFree": (add(4, "meminfo", "HighFree"), "meminfo.HighFree"),
    "LowTotal": (add(-4, "meminfo", "LowTotal"), "meminfo.LowTotal"),
    "Slab": (add(4, "meminfo", "Slab"), "meminfo.Slab"),
    "regions that overlap": (add(1 << 24, "layout", "regions", 0, "end"), "layout: the range"),
    "pkmap elsewhere": (add(4096, "kmap", "base"), "start of pkmap"),
    "another end of vmalloc": (add(-4096, "vmalloc", "end"), "end of vmalloc"),
    "lowmem that is too small": (add(-4096, "layout", "regions", 0, "end"), "lowmem: smaller"),
    "page tables of the other mode": (put(512, "layout", "entries_per_table"), "entries of a page table"),
    "a held slot too many": (add(1, "kmap", "held"), "kmap.held"),
    "an idle slot too few": (add(-1, "kmap", "idle"), "kmap.idle"),
    "slots out of order": (swap("kmap", "idle_slots"), "kmap, idle slots: the range"),
    "a slot that is held and idle": (lambda report: held(report).update(slot=report["kmap"]["idle_slots"][0][0]),
                                     "kmap, all slots: the range"),
    "a slot of low memory": (put(300, "kmap", "idle_slots", 0, 1), "is not in high memory"),
    "a held slot of a free page": (lambda report: held(report).update(pfn=free_frame(report)), "that is free"),
    "a page with two held slots": (second_slot, "has 2 held slots"),
    "a holder without a thread": (lambda report: held(report).pop("thread"), "a part of its holder"),
    "kmap_local beside its slot": (lambda report: report["kmap_local"]["cpus"][1]["mapped"].append(
        {"address": report["kmap_local"]["cpus"][1]["first_slot"] + 8, "pfn": 300, "caller": "f+0x1"}), "is no slot"),
    "kmap_local on another CPU": (lambda report: report["kmap_local"]["cpus"][0]["mapped"].append(
        {"address": report["kmap_local"]["cpus"][1]["first_slot"] + (20 << 12), "pfn": 300, "caller": "f+0x1"}),
        "kmap_local, CPU 0: the range"),
    "vmalloc, out of order": (swap("vmalloc", "ranges"), "vmalloc: the range"),
    "vmalloc, a page too many": (add(1, "vmalloc", "ranges", 0, "pages"), "pages of 0x"),
    "vmalloc, a device without an address": (put("ioremap", "vmalloc", "ranges", 0, "purpose"), "has no phys"),
    "vmalloc, a wrong gap": (add(4096, "vmalloc", "largest_gap"), "vmalloc.largest_gap"),
    "slab, an object too many": (add(1, "slab", "caches", 0, "objects"), "objects:"),
    "slab, more in use than there are": (lambda report: report["slab"]["caches"][0].update(
        active_objects=report["slab"]["caches"][0]["objects"] + 1), "objects are in use"),
    "slab, objects larger than a slab": (put(1 << 16, "slab", "caches", 0, "object_size"), "larger than their slab"),
    "slab, frames that are none": (lambda report: [add(1000, "slab", "caches", 0, "slabs")(report),
                                                   add(1000 * report["slab"]["caches"][0]["objects_per_slab"],
                                                       "slab", "caches", 0, "objects")(report)], "frames are slabs"),
    "a cache twice": (repeat("slab", "caches"), "2 caches are called"),
    "a handle twice": (repeat("handles", "handles"), "handles: the range"),
    "a handle of free memory": (lambda report: report["handles"]["handles"][0].update(first_block=free_frame(report)),
                                "holds a frame that is free"),
    "a handle that maps nothing": (put([99], "handles", "handles", 0, "maps"), "maps handles [99]"),
    "handles of more than all memory": (put(1 << 30, "handles", "handles", 0, "pages"), "expected at most"),
    "a thread twice": (repeat("threads", "threads"), "threads: the range"),
    "an idle thread twice": (two_idle_threads, "idle/0 occurs twice"),
    "two threads run on a CPU": (all_run, "CPU 0: runs"),
    "a thread on a CPU that is not there": (put(31, "threads", "threads", 0, "cpu"), "is on CPU 31"),
    "a CPU too few in tlb": (drop("tlb", "cpus", 0), "tlb, CPUs"),
    "a CPU too few in interrupts": (drop("interrupts", "rows", 0, "counts", 0), "interrupts 1, CPUs"),
}


class Documents(unittest.TestCase):
    """Documents are found in a console log, and read."""

    def test_of_the_command_between_messages(self):
        text = sample()
        lines = text.splitlines()
        lines.insert(3, "[    1.234567] a message of another CPU")
        console = "\n".join(["Highland", *lines, "kmap slots: 0 held", *text.splitlines()])
        self.assertEqual([len(report_check.read(found)) for found in report_check.documents(console)],
                         [len(report_check.read(text))] * 2)
        self.assertEqual(report_check.judge(console), [])

    def test_of_the_self_test(self):
        marked = "".join(f"    # json: {line}\r\n" for line in sample().splitlines())
        self.assertEqual(report_check.judge(f"{marked}    ok 1 document\n"), [])
        self.assertEqual(len(report_check.documents(marked)), 1)

    def test_none_where_the_self_test_passed(self):
        some = '    # json: {"version":1,\n    # json: "zones":{}\n    # json: }\n'
        self.assertIn("no whole document", " ".join(report_check.judge("    ok 1 document\n")))
        self.assertIn("no whole document", " ".join(report_check.judge(f"{some}    ok 1 document\n")))
        self.assertEqual(report_check.judge("ok 1 buddy\n"), [])

    def test_broken(self):
        text = sample()
        twice = text.replace('"version":1,', '"version":1,"version":1,', 1)
        mistake = text.replace("\n}\n", "\n!a value in an object has no key\n")
        for wrong in (text[:2000], text.replace("\n}\n", "\n"), text.replace(",", ";", 1), twice, mistake):
            self.assertRegex(" ".join(report_check.judge(wrong)), "no JSON")

    def test_of_some_sections(self):
        whole = report_check.read(sample())
        some = json.dumps({key: whole[key] for key in ("version", "zones", "kmap")})
        self.assertEqual(report_check.complaints_about(some), [])
        self.assertEqual(len(report_check.complaints_about('{"version":1}')), 1)


class Rules(unittest.TestCase):
    """Each rule about a document names its breach."""

    def complaints(self, change):
        report = report_check.read(sample())
        change(report)
        return report_check.complaints(report)

    def test_samples(self):
        self.assertGreaterEqual(len(SAMPLES), 2)
        for path in SAMPLES:
            self.assertEqual(report_check.complaints_about(path.read_text()), [], path)

    def test_each_rule_names_its_breach(self):
        for name, (change, wanted) in AGAINST_RULES.items():
            found = self.complaints(change)
            self.assertTrue(any(wanted in complaint for complaint in found), f"{name}: {found}")

    @unittest.skipUnless(report_check.jsonschema, "python3-jsonschema is not there")
    def test_the_schema_names_each_breach(self):
        for name, (change, wanted) in AGAINST_SCHEMA.items():
            found = self.complaints(change)
            self.assertTrue(any(wanted in complaint for complaint in found), f"{name}: {found}")

    @unittest.skipUnless(report_check.jsonschema, "python3-jsonschema is not there")
    def test_the_schema_is_a_schema(self):
        report_check.jsonschema.Draft7Validator.check_schema(json.loads(report_check.SCHEMA.read_text()))

    def test_the_schema_describes_each_section(self):
        definitions = json.loads(report_check.SCHEMA.read_text())["definitions"]
        for section in report_check.sections():
            self.assertIn("description", definitions[section], section)


if __name__ == "__main__":
    unittest.main()
