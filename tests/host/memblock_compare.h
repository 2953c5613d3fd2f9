/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * memblock_compare() - compare memblock with the model
 *
 * Compares all fields of all lists, the answer to each question about a random range, and what one
 * kind of loop shows. A difference ends the process by abort().
 */
void memblock_compare(void);
