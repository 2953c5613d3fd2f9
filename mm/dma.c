/* SPDX-License-Identifier: MIT */
#include <mm/dma.h>
#include <mm/mmzone.h>

bool dma_reaches(const struct dma_reach *reach, phys_addr_t addr, u32 length)
{
	phys_addr_t last = addr + length - 1;

	if (reach->limit && last >= reach->limit)
		return false;
	if (reach->border && ((addr ^ last) & ~(phys_addr_t)(reach->border - 1)))
		return false;
	return !reach->align || !(addr & (reach->align - 1));
}
