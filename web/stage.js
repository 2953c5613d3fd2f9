// SPDX-License-Identifier: MIT
/**
 * Plays a scene: shows one step after the other, and types its commands when the reader asks.
 *
 * The address of the page names the scene (#scene=fragment), so a link leads to it. A step can be
 * repeated or left out; only the reader moves the scene on. One step is shown at a time, so that
 * the text fits beside the picture.
 */

import { SCENES } from "./scenes.js";

function make(name, text, className = "") {
    const made = document.createElement(name);

    made.textContent = text;
    made.className = className;
    return made;
}

export class Stage extends EventTarget {
    /**
     * @param {import("./machine.js").Machine} machine
     * @param {{choice: HTMLElement, box: HTMLElement}} parts
     *
     * Event: "step" after the commands of a step have ended.
     */
    constructor(machine, { choice, box }) {
        super();
        Object.assign(this, { machine, choice, box });
        this.busy = false;
        addEventListener("hashchange", () => this.#fromAddress());
        for (const scene of SCENES) {
            const link = document.createElement("a");

            link.href = `#scene=${scene.name}`;
            link.textContent = scene.title;
            choice.append(link);
        }
        this.#fromAddress();
    }

    #fromAddress() {
        const name = new URLSearchParams(location.hash.slice(1)).get("scene");
        const scene = SCENES.find((one) => one.name === name);

        for (const link of this.choice.children)
            link.toggleAttribute("aria-current", link.hash === `#scene=${name}`);
        this.scene = scene;
        /** Number of the last step that was played, and index of the step that is shown. */
        this.step = this.shown = 0;
        this.#show(name);
    }

    #show(name) {
        if (!this.scene) {
            this.box.textContent = name ? `There is no scene “${name}”.`
                : "Each scene types some commands, and says what to look at in the picture.";
            return;
        }
        this.box.replaceChildren(make("p", this.scene.about, "about"), this.#step(),
            this.#numbers());
    }

    /** The step that is shown: its text, and a button that types its commands. */
    #step() {
        const { steps } = this.scene, step = steps[this.shown];
        const box = make("div", "", "step"), button = make("button", "Type ");
        const next = make("button", "Next step");

        button.type = next.type = "button";
        button.append(make("code", step.commands.join("; ")));
        button.disabled = this.busy;
        button.addEventListener("click", () => this.play(this.shown));
        next.disabled = this.shown + 1 === steps.length;
        next.addEventListener("click", () => this.#turnTo(this.shown + 1));
        box.append(make("h3", `Step ${this.shown + 1} of ${steps.length}`), make("p", step.text),
            button, " ", next);
        return box;
    }

    /** A small button for each step. Those that were done are marked. */
    #numbers() {
        const row = make("p", "", "numbers");

        row.append("All steps: ", ...this.scene.steps.map((_, i) => {
            const button = make("button", String(i + 1), i < this.step ? "done" : "");

            button.type = "button";
            button.setAttribute("aria-label", `Show step ${i + 1}`);
            button.toggleAttribute("aria-current", i === this.shown);
            button.addEventListener("click", () => this.#turnTo(i));
            return button;
        }));
        return row;
    }

    #turnTo(i) {
        this.shown = i;
        this.#show();
    }

    /**
     * Plays the step that is shown, or the one behind it if that was done. Without a scene, it
     * shows the first one: its text comes before its commands.
     */
    next() {
        if (!this.scene)
            location.hash = `scene=${SCENES[0].name}`;

        const i = this.shown < this.step ? this.shown + 1 : this.shown;

        return this.scene && i < this.scene.steps.length ? this.play(i) : Promise.resolve();
    }

    /**
     * Types the commands of a step, one after the other.
     * @param {number} i number of the step
     */
    async play(i) {
        const { scene } = this;

        if (this.busy)
            return;
        this.busy = true;
        this.#turnTo(i);
        for (const command of scene.steps[i].commands)
            await this.machine.command(command);
        this.busy = false;
        if (this.scene === scene) {
            this.step = i + 1;
            this.#show();
        }
        this.dispatchEvent(new Event("step"));
    }
}
