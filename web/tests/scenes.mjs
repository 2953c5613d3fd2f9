// SPDX-License-Identifier: MIT
/**
 * Expectations after each step of a scene: a function for each step, by the name of the scene.
 * It gets the picture's numbers before the scene and after each step so far, the page, and the
 * output of the step.
 */

import assert from "node:assert/strict";

/** Frames of a zone that are free, those included that a CPU has cached. */
function free(numbers, zone) {
    const frames = numbers.zones[zone];

    return (frames.free ?? 0) + (frames["free, cached by a CPU"] ?? 0);
}

/** Frames of all zones in a state. */
function frames(numbers, state) {
    return Object.values(numbers.zones).reduce((sum, zone) => sum + (zone[state] ?? 0), 0);
}

/** Two numbers may differ by some pages that the kernel itself took or gave back. */
function near(got, expected, tolerance = 300) {
    assert.ok(Math.abs(got - expected) <= tolerance, `${got}, expected about ${expected}`);
}

/** All zones have as many free pages as before the scene. */
function allIsBack(seen) {
    for (const zone of Object.keys(seen[0].zones))
        near(free(seen.at(-1), zone), free(seen[0], zone));
}

function slotsAre(numbers, held, idle) {
    assert.deepEqual([numbers.slots.held, numbers.slots.idle], [held, idle], "held, idle");
}

/** Waits until the picture shows a number of kmap_local slots at some moment. */
async function localSlotsBecome(live, count) {
    const start = performance.now();

    for (;;) {
        const { slots } = await live.numbers();

        if (slots.local === count)
            return;
        assert.ok(performance.now() - start < 5000,
            `${slots.local} slots of kmap_local, expected ${count}`);
        await live.page.waitForTimeout(50);
    }
}

export const SCENE_TESTS = {
    "highmem": [
        (seen, live, output) => assert.match(output, /HighFree/),
        (seen) => {
            near(free(seen[2], "HighMem"), free(seen[0], "HighMem") / 10);
            near(free(seen[2], "Normal"), free(seen[0], "Normal"));
        },
        (seen) => slotsAre(seen[3], 1, 0),
        async (seen, live, output) => {
            const [, address, pfn] = /([0-9a-f]{8}) frame (0x\w+) 1 users?/.exec(output);
            const { text } = await live.ask(`0x${address}`);

            assert.match(text, new RegExp(`Frame ${pfn} is in zone HighMem: allocated`));
            const { text: other } = await live.ask(`frame ${pfn}`);
            assert.match(other, /a slot of kmap\(\), held/);
        },
        allIsBack,
    ],
    "pkmap": [
        (seen) => slotsAre(seen[1], 256, 0),
        (seen) => slotsAre(seen[2], 0, 256),
        (seen) => {
            slotsAre(seen[3], 0, 256);
            assert.equal(seen[3].slots.flushes, seen[0].slots.flushes);
        },
        (seen) => {
            slotsAre(seen[4], 0, 512);
            assert.equal(seen[4].slots.flushes, seen[0].slots.flushes);
        },
        (seen) => {
            slotsAre(seen[5], 1, 0);
            assert.equal(seen[5].slots.flushes, seen[0].slots.flushes + 1);
        },
        (seen) => {
            slotsAre(seen[6], 0, 1);
            allIsBack(seen);
        },
    ],
    "fragment": [
        (seen) => assert.ok(seen[1].zones.HighMem.blocks[10] > 150),
        (seen) => {
            const { blocks } = seen[2].zones.HighMem;

            near(blocks[0], free(seen[0], "HighMem") / 2);
            assert.ok(blocks.slice(1).every((count) => count < 10), `${blocks}`);
        },
        (seen, live, output) => {
            assert.match(output, /alloc/);
            near(free(seen[3], "HighMem"), free(seen[2], "HighMem"));
        },
        (seen) => {
            near(seen[4].zones.HighMem.blocks[10], seen[1].zones.HighMem.blocks[10], 2);
            allIsBack(seen);
        },
    ],
    "kmap-local": [
        (seen, live) => localSlotsBecome(live, 0),
        (seen, live) => localSlotsBecome(live, 1),
        (seen, live) => localSlotsBecome(live, 2),
        (seen, live) => localSlotsBecome(live, 0),
        (seen, live) => localSlotsBecome(live, 2),
        async (seen, live) => {
            await localSlotsBecome(live, 0);
            allIsBack(seen);
        },
    ],
    "lowmem": [
        (seen, live, output) => assert.match(output, /LowFree/),
        (seen) => {
            assert.ok(free(seen[2], "Normal") < 3000, "Normal is full");
            near(free(seen[2], "HighMem"), free(seen[0], "HighMem"));
        },
        (seen, live, output) => assert.match(output, /kmalloc/),
        (seen) => near(free(seen[4], "HighMem"), free(seen[3], "HighMem") - 256),
        allIsBack,
        (seen, live, output) => {
            assert.match(output, /page tables of address spaces +low .*MiB/);
            assert.match(output, /full buffers of connections +high .*MiB/);
            near(free(seen[6], "Normal"), free(seen[5], "Normal"));
            near(free(seen[6], "HighMem"), free(seen[5], "HighMem"));
        },
    ],
    "processes": [
        (seen) => near(frames(seen[1], "anonymous"), 64 * 256),
        (seen) => near(frames(seen[2], "anonymous, shared"), 64 * 256),
        (seen) => {
            near(frames(seen[3], "anonymous, shared"), 2 * 64 * 256);
            near(frames(seen[3], "anonymous"), 64 * 256 + 64 * 256);
        },
    ],
};
