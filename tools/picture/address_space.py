# SPDX-License-Identifier: MIT
"""The address space to scale, and the frames that its parts lead to.

The kernel's part is 1 of 4 GiB, its windows to high memory are the last 128 MiB of that, the slots of kmap()
are 2 of these, and a slot is 4 KiB. No single scale shows all of them. So each column is a lens: it shows a
part of the column at its left, as tall as the page. The last column is physical memory. Arrows lead from
addresses to frames: the direct map to low memory, and each mapped slot to the frame that its page table
entry names.
"""

import palette
import plot
import slots
from snapshot import slot_states

TOP, HEIGHT, COLUMN = 172, 230, 54
MIDDLE, RIGHT = 150, 294  # left sides of the second and the third column
GRID = 32  # slots in a row of the lens
COLORS = {"direct map": palette.ZONES[1][0], "vmalloc": "#ead3e0", "pkmap": palette.SLOT_IDLE,
          "fixmap": "#e69f00", "user": plot.FAINT, "gap": "none", "never mapped": "none"}


class Column:
    """A range of addresses, drawn from low (bottom) to high (top)."""

    def __init__(self, axes, left, start, end, title):
        self.axes, self.left, self.start, self.end = axes, left, start, end
        axes.text(left + COLUMN / 2, TOP - 12, title, ha="center", va="center", fontsize=8, weight="bold")
        axes.add_patch(plot.plt.Rectangle((left, TOP), COLUMN, HEIGHT, facecolor="none", edgecolor=plot.SOFT,
                                          linewidth=0.8, zorder=3))

    def y(self, address):
        share = (min(max(address, self.start), self.end) - self.start) / (self.end - self.start)
        return TOP + HEIGHT * (1 - share)

    def box(self, start, end, color, text="", **how):
        """A part of the column. Returns the middle of its right side."""
        top, bottom = self.y(end), self.y(start)
        if end <= self.start or start >= self.end:
            return None
        self.axes.add_patch(plot.plt.Rectangle((self.left, top), COLUMN, max(bottom - top, 0.4), facecolor=color,
                                               edgecolor=plot.SOFT, linewidth=0.3, **how))
        if text and bottom - top > 9 * (text.count("\n") + 1):
            dark = "black" if color not in ("none", plot.FAINT) else plot.INK
            self.axes.text(self.left + COLUMN / 2, (top + bottom) / 2, text, ha="center", va="center", fontsize=7,
                           color=dark, zorder=4)
        return self.left + COLUMN, (top + bottom) / 2

    def zoom(self, start, end, other):
        """Lines from a part of this column to the whole of the next one."""
        for here, there in ((end, TOP), (start, TOP + HEIGHT)):
            self.axes.plot([self.left + COLUMN, other.left], [self.y(here), there], color=plot.SOFT, linewidth=0.6,
                           linestyle=(0, (2, 2)))


def _parts(column, snapshot):
    for name, start, end in snapshot.regions:
        text = f"{name}\n{plot.size_text(end - start)}"
        column.box(start, end, COLORS[name], text, hatch="////" if name in ("gap", "never mapped") else None)


def _ranges(column, snapshot):
    """The ranges that vmalloc has given out; those of one page with its guard are thin lines."""
    ranges = snapshot.report.get("vmalloc", {}).get("ranges", [])
    for each in ranges:
        column.box(each["start"], each["end"], "#7b3294")
    return len(ranges)


def _physical(column, snapshot):
    for index, zone in enumerate(snapshot.zones):
        start, end = zone.start_pfn << 12, (zone.start_pfn + zone.spanned) << 12
        column.box(start, end, palette.ZONES[index][0])
        middle = column.y(start + min(end - start, zone.present << 12) / 2)
        if zone.spanned << 12 > (len(snapshot.codes) << 12) / 20:
            column.axes.text(column.left + COLUMN / 2, middle, f"{zone.name}\n{plot.size_text(zone.present << 12)}",
                             ha="center", va="center", fontsize=7, color="black", zorder=5)
    hole = [code for kind in snapshot.classes[:1] for code in kind.codes]
    run = None
    for block in range(0, len(snapshot.codes) + 4096, 4096):
        is_hole = block < len(snapshot.codes) and int(snapshot.codes[block]) in hole
        if is_hole and run is None:
            run = block
        elif not is_hole and run is not None:
            column.box(run << 12, block << 12, palette.HOLE, hatch="////")
            run = None


def _grid(axes, snapshot, left, top, side):
    """All slots of kmap(): an image of one pixel a slot, with lines between them. Returns its place and the PNG."""
    rows = snapshot.nr_slots // GRID
    height = min(side / GRID, 110 / rows) * rows
    for row in range(rows + 1):
        axes.plot([left, left + side], [top + row * height / rows] * 2, color=plot.LINE, linewidth=0.4)
    for column in range(GRID + 1):
        axes.plot([left + column * side / GRID] * 2, [top, top + height], color=plot.LINE, linewidth=0.4)
    states = slot_states(snapshot.slots, snapshot.nr_slots)
    return left, top, side, height, slots.png(states.reshape(rows, GRID)), False


def _arrow(axes, start, end, color, width=1.2):
    axes.annotate("", end, start, zorder=6, arrowprops={
        "arrowstyle": "-|>", "color": color, "linewidth": width, "shrinkA": 0, "shrinkB": 0,
        "connectionstyle": "arc3,rad=-0.12"})


def _slot_text(snapshot, slot):
    users = f"{slot.users} user{'s' if slot.users != 1 else ''}" if slot.users else "idle"
    frame_zone = next((zone.name for zone in snapshot.zones
                       if zone.start_pfn <= slot.pfn < zone.start_pfn + zone.spanned), "?")
    return f"slot {slot.number} at {slot.vaddr:#x}, {users}: frame {slot.pfn:#x} in {frame_zone}"


def _addresses(axes, snapshot, space, window):
    """The borders, beside the columns."""
    for address in (0, *snapshot.region("direct map")):
        axes.text(space.left - 3, space.y(address), f"{address:08x}", ha="right", va="center", fontsize=7)
    below = TOP + 1
    for address in (snapshot.region("fixmap")[0], snapshot.pkmap_start, window.start):
        below = min(max(window.y(address), below + 4), TOP + HEIGHT - 4)
        axes.text(window.left - 3, below, f"{address:08x}", ha="right", va="center", fontsize=7)
        below += 4.5


def _names(axes, snapshot, window):
    """The names of the parts that are too low for a text inside, between the lens above and the arrows below."""
    start, end = snapshot.region("pkmap")
    middle = window.y((start + end) / 2)
    for name, y in (("pkmap", middle + 1), ("fixmap", middle - 8)):
        axes.text(window.left + COLUMN + 6, y, name, va="center", fontsize=7, zorder=7,
                  bbox={"boxstyle": "square,pad=0.05", "facecolor": plot.PAPER, "edgecolor": "none"})


def _lens(axes, snapshot, window, mapped):
    """All slots of kmap(), above the columns, and a sentence about one of them, which is returned with the image."""
    left, side, top = 46, plot.WIDTH - 60, 14
    image = _grid(axes, snapshot, left, top, side)
    bottom = top + image[3]
    start, end = snapshot.region("pkmap")
    for here, there in ((window.left, left), (window.left + COLUMN, left + side)):
        axes.plot([here, there], [window.y((start + end) / 2), bottom + 1], color=plot.SOFT, linewidth=0.6,
                  linestyle=(0, (2, 2)), zorder=1)
    used = sum(bool(slot.users) for slot in mapped)
    axes.text(left, 7, f"pkmap: {snapshot.nr_slots} slots, {used} in use (orange), {len(mapped) - used} idle (blue)",
              va="center", fontsize=8, weight="bold")
    words = _slot_text(snapshot, mapped[0]) if mapped else "No slot maps a page now."
    axes.text(left, bottom + 9, words, va="center", fontsize=7.5, zorder=7,
              bbox={"boxstyle": "round,pad=0.2", "facecolor": plot.PAPER, "edgecolor": "none"})
    return image, f"Of the slots of kmap(), {used} are in use and {len(mapped) - used} idle. {words}"


def draw(snapshot, name):
    """The address space of one moment."""
    fig = plot.figure(TOP + HEIGHT + 22)
    axes = plot.canvas(fig)
    windows = snapshot.region("vmalloc")[0]
    space = Column(axes, 46, 0, 1 << 32, "4 GiB")
    window = Column(axes, MIDDLE, windows, 1 << 32, plot.size_text((1 << 32) - windows))
    memory = Column(axes, RIGHT, 0, len(snapshot.codes) << 12, "physical")
    _parts(space, snapshot)
    _parts(window, snapshot)
    given = _ranges(window, snapshot)
    _physical(memory, snapshot)
    space.zoom(windows, 1 << 32, window)
    _addresses(axes, snapshot, space, window)
    _names(axes, snapshot, window)
    direct = snapshot.region("direct map")
    _arrow(axes, (space.left + COLUMN, space.y((direct[0] + direct[1]) / 2)),
           (memory.left, memory.y((direct[1] - direct[0]) / 2)), palette.ZONES[1][1], 1.8)
    axes.text(space.left, TOP + HEIGHT + 11, "The blue arrow: always mapped.", fontsize=7.5, va="center")
    mapped = sorted(snapshot.slots, key=lambda slot: -(slot.users or 0))
    for slot in mapped[::max(1, len(mapped) // 16)]:
        _arrow(axes, (window.left + COLUMN, window.y(slot.vaddr)), (memory.left, memory.y(slot.pfn << 12)),
               palette.SLOT_USED if slot.users else palette.SLOT_IDLE, 0.8)
    image, said = _lens(axes, snapshot, window, mapped)
    regions = ", ".join(f"{word} from {first:#x}, {plot.size_text(end - first)}"
                        for word, first, end in snapshot.regions)
    return plot.Picture(name, f"The address space {snapshot.label}",
                        f"The address space: {regions}. {given} ranges of vmalloc are in use. {said}",
                        "The middle column is a lens for the top of the left one, and the squares are a lens for its "
                        "pkmap. Arrows lead from addresses to frames.").finish(fig, [image])
