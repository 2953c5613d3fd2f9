#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots the quizzes of tools/quiz.py, and finds each answer a second time, in another way.

    walk    the tables are read from outside, by pagetables.py
    buddy   blocks are split and coalesced by a model that has only first frames, and the exclusive or
    zones   the sums of docs/page-allocator.md
    kmap    a model with one state for each page repeats the commands

Then each topic runs once more with reports that are wrong in one number, and its check must notice.
"""

import math
import re
import sys
from pathlib import Path

from pagetables import PageTables

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(TOP / "tools"))
import quiz as quizzes  # noqa: E402

# Seeds of which one boots with PAE and one without.
SEEDS = {"walk": (1, 7), "buddy": (1, 2), "zones": (1, 3), "kmap": (1, 3)}
WORD = re.compile(r"0x[0-9a-f]+|\d+|\b(?:read|write|execute|PDPT|PD|PT|directory|table|DMA|Normal|HighMem|None|yes|no"
                  r")\b")


def words(answer):
    """The words and numbers that matter in an answer."""
    return [str(int(word, 0)) if word[0].isdigit() else word for word in WORD.findall(answer)]


def as_words(*values):
    return [str(value) for value in values]


class WalkCheck:
    """Answers of `walk`, by a reader of page tables that knows nothing of the kernel."""

    def __init__(self, session):
        session.guest.qmp("stop")
        registers = session.guest.registers()
        nx = session.pae and registers["EFER"] >> 11 & 1
        self.pae = session.pae
        self.tables = PageTables(session.guest.read, registers["CR3"], session.pae, nx)
        self.pages = list(self.tables.pages())

    def _page(self, vaddr):
        return next((page for page in self.pages if page.vaddr <= vaddr < page.vaddr + page.size), None)

    def words(self, about):
        vaddr = about["vaddr"]
        page = self._page(vaddr)
        shift = 21 if self.pae else 22
        directory, table = vaddr >> shift, (vaddr >> 12) % (1 << (shift - 12))
        if about["kind"] == "indexes":
            upper = ("PDPT", directory // 512, "PD", directory % 512) if self.pae else ("PD", directory)
            return as_words(*upper, "PT", table, vaddr % 4096)
        if about["kind"] == "hole":
            if page:
                return ["mapped"]
            if self.tables.entry_of(vaddr):
                return as_words(table, "table")
            return as_words(directory % (512 if self.pae else 1024), "directory")
        phys = page.phys + vaddr - page.vaddr
        if about["kind"] == "translate":
            return as_words(phys)
        if about["kind"] == "large":
            return as_words(phys, page.size >> 20)
        return ["read", *["write"] * page.write, *["execute"] * page.execute]


class BuddyCheck:
    """Answers of `buddy`: the free blocks are a dictionary, first frame: order."""

    def __init__(self, session):
        del session

    @staticmethod
    def _row(free, counts):
        """Orders that no command has touched are as they were; the others are counted."""
        return [*counts[:5], *(list(free.values()).count(order) for order in range(5, 11))]

    def words(self, about):
        free, order, kind = dict(about["free"]), about["order"], about["kind"]
        if kind.startswith("split"):
            pfn, made = about["new"], []
            level = next(n for n in range(order, 11) if free.get(pfn >> n << n) == n)
            if level != min(n for n in free.values() if n >= order):
                return [f"a block of order {level} was split"]
            del free[pfn >> level << level]
            for n in range(order, level):
                free[pfn ^ 1 << n] = n
                made += [pfn ^ 1 << n, n]
            return as_words(*(made if kind == "split blocks" else self._row(free, about["counts"])))
        pfn = about["pfn"]
        if kind == "buddy":
            return as_words(pfn ^ 1 << order, "yes" if free.get(pfn ^ 1 << order) == order else "no")
        while order < 10 and free.get(pfn ^ 1 << order) == order:
            del free[pfn ^ 1 << order]
            pfn, order = min(pfn, pfn ^ 1 << order), order + 1
        free[pfn] = order
        return as_words(*((pfn, order) if kind == "merged" else self._row(free, about["counts"])))


class ZonesCheck:
    """Answers of `zones`, by the sums of the chapter."""

    def __init__(self, session):
        del session

    def words(self, about):
        dma, normal, high = (about["managed"][name] for name in ("DMA", "Normal", "HighMem"))
        kilobytes = 4 * math.isqrt(4 * (dma + normal))
        marks = {name: kilobytes // 4 * about["managed"][name] // (dma + normal) for name in ("DMA", "Normal")}
        reserve = {"GFP_HIGHUSER": {"Normal": high // 32, "DMA": (normal + high) // 256},
                   "GFP_KERNEL": {"Normal": 0, "DMA": normal // 256}}
        kind = about["kind"]
        if kind == "min":
            return as_words("Normal", marks["Normal"], "DMA", marks["DMA"])
        if kind == "reserve":
            return as_words(*(word for pair in reserve["GFP_HIGHUSER"].items() for word in pair))
        if kind == "left":
            return as_words(marks["Normal"])
        if about["request"] == "GFP_HIGHUSER" and about["free"]["HighMem"] >= about["pages"]:
            return ["HighMem"]
        fits = [name for name, kept in reserve[about["request"]].items()
                if about["free"][name] - about["pages"] >= kept + marks[name]]
        return [*fits, "None"][:1]


class KmapCheck:
    """Answers of `kmap`: `slot_of` has the slot of each page that is held or idle."""

    def __init__(self, session):
        del session

    def _play(self, commands, slots):
        self.pages, self.slot_of, self.users, self.flushes = [None], {}, {}, 0
        for line in commands:
            name, first, *more = line.split()
            if name == "alloc":
                self.pages.append(1 << int(first))
                continue
            block = int(first)
            for page in range(self.pages[block]) if more else (0,):
                key = block, page
                if name == "kunmap":
                    self.users[key] -= 1
                    continue
                if key not in self.slot_of:
                    if len(self.slot_of) == slots:
                        self.flushes += 1
                        self.slot_of = {key: slot for key, slot in self.slot_of.items() if self.users[key]}
                    # Which empty slot comes next is certain only before the first flush.
                    self.slot_of[key] = len(self.slot_of)
                self.users[key] = self.users.get(key, 0) + 1

    def words(self, about):
        slots = about["slots"]
        self._play(about["commands"], slots)
        held, known = sum(self.users[key] > 0 for key in self.slot_of), len(self.slot_of)
        if about["kind"] == "counts":
            return as_words(held, known - held, slots - known)
        if about["kind"] == "slot":
            slot = self.slot_of[about["handle"], about["page"]]
            return as_words(slot, about["base"] + slot * 4096)
        return as_words(slots - known if about["kind"] == "room" else self.flushes)


CHECKS = {"walk": WalkCheck, "buddy": BuddyCheck, "zones": ZonesCheck, "kmap": KmapCheck}


# A wrong report of each topic: (pattern, replacement).
WRONG = {"walk": (r"(is physical 0x\w*)\w{4}$", r"\g<1>1234"),
         "buddy": (r"(zone .*\d)( *)$", r"\g<1>9\2"),
         "zones": (r'"min":\d+', '"min":1'),
         "kmap": (r"\d+ idle", "1 idle")}


def complaints_of(topic, seed, wrong=None):
    """(title, what is wrong with the answers, whether the machine has PAE, the page as text)."""
    complaints, modes = [], []

    def look(session, quiz):
        modes.append(session.pae)
        check = CHECKS[topic](session)
        for question in quiz.questions:
            right, got = check.words(question.about), words(question.answer)
            if got != right:
                complaints.append(f"{question.text} {question.answer} Expected {' '.join(right)}")
        if not 3 <= len(quiz.questions) <= 5:
            complaints.append(f"{len(quiz.questions)} questions: expected 3 to 5")

    honest = quizzes.sessions.Session.say
    if wrong:
        quizzes.sessions.Session.say = lambda self, line: re.sub(*wrong, honest(self, line), flags=re.M)
    try:
        title, quiz = quizzes.play(topic, seed, quizzes.sessions.KERNEL, look)
    finally:
        quizzes.sessions.Session.say = honest
    text = quizzes.show(title, quiz, True)
    complaints += [f"more than 79 columns: {line}" for line in text.splitlines() if len(line) > 79]
    return title, complaints, modes[0], text


def main():
    results = []
    for topic, seeds in SEEDS.items():
        modes, pages = set(), []
        for seed in (*seeds, seeds[-1]):
            title, complaints, pae, page = complaints_of(topic, seed)
            modes.add(pae)
            pages.append(page)
            results.append((title, complaints))
        results.append((f"{topic}: seeds of both paging modes", [] if len(modes) == 2 else [f"only PAE={modes}"]))
        results.append((f"{topic}: a seed gives the same page again", [] if pages[-1] == pages[-2] else [pages[-2]]))
        noticed = complaints_of(topic, seeds[0], WRONG[topic])[1]
        results.append((f"{topic}: a wrong report", [] if noticed else ["nothing was noticed"]))
    for title, complaints in results:
        print("\n        ".join([f"{'FAILED' if complaints else 'ok    '}  {title}", *complaints]))
    failed = sum(bool(complaints) for _, complaints in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
