/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/file.h>

/* Waiting until one of several files is ready. */

#define POLLIN   0x001u
#define POLLPRI  0x002u
#define POLLOUT  0x004u
#define POLLERR  0x008u
#define POLLHUP  0x010u
#define POLLNVAL 0x020u

/**
 * poll_wake() - wake all threads in poll(2) and select(2)
 *
 * Called after each change that may make file_ops.poll() give more. Cheap while no thread polls.
 * Context: any except NMI.
 */
void poll_wake(void);
