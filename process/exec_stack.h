/* SPDX-License-Identifier: MIT */
#pragma once

#include <fs/cred.h>
#include <process/elf.h>
#include <process/exec_args.h>

/**
 * exec_stack_make() - map the stack of a new program, and write what it finds there
 * @mm: of the new program
 * @args: path, arguments and environment; their buffer is used up
 * @image: the program
 * @cred: the credentials that it gets; NULL: those of the thread
 * @interp_base: where its interpreter is mapped, or 0
 * @esp: set to the first stack pointer, on success
 *
 * Context: may sleep.
 * Return: 0; -ENOMEM; or another errno of vm_mmap().
 */
int exec_stack_make(struct mm *mm, struct exec_args *args, const struct elf_image *image,
		    const struct cred *cred, u32 interp_base, u32 *esp);
