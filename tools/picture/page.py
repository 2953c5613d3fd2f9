# SPDX-License-Identifier: MIT
"""The page of a scene: one file with pictures, legends, texts, the commands with their output, and the numbers.

Nothing is fetched: pictures are inside as SVG, images of it as data addresses. The numbers of each moment are
in a block of JSON, from which a program can compare them with the kernel's reports. A short script counts the
pixels that the browser shows, writes the counts beside the carpet (data-shown), and names the frame below the
pointer. Without scripts the page is the same, except for these two things.
"""

import html
import json
from string import Template

import carpet
import palette

DOCUMENT = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
$style
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 0 auto; padding: 1rem;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
p { max-width: 44rem; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem 2rem; }
figure { margin: 0; flex: 1 1 20rem; max-width: 45rem; min-width: 0; }
svg { display: block; width: 100%; max-width: 100%; height: auto; }
figcaption, .note { color: var(--soft); font-size: .9rem; }
.pointed { min-height: 1.5em; margin: 0; font-variant-numeric: tabular-nums; font-size: .9rem; }
.legend2 { flex-basis: 100%; }
table { border-collapse: collapse; font-size: .9rem; }
td, th { padding: .1rem .6rem .1rem 0; text-align: left; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; width: 1em; height: 1em; border: 1px solid var(--soft); vertical-align: -.15em;
  margin-right: .5em; }
.wide { overflow-x: auto; }
pre { overflow-x: auto; border: 1px solid var(--line); padding: .6rem; font-size: .8rem; }
</style>
</head>
<body>
<h1>$title</h1>
<p class="note">$machine</p>
$text
$sections
$transcript
<script type="application/json" id="data">
$data
</script>
<script>
$script
</script>
</body>
</html>
""")

SCRIPT = """\
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);

/** Counts the pixels of each class, and names the frame below the pointer. */
function attend(figure) {
  const image = new Image();
  image.onload = () => count(figure, image);
  image.src = figure.querySelector("image").getAttribute("href");
}

function count(figure, image) {
  const moment = data.moments[figure.dataset.moment];
  const element = figure.querySelector("image");
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const rgba = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const names = new Map(Object.entries(moment.colors).map(([color, name]) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
    return [(255 << 24 | b << 16 | g << 8 | r) >>> 0, name];
  }));
  const numbers = new Map();
  for (let at = 0, start = 0; at < rgba.length; start = at) {
    const pixel = rgba[at];
    while (at < rgba.length && rgba[at] === pixel) {
      at++;
    }
    numbers.set(pixel, (numbers.get(pixel) ?? 0) + at - start);
  }
  const shown = {};
  for (const [pixel, count] of numbers) {
    if (pixel >>> 24) {
      const name = names.get(pixel) ?? "unknown";
      shown[name] = (shown[name] ?? 0) + count;
    }
  }
  figure.dataset.shown = JSON.stringify(shown);
  const pointed = figure.querySelector(".pointed");
  element.addEventListener("pointermove", (event) => {
    const box = element.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left) / box.width * image.width);
    const y = Math.floor((event.clientY - box.top) / box.height * image.height);
    const pfn = y * image.width + x;
    const name = names.get(rgba[pfn]);
    pointed.textContent = name === undefined ? ""
      : `frame 0x${pfn.toString(16)}, physical 0x${(pfn * 4096).toString(16)}: ${name}`;
  });
}

document.querySelectorAll("figure[data-moment]").forEach(attend);
"""


def _figure(picture, moment=None):
    mark = "" if moment is None else f' data-moment="{moment}"'
    pointed = "" if moment is None else '<p class="pointed"></p>'
    title = f"<strong>{html.escape(picture.title)}.</strong> {html.escape(picture.note)}"
    return f"<figure{mark}>\n{picture.inline()}\n{pointed}<figcaption>{title}</figcaption>\n</figure>"


def legend(before, after):
    """A table of the classes, with the number of frames before and after."""
    moments = [before] if before is after else [before, after]
    counts = [moment.counts() for moment in moments]
    known = list(dict.fromkeys((name, color) for moment in moments for name, color, _ in carpet.legend(moment)))
    heads = ["frames"] if len(moments) == 1 else ["before", "after"]
    lines = ["<div class=\"wide\"><table><thead><tr><th>colour</th>"
             + "".join(f'<th class="number">{head}</th>' for head in heads) + "</tr></thead><tbody>"]
    for name, color in known:
        numbers = "".join(f'<td class="number">{count[name]}</td>' for count in counts)
        striped = color == palette.HOLE
        fill = (f"repeating-linear-gradient(45deg, {color} 0 3px, {palette.STRIPE} 3px 6px)" if striped else color)
        lines.append(f'<tr><td><span class="swatch" style="background: {fill}"></span>{html.escape(name)}</td>'
                     f"{numbers}</tr>")
    return "\n".join([*lines, "</tbody></table></div>"])


def numbers(moment):
    """The numbers of a moment, for programs."""
    colors = {kind.color: kind.name for kind in moment.classes}
    colors[palette.STRIPE] = moment.classes[0].name
    return {"label": moment.label, "pae": moment.pae, "frames": len(moment.codes), "counts": moment.counts(),
            "colors": colors, "flushes": moment.flushes,
            "slots": {"all": moment.nr_slots, "used": sum(bool(slot.users) for slot in moment.slots),
                      "idle": sum(not slot.users for slot in moment.slots)},
            "zones": [{"name": zone.name, "present": zone.present, "managed": zone.managed, "free": zone.free,
                       "free_blocks": list(zone.free_blocks), "counts": moment.zone_counts(index)}
                      for index, zone in enumerate(moment.zones)]}


def _paragraphs(text):
    return "\n".join(f"<p>{html.escape(' '.join(part.split()))}</p>" for part in text.split("\n\n") if part.strip())


def _transcript(transcript):
    """The commands with their outputs; nothing for a scene without commands."""
    if not transcript:
        return ""
    said = "\n".join(f"<pre>highland&gt; {html.escape(command)}\n{html.escape(output)}</pre>"
                     for command, output in transcript)
    return f"<h2>At the prompt</h2>\n<p>The commands of the scene, with the kernel's answers.</p>\n{said}"


def write(scene, played, machine, sections):
    """The page as text. sections: (row of the scene, drawings) in their order."""
    parts, moments = [], [played.before] if played.before is played.after else [played.before, played.after]
    for row, pictures in sections:
        carpets = row["kind"] == "carpet"
        items = [_figure(picture, place if carpets else None) for place, picture in enumerate(pictures)]
        if carpets:
            items.append(f'<div class="legend{len(items)}">{legend(played.before, played.after)}</div>')
        title = pictures[0].title.split(",")[0].removesuffix(" before the scene")
        parts.append(f"<section>\n<h2>{html.escape(title)}</h2>\n{_paragraphs(row.get('text', ''))}\n"
                     + '<div class="pair">\n' + "\n".join(items) + "\n</div></section>")
    data = {"scene": scene.name, "machine": machine, "moments": [numbers(moment) for moment in moments]}
    return DOCUMENT.substitute(
        title=html.escape(scene.title), style=palette.STYLE, machine=html.escape(machine),
        text=_paragraphs(scene.text), sections="\n".join(parts), transcript=_transcript(played.transcript),
        data=json.dumps(data).replace("<", "\\u003c"), script=SCRIPT)
