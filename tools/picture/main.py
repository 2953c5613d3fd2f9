#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws what a kernel's memory is like before and after a scene: build/picture.html.

    tools/picture/main.py [--ram 4G] [--pae auto|1|0] [--scene NAME] [--output FILE]
    tools/picture/main.py --list

It boots Highland in QEMU, types the commands of the scene at its prompt, and reads its memory from outside.
`make picture RAM= PAE= SCENE=` calls it.
"""

import argparse
import sys
from pathlib import Path

import scene as scenes
from view import ViewError

import machine  # found by the paths that scene.py adds

KERNEL = "build/highland.elf"
ERRORS = (scenes.SceneError, machine.MachineError, ViewError, TimeoutError, EOFError)


def make(scene, ram, pae, kernel=KERNEL, on_moment=None):
    """Boots, plays and draws a scene. Returns the page. on_moment(guest, label) may look at the guest."""
    with machine.boot(kernel, ram, pae, scene.highmem, scene.cpus, scene.programs) as guest:
        played = scenes.play(scene, guest, kernel, on_moment and (lambda label: on_moment(guest, label)))
    import draw  # pylint: disable=import-outside-toplevel  # a wrong word is named before the slow import
    import page  # pylint: disable=import-outside-toplevel
    mode = "with PAE" if played.after.pae else "without PAE"
    words = machine.command_line(ram, pae, scene.highmem)
    return page.write(scene, played, f"A machine with {ram} of RAM, kernel {mode}, parameters: {words}",
                      [(picture, draw.draw(played, picture)) for picture in scene.pictures])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ram", default="4G")
    parser.add_argument("--pae", default="auto")
    parser.add_argument("--scene", default="boot")
    parser.add_argument("--kernel", default=KERNEL)
    parser.add_argument("--output", default="build/picture.html", type=Path)
    parser.add_argument("--list", action="store_true", help="name the scenes and stop")
    args = parser.parse_args()
    try:
        if args.list:
            for name in scenes.names():
                print(f"{name:<18}{scenes.load(name).title}")
            return 0
        text = make(scenes.load(args.scene), args.ram, args.pae, args.kernel)
    except ERRORS as error:
        print(f"make picture: {error}", file=sys.stderr)
        return 2
    args.output.parent.mkdir(parents=True, exist_ok=True)
    args.output.write_text(text, encoding="utf-8")
    others = " ".join(name for name in scenes.names() if name != args.scene)
    print(f"{args.output} shows the scene '{args.scene}'; open it in a browser. Other scenes: {others}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
