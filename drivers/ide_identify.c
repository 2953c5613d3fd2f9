/* SPDX-License-Identifier: MIT */
#include <drivers/ide_identify.h>

/*
 * The words of IDENTIFY DEVICE (ATA/ATAPI-6, 8.15.8). They come from outside, so no value is
 * trusted: a number of sectors that does not fit the address is cut, and a text gets no character
 * that a terminal would obey.
 *
 *	27-46  model, two characters to a word, the first one in the high byte
 *	49     bit 9: logical block addresses
 *	53     bit 2: word 88 is valid
 *	60-61  sectors that 28-bit addresses reach
 *	63, 88 modes of DMA; bits 8-15: the one that is set
 *	80     versions of the standard; bit 15 is never set
 *	83     bit 10: 48-bit addresses, bit 12: FLUSH CACHE; valid if bits 15-14 are 01
 *	100-103  sectors that 48-bit addresses reach
 *
 * Firmware sets the mode of DMA and the timing of the controller, which differ from one controller
 * to the next. The driver leaves both as they are. So a drive without a mode is used without DMA.
 */

#define WORD_MODEL   27
#define WORD_ABLE    49
#define ABLE_LBA     0x0200u
#define WORD_VALID   53
#define VALID_UDMA   0x0004u
#define WORD_SECTORS 60
#define WORD_MWDMA   63
#define WORD_SETS    83
#define SETS_MASK    0xc000u
#define SETS_VALID   0x4000u
#define SETS_FLUSH   0x1000u
#define SETS_LBA48   0x0400u
#define WORD_UDMA    88
#define MODE_IS_SET  0xff00u
#define WORD_LARGE   100

static void read_model(const u16 *words, char *model)
{
	u32 length = 0;

	for (u32 i = 0; i < IDE_MODEL - 1; i++) {
		u16 word = words[WORD_MODEL + i / 2];
		char c = (char)(i % 2 ? word : word >> 8);

		if (c < ' ' || c > '~')
			c = ' ';
		if (c != ' ' || length)
			model[length++] = c;
	}
	while (length && model[length - 1] == ' ')
		length--;
	model[length] = '\0';
}

const char *ide_identity_parse(const u16 words[IDE_IDENTITY_WORDS], struct ide_identity *identity)
{
	u16 sets = (words[WORD_SETS] & SETS_MASK) == SETS_VALID ? words[WORD_SETS] : 0;
	u64 large = 0;

	*identity = (struct ide_identity){ 0 };
	read_model(words, identity->model);
	if (!(words[WORD_ABLE] & ABLE_LBA))
		return "it knows no logical block addresses";
	identity->nr_sectors = words[WORD_SECTORS] | (u32)words[WORD_SECTORS + 1] << 16;
	identity->nr_sectors &= (1u << 28) - 1;
	for (u32 i = 0; i < 3; i++)
		large |= (u64)words[WORD_LARGE + i] << (16 * i);
	if ((sets & SETS_LBA48) && large) {
		identity->lba48 = true;
		identity->nr_sectors = large;
	}
	identity->flush = sets & SETS_FLUSH;
	identity->dma = (words[WORD_MWDMA] & MODE_IS_SET) ||
			((words[WORD_VALID] & VALID_UDMA) && (words[WORD_UDMA] & MODE_IS_SET));
	return identity->nr_sectors ? NULL : "it has no sectors";
}
