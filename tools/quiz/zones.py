# SPDX-License-Identifier: MIT
"""Quiz `zones`: which zone serves a request, by its watermark and its reserve.

The prompt fills HighMem, and Normal up to a random part that is near the reserve. Then it makes two requests:
`alloc 0` is GFP_HIGHUSER, which may use all zones, and `kmalloc` is GFP_KERNEL, which may use Normal and DMA.
"""

import re

from question import Question, Quiz

RAMS = ("1G", "1280M", "1536M", "2G", "3G", "2560M")  # no RAM above 4 GiB, so no DMA32
READ = "docs/page-allocator.md"
KMALLOC = "kmalloc 64K"
NAMES = ("DMA", "Normal", "HighMem")


def serving_zone(session, command):
    """The zone that serves a request, as the kernel says, or None. The memory is freed again."""
    text = session.say(command)
    if text.startswith(command.split()[0] + ":"):
        return None
    if command.startswith("alloc"):
        number, zone = re.search(r"^ +(\d+)  alloc.* (\w+), frames? ", text, re.M).groups()
    else:
        number, at = re.search(r"^ +(\d+)  kmalloc.* at (0x\w+),", text, re.M).groups()
        zone = session.expect(f"where {at}", r"zone (\w+)$")[1]
    session.expect(f"release {number}", "released")
    return zone


def _free(session):
    return {name: session.zones()[name]["free"] for name in NAMES}


def _serve(session, request, command, limits, pages):
    """(answer, reason, about) of 'which zone serves this request?'"""
    free = _free(session)
    zone = serving_zone(session, command)
    tried = [name for name in reversed(NAMES) if name in limits]
    tried = tried[:tried.index(zone) + 1] if zone else tried
    parts = []
    for name in tried:
        leaves = limits[name]
        enough = "which is enough" if name == zone else "which is not enough"
        parts.append(f"{name} has {free[name]} free pages and must keep {leaves}, {enough}.")
    return (f"{zone}." if zone else "None: it fails.", f"{request} asks the zones from the top down. "
            + " ".join(parts), {"free": free, "pages": pages, "request": request})


def make(session, rng):
    """The quiz about a booted machine."""
    zones = session.zones()
    managed = {name: zones[name]["managed"] for name in NAMES}
    low = 4 * (managed["DMA"] + managed["Normal"])
    marks = {name: zones[name]["min"] for name in NAMES}
    reserves = {name: zones[name]["protection"] for name in NAMES}
    given = ["zone      managed pages      free",
             *(f"{name:<8}{managed[name]:>15}{zones[name]['free']:>10}" for name in NAMES), "",
             f"DMA and Normal have {low} kB together.",
             "lowmem_reserve_ratio is 256 for DMA, 32 for Normal.",
             "`alloc 0` is a GFP_HIGHUSER request, `kmalloc` is GFP_KERNEL."]
    data = {"managed": managed}
    root = marks["DMA"] + marks["Normal"]
    questions = [
        Question("How many pages are the min watermarks of Normal and of DMA?", f"Normal {marks['Normal']}, DMA "
                 f"{marks['DMA']}.", f"4 times the square root of {low}, rounded down, is the sum in kB, and a page "
                 f"has 4 kB. The zones share it by managed pages, rounded down. Here the two have {root} together.",
                 {"kind": "min", **data}),
        Question("Which reserve do Normal and DMA keep against GFP_HIGHUSER requests, besides min?",
                 f"Normal {reserves['Normal'][3]}, DMA {reserves['DMA'][3]} pages.",
                 f"Normal: {managed['HighMem']} / 32. DMA: ({managed['Normal']} + {managed['HighMem']}) / 256.",
                 {"kind": "reserve", **data})]
    user = {name: marks[name] + reserves[name][3] for name in NAMES}
    kernel = {name: marks[name] + reserves[name][1] for name in NAMES[:2]}

    # Near the point from which on Normal is closed to GFP_HIGHUSER.
    border = 100 - 100 * user["Normal"] // managed["Normal"]
    percent = min(99, max(50, border + rng.choice((-4, -2, -1, 1, 2, 4))))
    session.expect("fill HighMem 100", "pages are in use")
    used = session.expect(f"fill Normal {percent}", r"^Normal: (\d+) of \d+ pages are in use")[1]
    answer, reason, about = _serve(session, "GFP_HIGHUSER", "alloc 0", user, 1)
    questions.append(Question(
        f"`fill HighMem 100`, then `fill Normal {percent}`: {used} pages of Normal are in use now, and all of HighMem. "
        "Which zone serves `alloc 0`?", answer, reason, {"kind": "serve", **data, **about}))
    session.expect("fill Normal 100", "keeps its reserve of")
    left = _free(session)["Normal"]
    questions.append(Question(
        "The block of that request is released. `fill Normal 100` takes what a GFP_KERNEL request may take from "
        "Normal. How many pages of Normal stay free?", f"{left}.",
        "Such a request leaves min. Normal is its best zone, so there is no reserve beside it.",
        {"kind": "left", **data}))
    command, request, limits, pages = rng.choice((("alloc 0", "GFP_HIGHUSER", user, 1),
                                                  (KMALLOC, "GFP_KERNEL", kernel, 16)))
    answer, reason, about = _serve(session, request, command, limits, pages)
    questions.append(Question(f"Which zone serves `{command}` now?", answer, reason,
                              {"kind": "serve", **data, **about}))
    return Quiz(given, questions)
