/* SPDX-License-Identifier: MIT */
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/process.h>
#include <process/tls.h>

/*
 * Thread-local storage: three entries of the GDT that each thread has for itself
 * (set_thread_area(2) and CLONE_SETTLS). A C library puts the address of a thread's data into one
 * of them, and its selector into %gs.
 *
 * A program describes a segment by struct user_desc. The kernel accepts data segments of 32 bits
 * only, and makes a descriptor of ring 3 from it (Intel SDM 3A, 3.4.5).
 */

struct user_desc {
	u32 entry, base, limit, flags;
};

#define UD_SEG_32BIT       0x01u
#define UD_CONTENTS        0x06u /* 0: data, 2: data that grows down, others: code */
#define UD_READ_EXEC_ONLY  0x08u
#define UD_LIMIT_IN_PAGES  0x10u
#define UD_SEG_NOT_PRESENT 0x20u
#define UD_USEABLE         0x40u
#define UD_CONTENTS_CODE   0x04u

/* Bits of the upper half of a descriptor. */
#define DESC_WRITE   (1u << 9)
#define DESC_DOWN    (1u << 10)
#define DESC_DATA    (1u << 12) /* S: no system segment */
#define DESC_RING_3  (3u << 13)
#define DESC_PRESENT (1u << 15)
#define DESC_USEABLE (1u << 20)
#define DESC_32BIT   (1u << 22)
#define DESC_PAGES   (1u << 23)

static bool is_empty(const struct user_desc *desc)
{
	u32 flags = desc->flags & ~UD_USEABLE;

	return !desc->base && !desc->limit &&
	       (!flags || flags == (UD_READ_EXEC_ONLY | UD_SEG_NOT_PRESENT));
}

static u64 pack(const struct user_desc *desc)
{
	u32 low = desc->base << 16 | (desc->limit & 0xffff);
	u32 high = (desc->base & 0xff000000) | (desc->base >> 16 & 0xff) | (desc->limit & 0xf0000) |
		   DESC_PRESENT | DESC_RING_3 | DESC_DATA | DESC_32BIT;

	if (!(desc->flags & UD_READ_EXEC_ONLY))
		high |= DESC_WRITE;
	if (desc->flags & UD_CONTENTS)
		high |= DESC_DOWN;
	if (desc->flags & UD_LIMIT_IN_PAGES)
		high |= DESC_PAGES;
	if (desc->flags & UD_USEABLE)
		high |= DESC_USEABLE;
	return (u64)high << 32 | low;
}

static void unpack(u64 packed, struct user_desc *desc)
{
	u32 low = (u32)packed, high = (u32)(packed >> 32);

	desc->base = low >> 16 | (high & 0xff) << 16 | (high & 0xff000000);
	desc->limit = (low & 0xffff) | (high & 0xf0000);
	desc->flags = UD_READ_EXEC_ONLY | UD_SEG_NOT_PRESENT;
	if (!(high & DESC_PRESENT))
		return;
	desc->flags = (high & DESC_32BIT ? UD_SEG_32BIT : 0) | (high & DESC_DOWN ? 2u : 0) |
		      (high & DESC_WRITE ? 0 : UD_READ_EXEC_ONLY) |
		      (high & DESC_PAGES ? UD_LIMIT_IN_PAGES : 0) |
		      (high & DESC_USEABLE ? UD_USEABLE : 0);
}

/* Returns the number of a free entry, or -ESRCH. */
static int free_entry(const struct user_context *context)
{
	for (u32 i = 0; i < NR_TLS; i++)
		if (!context->tls[i])
			return TLS_FIRST + (int)i;
	return -ESRCH;
}

int tls_set(struct user_context *context, void __user *user, bool may_choose)
{
	struct user_desc desc;
	bool chosen = false;

	if (copy_from_user(&desc, user, sizeof(desc)))
		return -EFAULT;
	if (!is_empty(&desc) &&
	    (!(desc.flags & UD_SEG_32BIT) || desc.flags & (UD_CONTENTS_CODE | UD_SEG_NOT_PRESENT)))
		return -EINVAL;
	if (desc.entry == UINT_MAX && may_choose) {
		int entry = free_entry(context);

		if (entry < 0)
			return entry;
		desc.entry = (u32)entry;
		chosen = true;
	}
	if (desc.entry < TLS_FIRST || desc.entry >= TLS_FIRST + NR_TLS)
		return -EINVAL;
	if (chosen && put_user_u32(desc.entry, user))
		return -EFAULT;
	context->tls[desc.entry - TLS_FIRST] = is_empty(&desc) ? 0 : pack(&desc);
	return 0;
}

SYSCALL(243, set_thread_area)
{
	struct user_context *context = &current_task()->context;
	int err = tls_set(context, (void __user *)ARG1(regs), true);

	if (!err)
		user_context_load_tls(context);
	return err;
}

SYSCALL(244, get_thread_area)
{
	void __user *user = (void __user *)ARG1(regs);
	struct user_desc desc;

	if (get_user_u32(&desc.entry, user))
		return -EFAULT;
	if (desc.entry < TLS_FIRST || desc.entry >= TLS_FIRST + NR_TLS)
		return -EINVAL;
	unpack(current_task()->context.tls[desc.entry - TLS_FIRST], &desc);
	return copy_to_user(user, &desc, sizeof(desc)) ? -EFAULT : 0;
}
