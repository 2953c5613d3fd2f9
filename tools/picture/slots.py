# SPDX-License-Identifier: MIT
"""Timelines of the slots of kmap(), of the pages of the vmalloc range, and of the objects of a cache.

When the last user of a slot is gone, the slot stays mapped: it is idle. So a page that is mapped again finds its
old slot, and no TLB has to be flushed. The price is due when no slot is empty any more: the kernel then empties
all idle slots and flushes the TLB of each CPU once. A range that vunmap() retires waits in the same way, until the
retired ranges are many. A free object waits in its cache for the next request. A picture has a column for each
command of a scene and a row for each slot, page or object.
"""

import io
from dataclasses import dataclass

import numpy
from PIL import Image

import palette
import plot
from snapshot import IDLE, USED

LEFT, TOP, SIDE, HEIGHT = 36, 22, 312, 200


@dataclass(frozen=True)
class Words:
    """The texts of a timeline: what a row is, the three states, the title and the note."""

    row: str
    used: str
    idle: str
    empty: str
    title: str
    note: str


SLOTS = Words("slot", "in use", "idle, still mapped", "empty", "The slots of kmap(), command by command",
              "Each column is the moment after a command, each row a slot.")
PAGES = Words("page of the range", "in use", "retired, not flushed yet", "free, or a guard page",
              "The vmalloc range, command by command",
              "Each column is the moment after a command, each row a page of addresses.")


def local_of(cpu):
    """The texts of the timeline of a CPU's kmap_local slots."""
    return Words("slot", "mapped", "saved with the sleeping thread", "empty",
                 f"The kmap_local slots of CPU {cpu}, command by command",
                 "Each column is the moment after a command, each row a slot.")


def objects_of(cache):
    """The texts of the timeline of a cache."""
    return Words("object", "in use", "free in the cache", "not in the cache",
                 f"The objects of {cache}, command by command",
                 "Each column is the moment after a command, each row an object. Those in use are drawn first.")


def png(states):
    """An image of states, one pixel each; empty slots are transparent."""
    image = Image.fromarray(states, "P")
    image.putpalette([0, 0, 0, *bytes.fromhex(palette.SLOT_IDLE[1:]), *bytes.fromhex(palette.SLOT_USED[1:])])
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True, transparency=0)
    return out.getvalue()


def _legend(axes, top, words):
    at = LEFT
    for word, color, edge in ((words.used, palette.SLOT_USED, palette.SLOT_USED),
                              (words.idle, palette.SLOT_IDLE, palette.SLOT_IDLE),
                              (words.empty, "none", plot.SOFT)):
        axes.add_patch(plot.plt.Rectangle((at, top), 10, 8, facecolor=color, edgecolor=edge, linewidth=0.7))
        axes.text(at + 14, top + 4.5, word, va="center", fontsize=8)
        at += 24 + 5 * len(word)


def draw(moments, nr, name, words=SLOTS):
    """moments: (command, state of each row, number of flushes so far) after each command."""
    columns = [state for _, state, _ in moments]
    fig = plot.figure(TOP + HEIGHT + 16 + 11 * len(moments) + 8)
    axes = plot.axes_at(fig, LEFT, TOP, SIDE, HEIGHT)
    axes.set_xlim(0, len(moments))
    axes.set_ylim(nr, 0)
    axes.set_xticks([i + 0.5 for i in range(len(moments))], [str(i) for i in range(len(moments))], fontsize=7)
    axes.set_yticks([0, nr // 4, nr // 2, 3 * nr // 4, nr], fontsize=7)
    axes.set_ylabel(words.row, fontsize=8, labelpad=0)
    axes.tick_params(length=2)
    for side in ("left", "bottom", "top", "right"):
        axes.spines[side].set_color(plot.LINE)
        axes.spines[side].set_visible(True)
    said = []
    for place, (command, state, flushes) in enumerate(moments):
        if place and flushes > moments[place - 1][2]:
            axes.axvline(place, color=plot.INK, linewidth=1.5, linestyle=(0, (3, 2)))
            axes.text(place, -nr * 0.012, "flush", ha="center", va="bottom", fontsize=8, weight="bold")
        used, idle = (int((state == kind).sum()) for kind in (USED, IDLE))
        said.append(f"{place} {command}: {used} {words.used}, {idle} {words.idle.split(',')[0]}, "
                    f"{nr - used - idle} {words.empty.split(',')[0]}")
    whole = plot.canvas(fig)
    _legend(whole, 2, words)
    for place, line in enumerate(said):
        whole.text(LEFT, TOP + HEIGHT + 24 + 11 * place, line, va="center", fontsize=7.5)
    picture = plot.Picture(name, words.title, ". ".join(said) + ".", words.note)
    return picture.finish(fig, [(LEFT, TOP, SIDE, HEIGHT, png(numpy.stack(columns, axis=1)), False)])
