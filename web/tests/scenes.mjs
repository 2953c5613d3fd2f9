// SPDX-License-Identifier: MIT
/**
 * Expectations after each step of a scene: a function for each step, by the name of the scene.
 * It gets the picture's numbers before the scene and after each step so far, and the page.
 */

export const SCENE_TESTS = {};
