#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Builds the book as a site, as `make docs` does, and checks what a reader gets.

Each link inside the site leads to a page and a place that exist, and no page loads anything from elsewhere.
Chromium, if there is one, opens pages as files and from tools/serve.py: they print no error, the search finds a
function, and no other host is asked. Planted faults must be found, too. The last line is 'N passed, N failed'.
"""

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote

SITE, WORK = Path("build/site"), Path("build/book")
LIBRARIES = ("sphinx", "myst_parser", "furo")
# A tag that loads what it names; all others only offer it to the reader.
LOADS = re.compile(r'<(?:img|script|iframe|source|object|embed)\b[^>]*? (?:src|data)="([^"]*)"|'
                   r'<link\b(?=[^>]*rel="(?:stylesheet|icon|shortcut icon|preload)")[^>]*? href="([^"]*)"')
LINKS = re.compile(r'<a\b[^>]*? href="([^"]*)"')
STYLE_LOADS = re.compile(r"@import\s+(?:url\()?[\"']?([^\"');]+)|url\([\"']?(?!data:)([^\"')]+)")
# Hosts that Chromium asks for itself, whatever it shows.
ITS_OWN = {"https://accounts.google.com", "http://clients2.google.com", "https://clients2.google.com",
           "http://update.googleapis.com", "https://update.googleapis.com"}
# A book of two pages in the navigation, with a link to a page, to a heading and to a source that are not there.
PLANTED = {"index.md": "# A book\n\n```{toctree}\nother\n```\n[a page](gone.md) [a heading](other.md#gone)\n",
           "other.md": "# Another page\n\n[a source](mm/gone.c)\n",
           "nowhere.md": "# A page that is not in the navigation\n"}


def with_libraries():
    """Starts this program again with a python3 that has the libraries, or ends it."""
    found = subprocess.run(["tools/python-with.sh", *LIBRARIES], capture_output=True, text=True, check=False)
    if found.returncode:
        print("Left out: the book as a site, for want of python3-sphinx, python3-myst-parser, furo")
        print("0 passed, 0 failed, 1 skipped")
        sys.exit(0)
    if shutil.which(found.stdout.strip()) != shutil.which(sys.executable) and "SITE_TEST" not in os.environ:
        os.environ["SITE_TEST"] = "1"
        os.execvp(found.stdout.strip(), [found.stdout.strip(), *sys.argv])


def pages(site):
    return {path.relative_to(site).as_posix(): path.read_text() for path in sorted(site.rglob("*.html"))}


def links(site):
    """Complaints about links and loads of all pages."""
    texts = pages(site)
    places = {name: set(re.findall(r' id="([^"]*)"', text)) for name, text in texts.items()}
    for name, text in texts.items():
        loaded = [html.unescape(a or b) for a, b in LOADS.findall(text)]
        offered = [link for link in map(html.unescape, LINKS.findall(text)) if not re.match(r"https?:|mailto:", link)]
        for target in loaded + offered:
            path, _, place = target.partition("#")
            path = path.partition("?")[0]
            if re.match(r"data:", target):
                continue
            if re.match(r"[a-z]+:|/", target):
                yield f"{name} loads {target}"
                continue
            page = os.path.normpath(Path(name).parent / unquote(path)) if path else name
            if not (site / page).is_file():
                yield f"{name}: the link {target} leads nowhere"
            elif place and page in places and unquote(place) not in places[page]:
                yield f"{name}: {page} has no place {place}"
    for style in site.rglob("*.css"):
        for found in STYLE_LOADS.findall(style.read_text()):
            target = found[0] or found[1]
            if re.match(r"[a-z]+:|/", target) or not (style.parent / target).is_file():
                yield f"{style.relative_to(site)} loads {target}"


def whole():
    """Complaints about the site as such: pages that a reader looks for, and leftovers of building it."""
    for name in ("index.html", "search.html", "docs/tour.html", "docs/highmem.html", "api/index.html",
                 "api/mm/highmem.html", "source/mm/kmap.c.html"):
        if not (SITE / name).is_file():
            yield f"there is no page {name}"
    text = (SITE / "docs/highmem.html").read_text()
    if 'href="../api/mm/highmem.html#c.kmap"' not in text:
        yield "docs/highmem.html has no link to kmap()"
    if 'href="../../docs/highmem.html"' not in (SITE / "api/mm/highmem.html").read_text():
        yield "api/mm/highmem.html has no link to its chapter"


def planted_links():
    """Complaints about faults in a page that links() does not find."""
    faults = {'<a href="gone.html">': "leads nowhere", '<a href="#gone">': "has no place",
              '<img src="https://example.org/a.png">': "loads", '<script src="/a.js"></script>': "loads"}
    with tempfile.TemporaryDirectory(prefix="highland-") as folder:
        for fault, words in faults.items():
            Path(folder, "index.html").write_text(f"<p>{fault}")
            if not any(words in complaint for complaint in links(Path(folder))):
                yield f"{fault} was not found"


def planted_pages():
    """Complaints about faults in pages with which the site is built all the same."""
    sys.path.insert(0, "tools/book")
    import main as book  # pylint: disable=import-outside-toplevel
    with tempfile.TemporaryDirectory(prefix="highland-") as folder:
        pages_folder = Path(folder, "book/pages")
        pages_folder.mkdir(parents=True)
        shutil.copy(WORK / "pages/names.json", pages_folder)
        for name, text in PLANTED.items():
            (pages_folder / name).write_text(text)
        done = book.build(pages_folder.parent, Path(folder, "site"))
    if done.returncode == 0:
        yield "no error"
    for words in ("gone.md", "other.md#gone", "mm/gone.c", "nowhere.md"):
        if words not in done.stderr:
            yield f"no word of {words} in: {done.stderr}"


def shown(chromium, address):
    """(the page after its scripts ran, its complaints, the hosts that were asked)."""
    with tempfile.TemporaryDirectory(prefix="highland-") as folder:
        log = Path(folder, "net.json")
        done = subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             f"--log-net-log={log}", "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", address],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
        asked = set(re.findall(r'"url":"(https?://[^/"]*)', log.read_text())) if log.exists() else set()
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line], asked


def in_browser(chromium):
    """Complaints about the site in Chromium, as files and from a server."""
    with subprocess.Popen([sys.executable, "tools/serve.py", str(SITE), "0"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as server:
        served = server.stdout.readline().split(";")[0]
        for start in (SITE.resolve().as_uri() + "/", served):
            text, complaints, asked = shown(chromium, start + "search.html?q=kunmap")
            if not re.search(r'<a href="api/mm/highmem.html#c.kunmap"', text):
                yield f"{start}: the search does not find kunmap()"
            page, more, also = shown(chromium, start + "docs/highmem.html")
            if 'class="no-js"' in page:
                yield f"{start}: the script of the theme did not run"
            yield from complaints + more
            yield from (f"{start}: the page asks {host}" for host in (asked | also) - ITS_OWN
                        if not served.startswith(host))
        server.terminate()


def build():
    """Complaints of the strict build."""
    done = subprocess.run([sys.executable, "tools/book/main.py", str(SITE)], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        yield f"status {done.returncode}: {done.stdout}{done.stderr}"


def main():
    with_libraries()
    tests = [("strict build", build), ("pages", whole), ("links", lambda: links(SITE)),
             ("planted links", planted_links), ("planted pages", planted_pages)]
    chromium = shutil.which("chromium")
    if chromium:
        tests.append(("in a browser", lambda: in_browser(chromium)))
    else:
        print("note: the site is not shown in a browser, for want of chromium")
    passed = 0
    for name, function in tests:
        complaints = list(function())
        passed += not complaints
        print(f"FAILED  {name}" if complaints else f"ok      {name}", *complaints[:20], sep="\n        ")
    print(f"{passed} passed, {len(tests) - passed} failed")
    return 0 if passed == len(tests) else 1


if __name__ == "__main__":
    sys.exit(main())
