/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/uaccess.h>
#include <lib/string.h>
#include <process/process.h>
#include <process/signal_fpu.h>

/*
 * The floating-point registers in a handler's frame, as Linux for i386 has them. The first 108
 * bytes are an image of FNSAVE, also on CPUs with FXSAVE: programs were written for it. Behind it
 * are the status word, and a word that says whether an image of FXSAVE follows.
 *
 *	0      FNSAVE: 7 words of environment, 8 registers of 10 bytes
 *	108    status word, 0 if FXSAVE follows or else 0xffff
 *	112    FXSAVE: 512 bytes, at a multiple of 64
 *
 * A handler may change the first image or the second. As in Linux, x87 registers are restored from
 * the first one, and SSE registers from the second. FXSAVE keeps one bit for the tag of a register
 * and FNSAVE two, so the tags are computed (Intel SDM 1, 10.5.1 and 8.1.7).
 */

#define ENVIRONMENT 28u /* bytes */
#define NR_ST       8u
#define FXSAVE_SIZE 512u

struct st {
	u32 low, high;
	u16 exponent; /* and the sign */
} __packed;

struct fsave {
	u32 control, status, tags, ip, cs_opcode, data, data_segment;
	struct st st[NR_ST];
	u16 status_copy, magic;
};
_Static_assert(sizeof(struct fsave) == 112 && offsetof(struct fsave, st) == ENVIRONMENT, "");

struct fxsave {
	u16 control, status;
	u8 tags, reserved;
	u16 opcode;
	u32 ip;
	u16 cs, reserved2;
	u32 data;
	u16 data_segment, reserved3;
	u32 mxcsr, mxcsr_mask;
	struct {
		struct st st;
		u8 reserved[6];
	} st[NR_ST];
};
_Static_assert(offsetof(struct fxsave, st[1]) == 48, "Intel SDM 1, 10.5.1");

#define TAGS_EMPTY 0xffffu

bool signal_fpu_is_there(void)
{
	return cpu_has(CPU_FPU);
}

static bool has_fxsave(void)
{
	return cpu_has(CPU_FXSR);
}

u32 signal_fpu_place(u32 top)
{
	if (!signal_fpu_is_there())
		return top;
	if (has_fxsave())
		return ((top - FXSAVE_SIZE) & ~63u) - sizeof(struct fsave);
	return (top - sizeof(struct fsave)) & ~63u;
}

static u32 tag_of(const struct st *st)
{
	u32 exponent = st->exponent & 0x7fff;

	if (exponent == 0)
		return st->low | st->high ? 2 : 1;
	return exponent != 0x7fff && st->high >> 31 ? 0 : 2;
}

static u32 tags_of_fxsave(const struct fxsave *fx)
{
	u32 top = (fx->status >> 11) & 7, tags = TAGS_EMPTY;

	for (u32 i = 0; fx->tags >> i; i++)
		if (fx->tags >> i & 1)
			tags ^= (3u ^ tag_of(&fx->st[(i - top) & 7].st)) << (2 * i);
	return tags;
}

static void to_fsave(struct fsave *image, const struct fxsave *fx)
{
	image->control = fx->control | 0xffff0000u;
	image->status = fx->status | 0xffff0000u;
	image->tags = tags_of_fxsave(fx) | 0xffff0000u;
	image->ip = fx->ip;
	image->cs_opcode = fx->cs | (u32)fx->opcode << 16;
	image->data = fx->data;
	image->data_segment = fx->data_segment;
	for (u32 i = 0; i < NR_ST; i++)
		image->st[i] = fx->st[i].st;
	image->status_copy = fx->status;
	image->magic = 0;
}

static void from_fsave(struct fxsave *fx, const struct fsave *image)
{
	fx->control = (u16)image->control;
	fx->status = (u16)image->status;
	fx->tags = 0;
	for (u32 i = 0; i < NR_ST && (image->tags & TAGS_EMPTY) != TAGS_EMPTY; i++)
		if ((image->tags >> (2 * i) & 3) != 3)
			fx->tags |= (u8)(1u << i);
	fx->opcode = (u16)(image->cs_opcode >> 16);
	fx->ip = image->ip;
	fx->cs = (u16)image->cs_opcode;
	fx->data = image->data;
	fx->data_segment = (u16)image->data_segment;
	for (u32 i = 0; i < NR_ST; i++)
		fx->st[i].st = image->st[i];
}

bool signal_fpu_save(u32 address)
{
	struct user_context *context = &current_task()->context;
	struct fsave image;

	if (!signal_fpu_is_there())
		return true;
	user_context_save_fpu(context);
	if (has_fxsave()) {
		to_fsave(&image, (const struct fxsave *)&context->fpu);
		if (copy_to_user((void __user *)(address + sizeof(image)), &context->fpu,
				 FXSAVE_SIZE))
			return false;
	} else {
		memcpy(&image, &context->fpu, sizeof(image) - 4);
		image.status_copy = (u16)image.status;
		image.magic = 0xffff;
	}
	return !copy_to_user((void __user *)address, &image, sizeof(image));
}

void signal_fpu_reset(void)
{
	user_context_reset_fpu();
}

/*
 * Copies into the place of the running task, without a detour. A switch of threads would store the
 * registers there, so none may happen; and a page that is not there is touched before the copy is
 * tried again.
 */
static bool copy_state(struct fpu_state *state, u32 address)
{
	size_t left;
	u32 word;

	do {
		pagefault_disable();
		left = copy_from_user(state, (void __user *)address, FXSAVE_SIZE);
		pagefault_enable();
		if (!left)
			return true;
		preempt_enable();
		left = get_user_u32(&word, (void __user *)address) ||
		       get_user_u32(&word, (void __user *)(address + FXSAVE_SIZE - 4));
		preempt_disable();
	} while (!left);
	return false;
}

bool signal_fpu_restore(u32 address)
{
	struct user_context *context = &current_task()->context;
	struct fsave image;
	bool read = true;

	if (!signal_fpu_is_there())
		return true;
	if (copy_from_user(&image, (void __user *)address, sizeof(image)))
		return false;
	preempt_disable();
	if (has_fxsave()) {
		read = copy_state(&context->fpu, address + sizeof(image));
		from_fsave((struct fxsave *)&context->fpu, &image);
	} else {
		memcpy(&context->fpu, &image, sizeof(image) - 4);
	}
	user_context_load_fpu(context);
	preempt_enable();
	return read;
}

/* The codes of SIGFPE. */
#define FPE_FLTDIV 3
#define FPE_FLTOVF 4
#define FPE_FLTUND 5
#define FPE_FLTRES 6
#define FPE_FLTINV 7

int signal_fpu_exception(bool sse)
{
	struct user_context *context = &current_task()->context;
	const struct fxsave *fx = (const struct fxsave *)&context->fpu;
	const struct fsave *image = (const struct fsave *)&context->fpu;
	u32 raised;

	user_context_save_fpu(context);
	/* Bits 0 to 5: invalid, denormal, division, overflow, underflow, precision. The masks of
	 * MXCSR are 7 bits higher (SDM 1, 8.1.3 and 10.2.3). */
	if (sse)
		raised = fx->mxcsr & ~(fx->mxcsr >> 7);
	else if (has_fxsave())
		raised = fx->status & ~(u32)fx->control;
	else
		raised = image->status & ~image->control;
	if (raised & 0x01)
		return FPE_FLTINV;
	if (raised & 0x04)
		return FPE_FLTDIV;
	if (raised & 0x08)
		return FPE_FLTOVF;
	if (raised & 0x12)
		return FPE_FLTUND;
	return raised & 0x20 ? FPE_FLTRES : 0;
}
