// SPDX-License-Identifier: MIT
/**
 * The address space to scale, under two lenses.
 *
 *	4 GiB          user                                  direct map        ▓
 *	                                                     ┌─────────────────┘
 *	above it       hole │ vmalloc                                     ▓
 *	                                                     ┌────────────┘
 *	the top        pkmap │ fixmap
 *
 * The kernel's windows are so small beside 4 GiB that a single bar would show nothing of them. A
 * strip at the lower edge shows which of their pages are mapped now. Each part is a button, which
 * shows the walk of its first address.
 */

import { hex } from "./view.js";

const SVG = "http://www.w3.org/2000/svg";
const BAR = 30, LENS = 18, TEXT = 7.2;

/** Parts in which pages are mapped and unmapped all the time. */
const WINDOWS = ["vmalloc", "pkmap", "fixmap"];

/** Class of a part, for its colour. */
const CLASSES = {
    "user": "user", "direct map": "direct", "vmalloc": "vmalloc", "pkmap": "pkmap",
    "fixmap": "fixmap",
};

/** @param {number} bytes */
export function size(bytes) {
    const units = ["B", "KiB", "MiB", "GiB"];
    let unit = 0;

    for (; bytes >= 1024 && unit < 3; unit++)
        bytes /= 1024;
    return `${Number(bytes.toFixed(1))} ${units[unit]}`;
}

function element(name, attributes, text) {
    const made = document.createElementNS(SVG, name);

    for (const [key, value] of Object.entries(attributes))
        made.setAttribute(key, value);
    if (text)
        made.textContent = text;
    return made;
}

export class Space {
    /**
     * @param {HTMLElement} box
     * @param {(vaddr: number) => void} chosen called with the first address of a part
     */
    constructor(box, chosen) {
        this.box = box;
        this.chosen = chosen;
        new ResizeObserver(() => this.#draw()).observe(box);
    }

    /** The borders never change after boot, so this is called once. */
    show(view) {
        this.regions = view.regions();
        this.#draw();
    }

    /** Draws which pages of the windows are mapped: a strip below each of them. */
    update(view) {
        const windows = this.regions.filter((part) => WINDOWS.includes(part.name));
        const mapped = windows.flatMap((part) => view.mappedRanges(part.start, part.end));

        for (const { path, start, scale, y, end } of this.strips ?? []) {
            path.setAttribute("d", mapped.filter(([from, to]) => from >= start && to <= end)
                .map(([from, to]) => {
                    const wide = Math.max((to - from) * scale, 1);
                    return `M${((from - start) * scale).toFixed(1)} ${y}h${wide.toFixed(1)}`;
                }).join(""));
        }
    }

    #draw() {
        const width = this.box.clientWidth;

        if (!this.regions || width === 0)
            return;
        const all = this.regions;
        const above = all.filter((part) => part.start >= all[1].end);
        const top = all.filter((part) => ["pkmap", "fixmap"].includes(part.name));
        const svg = element("svg", { width, height: 3 * BAR + 2 * LENS });

        this.strips = [];
        [all, above, top].forEach((parts, row, rows) => {
            const y = row * (BAR + LENS);

            this.#bar(svg, parts, y, width);
            if (row > 0)
                this.#strip(svg, parts, y, width);
            if (rows[row + 1])
                this.#lens(svg, parts, rows[row + 1], y + BAR, width);
        });
        this.box.replaceChildren(svg);
    }

    #bar(svg, parts, y, width) {
        const start = parts[0].start, scale = width / (parts.at(-1).end - start);

        for (const part of parts) {
            const bytes = part.end - part.start;
            const x = (part.start - start) * scale, wide = bytes * scale;
            const name = `${part.name}, ${size(bytes)} from ${hex(part.start)}`;
            const button = element("g", { role: "button", tabindex: 0, "aria-label": name });
            const label = [`${part.name} ${size(bytes)}`, part.name]
                .find((text) => text.length * TEXT + 6 < wide);

            button.append(element("title", {}, name), element("rect", {
                x, y, width: Math.max(wide, 1), height: BAR,
                class: CLASSES[part.name] ?? "nothing",
            }));
            if (label)
                button.append(element("text", { x: x + wide / 2, y: y + BAR / 2 }, label));
            button.addEventListener("click", () => this.chosen(part.start));
            button.addEventListener("keydown", (event) => {
                if (event.key === "Enter" || event.key === " ") {
                    event.preventDefault();
                    this.chosen(part.start);
                }
            });
            svg.append(button);
        }
    }

    #strip(svg, parts, y, width) {
        const start = parts[0].start, end = parts.at(-1).end;
        const path = element("path", { class: "mapped" });

        svg.append(path);
        this.strips.push({ path, start, end, scale: width / (end - start), y: y + BAR - 3 });
    }

    /** The lines from a part of one bar to the ends of the next one. */
    #lens(svg, parts, below, y, width) {
        const start = parts[0].start, scale = width / (parts.at(-1).end - start);
        const left = (below[0].start - start) * scale, right = (below.at(-1).end - start) * scale;

        svg.append(element("polygon", {
            class: "lens",
            points: `${left},${y} ${right},${y} ${width},${y + LENS} 0,${y + LENS}`,
        }));
    }
}
