/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The description that an ATA drive gives of itself: 256 words of IDENTIFY DEVICE.
 */

#define IDE_IDENTITY_WORDS 256
#define IDE_MODEL          41

/**
 * struct ide_identity - what the driver has to know about a drive
 * @model: name of the drive, without the blanks around it; only printable characters
 * @nr_sectors: sectors of 512 bytes
 * @lba48: the drive has the commands with 48-bit addresses
 * @dma: the firmware has set a mode for DMA
 * @flush: the drive has FLUSH CACHE; without it, there is no cache to be flushed
 */
struct ide_identity {
	char model[IDE_MODEL];
	u64 nr_sectors;
	bool lba48, dma, flush;
};

/**
 * ide_identity_parse() - read the words of IDENTIFY DEVICE
 * @words: as the drive has sent them
 * @identity: filled in
 *
 * Context: any.
 * Return: NULL; a reason not to use this drive, as a static string.
 */
const char *ide_identity_parse(const u16 words[IDE_IDENTITY_WORDS], struct ide_identity *identity);
