/* SPDX-License-Identifier: MIT */
#include "firmware_unit.h"
#include "fuzz.h"

/*
 * A fuzzer for the readers of ACPI and MP tables. An input is one byte of options, followed by the
 * memory from 0xe0000 on. The options repair parts of the input, because nearly every input without
 * correct checksums and a root pointer would end at its first table:
 *
 *	bit 0  make the root pointer correct, and let it point to a RSDT in the next bytes
 *	bit 1  make it a pointer of revision 2, with a XSDT
 *	bit 2  give each table that the roots point to a correct checksum
 *	bit 3  add an MP pointer, and a table after 0xf0000
 */

enum { REPAIR_ROOT = 1, REPAIR_XSDT = 2, REPAIR_TABLES = 4, REPAIR_MP = 8 };

#define ROOT_TABLE (FIRMWARE_RSDP + 36)
#define MP_POINTER 0xf0000u
#define MP_TABLE   0xf0010u

static u32 read_u32(u32 at)
{
	u32 value;

	memcpy(&value, firmware_memory + at, sizeof(value));
	return value;
}

static void write_u32(u32 at, u32 value)
{
	memcpy(firmware_memory + at, &value, sizeof(value));
}

static void repair_sum(u32 at, u32 size, u32 checksum)
{
	u8 sum = 0;

	if (at >= FIRMWARE_MEMORY || size > FIRMWARE_MEMORY - at || checksum >= size)
		return;
	firmware_memory[at + checksum] = 0;
	for (u32 i = 0; i < size; i++)
		sum = (u8)(sum + firmware_memory[at + i]);
	firmware_memory[at + checksum] = (u8)-sum;
}

static void repair_table(u32 at)
{
	if (at >= FIRMWARE_RSDP && at < FIRMWARE_MEMORY - 36)
		repair_sum(at, read_u32(at + 4), 9);
}

static void repair_root(u8 repairs)
{
	const u32 step = repairs & REPAIR_XSDT ? 8 : 4;

	memcpy(firmware_memory + FIRMWARE_RSDP, "RSD PTR ", 8);
	memcpy(firmware_memory + ROOT_TABLE, step == 8 ? "XSDT" : "RSDT", 4);
	firmware_memory[FIRMWARE_RSDP + 15] = step == 8 ? 2 : 0;
	write_u32(FIRMWARE_RSDP + 16, ROOT_TABLE);
	write_u32(FIRMWARE_RSDP + 20, 36);
	write_u32(FIRMWARE_RSDP + 24, step == 8 ? ROOT_TABLE : 0);
	write_u32(FIRMWARE_RSDP + 28, 0);
	write_u32(ROOT_TABLE + 4, read_u32(ROOT_TABLE + 4) % 256);
	for (u32 at = 36; repairs & REPAIR_TABLES && at + step <= read_u32(ROOT_TABLE + 4);
	     at += step) {
		/* Pointers into the ROM; the fuzzer chooses the offset. */
		write_u32(ROOT_TABLE + at, FIRMWARE_RSDP + read_u32(ROOT_TABLE + at) % 0x1000);
		if (step == 8)
			write_u32(ROOT_TABLE + at + 4, 0);
	}
	for (u32 at = 36; repairs & REPAIR_TABLES && at + step <= read_u32(ROOT_TABLE + 4);
	     at += step)
		if (read_u32(ROOT_TABLE + at) >= ROOT_TABLE + 256)
			repair_table(read_u32(ROOT_TABLE + at));
	repair_table(ROOT_TABLE);
	repair_sum(FIRMWARE_RSDP, 20, 8);
	repair_sum(FIRMWARE_RSDP, 36, 32);
}

static void repair_mp(void)
{
	u16 length;

	memcpy(firmware_memory + MP_POINTER, "_MP_", 4);
	write_u32(MP_POINTER + 4, MP_TABLE);
	repair_sum(MP_POINTER, 16, 10);
	memcpy(firmware_memory + MP_TABLE, "PCMP", 4);
	memcpy(&length, firmware_memory + MP_TABLE + 4, sizeof(length));
	repair_sum(MP_TABLE, length, 7);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	u8 repairs = size ? data[0] : 0;
	u32 at = repairs & REPAIR_MP ? MP_POINTER : FIRMWARE_RSDP;

	firmware_reset();
	if (size > 1)
		memcpy(firmware_memory + at, data + 1,
		       min(size - 1, (size_t)(FIRMWARE_MEMORY - at)));
	if (repairs & REPAIR_ROOT)
		repair_root(repairs);
	if (repairs & REPAIR_MP)
		repair_mp();
	firmware_boot(size > 2 ? data[2] % 255 : 0);
	return 0;
}
