/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <mm/kmalloc.h>
#include <process/elf.h>
#include <process/exec_args.h>
#include <process/process.h>
#include <tests/kernel/ktest.h>

/*
 * The parts of processes that need no program: the checks of ELF headers, which a hostile file must
 * not pass, numbers and their users, and the strings of execve(2). tests/user/ has the rest.
 */

/* --- ELF headers ------------------------------------------------------------------------------ */

#define FILE_SIZE 0x3000u

static const struct elf_header good_header = {
	.ident = { 0x464c457f, 0x010101 },
	.type = ET_EXEC,
	.machine = 3,
	.phoff = sizeof(struct elf_header),
	.phentsize = sizeof(struct elf_segment),
	.phnum = 2,
};

static const struct elf_segment good_segments[2] = {
	{ .type = PT_LOAD, .vaddr = 0x8048000, .filesz = 0x1800, .memsz = 0x1800 },
	{ .type = PT_LOAD, .offset = 0x1800, .vaddr = 0x804a800, .filesz = 0x800, .memsz = 0x9000 },
};

KTEST(elf, a_good_program)
{
	struct elf_layout layout;

	EXPECT_EQ(elf_check_header(&good_header, sizeof(good_header)), 0);
	EXPECT_EQ(elf_check_segments(&good_header, good_segments, FILE_SIZE, &layout), 0);
	EXPECT_EQ(layout.start, 0x8048000);
	EXPECT_EQ(layout.end, 0x8054000);
	EXPECT_EQ(layout.phdr, 0x8048000 + sizeof(struct elf_header));
	EXPECT_EQ(layout.interp, -1);
	EXPECT(layout.exec_stack);
}

/* Each is the good program with one word changed. */
static bool refuses(u32 segment, size_t member, u32 value)
{
	struct elf_segment segments[2] = { good_segments[0], good_segments[1] };
	struct elf_layout layout;

	*(u32 *)((char *)&segments[segment] + member) = value;
	return elf_check_segments(&good_header, segments, FILE_SIZE, &layout) == -ENOEXEC;
}

#define REFUSES(segment, member, value) \
	EXPECT(refuses(segment, offsetof(struct elf_segment, member), value))

KTEST(elf, hostile_segments)
{
	REFUSES(1, vaddr, 0x8048800);         /* over the first one */
	REFUSES(1, vaddr, 0x804a801);         /* not the page offset of the file */
	REFUSES(1, vaddr, TASK_SIZE - 0x800); /* into the kernel */
	REFUSES(1, vaddr, 0xfffff800);
	REFUSES(1, memsz, 0x7ff); /* less than the file's part */
	REFUSES(1, memsz, TASK_SIZE - 0x804a800 + 1);
	REFUSES(1, memsz, 0xffffffff);
	REFUSES(1, offset, 0x2801); /* beyond the end of the file */
	REFUSES(1, offset, 0xfffff800);
	REFUSES(0, filesz, 0xffffffff);
	REFUSES(0, memsz, 0xffffffff);
}

KTEST(elf, hostile_interpreters)
{
	struct elf_segment segments[2] = { good_segments[0], { .type = PT_INTERP } };
	struct elf_layout layout;

	EXPECT_EQ(elf_check_segments(&good_header, segments, FILE_SIZE, &layout), -ENOEXEC);
	segments[1].filesz = ELF_INTERP_SIZE + 1;
	EXPECT_EQ(elf_check_segments(&good_header, segments, FILE_SIZE, &layout), -ENOEXEC);
	segments[1].filesz = 10;
	EXPECT_EQ(elf_check_segments(&good_header, segments, FILE_SIZE, &layout), 0);
	EXPECT_EQ(layout.interp, 1);
	segments[1].offset = 0xfffffffa;
	EXPECT_EQ(elf_check_segments(&good_header, segments, FILE_SIZE, &layout), -ENOEXEC);
}

KTEST(elf, hostile_headers)
{
	struct elf_header header = good_header;
	struct elf_layout layout;

	EXPECT_EQ(elf_check_header(&header, sizeof(header) - 1), -ENOEXEC);
	header.phnum = ELF_MOST_SEGMENTS + 1;
	EXPECT_EQ(elf_check_header(&header, sizeof(header)), -ENOEXEC);
	header = good_header;
	header.ident[1] = 0x010102; /* 64 bits */
	EXPECT_EQ(elf_check_header(&header, sizeof(header)), -ENOEXEC);
	header = good_header;
	header.phentsize = 31;
	EXPECT_EQ(elf_check_header(&header, sizeof(header)), -ENOEXEC);
	/* Program headers that no segment has in memory are not announced. */
	header = good_header;
	header.phoff = 0xfffffff0;
	EXPECT_EQ(elf_check_segments(&header, good_segments, FILE_SIZE, &layout), 0);
	EXPECT_EQ(layout.phdr, 0);
}

/* --- numbers ---------------------------------------------------------------------------------- */

KTEST(process, a_number_with_users_is_not_used_again)
{
	struct number *first = kzalloc(sizeof(*first), GFP_KERNEL);
	struct number *second = kzalloc(sizeof(*second), GFP_KERNEL);
	unsigned long flags;
	u32 value = 0, next = 0;
	bool taken = true, is_free = false;

	if (first && second) {
		flags = spin_lock_irqsave(&process_lock);
		number_insert(first, 0);
		value = first->value;
		number_get(first);
		number_get(first);
		number_put(first); /* one user is left */
		taken = !number_insert(second, value);
		number_insert(second, 0);
		next = second->value;
		number_get(second);
		number_put(second);
		number_put(first);
		is_free = !number_of(value) && !number_of(next);
		spin_unlock_irqrestore(&process_lock, flags);
	}
	kfree(first);
	kfree(second);
	EXPECT(value > 1 && next > 1);
	EXPECT(value != next);
	EXPECT(taken);
	EXPECT(is_free);
}

/* --- system calls, and the strings of execve(2) ----------------------------------------------- */

KTEST(process, a_call_that_is_missing)
{
	struct trap_frame regs = { .error_code = NR_SYSCALLS };

	EXPECT_EQ(syscall_table[NR_SYSCALLS](&regs), -ENOSYS);
}

KTEST(process, a_script_replaces_the_first_argument)
{
	const char *const argv[] = { "one", "two", NULL }, *const envp[] = { "A=b", NULL };
	static const char wanted[] = "script\0/bin/sh\0-x\0script\0two\0A=b";
	struct exec_args args;

	exec_args_begin(&args, 0);
	EXPECT_EQ(exec_args_from_kernel(&args, "script", argv, envp), 0);
	EXPECT_EQ(exec_args_interpret(&args, "/bin/sh", "-x", NULL), 0);
	EXPECT_EQ(args.argc, 4);
	EXPECT_EQ(args.envc, 1);
	EXPECT_EQ(args.size, sizeof(wanted));
	EXPECT_EQ(args.argv_at, sizeof("script"));
	EXPECT_EQ(args.env_at, args.size - sizeof("A=b"));
	EXPECT(args.data && !memcmp(args.data, wanted, args.size));
	exec_args_free(&args);
}
