// SPDX-License-Identifier: MIT
/**
 * Plays a scene: shows its steps, and types the commands of a step when the reader asks for it.
 *
 * The address of the page names the scene (#scene=fragment), so a link leads to it. A step can be
 * repeated or left out; nothing but the reader moves the scene on.
 */

import { SCENES } from "./scenes.js";

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
        this.step = 0;
        this.#show(name);
    }

    #show(name) {
        if (!this.scene) {
            this.box.textContent = name ? `There is no scene “${name}”.`
                : "Each scene types some commands, and says what to look at in the picture.";
            return;
        }
        const about = document.createElement("p"), list = document.createElement("ol");

        about.textContent = this.scene.about;
        list.append(...this.scene.steps.map((step, i) => this.#item(step, i)));
        this.box.replaceChildren(about, list);
        this.#mark();
    }

    #item(step, i) {
        const item = document.createElement("li"), text = document.createElement("p");
        const button = document.createElement("button"), code = document.createElement("code");

        text.textContent = step.text;
        code.textContent = step.commands.join("; ");
        button.type = "button";
        button.append("Type ", code);
        button.addEventListener("click", () => this.play(i));
        item.append(text, button);
        return item;
    }

    /** Marks the steps that were done, and the one that comes next. */
    #mark() {
        [...this.box.querySelectorAll("li")].forEach((item, i) => {
            item.className = i < this.step ? "done" : i === this.step ? "now" : "";
            item.querySelector("button").disabled = this.busy;
        });
    }

    /** Plays the next step, if there is one. */
    next() {
        if (this.scene && this.step < this.scene.steps.length)
            return this.play(this.step);
        return Promise.resolve();
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
        this.#mark();
        for (const command of scene.steps[i].commands)
            await this.machine.command(command);
        this.busy = false;
        if (this.scene === scene)
            this.step = i + 1;
        this.#mark();
        this.dispatchEvent(new Event("step"));
    }
}
