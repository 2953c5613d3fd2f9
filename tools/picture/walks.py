# SPDX-License-Identifier: MIT
"""The walk of an address: how the CPU finds the frame, with the real bits of each table entry.

The CPU cuts the address into indexes. With PAE these are 2, 9 and 9 bits and an offset of 12 bits, without it
10, 10 and 12. Each index selects an entry of a table, and the entry names the next table or the frame. A large
page ends the walk one level earlier, and its offset is longer. Chapter 4 of volume 3A of Intel's SDM has the
formats. Each square below is one bit of the entry in memory, filled if the bit is 1.
"""

import palette
import plot

LEFT = 10
HUES = {"PDPT": "#cc79a7", "PD": "#e69f00", "PT": "#56b4e9", "offset": "#009e73"}
SHORT = {"present": "P", "write": "W", "user": "U", "PWT": "T", "PCD": "C", "accessed": "A", "dirty": "D",
         "large page": "L", "global": "G", "NX": "X"}


def _field_widths(walk, pae):
    """(name, bits) of the parts of the address."""
    widths = {"PDPT": 2, "PD": 9, "PT": 9} if pae else {"PD": 10, "PT": 10}
    parts = [(level.name, widths[level.name]) for level in walk.levels]
    return [*parts, ("offset", 32 - sum(width for _, width in parts))]


def _address(axes, walk, pae, top):
    """The 32 bits of the address, cut into fields. Returns the middle of each field."""
    cell = (plot.WIDTH - 2 * LEFT) / 32
    bit, middles = 31, {}
    for name, width in _field_widths(walk, pae):
        left = LEFT + (31 - bit) * cell
        value = walk.vaddr >> (bit - width + 1) & ((1 << width) - 1)
        axes.add_patch(plot.plt.Rectangle((left + 0.7, top), cell * width - 1.4, 13, facecolor="none",
                                          edgecolor=HUES[name], linewidth=1.5))
        for i in range(width):
            axes.text(left + (i + 0.5) * cell, top + 6.8, str(walk.vaddr >> (bit - i) & 1), ha="center", va="center",
                      fontsize=7.5, family="monospace")
        middles[name] = left + cell * width / 2
        said = f"{name} {value}" if name != "offset" else f"offset {value:#x}"
        align, at = ("left", left) if name == "PDPT" else ("center", middles[name])
        axes.text(at, top + 21, said, ha=align, va="center", fontsize=7.5)
        bit -= width
    return middles


def _entry(axes, level, width, top):
    """The bits of an entry, the highest first, 32 to a row."""
    cell = (plot.WIDTH - 2 * LEFT) / 32
    names = {"present": 0, "write": 1, "user": 2, "PWT": 3, "PCD": 4, "accessed": 5, "dirty": 6, "large page": 7,
             "global": 8, "NX": 63}
    flags = {bit: SHORT[name] for name, bit in names.items() if bit != 7 or level.name == "PD"}
    for bit in range(width):
        row, column = divmod(width - 1 - bit, 32)
        on = level.value >> bit & 1
        x, y = LEFT + column * cell, top + row * 12
        hue = palette.ZONES[1][1] if bit in flags else HUES[level.name]
        axes.add_patch(plot.plt.Rectangle((x + 0.8, y), cell - 1.6, 10, facecolor=hue if on else "none",
                                          edgecolor=plot.LINE, linewidth=0.6))
        if bit in flags:
            axes.text(x + cell / 2, y + 5.3, flags[bit], ha="center", va="center", fontsize=7,
                      color="white" if on else plot.SOFT)
    return top + 12 * (width // 32)


def _level_text(level):
    if not level.present:
        return "not present: nothing is mapped here"
    what = ("page" if level.name == "PT" else "large page") if level.is_page else "table"
    return f"{what} at {level.target:#x}: {', '.join(level.bits())}"


def draw(walk, snapshot, what, name):
    """what says in a few words which address it is."""
    width = 64 if snapshot.pae else 32
    step = 46 + 12 * (width // 32)
    fig = plot.figure(56 + step * len(walk.levels) + 30)
    axes = plot.canvas(fig)
    axes.text(LEFT, 9, f"{walk.vaddr:#010x}, {what}", va="center", fontsize=9, weight="bold")
    _address(axes, walk, snapshot.pae, 20)
    top = 56
    for level in walk.levels:
        axes.annotate("", (LEFT + 6, top + 12), (LEFT + 6, top - 6),
                      arrowprops={"arrowstyle": "->", "color": plot.SOFT, "linewidth": 1})
        axes.text(LEFT + 16, top + 4, f"{level.name} entry {level.index} at {level.at:#x} is {level.value:#x}",
                  va="center", fontsize=7.5)
        end = _entry(axes, level, width, top + 13)
        axes.text(LEFT, end + 7, _level_text(level), va="center", fontsize=7.5)
        top += step
    if walk.phys is None:
        result = "The CPU raises a page fault."
    else:
        result = f"The address is physical {walk.phys:#x}, in frame {walk.phys >> 12:#x}."
    axes.text(LEFT, top + 6, result, va="center", fontsize=9, weight="bold")
    said = "; ".join(f"{level.name} entry {level.index} is {level.value:#x}, {_level_text(level)}"
                     for level in walk.levels)
    return plot.Picture(name, f"The walk of {walk.vaddr:#x}, {what}", f"{walk.vaddr:#x}, {what}: {said}. {result}",
                        "A filled square is a bit that is 1. P present, W write, U user, T write-through, C cache "
                        "disabled, A accessed, D dirty, L large page, G global, X no execution.").finish(fig)
