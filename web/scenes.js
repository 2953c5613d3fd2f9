// SPDX-License-Identifier: MIT
/**
 * The scenes: the text of each step, and the commands that it types.
 *
 * @type {{name: string, title: string, about: string,
 *         steps: {text: string, commands: string[]}[]}[]}
 */
export const SCENES = [];
