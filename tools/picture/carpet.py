# SPDX-License-Identifier: MIT
"""The carpet: all of physical memory, one pixel for each frame of 4 KiB.

A row has 1024 frames, so it is one block of order 10, the largest of the page allocator. The two halves of a
row are buddies, their halves are buddies again, and so on. A machine with 4 GiB has 1280 rows, because RAM has
moved above a hole for devices. A machine with more than 8 GiB has several blocks to a row.

The picture is a PNG with a palette whose numbers are the codes of the frames, so a program can count frames in
it as well as an eye can. Around it matplotlib draws addresses, zones and holes.
"""

import io
from itertools import groupby

import numpy
from PIL import Image

import palette
import plot

BLOCK = 1024
LEFT, SIDE = 44, 250  # points: the margin for addresses, and the width of the image
LINE = 12  # points for a line of the legend
LENS = 64  # frames in a row of the lens


def frames_per_row(frames):
    """Whole blocks, and enough of them that the picture is not more than twice as tall as wide."""
    width = BLOCK
    while frames / width > 2 * width:
        width *= 2
    return width


def png(codes, classes, width):
    """The image. A last row that is not full ends in transparent pixels."""
    rows = -(-len(codes) // width)
    pixels = numpy.full(rows * width, 255, numpy.uint8)
    pixels[:len(codes)] = codes
    image = Image.fromarray(pixels.reshape(rows, width), "P")
    colors = [0] * 768
    for kind in classes:
        for code in kind.codes:
            color = palette.STRIPE if code >= palette.HOLE_STRIPE else kind.color
            colors[3 * code:3 * code + 3] = bytes.fromhex(color[1:])
    image.putpalette(colors)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True, transparency=255)
    return out.getvalue(), rows


def _borders(axes, snapshot, width, point):
    """Lines where zones begin, their names at the right, and addresses at the left. `point` is in rows."""
    ticks, last = [], -1
    for zone in snapshot.zones:
        if not zone.spanned:
            continue
        start = zone.start_pfn / width
        if start:
            axes.axhline(start, color=plot.INK, linewidth=0.8)
        ticks.append(zone.start_pfn)
        last = max(start, last) + 11 * point
        axes.annotate(f"{zone.name}\n{plot.size_text(zone.present << 12)}", (width, start + 1),
                      (width * 1.03, last), va="center", fontsize=8, annotation_clip=False,
                      arrowprops={"arrowstyle": "-", "color": plot.SOFT, "linewidth": 0.5, "relpos": (0, 0.5)})
        last += 11 * point
    for gib in range(0, 65, max(1, len(snapshot.codes) >> 20)):
        if gib << 18 <= len(snapshot.codes):
            ticks.append(gib << 18)
    spaced = []
    for pfn in sorted(ticks):
        if not spaced or pfn / width - spaced[-1] / width >= 10 * point:
            spaced.append(pfn)
    axes.set_yticks([pfn / width for pfn in spaced], [plot.size_text(pfn << 12) if pfn else "0" for pfn in spaced])


def _holes(axes, snapshot, width, rows):
    """Writes into each large hole what it is."""
    hole = numpy.isin(snapshot.codes, [code for kind in snapshot.classes[:1] for code in kind.codes])
    at = 0
    for is_hole, run in groupby(hole[::256]):
        count = len(list(run)) * 256
        if is_hole and count > rows * width // 20:
            axes.text(width / 2, (at + count / 2) / width, f"no RAM: {plot.size_text(count << 12)} for devices",
                      ha="center", va="center", fontsize=8, color="white")
        at += count


def draw(snapshot, name):
    """The carpet of one moment, for a page that has a legend."""
    return _draw(snapshot, name, [])


def draw_with_legend(snapshot, name):
    """The same, for a place without a legend of its own. Classes of less than 100 frames are left out of it."""
    return _draw(snapshot, name, [entry for entry in legend(snapshot) if entry[2] >= 100])


def _legend(fig, entries, top):
    """Two columns of squares and names."""
    axes = plot.canvas(fig)
    for place, (kind, color, _) in enumerate(entries):
        row, column = divmod(place, 2)
        x, y = LEFT + column * 130, top + row * LINE
        axes.add_patch(plot.plt.Rectangle((x, y), 9, 8, facecolor=color, edgecolor=plot.SOFT, linewidth=0.5))
        axes.text(x + 14, y + 4.5, kind, va="center", fontsize=8)


def _draw(snapshot, name, entries):
    width = frames_per_row(len(snapshot.codes))
    image, rows = png(snapshot.codes, snapshot.classes, width)
    height = max(120, min(SIDE * rows / width, 340))
    below = LINE * ((len(entries) + 1) // 2)
    fig = plot.figure(height + 28 + below)
    axes = plot.axes_at(fig, LEFT, 20, SIDE, height)
    axes.set_xlim(0, width)
    axes.set_ylim(rows, 0)
    blocks = width // BLOCK
    axes.set_xticks([0, width / 2, width], ["0", "frames", f"{width}"])
    axes.xaxis.tick_top()
    axes.tick_params(length=2)
    for side in ("left", "bottom", "top", "right"):
        axes.spines[side].set_visible(False)
    _borders(axes, snapshot, width, rows / height)
    _holes(axes, snapshot, width, rows)
    _legend(fig, entries, height + 27)
    parts = ", ".join(f"{kind} {count}" for kind, count in snapshot.counts().items() if count)
    row = "a block of order 10" if blocks == 1 else f"{blocks} blocks of order 10"
    picture = plot.Picture(
        name, f"The carpet {snapshot.label}",
        f"All {len(snapshot.codes)} page frames of the machine, one pixel each; a row is {row}. Frames: {parts}.",
        f"One pixel is one frame of 4 KiB. A row has {width} frames: {row}.")
    return picture.finish(fig, [(LEFT, 20, SIDE, height, image, True)])


def lens(snapshot, first, name):
    """One block of order 10, large enough to see each frame."""
    codes = snapshot.codes[first:first + BLOCK]
    image, rows = png(codes, snapshot.classes, LENS)
    fig = plot.figure(20 + rows * 5 + 6)
    axes = plot.axes_at(fig, LEFT, 18, 5 * LENS - 12, rows * 5)
    axes.set_xlim(0, LENS)
    axes.set_ylim(rows, 0)
    axes.set_xticks([0, LENS // 2, LENS], ["0", f"frame {LENS // 2}", str(LENS)])
    axes.xaxis.tick_top()
    axes.set_yticks([0, rows // 2], [f"{first + row * LENS:#x}" for row in (0, rows // 2)])
    axes.tick_params(length=2)
    for side in ("left", "bottom", "top", "right"):
        axes.spines[side].set_color(plot.LINE)
    kinds = [(kind.name, int(numpy.isin(codes, kind.codes).sum())) for kind in snapshot.classes]
    parts = ", ".join(f"{kind} {count}" for kind, count in kinds if count)
    picture = plot.Picture(name, f"One block of order 10, {snapshot.label}",
                           f"The 1024 frames from number {first:#x} on, which are one row of the carpet: {parts}.",
                           f"The 1024 frames from number {first:#x} on, one square each: one row of the carpet.")
    return picture.finish(fig, [(LEFT, 18, 5 * LENS - 12, rows * 5, image, False)])


def legend(snapshot, counts=None):
    """(name, colour, number of frames) of each class that occurs."""
    counts = counts or snapshot.counts()
    return [(kind.name, kind.color, counts[kind.name]) for kind in snapshot.classes if counts[kind.name]]
