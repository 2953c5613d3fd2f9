/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Supervisor-mode access prevention (SMAP): the kernel faults at user pages unless it has set the
 * flag AC with STAC; CLAC forbids the access again (Intel SDM 3A, 4.6). CPUs without SMAP do not
 * know the two instructions. So the code has three bytes that do nothing in their places, and
 * smap_patch() writes the instructions over them at boot.
 */

/* For asm statements: a place for STAC, or for CLAC. */
#define SMAP_STAC SMAP_SITE("0xcb")
#define SMAP_CLAC SMAP_SITE("0xca")

#define SMAP_SITE(byte)                      \
	"771: .byte 0x8d, 0x76, 0\n\t"       \
	".pushsection smap_sites, \"a\"\n\t" \
	".balign 4\n\t"                      \
	".long 771b, " byte "\n\t"           \
	".popsection\n\t"

/**
 * smap_patch() - write STAC and CLAC into the code, if the CPU has SMAP
 *
 * Context: boot, after cpu_init(), while the kernel's text is still writable.
 */
void smap_patch(void);
