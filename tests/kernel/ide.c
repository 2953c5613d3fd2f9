/* SPDX-License-Identifier: MIT */
#include <drivers/ide_dma.h>
#include <drivers/ide_identify.h>
#include <tests/kernel/ktest.h>

/* Descriptions of drives, and the table of the bus master. No disk is needed. */

static u16 words[IDE_IDENTITY_WORDS];
static struct ide_identity identity;

/* A drive of 1000 sectors with 28-bit addresses. */
static void plain_drive(void)
{
	memset(words, 0, sizeof(words));
	words[49] = 0x0200;
	words[60] = 1000;
}

KTEST(ide, sizes_of_drives)
{
	plain_drive();
	EXPECT(!ide_identity_parse(words, &identity));
	EXPECT_EQ(identity.nr_sectors, 1000);
	EXPECT(!identity.lba48 && !identity.dma && !identity.flush);

	/* 28 bits at most, whatever the drive says. */
	words[61] = 0xffff;
	EXPECT(!ide_identity_parse(words, &identity));
	EXPECT_EQ(identity.nr_sectors, 0xfff03e8);

	/* 48-bit addresses, but the word with the bits is not valid. */
	words[102] = 1;
	words[83] = 0xffff;
	EXPECT(!ide_identity_parse(words, &identity));
	EXPECT(!identity.lba48 && !identity.flush);
	words[83] = 0x5400;
	EXPECT(!ide_identity_parse(words, &identity));
	EXPECT(identity.lba48 && identity.flush);
	EXPECT_EQ(identity.nr_sectors, 1ull << 32);

	plain_drive();
	words[60] = 0;
	EXPECT(ide_identity_parse(words, &identity));
	plain_drive();
	words[49] = 0;
	EXPECT(ide_identity_parse(words, &identity));
}

KTEST(ide, dma_needs_a_mode_that_is_set)
{
	plain_drive();
	words[63] = 0x0007; /* possible, and not set */
	words[88] = 0x203f; /* set, and not valid */
	EXPECT(!ide_identity_parse(words, &identity));
	EXPECT(!identity.dma);
	words[53] = 0x0004;
	ide_identity_parse(words, &identity);
	EXPECT(identity.dma);
	words[53] = 0;
	words[63] = 0x0407;
	ide_identity_parse(words, &identity);
	EXPECT(identity.dma);
}

KTEST(ide, names_of_drives)
{
	plain_drive();
	memset(words + 27, ' ', 40);
	words[28] = 'A' << 8 | 'B';
	words[29] = '\033' << 8 | 'C'; /* an escape sequence would change the screen */
	ide_identity_parse(words, &identity);
	EXPECT_STREQ(identity.model, "AB C");
	memset(words + 27, 'x', 40);
	ide_identity_parse(words, &identity);
	EXPECT_EQ(strlen(identity.model), 40);
}

KTEST(ide, table_of_the_bus_master)
{
	static struct ide_table table;
	static struct block_command command;

	EXPECT_EQ((unsigned long)&table % sizeof(table), 0);
	command.nr_pieces = 2;
	command.pieces[0] = (struct dma_piece){ 0xfffe0000, 0x10000 };
	command.pieces[1] = (struct dma_piece){ 0x12345200, 0x600 };
	memset(&table, 0xff, sizeof(table));
	ide_dma_fill(&table, &command);
	EXPECT_EQ(table.prd[0].addr, 0xfffe0000);
	EXPECT_EQ(table.prd[0].bytes, 0);
	EXPECT_EQ(table.prd[0].flags, 0);
	EXPECT_EQ(table.prd[1].addr, 0x12345200);
	EXPECT_EQ(table.prd[1].bytes, 0x600);
	EXPECT_EQ(table.prd[1].flags, IDE_PRD_LAST);
}
