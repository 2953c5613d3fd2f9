// SPDX-License-Identifier: MIT
/**
 * The machine: v86 with Highland, its serial line and its memory.
 *
 *	 typed ──▶ queue ──▶ serial line ──▶ prompt ──▶ serial line ──▶ output
 *	                                                           └──▶ "the prompt is there"
 *
 * The kernel prints its prompt only when the command before has ended. So this module recognises
 * the prompt in the output and types one command at a time. Memory is read by read(paddr, length),
 * between two instructions: JavaScript and the emulated CPU share a thread.
 */

import { V86 } from "./lib/libv86.mjs";

/** The end of the output while the kernel waits for a command. */
const PROMPT = "\n\rhighland> \x1b[K";

/** The last line of a kernel that has halted: after a panic, or because it was switched off. */
const LAST_LINE = /\n\r?(Halted\. .*|It is now safe to switch off\.)[\r\n]+$/;

/** Characters of the output that are kept: the longest last line, and some more. */
const TAIL = 160;

/** Erases what a user has typed so far: Ctrl-U. */
const KILL_LINE = "\x15";

/** Fixed parameters: the terminal of the page scrolls, so the kernel needs no pager. */
const CMDLINE = "pager=off";

const MIB = 1 << 20;

export class Machine extends EventTarget {
    /**
     * @param {{mebibytes: number, pae: boolean}} options memory and paging mode
     *
     * Events: "output" (detail: string), "prompt", "state" (running or not, halted or not).
     */
    constructor({ mebibytes, pae }) {
        super();
        this.bytes = mebibytes * MIB;
        this.running = true;
        this.atPrompt = false;
        /** Whether the kernel has ended: its CPU never executes another instruction. */
        this.halted = false;
        this.started = performance.now();
        /** Seconds from the start to the first prompt; undefined before. */
        this.bootSeconds = undefined;
        this.tail = "";
        this.waiting = [];
        this.decoder = new TextDecoder();
        this.v86 = new V86({
            wasm_path: "lib/v86.wasm",
            bios: { url: "lib/bios.bin" },
            vga_bios: { url: "lib/vgabios.bin" },
            multiboot: { url: "highland.elf" },
            initrd: { url: "initrd.cpio" },
            cmdline: pae ? CMDLINE : `${CMDLINE} nopae`,
            memory_size: this.bytes,
            vga_memory_size: 2 * MIB,
            disable_keyboard: true,
            disable_mouse: true,
            disable_speaker: true,
            autostart: true,
        });
        this.pending = [];
        this.v86.add_listener("serial0-output-byte", (byte) => this.#received(byte));
    }

    /** Collects bytes, and reports them together: a terminal draws once, not for every byte. */
    #received(byte) {
        if (this.pending.length === 0)
            setTimeout(() => this.#flush(), 0);
        this.pending.push(byte);
    }

    #flush() {
        const text = this.decoder.decode(new Uint8Array(this.pending), { stream: true });

        this.pending = [];
        this.tail = (this.tail + text).slice(-TAIL);
        this.dispatchEvent(new CustomEvent("output", { detail: text }));
        if (this.tail.endsWith(PROMPT))
            this.#prompt();
        else if (LAST_LINE.test(this.tail))
            this.#halt();
    }

    #prompt() {
        this.atPrompt = true;
        this.bootSeconds ??= (performance.now() - this.started) / 1000;
        this.dispatchEvent(new Event("prompt"));
        for (const resolve of this.waiting.splice(0))
            resolve();
    }

    #halt() {
        this.halted = true;
        this.dispatchEvent(new Event("state"));
    }

    /** Resolves when the kernel waits for a command. */
    prompt() {
        if (this.atPrompt)
            return Promise.resolve();
        return new Promise((resolve) => this.waiting.push(resolve));
    }

    /**
     * Sends what the user types, as it is.
     * @param {string} text
     */
    type(text) {
        if (text.includes("\r"))
            this.atPrompt = false;
        this.v86.serial0_send(text);
    }

    /**
     * Types a command when the prompt is there, and waits until it has ended.
     * @param {string} line
     */
    async command(line) {
        await this.prompt();
        this.type(`${KILL_LINE}${line}\r`);
        await this.prompt();
    }

    /**
     * Bytes of physical memory: a window, not a copy. The caller must not keep it.
     * @param {number} paddr
     * @param {number} length
     * @returns {Uint8Array}
     */
    read(paddr, length) {
        if (paddr < 0 || paddr + length > this.bytes)
            throw new RangeError(`${paddr.toString(16)} is not memory of this machine`);
        return this.v86.read_memory(paddr, length);
    }

    /** Stops and starts the CPU. The picture stays as it is meanwhile. */
    async setRunning(running) {
        this.running = running;
        await (running ? this.v86.run() : this.v86.stop());
        this.dispatchEvent(new Event("state"));
    }
}
