#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Boots the quizzes of tools/quiz.py, and finds each answer a second time, in another way.

    walk    the tables are read from outside, by pagetables.py

Then each topic runs once more with reports that are wrong in one number, and its check must notice.
"""

import re
import sys
from pathlib import Path

from pagetables import PageTables

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(1, str(TOP / "tools"))
import quiz as quizzes  # noqa: E402

# Seeds of which one boots with PAE and one without.
SEEDS = {"walk": (1, 7)}
WORD = re.compile(r"0x[0-9a-f]+|\d+|\b(?:read|write|execute|PDPT|PD|PT|directory|table|DMA|Normal|HighMem)\b")


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


CHECKS = {"walk": WalkCheck}


# A wrong report of each topic: (pattern, replacement).
WRONG = {"walk": (r"(is physical 0x\w*)\w{4}$", r"\g<1>1234")}


def complaints_of(topic, seed, wrong=None):
    """(title, what is wrong with the answers, whether the machine has PAE)."""
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
    return title, complaints, modes[0]


def main():
    results = []
    for topic, seeds in SEEDS.items():
        modes = set()
        for seed in seeds:
            title, complaints, pae = complaints_of(topic, seed)
            modes.add(pae)
            results.append((title, complaints))
        results.append((f"{topic}: seeds of both paging modes", [] if len(modes) == 2 else [f"only PAE={modes}"]))
        noticed = complaints_of(topic, seeds[0], WRONG[topic])[1]
        results.append((f"{topic}: a wrong report", [] if noticed else ["nothing was noticed"]))
    for title, complaints in results:
        print("\n        ".join([f"{'FAILED' if complaints else 'ok    '}  {title}", *complaints]))
    failed = sum(bool(complaints) for _, complaints in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
