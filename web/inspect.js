// SPDX-License-Identifier: MIT
/**
 * The walk of an address, and the frame behind it: each entry with its index, value and named bits,
 * as the prompt's walk prints it.
 *
 * A frame has an address if the direct map covers it or a slot maps it. A free frame of high memory
 * has none; the text then says so, which is the subject of this kernel.
 */

import { PAGE, hex } from "./view.js";
import { size } from "./space.js";

function make(name, text, className) {
    const made = document.createElement(name);

    if (text !== undefined)
        made.textContent = text;
    if (className)
        made.className = className;
    return made;
}

/** Eight digits, and sixteen for an entry with PAE. */
function digits(value, count) {
    return value.toString(16).padStart(count, "0");
}

export class Inspector {
    /** @param {HTMLElement} box receives the text */
    constructor(box) {
        this.box = box;
        this.subject = null;
        this.marks = [];
    }

    /** @param {number} vaddr */
    address(vaddr) {
        this.subject = { vaddr };
        this.refresh();
    }

    /** @param {number} pfn */
    frame(pfn) {
        this.subject = { pfn };
        this.refresh();
    }

    /**
     * Describes the same subject anew.
     * @param {import("./view.js").View} [view]
     * @param {{pfn: number, vaddr: number, kind: string}[]} [marks] frames that slots map
     */
    refresh(view = this.view, marks = this.marks) {
        Object.assign(this, { view, marks });
        if (!view || !this.subject)
            return;
        const { vaddr, pfn } = this.subject;
        const parts = vaddr === undefined ? this.#frame(pfn) : this.#address(vaddr);
        const state = parts.map((part) => part.outerHTML).join("");

        if (state !== this.state)
            this.box.replaceChildren(...parts);
        this.state = state;
    }

    #address(vaddr) {
        const region = this.view.regions().findLast((part) => part.start <= vaddr);
        const walk = this.view.walk(vaddr);
        const parts = [make("h3", `Address ${digits(vaddr, 8)}: ${region.name}`),
            this.#walk(walk)];

        if (walk.phys === null)
            parts.push(make("p", "Nothing is mapped here: a touch is a page fault."));
        else
            parts.push(this.#resultOf(walk), ...this.#ofFrame(Math.floor(walk.phys / PAGE)));
        return parts;
    }

    #frame(pfn) {
        const parts = [make("h3", `Frame ${hex(pfn)}`), ...this.#ofFrame(pfn)];
        const address = this.#addressesOf(pfn)[0];

        if (address) {
            parts.push(make("p", `It has the address ${digits(address.vaddr, 8)}, ${address.how}:`),
                this.#walk(this.view.walk(address.vaddr)));
        } else {
            parts.push(make("p", "No kernel address maps it now: it is high memory, and has an " +
                "address only while a slot maps it."));
        }
        return parts;
    }

    #addressesOf(pfn) {
        const { max_low_pfn: border, page_offset: offset } = this.view.table;
        const slots = this.marks.filter((mark) => mark.pfn === pfn).map((mark) => ({
            vaddr: mark.vaddr,
            how: mark.kind === "local" ? "a kmap_local slot" : `a slot of kmap(), ${mark.kind}`,
        }));
        const direct = { vaddr: offset + pfn * PAGE, how: "in the direct map" };
        const isDirect = pfn < border && this.view.walk(direct.vaddr).phys !== null;

        return isDirect ? [direct, ...slots] : slots;
    }

    #resultOf(walk) {
        return make("p", `It is physical ${hex(walk.phys)}, in a page of ${size(walk.size)}.`);
    }

    #ofFrame(pfn) {
        const { max_pfn: end } = this.view.table;

        if (pfn >= end)
            return [make("p", "No frame of RAM is there: a device.")];
        const frame = this.view.frame(pfn), head = this.#headOf(pfn);
        const zone = this.view.zones()[frame.zone].name;
        const block = head.order > 0
            ? `part of a block of order ${head.order} (${size(PAGE << head.order)}) from ` +
                `frame ${hex(head.pfn)}`
            : "a block of its own";

        return [make("p", `Frame ${hex(pfn)} is in zone ${zone}: ${head.state}, ${block}, ` +
            `${head.refcount} reference${head.refcount === 1 ? "" : "s"}.`)];
    }

    /** The first frame of the block that contains a frame. */
    #headOf(pfn) {
        const frame = this.view.frame(pfn);

        for (let order = 0; order < this.view.table.nr_orders; order++) {
            const head = this.view.frame(pfn - (pfn % 2 ** order));

            if (head.state !== "tail of a block")
                return head;
        }
        return frame;
    }

    /** A table of the entries: level, index, value, target, bits. */
    #walk(walk) {
        const table = make("table", undefined, "walk");
        const body = make("tbody"), wide = this.view.table.pae ? 16 : 8;

        table.append(make("caption", `CR3 is ${digits(this.view.table.root, 8)}`), body);
        for (const level of walk.levels) {
            const row = make("tr");
            const target = level.present
                ? `${level.isPage ? "page" : "table"} at ${hex(level.target)}` : "not present";

            row.append(make("th", `${level.name} [${level.index}]`),
                make("td", digits(level.value, wide), "entry"), make("td", target),
                make("td", level.bits.join(" "), "bits"));
            body.append(row);
        }
        return table;
    }
}
