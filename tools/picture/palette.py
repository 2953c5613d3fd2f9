# SPDX-License-Identifier: MIT
"""Colours of the pictures, and the classes of frames that they name.

Two rules make the pictures readable for the colour-blind and in print. Hues are those of Okabe and Ito
("Color Universal Design", 2008), which all common kinds of colour vision tell apart. And a second sign always
repeats the message of the hue: free memory is pale, memory in use is strong, a hole is striped, and each zone
has its name beside it.

A picture has to work on white and on black paper. Text and lines take their colour from variables of CSS,
with a value for each. Pixels of the carpet are fixed, so their colours are neither white nor black.
"""

from dataclasses import dataclass

# name: (on white paper, on black paper). No two light values are equal: plot.py replaces them by name.
THEME = {
    "ink": ("#1b1f24", "#e8eaed"),
    "soft": ("#59636e", "#a8b0ba"),
    "line": ("#b9c1c9", "#465060"),
    "faint": ("#eef1f4", "#1c232c"),
    "paper": ("#fefefe", "#10151c"),
}

HOLE, STRIPE = "#565c66", "#6b727d"
ZONES = (("#f6d796", "#e69f00"), ("#a6d0ec", "#0072b2"), ("#d8c6ef", "#6a51a3"), ("#9adcc3", "#009e73"))
OTHERS = {"kernel image": "#d55e00", "frame table": "#f0e442", "reserved": "#a9a9a9", "page table": "#7b3294",
          "slab": "#cc79a7", "free, cached by a CPU": "#fdfdf0",
          "page of a program": "#ff5a36", "page shared after a fork": "#ffb000", "page of a file": "#4a1486",
          "page of swap": "#00796b"}
# States of the kernel whose names say too little in a legend.
WORDS = {"page of a program": "anonymous", "page shared after a fork": "anonymous, shared", "page of a file": "file",
         "page of swap": "swap cache"}

# Colours of the slots of kmap().
SLOT_USED, SLOT_IDLE = "#d55e01", "#56b4e9"

# A code is a number below 256 for a frame: zone * 16 + state, or one of these + zone.
STATES = 16
IMAGE, FRAME_TABLE, HOLE_STRIPE = 64, 68, 72


@dataclass(frozen=True)
class Class:
    """A kind of frame: its name, its colour, and the codes that have it."""

    name: str
    color: str
    codes: tuple


def mix(color, other, part):
    """A colour between two others."""
    pairs = [(int(color[i:i + 2], 16), int(other[i:i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)


def classes(state_names, zone_names):
    """All classes of frames, in the order of the legend. Names of states come from the kernel."""
    zones = range(len(zone_names))

    def codes(name):
        return tuple(zone * STATES + state_names.index(name) for zone in zones) if name in state_names else ()

    found = [Class("hole: no RAM", HOLE, codes("hole") + tuple(HOLE_STRIPE + zone for zone in zones)),
             Class("kernel image", OTHERS["kernel image"], tuple(IMAGE + zone for zone in zones)),
             Class("frame table", OTHERS["frame table"], tuple(FRAME_TABLE + zone for zone in zones))]
    for name in [*OTHERS][2:]:
        found.append(Class(name, OTHERS[name], codes(WORDS.get(name, name))))
    named = {"hole", "free", *(WORDS.get(name, name) for name in OTHERS)}
    for zone, name in enumerate(zone_names):
        free, used = ZONES[zone]
        found.append(Class(f"{name}, free", free, (zone * STATES + state_names.index("free"),)))
        found.append(Class(f"{name}, in use", used, tuple(
            zone * STATES + state for state, word in enumerate(state_names) if word not in named)))
    return found


def css(scheme):
    """The variables of one scheme, 0 for light and 1 for dark."""
    return " ".join(f"--{name}: {colors[scheme]};" for name, colors in THEME.items())


STYLE = (f":root {{ color-scheme: light dark; {css(0)} }}\n"
         f"@media (prefers-color-scheme: dark) {{ :root {{ {css(1)} }} }}\n")
