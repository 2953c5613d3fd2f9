/* SPDX-License-Identifier: MIT */
#pragma once

/* On the host nothing is left out of lib/string.c, so that the portable versions get tested. */
