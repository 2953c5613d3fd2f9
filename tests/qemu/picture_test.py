#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes pictures of running kernels, and compares all their numbers with what the kernels say at the prompt.

    tests/qemu/picture_test.py --quick     one small machine, without a browser
    tests/qemu/picture_test.py             machines of three sizes, both modes, all kinds of scenes, in a browser

A page has each number three times: in its data, as pixels of the carpet, and as pixels that the browser shows.
All of them must be those of zoneinfo, buddyinfo, meminfo and kmapinfo. A wrong colour and a wrong number are
planted, too, and must be found. The last line is 'N passed, N failed, N skipped'.
"""

import base64
import html
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(ROOT / "tools/picture"))

KERNEL = "build/highland.elf"
QUICK = [("512M", "1", "fill-highmem")]
PAGES = [*((ram, pae, scene) for ram in ("512M", "4G") for pae in ("1", "0")
           for scene in ("fragment", "lowmem-runs-out", "pkmap")),
         *(("512M", "1", scene) for scene in ("kmap-local", "vmap", "slab", "processes")),
         ("4G", "0", "processes"),
         ("4G", "auto", "boot"), ("62G", "1", "fill-highmem"), ("62G", "0", "pkmap")]
WRONG_WORDS = ((["--scene", "nosuch"], r"SCENE=nosuch: expected one of: boot .*pkmap"),
               (["--ram", "4T"], r"RAM=4T: expected a size from 16M to 128G"),
               (["--pae", "2"], r"PAE=2: expected auto, 1 or 0"))


def with_libraries():
    """Starts again under a python3 that has the libraries for drawing; ends if there is none."""
    found = subprocess.run([ROOT / "tools/python-with.sh", "matplotlib", "PIL", "numpy"], capture_output=True,
                           text=True, check=False)
    if found.returncode:
        print("note: the pictures are not tested, for want of python3-matplotlib and python3-pil")
        print("0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    python = found.stdout.strip()
    if "PICTURE_TEST" not in os.environ:
        os.environ["PICTURE_TEST"] = "1"
        os.execvp(python, [python, *sys.argv])


def said(guest):
    """The numbers that the prompt prints at this moment."""
    zones = re.findall(r"zone +(\w+)\n +pages free +(\d+)(?:\n +\w+ +\d+)*?\n +present +(\d+)\n +managed +(\d+)",
                       guest.command("zoneinfo"))
    blocks = dict(re.findall(r"^Node 0, zone +(\w+) ([ \d]+)$", guest.command("buddyinfo"), re.M))
    slots, meminfo = guest.command("kmapinfo slots"), guest.command("meminfo")
    users = re.findall(r"^[0-9a-f]{8} frame 0x\w+ (?:idle|(\d+) users?)", slots, re.M)
    ranges = re.findall(r"^0x\w+-0x\w+ +\d+ .* pages=(\d+) \w+( unpurged)?\r?$", guest.command("vmallocinfo"), re.M)
    objects, all_objects = map(int, re.search(r"^kmalloc-2048 +(\d+) +(\d+)", guest.command("slabinfo"), re.M).groups())
    return {"zones": [{"name": name, "free": int(free), "present": int(present), "managed": int(managed),
                       "free_blocks": [int(count) for count in blocks.get(name, "").split()]}
                      for name, free, present, managed in zones],
            "free_kb": int(re.search(r"^MemFree: +(\d+) kB", meminfo, re.M)[1]),
            "programs_kb": int(re.search(r"^AnonPages: +(\d+) kB", meminfo, re.M)[1]),
            "used": sum(bool(count) for count in users), "idle": sum(not count for count in users),
            "ranges": [sum(int(pages) for pages, retired in ranges if bool(retired) == wanted)
                       for wanted in (False, True)],
            "objects": [objects, all_objects - objects],
            "local": [int(count) for count in re.search(r"^kmap_local slots: (\d+) in use; (\d+) mapping", slots,
                                                        re.M).groups()]}


class Page:
    """A page, taken apart: its data, and the number of pixels of each colour in its carpets."""

    def __init__(self, text):
        from PIL import Image  # pylint: disable=import-outside-toplevel
        self.text = text
        self.data = json.loads(re.search(r'<script type="application/json" id="data">\n(.*?)\n</script>',
                                         text, re.S)[1])
        self.pixels = []
        for figure in re.findall(r'<figure data-moment="\d+">(.*?)</figure>', text, re.S):
            png = base64.b64decode(re.search(r'href="data:image/png;base64,([^"]+)"', figure)[1])
            image = Image.open(io.BytesIO(png)).convert("RGBA")
            self.pixels.append({"#%02x%02x%02x" % pixel[:3]: count for count, pixel in image.getcolors() if pixel[3]})

    @property
    def has_carpets(self):
        """Not every scene changes enough frames for one."""
        return bool(self.pixels)

    def classes(self, place):
        """The number of pixels of each class in the carpet of one moment."""
        found = Counter()
        for color, count in self.pixels[place].items():
            found[self.data["moments"][place]["colors"].get(color, f"unknown {color}")] += count
        return dict(found)


class Comparison:
    """The numbers of a page beside those of the kernel. `complaints` is what differs."""

    def __init__(self, page, moments):
        self.page, self.moments, self.complaints = page, moments, []

    def expect(self, what, got, expected):
        if got != expected:
            self.complaints.append(f"{what}: {got}, expected {expected}")

    def run(self):
        self.expect("moments", len(self.page.data["moments"]), len(self.moments))
        if self.page.has_carpets:
            self.expect("carpets", len(self.page.pixels), len(self.moments))
        for place, told in enumerate(self.moments):
            self.numbers(self.page.data["moments"][place], told)
            if self.page.has_carpets:
                self.colors(place, self.page.classes(place), told)
        self.timeline("retired", "ranges")
        self.timeline("free in the cache", "objects")
        self.timeline("saved with the sleeping thread", "local")
        self.form()
        return self.complaints

    def timeline(self, word, key):
        """The first and the last moment of a timeline; `word` is that of its second state."""
        shown = re.findall(rf"\d+ [^.:]*: (\d+) (?:in use|mapped), (\d+) {word}, ", self.page.text)
        for place in (0, -1) if shown else ():
            self.expect(f"{key} in use and {word}, moment {place}", [int(count) for count in shown[place]],
                        self.moments[place][key])

    def numbers(self, shown, told):
        """The data against the prompt."""
        label = shown["label"]
        for zone, expected in zip(shown["zones"], told["zones"], strict=True):
            for key, value in expected.items():
                if key != "free_blocks" or zone["present"]:
                    self.expect(f"{label}: {key} of {zone['name']}", zone[key], value)
        self.expect(f"{label}: slots", (shown["slots"]["used"], shown["slots"]["idle"]), (told["used"], told["idle"]))

    def colors(self, place, classes, told):
        """The colours of a carpet against the prompt, and against the data."""
        moment = self.page.data["moments"][place]
        label = f"carpet {moment['label']}"
        self.expect(f"{label}: classes", classes,
                    {name: count for name, count in moment["counts"].items() if count})
        for zone in told["zones"]:
            self.expect(f"{label}: free pages of {zone['name']}", classes.get(f"{zone['name']}, free", 0), zone["free"])
        present = sum(zone["present"] for zone in told["zones"])
        self.expect(f"{label}: frames of RAM", sum(classes.values()) - classes.get("hole: no RAM", 0), present)
        free = sum(count for name, count in classes.items() if name.endswith(", free") or name.startswith("free,"))
        self.expect(f"{label}: free pages with those that CPUs have cached", 4 * free, told["free_kb"])
        programs = classes.get("page of a program", 0) + classes.get("page shared after a fork", 0)
        self.expect(f"{label}: pages of programs", 4 * programs, told["programs_kb"])

    def form(self):
        """Every drawing has a text for readers that cannot see it, and nothing comes from another place."""
        svgs = re.findall(r"<svg[^>]*>", self.page.text)
        self.expect("drawings", bool(svgs), True)
        self.expect("drawings without a text",
                    [svg[:60] for svg in svgs if not re.search(r'aria-label="[^"]{20}', svg)], [])
        self.expect("addresses of other places", re.findall(r"(?:src|href)=\"(?!#|data:)[^\"]*|@import|url\((?!#)",
                                                            self.page.text), [])
        ids = re.findall(r'\bid="([^"]+)"', self.page.text)
        self.expect("names that occur twice", [name for name, count in Counter(ids).items() if count > 1], [])


def in_browser(page, chromium):
    """Complaints about the page as Chromium shows it: its console, and the pixels that its script counted."""
    with tempfile.TemporaryDirectory(prefix="highland-") as folder:
        path = Path(folder, "picture.html")
        path.write_text(page.text, encoding="utf-8")
        done = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom", path.as_uri()],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    shown = [json.loads(html.unescape(text)) for text in re.findall(r'<figure[^>]* data-shown="([^"]*)"', done.stdout)]
    expected = [page.classes(place) for place in range(len(page.pixels))]
    if shown != expected:
        complaints.append(f"the browser shows {shown}, expected {expected}")
    return complaints


def planted(page, moments):
    """Complaints about mistakes that nobody found: a wrong colour, a wrong number, a drawing without a text."""
    def found(change):
        copy = Page(page.text)
        change(copy)
        return bool(Comparison(copy, moments).run())

    def color(copy):
        names = copy.data["moments"][-1]["colors"]
        wrong = {name: color for color, name in names.items()}
        names[wrong["Normal, free"]], names[wrong["Normal, in use"]] = "Normal, in use", "Normal, free"

    def pixel(copy):
        one = next(iter(copy.pixels[-1]))
        copy.pixels[-1][one] -= 1

    def number(copy):
        copy.data["moments"][-1]["zones"][0]["free"] += 1

    def block(copy):
        copy.data["moments"][0]["zones"][0]["free_blocks"][3] += 1

    def text(copy):
        copy.text = copy.text.replace(' aria-label="', ' data-x="', 1)

    changes = [number, block, text, *([color, pixel] if page.has_carpets else [])]
    return [f"the planted mistake '{change.__name__}' was not found" for change in changes if not found(change)]


def test(ram, pae, scene, chromium):
    """Complaints about one page."""
    import main as picture  # pylint: disable=import-outside-toplevel
    import scene as scenes  # pylint: disable=import-outside-toplevel
    moments = []
    page = Page(picture.make(scenes.load(scene), ram, pae, on_moment=lambda guest, _: moments.append(said(guest))))
    complaints = Comparison(page, moments).run()
    if not complaints:
        complaints += planted(page, moments)
    if chromium:
        complaints += in_browser(page, chromium)
    return complaints


def book():
    """Complaints about pictures as files: they are XML, small, and the same when they are drawn again."""
    import book as pictures  # pylint: disable=import-outside-toplevel
    wanted = [pictures.PICTURES[-1]]
    first, again = (dict(pictures.pictures(KERNEL, wanted)) for _ in range(2))
    complaints = [f"{name}: drawn again, it is another file" for name in first if first[name] != again[name]]
    for name, text in first.items():
        ElementTree.fromstring(text)
        if len(text.encode()) > pictures.LARGEST:
            complaints.append(f"{name}: {len(text.encode())} bytes, expected at most {pictures.LARGEST}")
    for path in sorted((ROOT / "docs/pictures").iterdir()):
        if ElementTree.parse(path).getroot().tag != "{http://www.w3.org/2000/svg}svg":
            complaints.append(f"{path}: expected a picture")
    return complaints


def wrong_words(arguments, message):
    """Complaints about what make picture says to a word that it cannot obey."""
    done = subprocess.run([sys.executable, ROOT / "tools/picture/main.py", *arguments], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode == 2 and re.search(message, done.stderr) and len(done.stderr.splitlines()) == 1:
        return []
    return [f"status {done.returncode} and {done.stderr!r}, expected 2 and /{message}/"]


def main():
    with_libraries()
    quick = "--quick" in sys.argv
    chromium = None if quick else shutil.which("chromium")
    if not quick and not chromium:
        print("note: the pictures are not shown in a browser, for want of chromium")
    tests = [(f"{ram} PAE={pae} {scene}", test, (ram, pae, scene, chromium)) for ram, pae, scene in
             (QUICK if quick else PAGES)]
    if not quick:
        tests.append(("files of the book", book, ()))
        tests += [(" ".join(arguments), wrong_words, (arguments, message)) for arguments, message in WRONG_WORDS]
    passed = failed = 0
    for name, function, arguments in tests:
        complaints = function(*arguments)
        print(f"{'FAILED' if complaints else 'ok    '}  picture {name}", flush=True)
        for text in complaints[:20]:
            print(f"        {text[:600]}")
        passed, failed = passed + (not complaints), failed + bool(complaints)
    print(f"{passed} passed, {failed} failed, {0 if quick or chromium else 1} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
