// SPDX-License-Identifier: MIT
/**
 * Drives the page in headless Chromium: node web/tests/run.mjs BUILD
 *
 * BUILD/web is the page, and BUILD/npm has the libraries. Screenshots are left in BUILD/web-shots,
 * for somebody to look at. The last line is "N passed, N failed".
 */

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Live, serve, startBrowser } from "./browser.mjs";
import * as picture from "./picture.mjs";
import { SCENE_TESTS } from "./scenes.mjs";
import { SCENES } from "../scenes.js";

const LIMIT_SECONDS = 15;

const build = process.argv[2] ?? "build";
const shots = path.join(build, "web-shots");
const counts = { passed: 0, failed: 0 };

async function test(name, body, live) {
    const start = performance.now();
    let problem;

    try {
        await body(live);
        assert.deepEqual(live?.problems ?? [], []);
    } catch (error) {
        problem = error;
    }
    counts[problem ? "failed" : "passed"]++;
    console.log(`${problem ? "FAILED" : "ok    "}  ${name}`.padEnd(60) +
        `${((performance.now() - start) / 1000).toFixed(1)} s`);
    if (problem)
        console.log(`        ${problem.stack ?? problem}`.replaceAll("\n", "\n        "));
}

async function testMachine(browser, url) {
    const live = await Live.open(browser, url);

    await test(`prompt within ${LIMIT_SECONDS} s`, () => {
        console.log(`        the prompt was there after ${live.seconds.toFixed(1)} s`);
        assert.ok(live.seconds < LIMIT_SECONDS);
    }, live);
    await test("typing", async () => {
        assert.match(await live.command("meminfo"), /HighTotal: +655360 kB/);
    }, live);
    await test("numbers", picture.numbersAreThoseOfThePrompt, live);
    await test("walks", () => picture.walksAreThoseOfThePrompt(live, 16), live);
    await test("clicks", picture.aClickShowsTheFrame, live);
    await test("keys", picture.keysReachThePicture, live);
    await test("wrong questions", picture.aWrongQuestionIsRefused, live);
    await test("planted errors are found", picture.plantedErrorsAreFound, live);
    await test("pause", picture.pauseStopsTheMachine, live);
    await live.close();
}

/** One machine for each scene, opened by its link. */
async function testScene(browser, url, scene) {
    const live = await Live.open(browser, url, { address: `#scene=${scene.name}` });
    const seen = [await live.numbers()];

    for (const [i, step] of scene.steps.entries()) {
        await test(`scene ${scene.name}, step ${i + 1}`, async () => {
            const before = await live.output();

            await live.page.keyboard.press("F9");
            await live.page.waitForFunction((n) => highland.stage.step === n, i + 1,
                { timeout: 30000 });
            seen.push(await live.numbers());
            const output = (await live.output()).slice(before.length);
            await SCENE_TESTS[scene.name][i](seen, live, output);
            assert.doesNotMatch(output, /unknown command|Kernel panic|WARNING/);
            assert.ok(step.text.length > 40, "a step has a text");
        }, live);
    }
    await live.page.screenshot({ path: path.join(shots, `scene-${scene.name}.png`) });
    await test(`scene ${scene.name}, numbers`, picture.numbersAreThoseOfThePrompt, live);
    await live.close();
}

async function testNopae(browser, url) {
    const live = await Live.open(browser, url, { address: "?nopae" });

    await test("without PAE: numbers", picture.numbersAreThoseOfThePrompt, live);
    await test("without PAE: walks", () => picture.walksAreThoseOfThePrompt(live, 8), live);
    await test("without PAE: 1024 slots", async () => {
        const { slots } = await live.numbers();
        assert.equal(slots.held + slots.idle + slots.empty, 1024);
    }, live);
    await test("poweroff is reported", () => live.end("poweroff"), live);
    await live.close();
}

/** A look for every kind of reader; nothing may be wider than the screen. */
async function testLooks(browser, url) {
    const looks = {
        "light": { width: 1440, height: 900 },
        "dark": { width: 1440, height: 900, scheme: "dark" },
        "phone": { width: 390, height: 844 },
        "phone-dark": { width: 390, height: 844, scheme: "dark" },
    };

    for (const [name, look] of Object.entries(looks)) {
        const address = SCENES[0] ? `#scene=${SCENES[0].name}` : "";
        const live = await Live.open(browser, url, { ...look, address });

        await test(`look: ${name}`, async () => {
            await live.page.evaluate(() => highland.stage.next());
            await live.ask("0xc0200000");
            await live.numbers();
            const path_ = path.join(shots, `${name}.png`);
            await live.page.screenshot({ path: path_, fullPage: true });
            const wide = await live.page.evaluate(() => document.documentElement.scrollWidth);
            assert.ok(wide <= look.width, `the page is ${wide} pixels wide`);
            const nameless = await live.page.evaluate(() => [...document.querySelectorAll(
                "canvas, [role=button], [role=img]")].filter((one) =>
                !one.getAttribute("aria-label")).length);
            assert.equal(nameless, 0, "pictures and buttons without a name");
        }, live);
        await live.close();
    }
}

async function testUnknownScene(browser, url) {
    const live = await Live.open(browser, url, { address: "#scene=nothing" });

    await test("a scene that does not exist", async () => {
        assert.match(await live.page.locator("#scene").textContent(), /no scene “nothing”/);
    }, live);
    await test("F9 without a scene shows the first one", async () => {
        await live.page.keyboard.press("F9");
        await live.page.waitForFunction((about) =>
            document.querySelector("#scene").textContent.includes(about), SCENES[0].about);
        const [command] = SCENES[0].steps[0].commands;
        assert.ok(!(await live.output()).includes(command), "a command was typed");
    }, live);
    await test("links lead to files of the page", async () => {
        const links = await live.page.evaluate(() =>
            [...document.querySelectorAll("footer a")].map((link) => link.href));

        assert.ok(links.length > 0);
        for (const link of links)
            assert.equal((await live.page.request.get(link)).status(), 200, link);
    }, live);
    await test("a panic is reported", () => live.end("crash null-read"), live);
    await live.close();
}

/** Browsers load no modules from a file: address, so the page has to say what it needs. */
async function testFile(browser, folder) {
    const page = await browser.newPage();

    await test("opened as a file, it asks for a server", async () => {
        await page.goto(pathToFileURL(path.resolve(folder, "index.html")).href);
        assert.match(await page.locator("#status").innerText(), /make web-serve/);
    });
    await page.close();
}

/** A browser that refuses the memory gets a message instead of a dead page. */
async function testNoMemory(browser, url) {
    const page = await browser.newPage();

    await test("too little memory is reported", async () => {
        await page.addInitScript(() => {
            WebAssembly.instantiate = () =>
                Promise.reject(new RangeError("could not allocate memory"));
        });
        await page.goto(url);
        await page.waitForFunction(() => document.querySelector("#status").textContent
            .includes("It needs WebAssembly and 1.5 GiB of memory"), null, { timeout: 20000 });
    });
    await page.close();
}

const server = await serve(path.join(build, "web"));
const browser = await startBrowser(path.join(build, "npm"));

fs.mkdirSync(shots, { recursive: true });
try {
    // It waits for twelve seconds, beside the other tests.
    const refused = testNoMemory(browser, server.url);

    await testMachine(browser, server.url);
    for (const scene of SCENES)
        await testScene(browser, server.url, scene);
    await testNopae(browser, server.url);
    await testUnknownScene(browser, server.url);
    await testFile(browser, path.join(build, "web"));
    await testLooks(browser, server.url);
    await refused;
} finally {
    await browser.close();
    server.close();
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed ? 1 : 0);
