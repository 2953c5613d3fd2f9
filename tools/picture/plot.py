# SPDX-License-Identifier: MIT
"""Makes matplotlib draw pictures for any paper: their SVG names colours instead of holding them.

matplotlib writes the colour of each line and letter into the file, where a page cannot change it. So pictures
are drawn with the colours of white paper, and each of them is then replaced by a variable of CSS. A page that
contains the picture defines the variables once (palette.STYLE). A picture in a file of its own has them
inside, with its own paper, because a reader may show it on any ground.

A picture is five inches wide, 360 points. On a phone one point is about one pixel, so no letter is smaller
than 7 points. Equal data give an equal file: no date, no random names. Names inside of a picture begin with
its own name, since several pictures share a page.
"""

import base64
import html
import io
import re

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "highland", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 8,
    "axes.spines.top": False, "axes.spines.right": False, "hatch.linewidth": 0.6})
import matplotlib.pyplot as plt  # noqa: E402

import palette  # noqa: E402

INK, SOFT, LINE, FAINT, PAPER = (palette.THEME[name][0] for name in ("ink", "soft", "line", "faint", "paper"))
for _key in ("text.color", "axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor", "axes.titlecolor"):
    matplotlib.rcParams[_key] = INK
for _key in ("axes.edgecolor", "xtick.color", "ytick.color"):
    matplotlib.rcParams[_key] = SOFT

WIDTH = 360  # points
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif"


class Picture:
    """A drawing with a name, a title, a text for readers that cannot see it, and a note below."""

    def __init__(self, name, title, alt, note=""):
        self.name, self.title, self.alt, self.note = name, title, alt, note
        self.body = self.box = ""

    def finish(self, figure, images=()):
        """Takes the drawing of a figure. images are (x, y, width, height, PNG, smooth) in points, below it."""
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
        plt.close(figure)
        svg = text.getvalue()
        self.box = re.search(r'viewBox="([^"]+)"', svg)[1]
        body = svg[svg.index(">", svg.index("<svg")) + 1:svg.rindex("</svg>")]
        body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.S)
        body = _own_names(_named_colors(body), self.name)
        self.body = "".join(map(_image, images)) + body.strip()
        return self

    def inline(self):
        """The drawing as an element of a page."""
        return (f'<svg id="{self.name}" role="img" viewBox="{self.box}" aria-label="{html.escape(self.alt)}">'
                f"\n{self.body}\n</svg>")

    def alone(self):
        """The drawing as a file of its own."""
        _, _, width, height = self.box.split()
        return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
                f'viewBox="{self.box}" width="{2 * float(width):g}" height="{2 * float(height):g}">\n'
                f"<title>{html.escape(self.title)}</title>\n<desc>{html.escape(self.alt)}</desc>\n"
                f"<style>\n{palette.STYLE}</style>\n"
                f'<rect width="100%" height="100%" style="fill: var(--paper)"/>\n{self.body}\n</svg>\n')


def _named_colors(svg):
    for name, (light, _) in palette.THEME.items():
        svg = svg.replace(light, f"var(--{name})")
    # matplotlib leaves the colour of black text out; a font's name is better chosen by the reader's system.
    return re.sub(r"font: ([^\"]*?)'[^\";]*sans-serif", lambda match: f"font: {match[1]}{FONT}", svg)


def _own_names(svg, name):
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    return re.sub(r"url\(#", f"url(#{name}-", svg)


def _image(image):
    x, y, width, height, png, smooth = image
    data = base64.b64encode(png).decode()
    style = "" if smooth else ' style="image-rendering: pixelated"'
    return (f'<image x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" preserveAspectRatio="none"{style} '
            f'href="data:image/png;base64,{data}"/>\n')


def figure(height):
    """An empty figure of the common width; height is in points."""
    return plt.figure(figsize=(WIDTH / 72, height / 72))


def axes_at(fig, left, top, width, height):
    """Axes at a place in points, counted from the upper left corner."""
    total = fig.get_figheight() * 72
    return fig.add_axes((left / WIDTH, 1 - (top + height) / total, width / WIDTH, height / total))


def canvas(fig):
    """Axes over the whole figure whose units are points from the upper left corner, without a frame."""
    total = fig.get_figheight() * 72
    axes = fig.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(total, 0)
    axes.axis("off")
    return axes


def size_text(size):
    """A number of bytes as people say it."""
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}" if size < 1000 * unit else f"{size // unit} {name}"
    return f"{size} bytes"
