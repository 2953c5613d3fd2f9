// SPDX-License-Identifier: MIT
/**
 * The colours of the picture, in light and dark. Hues are those of Okabe and Ito, which people with
 * any kind of colour blindness can tell apart. Free and allocated differ in brightness, too: free
 * memory is near the background, and used memory is far from it.
 */

/** By zone: DMA orange, Normal blue, DMA32 purple, HighMem green. */
const ZONES = {
    light: {
        free: ["#fbe2b4", "#cfe5f6", "#f3dbe7", "#c9ecdf"],
        used: ["#a86400", "#0064a4", "#8f3f6c", "#00694d"],
    },
    dark: {
        free: ["#4a3407", "#12324a", "#46293a", "#0b3d30"],
        used: ["#f0a830", "#62b6f2", "#d98fb8", "#2fc49a"],
    },
};

/** By state, in every zone. */
const STATES = {
    light: {
        "hole": "#ffffff", "reserved": "#8a8a8a", "free, cached by a CPU": "#d9c400",
        "page table": "#8f3f6c", "slab": "#c24e00",
        "anonymous": "#e0301e", "anonymous, shared": "#ff9500", "file": "#4a1486",
        "swap cache": "#00796b",
    },
    dark: {
        "hole": "#000000", "reserved": "#777777", "free, cached by a CPU": "#f0e442",
        "page table": "#e59cc4", "slab": "#ff8038",
        "anonymous": "#ff6b57", "anonymous, shared": "#ffc04d", "file": "#a78bfa",
        "swap cache": "#4dd0b8",
    },
};

/** Of slots: held, idle, and a kmap_local slot; used in the picture's marks, too. */
export const SLOTS = {
    light: { held: "#c24e00", idle: "#e8b48f", empty: "#e6e6e6", local: "#8f3f6c" },
    dark: { held: "#ff8038", idle: "#7d4423", empty: "#2c2c2c", local: "#e59cc4" },
};

const darkQuery = matchMedia("(prefers-color-scheme: dark)");

/** "light" or "dark", as the reader's system asks. */
export function theme() {
    return darkQuery.matches ? "dark" : "light";
}

/**
 * Calls a function when the reader changes between light and dark.
 * @param {() => void} changed
 */
export function onThemeChange(changed) {
    darkQuery.addEventListener("change", changed);
}

/**
 * Colour of a frame.
 * @param {string} state its name, as the kernel has it
 * @param {number} zone
 * @returns {string} "#rrggbb"
 */
export function frameColour(state, zone) {
    const now = theme();

    return STATES[now][state] ?? ZONES[now][state === "free" ? "free" : "used"][zone % 4];
}

/** "#rrggbb" as a word of a canvas: red is the lowest byte. */
export function colourWord(colour) {
    const value = Number.parseInt(colour.slice(1), 16);

    return ((0xff << 24) | ((value & 0xff) << 16) | (value & 0xff00) | (value >>> 16)) >>> 0;
}

/**
 * Moves a colour towards black in light and towards white in dark: the edge of a block.
 * @param {string} colour "#rrggbb"
 */
export function edgeOf(colour) {
    const towards = theme() === "dark" ? 255 : 0;
    const value = Number.parseInt(colour.slice(1), 16);
    const parts = [value >>> 16, (value >>> 8) & 0xff, value & 0xff];

    return `#${parts.map((part) => Math.round(part * 0.55 + towards * 0.45)
        .toString(16).padStart(2, "0")).join("")}`;
}
