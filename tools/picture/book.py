#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the pictures of the README and of the chapters: tools/picture/book.py [KERNEL]

Each of them is a picture of a scene on the machine of `make run`, a file docs/pictures/NAME.svg. The machine
has one CPU and a fixed seed, so the same kernel gives the same file, to the byte. Numbers in a picture are
those of the kernel that was drawn: after a change of memory's layout, draw them again.
"""

import sys
from pathlib import Path

import main
import scene as scenes

import draw
import machine

FOLDER = Path("docs/pictures")
RAM = "4G"
LARGEST = 150 << 10  # bytes of a file

# (scene, PAE, {name of the file: (kind, which drawing of it, other words of a [[picture]])})
PICTURES = (
    ("boot", "1", {"address-space": ("address-space", 0, {}), "lowmem": ("lowmem", 0, {}),
                   "first-frames": ("lens", 0, {"of": "kernel"})}),
    ("fill-highmem", "1", {"carpet": ("carpet", 1, {"legend": True})}),
    ("fragment", "1", {"fragmented-block": ("lens", 1, {}), "fragmented-zones": ("blocks", 0, {})}),
    ("pkmap", "1", {"pkmap-slots": ("slots", 0, {}), "pkmap-address-space": ("address-space", 0, {}),
                    "walk": ("walk", 0, {})}),
    ("vmap", "1", {"vmap-ranges": ("ranges", 0, {})}),
    ("kmap-local", "1", {"local-slots": ("local-slots", 0, {"cpu": 1})}),
    ("slab", "1", {"slab-objects": ("objects", 0, {"cache": "kmalloc-2048"})}),
    ("processes", "1", {"processes": ("carpet", 1, {"legend": True})}),
    ("pkmap", "0", {"walk-nopae": ("walk", 0, {})}),
)


def pictures(kernel, rows=PICTURES):
    """(name, text of the file) of each picture."""
    for name, pae, wanted in rows:
        scene = scenes.load(name)
        with machine.boot(kernel, RAM, pae, scene.highmem, scene.cpus, scene.programs) as guest:
            played = scenes.play(scene, guest, kernel)
        for file, (kind, number, words) in wanted.items():
            yield file, draw.draw(played, {"kind": kind, **words})[number].alone()


def write_all(kernel):
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pictures(kernel):
        path = FOLDER / f"{name}.svg"
        if len(text.encode()) > LARGEST:
            raise scenes.SceneError(f"{path} has {len(text.encode())} bytes, expected at most {LARGEST}")
        path.write_text(text, encoding="utf-8")
        print(f"{path}: {len(text.encode())} bytes")


if __name__ == "__main__":
    try:
        write_all(sys.argv[1] if len(sys.argv) > 1 else main.KERNEL)
    except main.ERRORS as error:
        sys.exit(f"make picture-docs: {error}")
