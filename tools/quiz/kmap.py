# SPDX-License-Identifier: MIT
"""Quiz `kmap`: which slots are held, idle and empty, and when all of them are flushed.

Each page gets the next empty slot. An idle slot keeps its page until no slot is empty; then one flush on all
CPUs makes all idle slots empty. The quiz types commands of docs/play.md and asks for the counts of `kmapinfo`
and for the line "kmap" of `tlbstat`.
"""

from question import Question, Quiz, QuizError

RAMS = ("1G", "1536M", "2G", "3G", "4G")
READ = "docs/highmem.md"


class Script:
    """Commands at the prompt, kept for a model that repeats them."""

    def __init__(self, session):
        self.session, self.lines, self.handles = session, [], 0

    def type(self, line):
        self.lines.append(line)
        return self.session.expect(line, r"pages mapped|calls undone|HighMem, frame|is at 0x")

    def allocate(self, order):
        self.type(f"alloc {order} HighMem")
        self.handles += 1
        return self.handles

    def map_idle(self, order):
        """Maps a new block and unmaps it: its slots become idle."""
        handle = self.allocate(order)
        self.type(f"kmap {handle} all")
        self.type(f"kunmap {handle} all")

    def about(self, kind, **more):
        return {"kind": kind, "commands": list(self.lines), **more}


def counts(session):
    """(held, idle, empty)"""
    return tuple(map(int, session.expect("kmapinfo", r"^kmap slots: (\d+) held, (\d+) idle, (\d+) empty").groups()))


def flushes(session):
    return int(session.expect("tlbstat", r"^kmap +(\d+) ")[1])


def _words(numbers):
    return "{} held, {} idle, {} empty.".format(*numbers)


def make(session, rng):
    """The quiz about a booted machine."""
    slots = sum(counts(session))
    script = Script(session)
    sizes = rng.sample(range(3, 7), 3)
    for size in sizes:
        script.type(f"kmap {script.allocate(size)} all")
    gone = rng.randrange(1, 4)
    script.type(f"kunmap {gone} all")
    given = [f"kmap() has {slots} slots, and all are empty. A block of order n has 2^n pages.", "",
             *(f"highland> {line}" for line in script.lines)]
    held, idle, empty = counts(session)
    pages = [1 << size for size in sizes]
    questions = [Question(
        "How many slots are held, idle and empty?", _words((held, idle, empty)),
        f"The handles have {pages[0]}, {pages[1]} and {pages[2]} pages. Handle {gone} has no user now, so its "
        "slots are idle.", script.about("counts", slots=slots))]

    handle = rng.choice([number for number in (1, 2, 3) if number != gone])
    page = rng.randrange(1, pages[handle - 1])
    about = script.about("slot", slots=slots, handle=handle, page=page)
    found = session.expect(f"kmap {handle} {page}", r"is at (0x\w+), slot (\d+) of kmap")
    session.say(f"kunmap {handle} {page}")
    at = int(found[1], 16), int(found[2])
    base = at[0] - at[1] * 4096
    questions.append(Question(
        f"Slot 0 is at {base:#x}. Which slot has page {page} of handle {handle} (the first page is 0), and at which "
        "address?", f"Slot {at[1]}, {at[0]:#x}.",
        f"The handles before it have {sum(pages[:handle - 1])} pages, so the slot is {sum(pages[:handle - 1])} + "
        f"{page}. The address is {base:#x} + {at[1]} * 0x1000.", {**about, "base": base}))

    about = script.about("room", slots=slots)
    before, mapped = flushes(session), 0
    for order in reversed(range(10)):
        if empty >> order & 1:
            script.map_idle(order)
            mapped += 1 << order
    quiet = flushes(session)
    script.type(f"kmap {script.allocate(0)}")
    times = before, quiet, flushes(session)
    if times != (0, 0, 1):
        raise QuizError(f"{mapped} pages were mapped: expected 0, 0 and 1 flushes before, after, and after one more; "
                        f"`tlbstat` shows {times}")
    questions += [
        Question("More pages without a slot are mapped, one after the other, and each is unmapped at once. How many "
                 "get a slot before the kernel must flush?", f"{mapped}.",
                 f"Each takes one of the {empty} empty slots. An idle slot still has its page, and becomes empty only "
                 "by a flush.", about),
        Question("All of them are mapped and unmapped, then one more page is mapped, and it stays mapped. How many "
                 "slots are held, idle and empty?", _words(counts(session)),
                 "No slot was empty, so one flush on all CPUs made all idle slots empty. Then the page took one of "
                 f"them. The {held} held slots kept their pages.", script.about("counts", slots=slots))]

    order, rounds = (9 if slots == 1024 else 8) - rng.randrange(2), rng.randrange(3, 8)
    start, room = flushes(session), counts(session)[2]
    for _ in range(rounds):
        script.map_idle(order)
    questions.append(Question(
        f"{rounds} more blocks of order {order} are allocated. One after the other, all pages of a block are mapped, "
        "and then unmapped. How many flushes for kmap does `tlbstat` show at the end, since boot?",
        f"{flushes(session)}.",
        f"There was {start} flush before. {rounds} * {1 << order} = {rounds << order} pages need slots, and {room} "
        "slots were empty. A flush is due each time when none is left, and frees all slots that are idle then.",
        script.about("flushes", slots=slots)))
    return Quiz(given, questions)
