/* SPDX-License-Identifier: MIT */
#pragma once

/* The result of a step, if it is neither 0 nor an error. */
enum step {
	STEP_AGAIN = 1, /* the entry has changed, or there is a table now: look again */
	STEP_IN_VAIN,   /* the entry allows the access already */
};
