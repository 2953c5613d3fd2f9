// SPDX-License-Identifier: MIT
/**
 * The page: starts the machine, connects the terminal, and paints the picture some times a second.
 *
 *	machine.js ──▶ view.js ──▶ carpet.js, slots.js, legend.js, inspect.js, space.js
 *	     ▲
 *	     └── the terminal, and stage.js with its scenes
 */

import { Terminal } from "./lib/xterm.mjs";
import { Carpet } from "./carpet.js";
import { Inspector } from "./inspect.js";
import { Legend } from "./legend.js";
import { Machine } from "./machine.js";
import { onThemeChange } from "./palette.js";
import { Slots } from "./slots.js";
import { Space } from "./space.js";
import { Stage } from "./stage.js";
import { View, hex } from "./view.js";

const MEBIBYTES = 1536;

/** Milliseconds between two pictures. */
const PERIOD = 250;

/** Milliseconds after which the page says why the machine may be missing. */
const SLOW_START = 12000;

const get = (id) => document.getElementById(id);
const pae = !new URLSearchParams(location.search).has("nopae");

const machine = new Machine({ mebibytes: MEBIBYTES, pae });
const inspector = new Inspector(get("walk"));
const carpet = new Carpet(get("carpet"), get("lens"), (pfn) => inspector.frame(pfn));
const showAddress = (vaddr) => inspector.address(vaddr);
const slots = new Slots({ grid: get("pkmap"), local: get("local"), text: get("slot-text") },
    showAddress);
const space = new Space(get("space"), showAddress);
const legend = new Legend(get("legend"), get("blocks"));
const stage = new Stage(machine, { choice: get("choice"), box: get("scene") });

// --- the terminal ---

const terminal = new Terminal({
    cols: 80, rows: 24, scrollback: 5000, fontFamily: "ui-monospace, 'DejaVu Sans Mono', monospace",
    fontSize: 14, screenReaderMode: false, theme: { background: "#101010" },
});

/** 80 columns have to fit, so the width of the page decides the size of the letters. */
function fitTerminal() {
    const width = get("terminal").clientWidth - 14;
    const wanted = Math.floor(width / 80 / 0.602 * 4) / 4;

    terminal.options.fontSize = Math.min(Math.max(wanted, 7), 16);
}

terminal.open(get("terminal"));
fitTerminal();
new ResizeObserver(fitTerminal).observe(get("terminal"));
terminal.textarea.setAttribute("aria-label", "The kernel's prompt; F6 leaves it");
terminal.onData((data) => machine.type(data));
machine.addEventListener("output", (event) => terminal.write(event.detail));
// The page's own keys.
terminal.attachCustomKeyEventHandler((event) => !["F6", "F8", "F9"].includes(event.key));

// --- the picture ---

let view = null;

/** Reads the table once it is there, and paints. Errors of a half-booted kernel pass by. */
function paint() {
    try {
        if (!view) {
            view = new View((paddr, length) => machine.read(paddr, length));
            space.show(view);
            carpet.cursor = view.table.max_low_pfn;
        }
        const marks = slots.paint(view);

        carpet.paint(view, marks);
        space.update(view);
        legend.show(view, carpet.counts);
        inspector.refresh(view, marks);
        get("carpet").setAttribute("aria-label", legend.sentence());
    } catch (error) {
        if (machine.bootSeconds !== undefined)
            throw error;
    }
}

setInterval(() => {
    if (machine.running && !document.hidden)
        paint();
}, PERIOD);
stage.addEventListener("step", paint);
onThemeChange(paint);

// --- controls ---

function showStatus() {
    const seconds = machine.bootSeconds?.toFixed(1);

    get("pause").textContent = machine.running ? "Pause" : "Continue";
    if (machine.halted)
        get("status").textContent = "The kernel has stopped; Restart boots it again.";
    else if (!machine.running)
        get("status").textContent = "The machine is stopped.";
    else if (seconds)
        get("status").textContent = `The kernel runs; its prompt was there after ${seconds} s.`;
    else
        get("status").textContent = "The machine is being loaded.";
}

// v86 is silent if the browser refuses WebAssembly or the memory.
showStatus();
setTimeout(() => {
    if (machine.bootSeconds === undefined && !machine.halted)
        get("status").textContent = "The machine has not started yet. It needs WebAssembly and " +
            "1.5 GiB of memory, which this browser may not have.";
}, SLOW_START);
machine.addEventListener("prompt", showStatus, { once: true });
machine.addEventListener("state", showStatus);
get("pause").addEventListener("click", () => machine.setRunning(!machine.running));
get("restart").addEventListener("click", () => location.reload());
get("mode").value = pae ? "pae" : "nopae";
get("mode").addEventListener("change", (event) => {
    location.search = event.target.value === "nopae" ? "?nopae" : "";
});
get("lens").addEventListener("moved", ({ detail: pfn }) => {
    get("at").textContent = `frame ${hex(pfn)}, physical ${hex(pfn * 4096)}`;
});

get("ask").addEventListener("submit", (event) => {
    const text = get("question").value.trim();
    const [, frame, number] = text.match(/^(frame\s+)?(0x[0-9a-f]+|\d+)$/i) ?? [];
    const value = Number(number), limit = frame ? view?.table.max_pfn : 2 ** 32;

    event.preventDefault();
    if (!(value < limit)) {
        get("answer").textContent = `“${text}”: expected an address below 4 GiB such as ` +
            "0xc0100000, or a frame such as “frame 0x38000”.";
        return;
    }
    get("answer").textContent = "";
    if (frame)
        inspector.frame(value);
    else
        inspector.address(value);
});

document.addEventListener("keydown", (event) => {
    const actions = {
        F6: () => (get("terminal").contains(document.activeElement)
            ? get("carpet").focus() : terminal.focus()),
        F8: () => machine.setRunning(!machine.running),
        F9: () => stage.next(),
    };

    if (!(event.key in actions) || event.ctrlKey || event.altKey || event.metaKey)
        return;
    event.preventDefault();
    actions[event.key]();
}, { capture: true });

// For the tests, and for readers with a developer's console.
globalThis.highland = { machine, stage, terminal, paint, view: () => view };

terminal.focus();
