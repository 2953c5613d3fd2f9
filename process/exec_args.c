/* SPDX-License-Identifier: MIT */
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/kvmalloc.h>
#include <process/exec_args.h>

/*
 * Arguments and environment: copied out of the old program into a buffer of the kernel, before
 * anything is changed. The buffer begins with one page and grows by doubling. The pointers to the
 * strings are not copied: they are computed when the stack of the new program is written.
 *
 * Limits are those of Linux: 128 KiB for one string; for all of them, with their pointers, a
 * quarter of the stack, here at most 128 pages, at least 128 KiB.
 */

#define FIRST_ROOM ((u32)PAGE_SIZE)
#define MOST_BYTES ((u32)(128 * PAGE_SIZE))
#define MIN_LIMIT  ((u32)(32 * PAGE_SIZE))

void exec_args_begin(struct exec_args *args, u32 stack_limit)
{
	*args = (struct exec_args){ .limit = max(min(stack_limit / 4, MOST_BYTES), MIN_LIMIT) };
}

void exec_args_free(struct exec_args *args)
{
	kvfree(args->data);
	args->data = NULL;
}

/* Makes room for more bytes, at least one. */
static int reserve(struct exec_args *args, u32 more)
{
	u32 room = args->room ?: FIRST_ROOM;
	char *data;

	if (args->size + more + (args->argc + args->envc) * sizeof(u32) > args->limit)
		return -E2BIG;
	while (room < args->size + more)
		room *= 2;
	if (room == args->room)
		return 0;
	data = kvmalloc(room, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	if (args->size)
		memcpy(data, args->data, args->size);
	kvfree(args->data);
	args->data = data;
	args->room = room;
	return 0;
}

static int add(struct exec_args *args, const char *string)
{
	u32 size = (u32)strlen(string) + 1;
	int err = size > EXEC_MOST_STRING ? -E2BIG : reserve(args, size);

	if (err)
		return err;
	memcpy(args->data + args->size, string, size);
	args->size += size;
	return 0;
}

static int add_user(struct exec_args *args, const char __user *string)
{
	u32 start = args->size;

	for (;;) {
		int err = reserve(args, 1);
		u32 room;
		long n;

		if (err)
			return err;
		room = args->room - args->size;
		n = strncpy_from_user(args->data + args->size, string, room);
		if (n < 0)
			return (int)n;
		args->size += (u32)n + ((u32)n < room);
		if (args->size - start > EXEC_MOST_STRING)
			return -E2BIG;
		if ((u32)n < room)
			return reserve(args, 0);
		string += n;
	}
}

static int add_user_list(struct exec_args *args, const void __user *list, u32 *count)
{
	for (; list; list = (const u32 __user *)list + 1) {
		u32 string;
		int err;

		if (get_user_u32(&string, list))
			return -EFAULT;
		if (!string)
			break;
		++*count;
		err = add_user(args, (const char __user *)string);
		if (err)
			return err;
	}
	return 0;
}

int exec_args_from_user(struct exec_args *args, const void __user *argv, const void __user *envp)
{
	int err = add_user_list(args, argv, &args->argc);

	if (!err && !args->argc) {
		args->argc = 1;
		err = add(args, "");
	}
	args->env_at = args->size;
	return err ?: add_user_list(args, envp, &args->envc);
}

int exec_args_from_kernel(struct exec_args *args, const char *const *argv, const char *const *envp)
{
	int err = 0;

	for (; *argv && !err; argv++, args->argc++)
		err = add(args, *argv);
	args->env_at = args->size;
	for (; *envp && !err; envp++, args->envc++)
		err = add(args, *envp);
	return err;
}

int exec_args_replace_first(struct exec_args *args, const char *const words[], u32 nr)
{
	u32 old = (u32)strlen(args->data) + 1, size = 0;
	char *to;
	int err;

	for (u32 i = 0; i < nr; i++)
		size += (u32)strlen(words[i]) + 1;
	err = reserve(args, size);
	if (err)
		return err;
	memmove(args->data + size, args->data + old, args->size - old);
	to = args->data;
	for (u32 i = 0; i < nr; i++) {
		u32 length = (u32)strlen(words[i]) + 1;

		memcpy(to, words[i], length);
		to += length;
	}
	args->size = args->size - old + size;
	args->env_at = args->env_at - old + size;
	args->argc += nr - 1;
	return 0;
}
