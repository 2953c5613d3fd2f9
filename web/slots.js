// SPDX-License-Identifier: MIT
/**
 * The slots through which the kernel reaches high memory: those of kmap() as a grid of small
 * squares, those of kmap_local_page() as a row.
 *
 * A slot of kmap() is held, idle or empty. An idle slot still maps its page, until all slots are
 * used up and one flush makes all idle slots empty. The grid shows that: it fills with idle slots,
 * and then loses all of them at once.
 */

import { PAGE } from "./view.js";
import { SLOTS, theme } from "./palette.js";

const CELL = 12, COLUMNS = 32, LOCAL_COLUMNS = 16;

export class Slots {
    /**
     * @param {{grid: HTMLCanvasElement, local: HTMLCanvasElement, text: HTMLElement}} parts
     * @param {(vaddr: number) => void} chosen called with the address of a slot
     */
    constructor({ grid, local, text }, chosen) {
        Object.assign(this, { grid, local, text });
        this.counts = { held: 0, idle: 0, empty: 0, local: 0, flushes: 0 };
        grid.addEventListener("click", (event) => {
            const number = this.#cellAt(grid, event, COLUMNS);

            if (this.table && number < this.table.nr_kmap_slots)
                chosen(this.table.pkmap_start + number * PAGE);
        });
        local.addEventListener("click", (event) => {
            const number = this.#cellAt(local, event, LOCAL_COLUMNS);

            if (this.table && number < this.table.kmap_local_depth)
                chosen(this.table.kmap_local_start + number * this.table.kmap_local_stride);
        });
    }

    #cellAt(canvas, event, columns) {
        const box = canvas.getBoundingClientRect();
        const column = Math.floor((event.clientX - box.left) / box.width * columns);
        const row = Math.floor((event.clientY - box.top) / box.height * canvas.height / CELL);

        return row * columns + column;
    }

    /**
     * Reads the slots and draws them.
     * @param {import("./view.js").View} view
     * @returns {{pfn: number, kind: string, vaddr: number}[]} the frames that slots map
     */
    paint(view) {
        this.table = view.table;
        const { nr_kmap_slots: all, kmap_local_depth: depth } = view.table;
        const slots = view.kmapSlots(), local = view.kmapLocalSlots(0);
        const marks = [
            ...slots.map((slot) => ({ ...slot, kind: slot.users > 0 ? "held" : "idle" })),
            ...local.map((slot) => ({ ...slot, kind: "local" })),
        ];
        const held = slots.filter((slot) => slot.users > 0).length, idle = slots.length - held;

        this.counts = {
            held, idle, empty: all - slots.length, local: local.length,
            flushes: view.kmapFlushes(),
        };
        this.#draw(this.grid, COLUMNS, all, marks.filter((mark) => mark.kind !== "local"));
        this.#draw(this.local, LOCAL_COLUMNS, depth, marks.filter((mark) => mark.kind === "local"));
        this.#describe(all, depth);
        return marks;
    }

    #draw(canvas, columns, all, marks) {
        const rows = Math.ceil(all / columns), colours = SLOTS[theme()];
        const kinds = new Map(marks.map((mark) => [mark.number, mark.kind]));
        const context = canvas.getContext("2d");

        if (canvas.height !== rows * CELL || canvas.width !== columns * CELL)
            Object.assign(canvas, { width: columns * CELL, height: rows * CELL });
        context.clearRect(0, 0, canvas.width, canvas.height);
        for (let n = 0; n < all; n++) {
            const x = (n % columns) * CELL, y = Math.floor(n / columns) * CELL;
            const kind = kinds.get(n) ?? "empty";

            context.fillStyle = colours[kind];
            context.fillRect(x + 1, y + 1, CELL - 2, CELL - 2);
            if (kind === "held" || kind === "local") {
                context.fillStyle = theme() === "dark" ? "#000000" : "#ffffff";
                context.fillRect(x + CELL / 2 - 1.5, y + CELL / 2 - 1.5, 3, 3);
            }
        }
    }

    #describe(all, depth) {
        const { held, idle, empty, local } = this.counts;

        this.grid.setAttribute("aria-label",
            `${all} slots of kmap: ${held} held, ${idle} idle, ${empty} empty`);
        this.local.setAttribute("aria-label", `${depth} slots of kmap_local: ${local} in use`);
        for (const [kind, count] of Object.entries(this.counts))
            this.text.querySelector(`[data-kind="${kind}"]`).textContent = count;
    }
}
