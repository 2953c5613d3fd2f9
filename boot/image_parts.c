/* SPDX-License-Identifier: MIT */
#include <boot/loader_info.h>

/*
 * The places and sizes of the image's parts, which only the linker knows: addresses of symbols, of
 * which those with a prefix are a kernel's own (linker.ld), and the others are from boot/image.ld.
 */

extern const char chooser_start[], chooser_size[], kernels_size[];
extern const char nopae_bytes[], nopae_bytes_end[], pae_bytes[], pae_bytes_end[];
extern const char nopae_kernel_phys[], nopae_kernel_size[], nopae_kernel_entry_phys[];
extern const char pae_kernel_phys[], pae_kernel_size[], pae_kernel_entry_phys[];

const struct image_part image_parts[IMAGE_NR_PARTS] = {
	[IMAGE_CHOOSER] = { .start = (u32)chooser_start, .size = (u32)chooser_size },
	[IMAGE_KERNELS] = { .start = (u32)nopae_kernel_phys, .size = (u32)kernels_size },
};

const struct image_kernel image_kernels[NR_KERNELS] = {
	[KERNEL_NOPAE] = { .bytes = (u32)nopae_bytes,
			   .bytes_end = (u32)nopae_bytes_end,
			   .start = (u32)nopae_kernel_phys,
			   .size = (u32)nopae_kernel_size,
			   .entry = (u32)nopae_kernel_entry_phys },
	[KERNEL_PAE] = { .bytes = (u32)pae_bytes,
			 .bytes_end = (u32)pae_bytes_end,
			 .start = (u32)pae_kernel_phys,
			 .size = (u32)pae_kernel_size,
			 .entry = (u32)pae_kernel_entry_phys },
};
