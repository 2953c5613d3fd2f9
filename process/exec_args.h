/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/uaccess.h>
#include <lib/types.h>

/*
 * The path, the arguments and the environment of a program, on their way from the old address space
 * to the new one.
 */

/* Most bytes of one string, with its end, and the most paths of a script's interpreters. */
#define EXEC_MOST_STRING 0x20000u

/* Bytes of the first buffer. */
#define EXEC_FIRST_ROOM 512u

/**
 * struct exec_args - strings, one behind the other: the path, the arguments, the environment
 * @data: the strings
 * @size, @room: bytes in use, and allocated
 * @limit: most bytes of strings and of pointers to them; the path does not count
 * @argc, @envc: number of arguments, and of variables of the environment
 * @argv_at, @env_at: offsets in @data of the arguments, and of the environment
 * @first: the first buffer, enough for most programs
 */
struct exec_args {
	char *data;
	u32 size, room, limit;
	u32 argc, envc;
	u32 argv_at, env_at;
	char first[EXEC_FIRST_ROOM] __aligned(4);
};

/**
 * exec_args_begin() - prepare
 * @args: not initialised; exec_args_free() frees it. It cannot be moved
 * @stack_limit: RLIMIT_STACK; a quarter of it may be used
 *
 * Context: any.
 */
void exec_args_begin(struct exec_args *args, u32 stack_limit);

/**
 * exec_args_from_user() - copy all strings of the running program
 * @args: prepared
 * @path: path of the new program
 * @argv, @envp: arrays of pointers that end with NULL; NULL is an empty one
 *
 * Without any argument there will be an empty one, since programs rely on the first.
 * Context: thread, may sleep.
 * Return: 0, -E2BIG, -EFAULT or -ENOMEM; -ENOENT for an empty path, -ENAMETOOLONG.
 */
int exec_args_from_user(struct exec_args *args, const char __user *path, const void __user *argv,
			const void __user *envp);

/**
 * exec_args_from_kernel() - copy all strings of the kernel
 * @args: prepared
 * @path: path of the new program
 * @argv, @envp: arrays of pointers that end with NULL
 *
 * Context: may sleep.
 * Return: 0, -E2BIG or -ENOMEM.
 */
int exec_args_from_kernel(struct exec_args *args, const char *path, const char *const *argv,
			  const char *const *envp);

/**
 * exec_args_interpret() - put the interpreter of a script in the place of the first argument
 * @args: with at least one argument
 * @interpreter: its path
 * @argument: its argument, or NULL
 * @script: path of the script; NULL: it is that of @args
 *
 * Context: may sleep.
 * Return: 0, -E2BIG or -ENOMEM.
 */
int exec_args_interpret(struct exec_args *args, const char *interpreter, const char *argument,
			const char *script);

/**
 * exec_args_grow() - make room for more bytes, without a look at the limit
 * @args: prepared
 * @more: number of bytes that may follow @args->size
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int exec_args_grow(struct exec_args *args, u32 more);

/**
 * exec_args_free() - free the strings
 * @args: prepared
 *
 * Context: may sleep.
 */
void exec_args_free(struct exec_args *args);
