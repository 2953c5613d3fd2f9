// SPDX-License-Identifier: MIT
/**
 * The carpet: one pixel for each frame of memory, 1024 to a row.
 *
 * A row is 4 MiB, the largest block of the page allocator, and blocks are aligned to their size. So
 * the two buddies of order 9 are the halves of a row, those of order 8 its quarters, and so on. The
 * first frame of a block has a stronger colour; the frames behind it have the colour of their
 * block, as the kernel marks only the first one.
 *
 * One pass over the frame table paints and counts. A pixel is small, so a lens shows the frames
 * around the cursor, and a mark surrounds each frame that a slot maps.
 */

import { SLOTS, colourWord, edgeOf, frameColour, theme } from "./palette.js";

export const ROW = 1024;

/** Frames across and down the lens, and pixels of a frame in it. */
const LENS_COLUMNS = 64, LENS_ROWS = 9, LENS_PIXELS = 10;

/** More marks than this are drawn small. */
const FEW_MARKS = 24;

const TAIL = "tail of a block";

export class Carpet {
    /**
     * @param {HTMLCanvasElement} canvas
     * @param {HTMLCanvasElement} lens
     * @param {(pfn: number) => void} chosen called for a frame that the reader clicks
     */
    constructor(canvas, lens, chosen) {
        this.canvas = canvas;
        this.lens = lens;
        this.chosen = chosen;
        this.cursor = 0;
        /** Frames by zone and state name, from the last paint. @type {Map<string, number>[]} */
        this.counts = [];
        lens.width = LENS_COLUMNS * LENS_PIXELS;
        lens.height = LENS_ROWS * LENS_PIXELS;
        canvas.addEventListener("pointermove", (event) => this.#moveTo(this.#frameAt(event)));
        canvas.addEventListener("click", (event) => this.#choose(this.#frameAt(event)));
        canvas.addEventListener("keydown", (event) => this.#key(event));
    }

    #frameAt(event) {
        const box = this.canvas.getBoundingClientRect();
        const column = Math.floor((event.clientX - box.left) / box.width * ROW);
        const row = Math.floor((event.clientY - box.top) / box.height * this.canvas.height);

        return row * ROW + Math.min(Math.max(column, 0), ROW - 1);
    }

    #moveTo(pfn) {
        this.cursor = Math.min(Math.max(pfn, 0), (this.view?.table.max_pfn ?? 1) - 1);
        this.#paintLens();
    }

    #choose(pfn) {
        this.#moveTo(pfn);
        this.chosen(this.cursor);
    }

    /** Arrow keys move the cursor by a frame or a row, with Shift by 64; Enter chooses. */
    #key(event) {
        const far = event.shiftKey ? 64 : 1;
        const step = {
            ArrowLeft: -far, ArrowRight: far, ArrowUp: -far * ROW, ArrowDown: far * ROW,
        };

        if (event.key === "Enter")
            this.#choose(this.cursor);
        else if (event.key in step)
            this.#moveTo(this.cursor + step[event.key]);
        else
            return;
        event.preventDefault();
    }

    /** Tables from the word of flags to a colour: whole, and for the first frame of a block. */
    #tables(view) {
        const { state, zone } = view.table;
        const plain = [], edge = [];

        for (let z = 0; z <= zone.mask; z++) {
            for (let s = 0; s <= state.mask; s++) {
                const colour = frameColour(view.stateNames[s] ?? "allocated", z);

                plain[z * (state.mask + 1) + s] = colourWord(colour);
                edge[z * (state.mask + 1) + s] = colourWord(edgeOf(colour));
            }
        }
        return { plain, edge };
    }

    /**
     * Paints all frames, and counts them.
     * @param {import("./view.js").View} view
     * @param {{pfn: number, kind: string}[]} marks frames that slots map
     */
    paint(view, marks) {
        this.view = view;
        const { max_pfn: frames, state, zone, order } = view.table;
        const { words, stride, at } = view.frames();
        const { plain, edge } = this.#tables(view);
        const rows = Math.ceil(frames / ROW), states = state.mask + 1;
        const tail = view.stateNames.indexOf(TAIL);
        const totals = new Uint32Array(states * (zone.mask + 1));

        if (this.canvas.width !== ROW || this.canvas.height !== rows)
            Object.assign(this.canvas, { width: ROW, height: rows });
        this.image ??= new ImageData(ROW, rows);
        /** The frames without marks, for the lens. */
        this.plain ??= new OffscreenCanvas(ROW, rows);
        const pixels = new Uint32Array(this.image.data.buffer);
        let block = 0;

        for (let pfn = 0, word = at; pfn < frames; pfn++, word += stride) {
            const flags = words[word];
            const s = (flags >>> state.shift) & state.mask;

            if (s === tail) {
                pixels[pfn] = plain[block];
            } else {
                block = ((flags >>> zone.shift) & zone.mask) * states + s;
                pixels[pfn] = ((flags >>> order.shift) & order.mask ? edge : plain)[block];
            }
            totals[block]++;
        }
        this.#keepCounts(totals, states, view);
        this.plain.getContext("2d").putImageData(this.image, 0, 0);
        const context = this.canvas.getContext("2d");
        context.drawImage(this.plain, 0, 0);
        this.#mark(context, marks);
        this.#paintLens();
    }

    #keepCounts(totals, states, view) {
        this.counts = Array.from({ length: view.table.nr_zones }, (_, zone) => new Map(
            view.stateNames.map((name, s) => [name, totals[zone * states + s]])));
    }

    /** Squares around a few frames, or a tick at each of many, which squares would hide. */
    #mark(context, marks) {
        const few = marks.length <= FEW_MARKS;

        context.lineWidth = 3;
        for (const { pfn, kind } of marks) {
            const x = pfn % ROW, y = Math.floor(pfn / ROW);

            context.strokeStyle = context.fillStyle = SLOTS[theme()][kind];
            if (few)
                context.strokeRect(x - 5.5, y - 5.5, 12, 12);
            else
                context.fillRect(x, y - 1, 1, 3);
        }
    }

    /** The frames around the cursor, ten times as large; a frame around the cursor itself. */
    #paintLens() {
        const context = this.lens.getContext("2d");
        const column = Math.min(Math.max(this.cursor % ROW - LENS_COLUMNS / 2, 0),
            ROW - LENS_COLUMNS);
        const row = Math.floor(this.cursor / ROW) - Math.floor(LENS_ROWS / 2);

        if (!this.image)
            return;
        context.imageSmoothingEnabled = false;
        context.clearRect(0, 0, this.lens.width, this.lens.height);
        context.drawImage(this.plain, column, row, LENS_COLUMNS, LENS_ROWS, 0, 0,
            this.lens.width, this.lens.height);
        context.strokeStyle = theme() === "dark" ? "#ffffff" : "#000000";
        context.lineWidth = 2;
        context.strokeRect((this.cursor % ROW - column) * LENS_PIXELS,
            (Math.floor(this.cursor / ROW) - row) * LENS_PIXELS, LENS_PIXELS, LENS_PIXELS);
        this.lens.dispatchEvent(new CustomEvent("moved", { detail: this.cursor }));
    }
}
