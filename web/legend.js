// SPDX-License-Identifier: MIT
/**
 * The legend of the carpet, which is also its numbers: frames by zone and state, and the free
 * blocks of each order. The numbers are those of zoneinfo and buddyinfo at the prompt, and serve as
 * the picture's alternative text.
 */

import { frameColour } from "./palette.js";

/** Order of the lines, from the kernel's names of states to ours. Others follow. */
const STATES = [
    ["free", "free"], ["free, cached by a CPU", "cached by a CPU"], ["allocated", "allocated"],
    ["slab", "slab"], ["page table", "page table"],
    ["anonymous", "of a program"], ["anonymous, shared", "shared after a fork"],
    ["file", "of a file"], ["swap cache", "of the swap cache"],
    ["reserved", "the kernel's own"], ["hole", "no RAM"],
];

function cell(text, name = "td") {
    const made = document.createElement(name);

    made.textContent = text;
    return made;
}

function row(...cells) {
    const made = document.createElement("tr");

    made.append(...cells);
    return made;
}

export class Legend {
    /**
     * @param {HTMLTableElement} frames receives the frames by state and zone
     * @param {HTMLTableElement} blocks receives the free blocks by zone and order
     */
    constructor(frames, blocks) {
        this.frames = { head: frames.createTHead(), body: frames.createTBody() };
        this.blocks = { head: blocks.createTHead(), body: blocks.createTBody() };
    }

    /**
     * @param {import("./view.js").View} view
     * @param {Map<string, number>[]} counts frames by zone and state
     */
    show(view, counts) {
        const known = STATES.map(([state]) => state);
        const others = view.stateNames.filter((name) =>
            !known.includes(name) && name !== "tail of a block");

        this.zones = view.zones().map((zone, i) => ({ ...zone, index: i, counts: counts[i] }))
            .filter((zone) => zone.present);
        this.#showFrames([...STATES, ...others.map((name) => [name, name])]);
        this.#showBlocks(view.table.nr_orders);
    }

    #showFrames(states) {
        const inUse = states.filter(([state]) =>
            this.zones.some((zone) => zone.counts.get(state)));

        this.frames.head.replaceChildren(
            row(cell("", "td"), ...this.zones.map((zone) => cell(zone.name, "th"))));
        this.frames.body.replaceChildren(...inUse.map(([state, word]) =>
            row(cell(word, "th"), ...this.zones.map((zone) => this.#count(zone, state)))));
    }

    #count(zone, state) {
        const count = cell(zone.counts.get(state) ?? 0), colour = document.createElement("i");

        colour.style.background = frameColour(state, zone.index);
        count.dataset.zone = zone.name;
        count.dataset.state = state;
        count.append(colour);
        return count;
    }

    #showBlocks(orders) {
        const numbers = Array.from({ length: orders }, (_, order) => cell(order, "th"));

        this.blocks.head.replaceChildren(row(cell("order", "th"), ...numbers));
        this.blocks.body.replaceChildren(...this.zones.map((zone) => {
            const line = row(cell(zone.name, "th"), ...zone.blocks.map((count) => cell(count)));

            line.dataset.zone = zone.name;
            return line;
        }));
    }

    /** The picture in words. */
    sentence() {
        const parts = this.zones.map((zone) =>
            `${zone.name}: ${zone.free} of ${zone.managed} pages free`);

        return `The frames of memory, 1024 to a row. ${parts.join(". ")}.`;
    }
}
