# SPDX-License-Identifier: MIT
"""Which function draws which kind of picture, and of which moment.

A kind that shows a change gets both moments of a scene, all others only the last one. The picture of low memory
compares machines of four sizes, so it boots them: some seconds, and sparse memory of the host.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy

import address_space
import blocks
import carpet
import lowmem
import machine
import palette
import slots
import snapshot
import walks
import view as view_of



def both(played):
    """The moments of a scene, one if it has no commands."""
    return [played.before] if played.before is played.after else [played.before, played.after]


def _carpets(played, picture):
    drawing = carpet.draw_with_legend if picture.get("legend") else carpet.draw
    return [drawing(moment, f"carpet-{place}") for place, moment in enumerate(both(played))]


def block_of(moment, place):
    """The first frame of a block of order 10: of the kernel, of programs, or amid the highest zone's RAM."""
    if place == "kernel":
        image = numpy.isin(moment.codes, [palette.IMAGE + zone for zone in range(len(moment.zones))])
        return int(numpy.argmax(image)) // carpet.BLOCK * carpet.BLOCK
    if place == "programs":
        of_programs = [code for kind in moment.classes if "anonymous" in palette.WORDS.get(kind.name, "")
                       for code in kind.codes]
        mine = numpy.flatnonzero(numpy.isin(moment.codes, of_programs))
        return int(numpy.argmax(numpy.bincount(mine // carpet.BLOCK, minlength=1))) * carpet.BLOCK
    zone = [zone for zone in moment.zones if zone.present][-1]
    pfns = numpy.arange(zone.start_pfn, zone.start_pfn + zone.spanned)
    ram = pfns[~numpy.isin(moment.codes[pfns], moment.classes[0].codes)]
    return int(ram[len(ram) // 2]) // carpet.BLOCK * carpet.BLOCK


def _lenses(played, picture):
    first = block_of(played.after, picture.get("of"))
    return [carpet.lens(moment, first, f"lens-{place}") for place, moment in enumerate(both(played))]


def _address_space(played, _):
    return [address_space.draw(played.after, "address-space")]


def _blocks(played, _):
    before = None if played.before is played.after else played.before
    return [blocks.draw(played.after, before, "blocks")]


def _lowmem_of(ram, kernel, pae):
    with machine.boot(kernel, ram, pae) as guest:
        return lowmem.parts_of(snapshot.take(guest, view_of.View(guest.read), ram))


def _lowmem(played, _):
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(lambda ram: _lowmem_of(ram, played.kernel, "1" if played.after.pae else "0"), lowmem.SIZES)
        return [lowmem.draw(dict(zip(lowmem.SIZES, parts)), "lowmem")]


def what_is(moment, vaddr):
    """A few words for an address."""
    for name, start, end in moment.regions:
        if start <= vaddr < end:
            return {"pkmap": "a slot of kmap()", "direct map": "in the direct map"}.get(name, f"in {name}")
    return ""


def _walks(played, _):
    return [walks.draw(walk, played.after, what_is(played.after, walk.vaddr), f"walk-{place}")
            for place, walk in enumerate(played.after.walks)]


def _slots(played, _):
    return [slots.draw(played.moments, played.after.nr_slots, "slots")]


def _timeline(moments, name, words):
    """A timeline of rows that become more and fewer."""
    nr = max(len(states) for _, states, _ in moments)
    whole = [(command, numpy.pad(states, (0, nr - len(states))), flushes) for command, states, flushes in moments]
    return [slots.draw(whole, nr, name, words)]


def _ranges(played, _):
    flushes = [next(row["flushes"] for row in report["tlb"]["causes"] if row["cause"] == "unmap")
               for _, report in played.reports]
    return _timeline([(command, snapshot.page_states(report), count)
                      for (command, report), count in zip(played.reports, flushes)], "ranges", slots.PAGES)


def _objects(played, picture):
    cache = picture["cache"]
    return _timeline([(command, snapshot.object_states(report, cache), 0) for command, report in played.reports],
                     "objects", slots.objects_of(cache))


def _local_slots(played, picture):
    cpu = picture["cpu"]
    return _timeline([(command, snapshot.local_states(report, cpu), 0) for command, report in played.reports],
                     "local-slots", slots.local_of(cpu))


_DRAW = {"carpet": _carpets, "lens": _lenses, "address-space": _address_space, "blocks": _blocks,
         "lowmem": _lowmem, "walk": _walks, "slots": _slots, "ranges": _ranges, "objects": _objects,
         "local-slots": _local_slots}


def draw(played, picture):
    """The drawings of one [[picture]] of a scene."""
    return _DRAW[picture["kind"]](played, picture)
