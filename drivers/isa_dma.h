/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <mm/dma.h>

/*
 * The first DMA controller of the PC, an 8237, which moves bytes for ISA devices: channels 0 to 3.
 */

/* Memory that the controller reaches. */
#define ISA_DMA_REACH ((struct dma_reach){ .limit = DMA_LIMIT_ISA, .border = 0x10000, .align = 1 })

/**
 * isa_dma_start() - let a channel move data when its device asks for it
 * @channel: 0 to 3
 * @piece: memory within ISA_DMA_REACH
 * @to_memory: the direction
 *
 * Context: any; the channel is not in use.
 */
void isa_dma_start(u32 channel, const struct dma_piece *piece, bool to_memory);

/**
 * isa_dma_stop() - stop a channel
 * @channel: 0 to 3
 *
 * Afterwards it touches no memory.
 * Context: any.
 * Return: true if it has moved all bytes.
 */
bool isa_dma_stop(u32 channel);
