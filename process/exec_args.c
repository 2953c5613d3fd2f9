/* SPDX-License-Identifier: MIT */
#include <fs/inode.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <mm/kmalloc.h>
#include <mm/kvmalloc.h>
#include <process/exec_args.h>

/*
 * Path, arguments and environment: copied out of the old program into a buffer of the kernel,
 * before anything is changed. The first buffer is on the stack, each larger one has twice as many
 * bytes. The pointers to the strings are not copied: they are computed when the stack of the new
 * program is written.
 *
 * Limits are those of Linux: 128 KiB for one string; for all of them, with their pointers, a
 * quarter of the stack, here at most 128 pages, at least 128 KiB.
 */

#define MOST_BYTES ((u32)(128 * PAGE_SIZE))
#define MIN_LIMIT  ((u32)(32 * PAGE_SIZE))

void exec_args_begin(struct exec_args *args, u32 stack_limit)
{
	args->data = args->first;
	args->room = EXEC_FIRST_ROOM;
	args->limit = max(min(stack_limit / 4, MOST_BYTES), MIN_LIMIT);
	args->size = args->argc = args->envc = args->argv_at = args->env_at = 0;
}

void exec_args_free(struct exec_args *args)
{
	if (args->data != args->first)
		kvfree(args->data);
	args->data = NULL;
}

int exec_args_grow(struct exec_args *args, u32 more)
{
	u32 room = args->room;
	char *data;

	while (room < args->size + more)
		room *= 2;
	if (room == args->room)
		return 0;
	data = kvmalloc(room, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	memcpy(data, args->data, args->size);
	exec_args_free(args);
	args->data = data;
	args->room = room;
	return 0;
}

static bool over_limit(const struct exec_args *args, u32 more)
{
	u32 pointers = (args->argc + args->envc) * (u32)sizeof(u32);

	return args->size - args->argv_at + more + pointers > args->limit;
}

static int reserve(struct exec_args *args, u32 more)
{
	return over_limit(args, more) ? -E2BIG : exec_args_grow(args, more);
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

/* Copies as much as there is room for, makes more room, and continues. @most: with the end. */
static int add_user(struct exec_args *args, const char __user *string, u32 most)
{
	u32 start = args->size;
	bool ended = false;

	while (!ended) {
		u32 room = args->room - args->size;
		long n = strncpy_from_user(args->data + args->size, string, room);
		int err;

		if (n < 0)
			return (int)n;
		ended = (u32)n < room;
		args->size += (u32)n + ended;
		string += n;
		if (args->size - start + !ended > most)
			return -E2BIG;
		err = ended ? 0 : reserve(args, 1);
		if (err)
			return err;
	}
	return 0;
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
		err = add_user(args, (const char __user *)string, EXEC_MOST_STRING);
		if (err)
			return err;
	}
	return 0;
}

static int add_user_path(struct exec_args *args, const char __user *path)
{
	int err = add_user(args, path, PATH_MAX);

	if (err)
		return err == -E2BIG ? -ENAMETOOLONG : err;
	args->argv_at = args->size;
	return args->size == 1 ? -ENOENT : 0;
}

int exec_args_from_user(struct exec_args *args, const char __user *path, const void __user *argv,
			const void __user *envp)
{
	int err = add_user_path(args, path);

	err = err ?: add_user_list(args, argv, &args->argc);
	if (!err && !args->argc) {
		args->argc = 1;
		err = add(args, "");
	}
	args->env_at = args->size;
	err = err ?: add_user_list(args, envp, &args->envc);
	return err ?: over_limit(args, 0) ? -E2BIG : 0;
}

int exec_args_from_kernel(struct exec_args *args, const char *path, const char *const *argv,
			  const char *const *envp)
{
	int err = add(args, path);

	args->argv_at = args->size;
	for (; *argv && !err; argv++, args->argc++)
		err = add(args, *argv);
	args->env_at = args->size;
	for (; *envp && !err; envp++, args->envc++)
		err = add(args, *envp);
	return err;
}

static char *put(char *to, const char *string)
{
	size_t size = strlen(string) + 1;

	memcpy(to, string, size);
	return to + size;
}

int exec_args_interpret(struct exec_args *args, const char *interpreter, const char *argument,
			const char *script)
{
	u32 old = (u32)strlen(args->data + args->argv_at) + 1, size;
	u32 script_size = script ? (u32)strlen(script) + 1 : args->argv_at;
	char *to;
	int err;

	size = (u32)strlen(interpreter) + 1 + script_size;
	if (argument)
		size += (u32)strlen(argument) + 1;
	err = reserve(args, size);
	if (err)
		return err;
	to = args->data + args->argv_at;
	memmove(to + size, to + old, args->size - args->argv_at - old);
	to = put(to, interpreter);
	if (argument)
		to = put(to, argument);
	put(to, script ?: args->data);
	args->size = args->size - old + size;
	args->env_at = args->env_at - old + size;
	args->argc += argument ? 2 : 1;
	return 0;
}
