// SPDX-License-Identifier: MIT
/**
 * A browser with the page in it: the tests act through this module as a reader does, by keys and
 * clicks, and look at what the page shows.
 */

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"];

/**
 * Serves a folder on 127.0.0.1 by the program of `make web-serve`, at a port that is free.
 * @param {string} folder
 * @returns {Promise<{url: string, close: () => void}>}
 */
export function serve(folder) {
    const child = spawn("tools/serve.py", [folder, "0"], { stdio: ["ignore", "pipe", "ignore"] });

    return new Promise((resolve, reject) => {
        child.on("exit", () => reject(new Error("the server ended")));
        child.stdout.on("data", (data) => {
            const url = /http:\S+\//.exec(data)?.[0];
            if (url)
                resolve({ url, close: () => child.kill() });
        });
    });
}

/**
 * Starts Chromium.
 * @param {string} packages folder in which npm has installed playwright-core
 */
export function startBrowser(packages) {
    const require = createRequire(path.resolve(packages, "package.json"));

    return require("playwright-core").chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** The page with a machine. */
export class Live {
    /** Problems that any test fails for: errors of scripts, and requests to other hosts. */
    problems = [];

    /**
     * Opens the page, and waits for the prompt.
     * @param {import("playwright-core").Browser} browser
     * @param {string} url of the server
     * @param {{address?: string, width?: number, height?: number, scheme?: string}} [options]
     */
    static async open(browser, url, options = {}) {
        const { address = "", width = 1440, height = 900, scheme = "light" } = options;
        const live = new Live();

        live.page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
        live.page.on("pageerror", (error) => live.problems.push(error.message));
        live.page.on("console", (message) => {
            if (message.type() === "error")
                live.problems.push(message.text());
        });
        live.page.on("request", (request) => {
            if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url()))
                live.problems.push(`request to ${request.url()}`);
        });
        const start = performance.now();
        await live.page.goto(url + address);
        await live.page.waitForFunction(() => globalThis.highland?.machine.atPrompt, null,
            { timeout: 60000 });
        live.seconds = (performance.now() - start) / 1000;
        await live.page.evaluate(() => {
            globalThis.printed = "";
            highland.machine.addEventListener("output", ({ detail }) => {
                globalThis.printed += detail.replaceAll("\r", "");
            });
        });
        return live;
    }

    close() {
        return this.page.close();
    }

    /** Types a line with the keyboard, and returns what the kernel prints. */
    async command(line) {
        const before = await this.output();

        await this.page.locator("#terminal").click();
        await this.page.keyboard.type(line);
        await this.page.keyboard.press("Enter");
        await this.page.evaluate(() => highland.machine.prompt());
        return (await this.output()).slice(before.length);
    }

    /** Types a command after which the kernel does not run any more; the page has to say so. */
    async end(line) {
        await this.page.locator("#terminal").click();
        await this.page.keyboard.type(line);
        await this.page.keyboard.press("Enter");
        await this.page.waitForFunction(() => document.querySelector("#status").textContent ===
            "The kernel has stopped; Restart boots it again.", null, { timeout: 20000 });
    }

    /** All that the kernel has printed since the first prompt. */
    output() {
        return this.page.evaluate(() => globalThis.printed);
    }

    /** The picture's numbers as the page shows them, after a new look at the memory. */
    async numbers() {
        return this.page.evaluate(() => {
            highland.paint();
            const zones = {};

            for (const cell of document.querySelectorAll("#legend td[data-state]")) {
                zones[cell.dataset.zone] ??= {};
                zones[cell.dataset.zone][cell.dataset.state] = Number(cell.textContent);
            }
            for (const row of document.querySelectorAll("#blocks tr[data-zone]")) {
                zones[row.dataset.zone].blocks = [...row.querySelectorAll("td")].map((cell) =>
                    Number(cell.textContent));
            }
            const slots = Object.fromEntries([...document.querySelectorAll("#slot-text b")]
                .map((count) => [count.dataset.kind, Number(count.textContent)]));

            return { zones, slots };
        });
    }

    /** The entries of the walk that the page shows, and its text. */
    walk() {
        return this.page.evaluate(() => ({
            text: document.querySelector("#walk").innerText,
            entries: [...document.querySelectorAll("#walk tr")].map((row) =>
                [...row.children].map((cell) => cell.textContent)),
        }));
    }

    /** Asks for the walk of an address or for a frame. */
    async ask(question) {
        await this.page.fill("#question", question);
        await this.page.press("#question", "Enter");
        return this.walk();
    }
}
