/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/irqflags.h>
#include <asm/uaccess.h>
#include <asm/user_context.h>
#include <tests/kernel/ktest.h>

/* Pointers of programs, and registers that programs write. The test's thread has no program. */

static void __user *user(unsigned long addr)
{
	return (void *)addr;
}

KTEST(uaccess, ranges_end_below_the_kernel)
{
	EXPECT(access_ok(user(0), 0));
	EXPECT(access_ok(user(PAGE_OFFSET), 0));
	EXPECT(access_ok(user(PAGE_OFFSET - 1), 1));
	EXPECT(!access_ok(user(PAGE_OFFSET - 1), 2));
	EXPECT(!access_ok(user(PAGE_OFFSET), 1));
	EXPECT(!access_ok(user(~0ul), 2));
	EXPECT(!access_ok(user(1), ~0ul));
	EXPECT(!access_ok(user(PAGE_OFFSET - 16), ~0ul - 8));
}

KTEST(uaccess, the_memory_of_the_kernel_is_refused)
{
	static u32 word = 0x12345678;
	char text[8] = "old";
	u32 value = 7;

	EXPECT_EQ(copy_from_user(&value, &word, 4), 4);
	EXPECT_EQ(copy_to_user(&word, &value, 4), 4);
	EXPECT_EQ(clear_user(&word, 4), 4);
	EXPECT_EQ(get_user_u32(&value, &word), -EFAULT);
	EXPECT_EQ(put_user_u32(1, &word), -EFAULT);
	EXPECT_EQ(strncpy_from_user(text, (char *)&word, 4), -EFAULT);
	EXPECT_EQ(word, 0x12345678);
	EXPECT_EQ(value, 7);
}

KTEST(uaccess, what_is_not_there_is_counted)
{
	u8 bytes[11];

	EXPECT_EQ(copy_from_user(bytes, user(8), sizeof(bytes)), sizeof(bytes));
	EXPECT_EQ(copy_to_user(user(PAGE_OFFSET - 11), bytes, sizeof(bytes)), sizeof(bytes));
	EXPECT_EQ(clear_user(user(3), 6), 6);
	EXPECT_EQ(strncpy_from_user((char *)bytes, user(8), sizeof(bytes)), -EFAULT);
	EXPECT_EQ(strncpy_from_user((char *)bytes, user(8), 0), 0);
	EXPECT_EQ(copy_from_user(bytes, user(8), 0), 0);
}

KTEST(uaccess, no_program_gets_the_rights_of_the_kernel)
{
	struct trap_frame frame = { .cs = 0x08,
				    .ss = 0x10,
				    .ds = 0x10,
				    .es = 0x28,
				    .fs = 0x33,
				    .gs = 0x07,
				    .eflags = ~0u };

	user_frame_sanitize(&frame);
	EXPECT_EQ(frame.cs, SEL_USER_CODE);
	EXPECT_EQ(frame.ss, SEL_USER_DATA);
	EXPECT_EQ(frame.ds, 0);
	EXPECT_EQ(frame.es, 0);
	EXPECT_EQ(frame.fs, 0x33);
	EXPECT_EQ(frame.gs, 0);
	/* Neither IOPL, NT, VM nor the virtual interrupt flags. */
	EXPECT_EQ(frame.eflags, 0x250fd7);
	frame.eflags = 0;
	user_frame_sanitize(&frame);
	EXPECT_EQ(frame.eflags, X86_EFLAGS_IF | 2);
}

KTEST(uaccess, the_cpu_guards_the_program)
{
	unsigned long cr0 = read_cr0();

	EXPECT_EQ(!(cr0 & CR0_EM), cpu_has(CPU_FPU));
	EXPECT_EQ(cr0 & (CR0_TS | CR0_NE), CR0_NE);
	if (cpu_has(CPU_SMEP) || cpu_has(CPU_SMAP)) {
		EXPECT_EQ(!!(read_cr4() & CR4_SMEP), cpu_has(CPU_SMEP));
		EXPECT_EQ(!!(read_cr4() & CR4_SMAP), cpu_has(CPU_SMAP));
	}
}
