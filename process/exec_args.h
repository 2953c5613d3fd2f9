/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/uaccess.h>
#include <lib/types.h>

/*
 * The arguments and the environment of a program, on their way from the old address space to the
 * new one.
 */

/* Most bytes of one string, with its end, and the most paths of a script's interpreters. */
#define EXEC_MOST_STRING 0x20000u

/**
 * struct exec_args - strings, one behind the other: the arguments, then the environment
 * @data: the strings
 * @size, @room: bytes in use, and allocated
 * @limit: most bytes of strings and of pointers to them
 * @argc, @envc: number of arguments, and of variables of the environment
 * @env_at: offset in @data of the environment
 */
struct exec_args {
	char *data;
	u32 size, room, limit;
	u32 argc, envc;
	u32 env_at;
};

/**
 * exec_args_begin() - prepare
 * @args: not initialised; exec_args_free() frees it
 * @stack_limit: RLIMIT_STACK; a quarter of it may be used
 *
 * Context: any.
 */
void exec_args_begin(struct exec_args *args, u32 stack_limit);

/**
 * exec_args_from_user() - copy all strings of the running program
 * @args: prepared
 * @argv, @envp: arrays of pointers that end with NULL; NULL is an empty one
 *
 * Without any argument there will be an empty one, since programs rely on the first.
 * Context: thread, may sleep.
 * Return: 0, -E2BIG, -EFAULT or -ENOMEM.
 */
int exec_args_from_user(struct exec_args *args, const void __user *argv, const void __user *envp);

/**
 * exec_args_from_kernel() - copy all strings of the kernel
 * @args: prepared
 * @argv, @envp: arrays of pointers that end with NULL
 *
 * Context: may sleep.
 * Return: 0, -E2BIG or -ENOMEM.
 */
int exec_args_from_kernel(struct exec_args *args, const char *const *argv, const char *const *envp);

/**
 * exec_args_replace_first() - put words in the place of the first argument
 * @args: with at least one argument
 * @words: the new words
 * @nr: their number
 *
 * Context: may sleep.
 * Return: 0, -E2BIG or -ENOMEM.
 */
int exec_args_replace_first(struct exec_args *args, const char *const words[], u32 nr);

/**
 * exec_args_free() - free the strings
 * @args: prepared
 *
 * Context: may sleep.
 */
void exec_args_free(struct exec_args *args);
