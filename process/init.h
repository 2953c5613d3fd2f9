/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * process_init() - make programs possible
 *
 * Context: boot, once, after the allocators and the files.
 */
void process_init(void);
