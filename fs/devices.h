/* SPDX-License-Identifier: MIT */
#pragma once

/**
 * files_init() - make the directories and devices that each boot has
 *
 * Context: boot, once, after vm_object_init().
 */
void files_init(void);
