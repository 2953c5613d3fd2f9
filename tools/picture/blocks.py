# SPDX-License-Identifier: MIT
"""Free blocks of each zone by order, before and after a scene.

The page allocator keeps free memory as blocks of 2^order frames. A healthy zone has most of its free memory in
blocks of order 10. A fragmented zone may have as much free memory, and yet no block of order 1. A bar shows the
memory of an order, not the number of its blocks, so bars of one zone can be compared. The numbers at the
bars are those that `buddyinfo` prints.
"""

import palette
import plot

ROW = 9  # points for an order


def _bars(axes, zone, index, before):
    orders = range(len(zone.free_blocks))
    free, used = palette.ZONES[index]
    pages = [count << order for order, count in enumerate(zone.free_blocks)]
    if before:
        old = [count << order for order, count in enumerate(before.free_blocks)]
        axes.barh([order - 0.2 for order in orders], old, 0.4, facecolor="none", edgecolor=plot.SOFT, hatch="//////",
                  linewidth=0.5)
        axes.barh([order + 0.2 for order in orders], pages, 0.4, color=used)
    else:
        axes.barh(list(orders), pages, 0.8, color=used)
        old = pages
    most = max(*pages, *old, 1)
    for order in orders:
        said = str(zone.free_blocks[order])
        if before and before.free_blocks[order] != zone.free_blocks[order]:
            said = f"{before.free_blocks[order]} → {said}"
        axes.text(max(pages[order], old[order]) + most * 0.015, order, said, va="center", fontsize=7)
    axes.set_xlim(0, most * 1.22)
    axes.set_ylim(len(pages) - 0.4, -0.6)
    axes.set_yticks(list(orders), [str(order) for order in orders], fontsize=7)
    axes.tick_params(length=2)
    ticks = [0, most / 2, most]
    axes.set_xticks(ticks, ["0", *(plot.size_text(int(tick) << 12) for tick in ticks[1:])], fontsize=7)
    axes.set_title(f"{zone.name}: {zone.free} of {zone.managed} pages are free", loc="left", fontsize=8)


def draw(after, before, name):
    """Both moments; before may be None."""
    zones = [(index, zone) for index, zone in enumerate(after.zones) if zone.present]
    height = ROW * len(zones[0][1].free_blocks)
    fig = plot.figure(20 + len(zones) * (height + 38))
    for place, (index, zone) in enumerate(zones):
        axes = plot.axes_at(fig, 34, 22 + place * (height + 38), plot.WIDTH - 44, height)
        _bars(axes, zone, index, before and before.zones[index])
        axes.set_ylabel("order", fontsize=7)
    said = "; ".join(f"{zone.name} {' '.join(map(str, zone.free_blocks))}" for _, zone in zones)
    note = "A bar is the memory in blocks of one order; the number is that of the blocks."
    if before:
        note += " Hatched: before the scene. Solid: after it."
    return plot.Picture(name, "Free blocks of each order", f"Free blocks {after.label}, by order 0 to 10: {said}.",
                        note).finish(fig)
