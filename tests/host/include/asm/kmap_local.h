/* SPDX-License-Identifier: MIT */
#pragma once

/* Threads of host programs map nothing. */
struct kmap_local_stack {
	char none;
};
