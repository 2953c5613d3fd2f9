// SPDX-License-Identifier: MIT
/**
 * The picture against the prompt: zones, free blocks and walks as the page shows them must be those
 * that the kernel prints.
 */

import assert from "node:assert/strict";

/** Pages of each zone that has some, from zoneinfo: free, present and managed. */
function zonesOf(text) {
    return Object.fromEntries([...text.matchAll(
        /zone +(\w+)\n +pages free +(\d+)[^]*?present +(\d+)\n +managed +(\d+)/g,
    )].map(([, name, ...counts]) => [name, counts.map(Number)])
        .filter(([, [, present]]) => present));
}

/** The sums of the frames in the picture, in the same form. */
function zonesOfPicture(zones) {
    return Object.fromEntries(Object.entries(zones).map(([name, frames]) => {
        const { blocks, hole = 0, reserved = 0, ...others } = frames;
        const managed = Object.values(others).reduce((sum, count) => sum + count, 0);

        return [name, [frames.free, managed + reserved, managed]];
    }));
}

export async function numbersAreThoseOfThePrompt(live) {
    const told = zonesOf(await live.command("zoneinfo"));
    const blocks = await live.command("buddyinfo");
    const { zones } = await live.numbers();

    assert.deepEqual(zonesOfPicture(zones), told);
    for (const [, name, counts] of blocks.matchAll(/zone +(\w+) ([ \d]+)\n/g))
        assert.deepEqual(zones[name].blocks, counts.trim().split(/ +/).map(Number));
}

/** Entries of walk: level and index, value, target, sorted bits. */
function entriesOf(text, wide) {
    return [...text.matchAll(/^(PDPT|PD|PT) +\[ *(\d+)\] +(\w+)(?: +(.*) at (\w+)\n +(.*))?/gm)]
        .map(([, level, index, value, kind, target, bits]) => [
            `${level} [${index}]`, value.padStart(wide, "0"),
            kind ? `${kind.replace("large ", "")} at 0x${Number(target).toString(16)}`
                : "not present",
            (bits ?? "").split(" ").sort().join(" "),
        ]);
}

export async function walksAreThoseOfThePrompt(live, wide) {
    for (const address of ["0xc0000000", "0xc0200000", "0xc4000000", "0xffa00000", "0x1000",
        "0xf8801000"]) {
        const told = entriesOf(await live.command(`walk ${address}`), wide);
        const { entries } = await live.ask(address);

        assert.deepEqual(entries.map(([level, value, target, bits]) =>
            [level, value, target, bits.split(" ").sort().join(" ")]), told, address);
    }
}

/** With a wrong table, the comparisons above must fail. */
export async function plantedErrorsAreFound(live) {
    const spoil = (by) => live.page.evaluate((change) => {
        highland.view().table.zone.shift += change;
        highland.view().table.root += change * 8;
    }, by);

    await spoil(1);
    await assert.rejects(numbersAreThoseOfThePrompt(live), "a wrong zone");
    await assert.rejects(walksAreThoseOfThePrompt(live, 16), "a wrong root");
    live.problems.length = 0;
    await spoil(-1);
    await numbersAreThoseOfThePrompt(live);
}

export async function aClickShowsTheFrame(live) {
    await live.page.locator("#carpet").click({ position: { x: 300, y: 20 } });
    const clicked = await live.walk();

    assert.match(clicked.text, /Frame 0x\w+ is in zone Normal: free, part of a block of order 10/);
    assert.match(clicked.text, /in the direct map/);
    const box = await live.page.locator("#carpet").boundingBox();
    await live.page.locator("#carpet").click({ position: { x: 300, y: box.height - 10 } });
    const high = await live.walk();
    assert.match(high.text, /in zone HighMem/);
    assert.match(high.text, /No kernel address maps it now/);
}

export async function keysReachThePicture(live) {
    await live.page.locator("#terminal").click();
    await live.page.keyboard.press("F6");
    for (const key of ["ArrowDown", "ArrowRight", "Shift+ArrowRight", "ArrowUp", "ArrowDown",
        "Enter"])
        await live.page.keyboard.press(key);
    const { text } = await live.walk();
    assert.match(text, /^Frame 0x[0-9a-f]+/);
    await live.page.keyboard.press("F6");
    assert.ok(await live.page.evaluate(() =>
        document.querySelector("#terminal").contains(document.activeElement)));
}

export async function aWrongQuestionIsRefused(live) {
    for (const question of ["hello", "0x100000000", "frame 0x7fffffff", ""]) {
        await live.ask(question);
        const answer = await live.page.locator("#answer").textContent();
        assert.match(answer, /expected an address below 4 GiB/, question);
    }
}

export async function pauseStopsTheMachine(live) {
    const ticks = () => live.page.evaluate(() =>
        highland.view().word(highland.view().table.ticks));
    const wait = (ms) => live.page.waitForTimeout(ms);

    await live.page.keyboard.press("F8");
    await wait(200);
    const before = await ticks();
    await wait(300);
    assert.equal(await ticks(), before);
    await live.page.locator("#pause").click();
    await live.page.waitForFunction((old) =>
        highland.view().word(highland.view().table.ticks) > old, before, { timeout: 5000 });
}
