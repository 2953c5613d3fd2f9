# SPDX-License-Identifier: MIT
"""Where low memory is spent on machines of several sizes.

Low memory is at most 896 MiB, and holds everything that the kernel must always see. The frame table is part of
it and grows with all of RAM: 16 bytes for each frame. So a machine with 62 GiB has less low memory left than
one with 1 GiB.
"""

import palette
import plot

SIZES = ("1G", "4G", "16G", "62G")
PARTS = ("kernel image", "frame table", "reserved", "page table", "slab", "in use", "free")
HATCHES = {"frame table": "xx", "reserved": "////", "free": ""}


def parts_of(snapshot):
    """Pages of low memory by part; the zones that the kernel always sees are all but the last."""
    found = dict.fromkeys(PARTS, 0)
    for index, zone in enumerate(snapshot.zones):
        if zone.name in ("HighMem", "DMA32"):
            continue
        for name, count in snapshot.zone_counts(index).items():
            if name in found:
                found[name] += count
            elif name.startswith("free") or name.endswith(", free"):
                found["free"] += count
            elif name.endswith(", in use"):
                found["in use"] += count
    return found


def _color(part):
    return {"in use": palette.ZONES[1][1], "free": palette.ZONES[1][0]}.get(part) or palette.OTHERS[part]


def draw(machines, name):
    """machines: {"4G": pages by part}."""
    fig = plot.figure(34 * len(machines) + 84)
    axes = plot.axes_at(fig, 44, 8, plot.WIDTH - 62, 34 * len(machines))
    for place, parts in enumerate(machines.values()):
        left = 0
        for part in PARTS:
            size = parts[part] / 256
            axes.barh(place, size, 0.55, left, color=_color(part), hatch=HATCHES.get(part), edgecolor=plot.PAPER,
                      linewidth=0, label=part if place == 0 else None)
            if size > 60:
                dark = part in ("in use", "page table", "kernel image")
                axes.text(left + size / 2, place, f"{size:.0f}", ha="center", va="center", fontsize=8,
                          color="white" if dark else "black",
                          bbox={"boxstyle": "round,pad=0.15", "facecolor": _color(part), "edgecolor": "none"})
            left += size
        small = ", ".join(f"{part} {parts[part] / 256:.1f}" for part in PARTS
                          if 0.05 <= parts[part] / 256 <= 60)
        axes.text(0, place + 0.43, small, va="center", fontsize=7, color=plot.SOFT)
    axes.set_ylim(len(machines) - 0.4, -0.5)
    axes.set_yticks(range(len(machines)), [size.replace("G", " GiB") for size in machines])
    axes.tick_params(length=2)
    axes.set_xlim(0, 900)
    axes.set_xticks([0, 128, 256, 384, 512, 640, 768, 896])
    axes.set_xlabel("MiB of low memory")
    axes.legend(loc="upper left", bbox_to_anchor=(-0.13, -1 / len(machines)), ncols=4, frameon=False, fontsize=7,
                handlelength=1.2, columnspacing=0.9)
    said = "; ".join(f"with {size} of RAM " + ", ".join(f"{part} {parts[part] / 256:.1f} MiB" for part in PARTS)
                     for size, parts in machines.items())
    return plot.Picture(name, "Where low memory is spent", f"Low memory by use: {said}.",
                        "Each bar is all of low memory of a machine, after boot. Numbers are MiB.").finish(fig)
