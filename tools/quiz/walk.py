# SPDX-License-Identifier: MIT
"""Quiz `walk`: translate addresses by hand, with entries that were read from the machine's memory.

Before the questions the prompt makes a mapping of vmalloc and one of kmap, so that no two seeds have the same
tables. The entries are read from outside. The answers are those of the kernel's `walk` and `ptdump`. Beside
each entry one neighbour is shown, so that a wrong index finds an entry, too: the wrong one.
"""

from question import Question, Quiz

RAMS = ("1G", "1536M", "2G", "3G", "4G")
READ = "docs/paging.md"
LEVEL_NAMES = {"PDPT": "PDPT", "PD": "page directory", "PT": "page table"}
PAGE = 4096


def fields(vaddr, pae):
    """(level, first bit, last bit, index) of an address."""
    bits = (("PDPT", 31, 30), ("PD", 29, 21), ("PT", 20, 12)) if pae else (("PD", 31, 22), ("PT", 21, 12))
    return [(name, high, low, vaddr >> low & ((1 << (high - low + 1)) - 1)) for name, high, low in bits]


def entries(walk):
    """(table, level) of each step of a walk: the physical address where the table begins, and its Level."""
    table = walk.cr3
    for level in walk.levels:
        yield table, level
        table = level.target


def memory(session, walks, rng):
    """Lines 'address  entry' of all entries of the walks, and of a neighbour of each."""
    width = 8 if session.pae else 4
    places = set()
    for walk in walks:
        for table, level in entries(walk):
            count = 4 if level.name == "PDPT" else PAGE // width
            neighbour = (level.index + rng.choice((-1, 1))) % count
            places |= {table + level.index * width, table + neighbour * width}
    return [f"{place:#010x}  {int.from_bytes(session.guest.read(place, width), 'little'):0{2 * width}x}"
            for place in sorted(places)]


def steps(walk, pae):
    """The walk in words."""
    width = 8 if pae else 4
    parts = []
    for table, level in entries(walk):
        at = table + level.index * width
        if level.target is None:
            end = "bit 0 is 0, so the walk ends"
        elif level.is_table:
            end = f"the next table is at {level.target:#x}"
        else:
            large = level.name == "PD"
            end = f"{'bit 7 is set: a large page' if large else 'the frame is'} at {level.target:#x}"
        parts.append(f"{level.name} entry {level.index} at {table:#x} + {level.index} * {width} = {at:#x} is "
                     f"{level.value:#x}: {end}.")
    return " ".join(parts)


def inside(region, rng):
    """An address of a range that begins no page."""
    return rng.randrange(region.start // PAGE, region.end // PAGE) * PAGE + rng.randrange(1, PAGE // 4) * 4


def _indexes(session, vaddr, walk):
    answer = ", ".join(f"{level.name} {level.index}" for level in walk.levels)
    offset = vaddr % PAGE
    reason = ", ".join(f"bits {high}-{low} are {index:#x} = {index}" for _, high, low, index in
                       fields(vaddr, session.pae))
    return Question(f"Which index has {vaddr:#010x} in each level, and which offset?", f"{answer}, offset {offset:#x}.",
                    f"{reason}; bits 11-0 are the offset.",
                    {"kind": "indexes", "vaddr": vaddr})


def _translate(session, vaddr, walk):
    return Question(f"To which physical address does the CPU translate {vaddr:#010x}?", f"{walk.phys:#x}.",
                    f"{steps(walk, session.pae)} The offset {vaddr % PAGE:#x} is added.",
                    {"kind": "translate", "vaddr": vaddr})


def _large(session, vaddr, walk):
    size = 2 if session.pae else 4
    offset = vaddr % (size << 20)
    return Question(f"{vaddr:#010x} is in the direct map. Which physical address is it, and how large is the page "
                    "that maps it?", f"{walk.phys:#x}, in a page of {size} MiB.",
                    f"{steps(walk, session.pae)} The offset has {21 if session.pae else 22} bits: {offset:#x}.",
                    {"kind": "large", "vaddr": vaddr})


def _rights(session, vaddr, region, walk):
    can = " and ".join(["read", *["write"] * region.write, *["execute"] * region.execute])
    # The entries of the PDPT have neither bit.
    below = [level for level in walk.levels if level.name != "PDPT"]
    writes = ", ".join(f"{level.value >> 1 & 1} in the {level.name}" for level in below)
    if session.pae:
        nx = ", ".join(f"{level.value >> 63} in the {level.name}" for level in below)
        why = f"Bit 63 (NX) is {nx}, and executing needs a 0 in each."
    else:
        why = "Without PAE an entry has no bit NX, so each page may be executed."
    return Question(f"What may the kernel do at {vaddr:#010x}: read, write, execute?", f"It may {can}.",
                    f"Bit 1 (write) is {writes}, and writing needs a 1 in each. {why}",
                    {"kind": "rights", "vaddr": vaddr})


def _hole(session, vaddr, walk):
    last = walk.levels[-1]
    return Question(f"An access to {vaddr:#010x} is a page fault. Which entry ends the walk?",
                    f"Entry {last.index} of the {LEVEL_NAMES[last.name]}.", steps(walk, session.pae),
                    {"kind": "hole", "vaddr": vaddr})


def make(session, rng):
    """The quiz about a booted machine."""
    order = rng.randrange(2, 6)
    session.expect(f"vmalloc {rng.choice((32, 64, 128, 256))}K", r"vmalloc")
    session.expect(f"alloc {order} HighMem", r"HighMem, frames")
    session.expect("kmap 2 all", r"pages mapped")
    ranges = session.ptdump()
    low = [r for r in ranges if r.area == "Kernel Mapping"]
    code = next(r for r in low if not r.write and r.execute)
    writable = rng.choice([r for r in low if r.write and not r.large])
    large = rng.choice([r for r in low if r.large])
    vmalloc = rng.choice([r for r in ranges if r.area.startswith("vmalloc()")])
    kmap = next(r for r in ranges if r.area.startswith("Persistent"))
    # A guard page behind a range of vmalloc, or a directory entry that no table has.
    hole = rng.choice((vmalloc.end + rng.randrange(0, PAGE, 4), rng.randrange(0x10000000, 0xa0000000, 4)))

    kinds = [(_indexes, inside(kmap, rng), ()), (_translate, inside(rng.choice((kmap, vmalloc)), rng), ()),
             (_large, inside(large, rng), ()), (_hole, hole, ())]
    region = rng.choice((code, writable))
    kinds.append((_rights, inside(region, rng), (region,)))
    rng.shuffle(kinds)
    walks = [session.walk(vaddr) for _, vaddr, _ in kinds]
    questions = [ask(session, vaddr, *more, walk) for (ask, vaddr, more), walk in zip(kinds, walks)]
    size = 8 if session.pae else 4
    return Quiz([f"CR3 is {walks[0].cr3:#x}. Entries of {size} bytes, read from memory:", "",
                 *memory(session, walks, rng)], questions)
