/* SPDX-License-Identifier: MIT */
#pragma once

/* There are no ports: a test that needs some defines inb() and outb() itself. */
