/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * first_program() - run the program of init=, if there is one
 *
 * Context: the thread of the prompt, may sleep.
 */
void first_program(void);
