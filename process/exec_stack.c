/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/entropy.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <process/exec_stack.h>
#include <vm/build.h>

/*
 * The stack of a new program, as the ABI wants it (System V ABI for i386, 3.4.1):
 *
 *	ESP ─▶ argc | argv ... 0 | envp ... 0 | auxiliary vector | strings | random bytes | platform
 *
 * The strings are in the buffer of struct exec_args already, in this order, with the path in front.
 * The rest is appended there, and all of it is moved up for the words. So the buffer becomes an
 * image of the end of the stack, which is copied to the new address space at once.
 */

/* The auxiliary vector: pairs of a type and a value. */
#define AT_NULL      0
#define AT_PHDR      3
#define AT_PHENT     4
#define AT_PHNUM     5
#define AT_PAGESZ    6
#define AT_BASE      7
#define AT_FLAGS     8
#define AT_ENTRY     9
#define AT_UID       11
#define AT_EUID      12
#define AT_GID       13
#define AT_EGID      14
#define AT_PLATFORM  15
#define AT_HWCAP     16
#define AT_CLKTCK    17
#define AT_SECURE    23
#define AT_RANDOM    25
#define AT_EXECFN    31
#define NR_AUX_WORDS 36

/* Behind the strings; the last word of the stack is 0. */
struct tail {
	u8 random[16];
	char platform[5];
	u8 zero[7];
} __packed;

/*
 * Addresses that the stack has at first, besides the strings. It grows further by page faults,
 * which costs little. A page that is never touched costs something at each fork and at the end.
 */
#define STACK_ROOM (4u * (u32)PAGE_SIZE)

static int map_stack(struct mm *mm, const struct exec_args *args, bool executable)
{
	u32 size = ALIGN_UP(args->size + (args->argc + args->envc) * (u32)sizeof(u32), PAGE_SIZE) +
		   STACK_ROOM;
	u32 flags = AREA_READ | AREA_WRITE | AREA_GROWSDOWN | (executable ? AREA_EXEC : 0);

	return vm_build_area(mm, mm->stack_top - size, mm->stack_top, flags, NULL, 0);
}

/* Appends the addresses of strings, and a 0. Returns the string behind them. */
static const char *put_pointers(u32 **to, const char *string, u32 count, u32 delta)
{
	for (u32 i = 0; i < count; i++) {
		*(*to)++ = (u32)string + delta;
		string += strlen(string) + 1;
	}
	*(*to)++ = 0;
	return string;
}

static void put_aux(u32 **to, u32 type, u32 value)
{
	*(*to)++ = type;
	*(*to)++ = value;
}

/* @tail: address of struct tail in the new program. */
static void put_aux_vector(u32 *to, const struct elf_image *image, const struct cred *cred,
			   u32 interp_base, u32 path, u32 tail)
{
	put_aux(&to, AT_PHDR, image->phdr);
	put_aux(&to, AT_PHENT, sizeof(struct elf_segment));
	put_aux(&to, AT_PHNUM, image->phnum);
	put_aux(&to, AT_PAGESZ, PAGE_SIZE);
	put_aux(&to, AT_BASE, interp_base);
	put_aux(&to, AT_FLAGS, 0);
	put_aux(&to, AT_ENTRY, image->entry);
	put_aux(&to, AT_UID, cred->uid);
	put_aux(&to, AT_EUID, cred->euid);
	put_aux(&to, AT_GID, cred->gid);
	put_aux(&to, AT_EGID, cred->egid);
	/* ld.so believes fewer variables of the environment if this is 1. */
	put_aux(&to, AT_SECURE, cred->uid != cred->euid || cred->gid != cred->egid);
	put_aux(&to, AT_CLKTCK, 100);
	put_aux(&to, AT_HWCAP, boot_cpu.features[0]);
	put_aux(&to, AT_RANDOM, tail + offsetof(struct tail, random));
	put_aux(&to, AT_PLATFORM, tail + offsetof(struct tail, platform));
	put_aux(&to, AT_EXECFN, path);
	put_aux(&to, AT_NULL, 0);
}

static void put_tail(char *to)
{
	struct tail *tail = (struct tail *)(void *)to;

	memset(tail, 0, sizeof(*tail));
	entropy_fill(tail->random, sizeof(tail->random));
	memcpy(tail->platform, cpu_has(CPU_CMOV) ? "i686" : "i486", sizeof(tail->platform));
}

int exec_stack_make(struct mm *mm, struct exec_args *args, const struct elf_image *image,
		    const struct cred *cred, u32 interp_base, u32 *esp)
{
	u32 nr_words = 1 + args->argc + 1 + args->envc + 1 + NR_AUX_WORDS;
	u32 tail = mm->stack_top - (u32)sizeof(struct tail), strings = tail - args->size;
	u32 bottom = ALIGN_DOWN(strings - nr_words * (u32)sizeof(u32), 16);
	const char *env;
	u32 *words;
	char *to;
	int err = map_stack(mm, args, image->exec_stack);

	err = err ?: exec_args_grow(args, strings - bottom + (u32)sizeof(struct tail));
	if (err)
		return err;
	to = args->data + (strings - bottom);
	memmove(to, args->data, args->size);
	put_tail(to + args->size);
	words = (u32 *)(void *)args->data;
	memset(words + nr_words, 0, strings - bottom - nr_words * sizeof(u32));
	*words++ = args->argc;
	env = put_pointers(&words, to + args->argv_at, args->argc, bottom - (u32)args->data);
	put_pointers(&words, env, args->envc, bottom - (u32)args->data);
	put_aux_vector(words, image, cred ?: current_cred(), interp_base, strings, tail);
	mm->arg_start = strings + args->argv_at;
	mm->arg_end = mm->env_start = strings + args->env_at;
	mm->env_end = tail;
	*esp = bottom;
	return vm_build_stack(mm, args->data, mm->stack_top - bottom);
}
