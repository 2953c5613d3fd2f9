/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/uaccess.h>
#include <asm/user_context.h>

/**
 * tls_set() - change an entry of thread-local storage
 * @context: not loaded, or of the running thread, which then has to load it
 * @desc: struct user_desc of Linux in the program
 * @may_choose: entry -1 is allowed: a free one is chosen, and its number is stored in @desc
 *
 * Context: thread, may sleep.
 * Return: 0; -EFAULT; -EINVAL; -ESRCH if no entry is free.
 */
int tls_set(struct user_context *context, void __user *desc, bool may_choose);
