/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>
#include <mm/page.h>

/*
 * Which process caused memory of the kernel? Open files, pipes, sockets and their buffers live as
 * long as anything uses them, which may be longer than the process that made them. So each process
 * has an account, and such an object keeps a pointer to the account that it is charged to:
 *
 *	process ──┐
 *	file ─────┼──▶ account: bytes of low memory, pages of high memory
 *	pipe ─────┘
 *
 * No count of references is necessary: the process and all objects are low memory themselves, so
 * the account is in use as long as it has bytes of low memory. The change that takes them to 0
 * frees it. A charge costs one locked addition.
 *
 * The rule for running out of memory (process/oom.c) looks at the accounts. Page tables, stacks and
 * pages of programs need none: they are found from the process.
 */

/**
 * struct kmem_account - memory of the kernel that a process has caused
 * @low: bytes of low memory, never 0 while it is in use; changed by locked operations
 * @high: pages of high memory; likewise
 */
struct kmem_account {
	u32 low, high;
};

/**
 * kmem_charge() - charge an object in low memory to the running process
 * @bytes: size of the object, not 0
 *
 * Context: any.
 * Return: the account, to be kept in the object for kmem_uncharge(); NULL for a kernel thread.
 */
struct kmem_account *kmem_charge(u32 bytes);

/**
 * kmem_uncharge() - an object is gone
 * @account: of kmem_charge(); NULL is allowed
 * @bytes: as given to kmem_charge()
 *
 * Context: any. The account may be gone afterwards.
 */
void kmem_uncharge(struct kmem_account *account, u32 bytes);

/**
 * kmem_charge_page(), kmem_uncharge_page() - a charged object gets another page, or frees one
 * @account: of the object, which stays charged meanwhile; NULL is allowed
 * @page: of order 0, in low memory or in high memory
 *
 * Context: any.
 */
void kmem_charge_page(struct kmem_account *account, const struct page *page);
void kmem_uncharge_page(struct kmem_account *account, const struct page *page);

/**
 * kmem_account_use_free() - set the function that frees an account without charges
 * @free: called in any context
 *
 * Context: boot, once.
 */
void kmem_account_use_free(void (*free)(struct kmem_account *account));
