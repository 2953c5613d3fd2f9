// SPDX-License-Identifier: MIT
/**
 * Reads zones, frames, slots and page tables from a machine's memory, by the table that the kernel
 * publishes. mm/view.c explains it, mm/view.h has its layout, and tools/view.py does the same in
 * Python. Nothing here knows where this kernel has its data.
 *
 * Words of more than 32 bits are BigInt. Addresses and frame numbers are plain numbers: v86 has
 * less than 4 GiB of memory.
 */

const MAGIC = "HIGHVIEW";
const VERSION = 1;
const ANCHOR = 0x4f0;

export const PAGE = 4096;

/** The fields of struct view behind the magic, in order; ":2" is a struct view_field. */
const FIELDS = (
    "version size root pae " +
    "page_offset direct_map_end vmalloc_start vmalloc_end pkmap_start fixmap_start fixmap_end " +
    "kernel_start kernel_end nr_cpus cpu_offsets ticks ticks_per_second max_pfn max_low_pfn " +
    "mem_map frame_size flags_at refcount_at a_at b_at " +
    "order:2 state:2 zone:2 compound:2 number:2 state_names nr_states " +
    "zones zone_size nr_zones name_at start_pfn_at spanned_at present_at managed_at " +
    "free_pages_at watermark_at nr_watermarks free_area_at free_area_size nr_free_at nr_orders " +
    "kmap_slots kmap_slot_size nr_kmap_slots kmap_count_at kmap_idle kmap_flushes " +
    "kmap_local_start kmap_local_per_cpu kmap_local_stride kmap_local_depth"
).split(" ");

/** Bits of entries: Intel SDM, volume 3A, chapter 4. The last two are those of pages only. */
const BITS = [
    [63, "NX"], [5, "accessed"], [4, "PCD"], [3, "PWT"], [2, "user"], [1, "write"],
    [0, "present"],
];
const PAGE_BITS = [[8, "global"], [6, "dirty"]];

/**
 * @typedef {{name: string, index: number, at: number, value: bigint, target: number,
 *            isPage: boolean, present: boolean, bits: string[]}} Level one entry of a walk
 * @typedef {{vaddr: number, levels: Level[], size: number, phys: number | null}} Walk
 * @typedef {{name: string, start: number, spanned: number, present: number, managed: number,
 *            free: number, blocks: number[]}} Zone numbers of pages
 * @typedef {{number: number, vaddr: number, pfn: number, users: number}} Slot
 */

export class View {
    /**
     * @param {(paddr: number, length: number) => Uint8Array} read physical memory
     * @throws {Error} if there is no table, or one of another version
     */
    constructor(read) {
        this.read = read;
        const anchor = this.#dataView(read(ANCHOR, 16));
        const sum = [0, 4, 8, 12].reduce((total, at) => total + anchor.getUint32(at, true), 0);

        if (text(read(ANCHOR, 8)) !== MAGIC || sum % 2 ** 32 !== 0)
            throw new Error("the kernel has not published its table yet");
        this.at = anchor.getUint32(8, true);
        this.table = this.#readTable();
        const { table } = this;
        /** Words for the states of frames, by number. */
        this.stateNames = Array.from({ length: table.nr_states },
            (_, i) => this.string(this.word(table.state_names + 4 * i)));
    }

    #dataView(bytes) {
        return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }

    #readTable() {
        const words = this.#dataView(this.read(this.at, 16 + 4 * 2 * FIELDS.length));
        const table = {};
        let at = 8;
        const next = () => words.getUint32((at += 4) - 4, true);

        for (const field of FIELDS) {
            const [name, count] = field.split(":");
            table[name] = count ? { shift: next(), mask: next() } : next();
        }
        if (text(this.read(this.at, 8)) !== MAGIC || table.version !== VERSION)
            throw new Error(`the table has version ${table.version}, expected ${VERSION}`);
        if (table.size < at)
            throw new Error(`the table has ${table.size} bytes, expected at least ${at}`);
        return table;
    }

    // --- virtual memory ---

    /**
     * The entries that translate an address, from the top.
     * @param {number} vaddr
     * @returns {Walk}
     */
    walk(vaddr) {
        const { pae, root } = this.table;
        const width = pae ? 8 : 4, shift = pae ? 21 : 22, perPage = pae ? 512 : 1024;
        const steps = [["PD", (vaddr >>> shift) % perPage], ["PT", (vaddr >>> 12) % perPage]];
        const levels = [];
        let table = root;

        if (pae)
            steps.unshift(["PDPT", vaddr >>> 30]);
        for (const [name, index] of steps) {
            const level = this.#entry(name, index, table + index * width, width);
            const size = name === "PT" ? PAGE : 2 ** shift;

            levels.push(level);
            if (!level.present)
                return { vaddr, levels, size: 0, phys: null };
            if (level.isPage) {
                level.target -= level.target % size;
                return { vaddr, levels, size, phys: level.target + (vaddr % size) };
            }
            table = level.target;
        }
        return { vaddr, levels, size: 0, phys: null };
    }

    /** @returns {Level} */
    #entry(name, index, at, width) {
        const data = this.#dataView(this.read(at, width));
        const value = width === 8 ? data.getBigUint64(0, true) : BigInt(data.getUint32(0, true));
        const bit = (n) => (value >> BigInt(n)) & 1n;
        const isPage = name === "PT" || (name === "PD" && bit(7) === 1n);
        const named = isPage ? [BITS[0], ...PAGE_BITS, ...BITS.slice(1)] : BITS;

        return {
            name, index, at, value, isPage, present: bit(0) === 1n,
            target: Number(value & 0xffffffffff000n),
            bits: named.filter(([n]) => bit(n)).map(([, word]) => word),
        };
    }

    /**
     * Memory at a kernel address, as a copy.
     * @param {number} vaddr
     * @param {number} length
     */
    bytes(vaddr, length) {
        const result = new Uint8Array(length);

        for (let done = 0; done < length;) {
            const { phys, size } = this.walk(vaddr + done);

            if (phys === null)
                throw new Error(`${hex(vaddr + done)} is not mapped`);
            const part = Math.min(length - done, size - ((vaddr + done) % size));
            result.set(this.read(phys, part), done);
            done += part;
        }
        return result;
    }

    /** The 32-bit word at a kernel address. */
    word(vaddr) {
        return this.#dataView(this.bytes(vaddr, 4)).getUint32(0, true);
    }

    /** The string at a kernel address, at most 64 bytes. */
    string(vaddr) {
        const { phys, size } = this.walk(vaddr);
        const all = text(this.read(phys, Math.min(64, size - (vaddr % size))));

        return all.split("\0")[0];
    }

    // --- zones and frames ---

    /** @returns {Zone[]} */
    zones() {
        const t = this.table;

        return Array.from({ length: t.nr_zones }, (_, i) => {
            const zone = this.#dataView(this.bytes(t.zones + i * t.zone_size, t.zone_size));
            const word = (at) => zone.getUint32(at, true);

            return {
                name: this.string(word(t.name_at)), start: word(t.start_pfn_at),
                spanned: word(t.spanned_at), present: word(t.present_at),
                managed: word(t.managed_at), free: word(t.free_pages_at),
                blocks: Array.from({ length: t.nr_orders }, (_unused, order) =>
                    word(t.free_area_at + order * t.free_area_size + t.nr_free_at)),
            };
        });
    }

    /** All descriptors as words; words per descriptor; and the word that has the flags. */
    frames() {
        const t = this.table;
        const bytes = this.bytes(t.mem_map, t.max_pfn * t.frame_size);

        return {
            words: new Uint32Array(bytes.buffer), stride: t.frame_size / 4, at: t.flags_at / 4,
        };
    }

    /**
     * One frame.
     * @param {number} pfn less than table.max_pfn
     */
    frame(pfn) {
        const t = this.table;
        const data = this.#dataView(this.bytes(t.mem_map + pfn * t.frame_size, t.frame_size));
        const flags = data.getUint32(t.flags_at, true);
        const field = ({ shift, mask }) => (flags >>> shift) & mask;

        return {
            pfn, state: this.stateNames[field(t.state)] ?? "unknown", order: field(t.order),
            zone: field(t.zone), compound: field(t.compound) === 1,
            refcount: data.getUint32(t.refcount_at, true),
        };
    }

    // --- slots ---

    /** Slots of kmap(), held and idle. @returns {Slot[]} */
    kmapSlots() {
        const t = this.table;

        return this.#mapped(t.nr_kmap_slots, t.pkmap_start, PAGE).map((slot) => {
            const at = t.kmap_slots + slot.number * t.kmap_slot_size + t.kmap_count_at;
            return { ...slot, users: (this.word(at) - t.kmap_idle) | 0 };
        });
    }

    /** Number of times that all idle slots of kmap() became empty. */
    kmapFlushes() {
        return this.word(this.table.kmap_flushes);
    }

    /** Slots of kmap_local_page() of one CPU that map a page. @returns {Slot[]} */
    kmapLocalSlots(cpu) {
        const t = this.table;
        const start = t.kmap_local_start + cpu * t.kmap_local_per_cpu;

        return this.#mapped(t.kmap_local_depth, start, t.kmap_local_stride)
            .map((slot) => ({ ...slot, users: 1 }));
    }

    /** The pages among `count` that are present, from `start` on. */
    #mapped(count, start, stride) {
        const slots = [];

        for (let number = 0; number < count; number++) {
            const vaddr = start + number * stride;
            const { phys } = this.walk(vaddr);

            if (phys !== null)
                slots.push({ number, vaddr, pfn: Math.floor(phys / PAGE) });
        }
        return slots;
    }

    /**
     * The ranges that 4 KiB pages map, from `start` to `end`: [first address, end] of each.
     * @param {number} start
     * @param {number} end
     */
    mappedRanges(start, end) {
        const { pae } = this.table;
        const span = pae ? 2 ** 21 : 2 ** 22, words = pae ? 2 : 1;
        const ranges = [];

        for (let base = start - (start % span); base < end; base += span) {
            const pd = this.walk(base).levels.find((level) => level.name === "PD");

            if (!pd?.present || pd.isPage)
                continue;
            const table = this.#dataView(this.read(pd.target, PAGE));
            for (let i = 0; i < span / PAGE; i++) {
                const vaddr = base + i * PAGE, last = ranges.at(-1);

                if (!(table.getUint32(i * words * 4, true) & 1) || vaddr < start || vaddr >= end)
                    continue;
                if (last?.[1] === vaddr)
                    last[1] += PAGE;
                else
                    ranges.push([vaddr, vaddr + PAGE]);
            }
        }
        return ranges;
    }

    /** Parts of the address space in rising order: name, first address and end. */
    regions() {
        const t = this.table;
        const borders = [
            ["user", 0], ["direct map", t.page_offset], ["hole", t.direct_map_end],
            ["vmalloc", t.vmalloc_start], ["gap", t.vmalloc_end], ["pkmap", t.pkmap_start],
            ["fixmap", t.fixmap_start], ["never mapped", t.fixmap_end], ["", 2 ** 32],
        ];

        return borders.slice(0, -1).map(([name, start], i) => ({
            name, start, end: borders[i + 1][1],
        }));
    }
}

/** Bytes as characters. */
function text(bytes) {
    return String.fromCharCode(...bytes);
}

/**
 * A number as the kernel prints addresses.
 * @param {number} value
 */
export function hex(value) {
    return `0x${value.toString(16)}`;
}
