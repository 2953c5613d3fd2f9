/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/smap.h>
#include <asm/uaccess.h>
#include <lib/linker_set.h>

/*
 * Access to the memory of the running program. The page tables of the program are loaded, so one
 * string instruction copies. It may fault at any byte:
 *
 *	rep movsl  ─ fault ─▶  the words that are left, as bytes ─┐
 *	rep movsb  ◀──────────────────────────────────────────────┘
 *	           ─ fault ─▶  ECX is the number of bytes that are left
 *
 * So the result is exact to the byte, also if a word crosses the border of a page. The handlers of
 * page faults see a fault first, and the copy continues if they made the page accessible. The price
 * is a second fault for a bad address.
 */

struct smap_site {
	u8 *code;
	u32 last_byte;
};

void __init smap_patch(void)
{
	const struct smap_site *site;

	if (!cpu_has(CPU_SMAP))
		return;
	for_each_in_set(site, smap_sites) {
		site->code[0] = 0x0f;
		site->code[1] = 0x01;
		site->code[2] = (u8)site->last_byte;
	}
	/* The CPU may have fetched the old bytes (Intel SDM 3A, 8.1.3): a jump is enough here. */
	__asm__ volatile("jmp 1f\n1:" ::: "memory");
}

/* Faults of the instructions with the labels 1 (words) and 2 (bytes); %[rest] is 0 to 3 bytes. */
#define RECOVER                                   \
	".subsection 1\n"                         \
	"4: leal (%[rest], %%ecx, 4), %%ecx\n\t"  \
	"jmp 2b\n\t"                              \
	".previous\n\t"                           \
	".pushsection exception_table, \"a\"\n\t" \
	".balign 4\n\t"                           \
	".long 1b, 4b, 2b, 3b\n\t"                \
	".popsection\n\t"

/* Returns the number of bytes that were not copied. */
static __always_inline size_t copy(void *to, const void *from, size_t size)
{
	size_t left = size / 4;

	__asm__ volatile(SMAP_STAC "1: rep movsl\n\t"
				   "movl %[rest], %%ecx\n"
				   "2: rep movsb\n"
				   "3: " SMAP_CLAC RECOVER
			 : "+D"(to), "+S"(from), "+c"(left)
			 : [rest] "r"(size % 4)
			 : "memory", "cc");
	return left;
}

size_t copy_from_user(void *to, const void __user *from, size_t size)
{
	return access_ok(from, size) ? copy(to, from, size) : size;
}

size_t copy_to_user(void __user *to, const void *from, size_t size)
{
	return access_ok(to, size) ? copy(to, from, size) : size;
}

size_t clear_user(void __user *to, size_t size)
{
	size_t left = size / 4;

	if (!access_ok(to, size))
		return size;
	__asm__ volatile(SMAP_STAC "1: rep stosl\n\t"
				   "movl %[rest], %%ecx\n"
				   "2: rep stosb\n"
				   "3: " SMAP_CLAC RECOVER
			 : "+D"(to), "+c"(left)
			 : [rest] "r"(size % 4), "a"(0)
			 : "memory", "cc");
	return left;
}

long strncpy_from_user(char *to, const char __user *from, size_t size)
{
	unsigned long start = (unsigned long)from;
	size_t room = start < PAGE_OFFSET ? PAGE_OFFSET - start : 0;
	size_t left = size < room ? size : room, most = left;
	bool faulted = true, ended = false;
	u32 byte = 0;

	if (!left)
		return size ? -EFAULT : 0;
	__asm__ volatile(SMAP_STAC "1: lodsb\n\t"
				   "stosb\n\t"
				   "testb %%al, %%al\n\t"
				   "loopnz 1b\n\t"
				   "setz %[ended]\n\t"
				   "movb $0, %[faulted]\n"
				   "3: " SMAP_CLAC ".pushsection exception_table, \"a\"\n\t"
				   ".balign 4\n\t"
				   ".long 1b, 3b\n\t"
				   ".popsection\n\t"
			 : "+D"(to), "+S"(from), "+c"(left),
			   "+a"(byte), [faulted] "+m"(faulted), [ended] "+m"(ended)
			 :
			 : "memory", "cc");
	if (faulted || (!ended && most < size))
		return -EFAULT;
	return (long)(most - left - ended);
}

int get_user_u32(u32 *value, const void __user *addr)
{
	int error = -EFAULT;
	u32 word;

	if (!access_ok(addr, sizeof(word)))
		return -EFAULT;
	__asm__ volatile(SMAP_STAC "1: movl (%[addr]), %[word]\n"
				   "2: xorl %[error], %[error]\n"
				   "3: " SMAP_CLAC WORD_FAULTS
			 : [error] "+r"(error), [word] "=&r"(word)
			 : [addr] "r"(addr)
			 : "memory", "cc");
	if (!error)
		*value = word;
	return error;
}

int put_user_u32(u32 value, void __user *addr)
{
	int error = -EFAULT;

	if (!access_ok(addr, sizeof(value)))
		return -EFAULT;
	__asm__ volatile(SMAP_STAC "1: movl %[value], (%[addr])\n"
				   "2: xorl %[error], %[error]\n"
				   "3: " SMAP_CLAC WORD_FAULTS
			 : [error] "+r"(error)
			 : [addr] "r"(addr), [value] "r"(value)
			 : "memory", "cc");
	return error;
}
