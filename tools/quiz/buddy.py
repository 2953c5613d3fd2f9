# SPDX-License-Identifier: MIT
"""Quiz `buddy`: which blocks are free after an allocation and a release, and which frame begins a buddy.

The blocks have the orders 6 to 8. The allocator takes those one by one, while a request for a single page
fetches a batch for the per-CPU list, which is long to follow by hand. At first the prompt takes all free
blocks of the order that the quiz asks for, so that the next request must split a larger block.
"""

from question import Question, Quiz

RAMS = ("1G", "1536M", "2G", "3G", "4G")
READ = "docs/page-allocator.md"
MAX_ORDER = 10
SHOWN = 5  # the smallest order that is listed


def row(counts):
    return " ".join(map(str, counts))


def allocate(session, order, zone):
    """First frame of a new block."""
    return int(session.expect(f"alloc {order} {zone}", rf" {zone}, frames (0x\w+)-")[1], 16)


def block_at(session, pfn):
    """(state, order, first frame) of the block that covers a frame, as `frame` says, and its words."""
    found = session.expect(f"frame {pfn:#x}", r"^  state +((\w[\w ]*), block of order (\d+) at frame (\w+)|.*)")
    return (found[2], int(found[3]), int(found[4], 16)) if found[2] else (found[1], None, None), found[1]


def chain(pfn, order, last):
    """The exclusive or of each coalescing in words."""
    parts = []
    for level in range(order, last):
        parts.append(f"{pfn:#x} ^ {1 << level:#x} = {pfn ^ 1 << level:#x}, free and of order {level}.")
        pfn &= ~(1 << level)
    if last == MAX_ORDER:
        return " ".join([*parts, "Order 10 is the largest, so coalescing stops."])
    return " ".join([*parts, f"{pfn:#x} ^ {1 << last:#x} = {pfn ^ 1 << last:#x} begins no free block of order {last}, "
                     "so coalescing stops."])


def make(session, rng):
    """The quiz about a booted machine."""
    zone, order = rng.choice(("Normal", "HighMem")), rng.randrange(6, 9)
    blocks = []
    for taken in range(order, order + rng.randrange(1, 4)):
        while taken < MAX_ORDER and session.free_counts(zone)[taken]:
            blocks.append((allocate(session, taken, zone), taken))
    counts, free = session.free_counts(zone), session.free_blocks(zone)
    given = [f"buddyinfo, zone {zone}, orders 0 to 10:", f"  {row(counts)}", "",
             "Blocks that the prompt has allocated:",
             *(f"  handle {number}: frames {pfn:#x}-{pfn + (1 << size) - 1:#x}, order {size}"
               for number, (pfn, size) in enumerate(blocks, 1)), "",
             f"All free blocks of {zone} of the orders {SHOWN} to 9 (first frame, order):",
             *([f"  {pfn:#x}, {size}" for pfn, size in sorted(free.items()) if SHOWN <= size < MAX_ORDER]
               or ["  none"])]

    new = allocate(session, order, zone)
    after, split = session.free_counts(zone), session.free_blocks(zone)
    blocks.append((new, order))
    made = sorted((size, pfn) for pfn, size in split.items() if free.get(pfn) != size)
    source = order + len(made)
    about = {"free": free, "counts": counts, "order": order, "new": new}
    questions = [
        Question(f"`alloc {order} {zone}`: which numbers has the row of buddyinfo now?", f"{row(after)}.",
                 f"The smallest free block that is large enough has order {source}. Each split makes one free block: "
                 f"{', '.join(f'order {size}' for size, _ in reversed(made))}.", {"kind": "split row", **about}),
        Question(f"The kernel has allocated the frames from {new:#x} on, handle {len(blocks)}. Which free blocks did "
                 "the splits make?", f"{'; '.join(f'{pfn:#x} of order {size}' for size, pfn in made)}.",
                 f"Each is the upper half of a split, at {new:#x} ^ 2^order.", {"kind": "split blocks", **about})]

    number = rng.randrange(1, len(blocks) + 1)
    pfn, size = blocks[number - 1]
    buddy = pfn ^ 1 << size
    state, told = block_at(session, buddy)
    joins = state == ("free", size, buddy)
    about = {"free": split, "counts": after, "pfn": pfn, "order": size}
    questions.append(Question(
        f"Which frame begins the buddy of handle {number}, and would the two coalesce now?",
        f"{buddy:#x}; {'yes' if joins else 'no'}.",
        f"{pfn:#x} ^ {1 << size:#x} = {buddy:#x}. `frame {buddy:#x}` says: {told}.", {"kind": "buddy", **about}))
    # Released is a block that coalesces, if there is one.
    best = [at for at, (first, size) in enumerate(blocks, 1) if split.get(first ^ 1 << size) == size]
    number = rng.choice(best or range(1, len(blocks) + 1))
    pfn, size = blocks[number - 1]
    about = {"free": split, "counts": after, "pfn": pfn, "order": size}
    session.expect(f"release {number}", "released")
    (_, last, first), _ = block_at(session, pfn)
    questions += [
        Question(f"`release {number}`: which free block has the frame {pfn:#x} now? Name its first frame and its "
                 "order.", f"{first:#x}, order {last}.", chain(pfn, size, last), {"kind": "merged", **about}),
        Question("Which numbers has the row of buddyinfo now?", f"{row(session.free_counts(zone))}.",
                 "".join(f"The free buddy of order {level} left its list. " for level in range(size, last))
                 + f"One block of order {last} is new.",
                 {"kind": "merged row", **about})]
    return Quiz(given, questions)
