/* SPDX-License-Identifier: MIT */
#include <kernel/hook.h>
#include <mm/kmem_account.h>
#include <mm/mmzone.h>
#include <sched/sched.h>

/* Charges of kernel memory. The header says what they are for. */

static void (*free_hook)(struct kmem_account *account);

void kmem_account_use_free(void (*free)(struct kmem_account *account))
{
	hook_set(free_hook, free);
}

struct kmem_account *kmem_charge(u32 bytes)
{
	struct kmem_account *account = current->account;

	if (account)
		__atomic_fetch_add(&account->low, bytes, __ATOMIC_RELAXED);
	return account;
}

void kmem_uncharge(struct kmem_account *account, u32 bytes)
{
	if (account && __atomic_sub_fetch(&account->low, bytes, __ATOMIC_ACQ_REL) == 0)
		free_hook(account);
}

void kmem_charge_page(struct kmem_account *account, const struct page *page)
{
	if (account && is_highmem(&zones[page_zone(page)]))
		__atomic_fetch_add(&account->high, 1, __ATOMIC_RELAXED);
	else if (account)
		__atomic_fetch_add(&account->low, (u32)PAGE_SIZE, __ATOMIC_RELAXED);
}

void kmem_uncharge_page(struct kmem_account *account, const struct page *page)
{
	if (account && is_highmem(&zones[page_zone(page)]))
		__atomic_fetch_sub(&account->high, 1, __ATOMIC_RELAXED);
	else if (account)
		__atomic_fetch_sub(&account->low, (u32)PAGE_SIZE, __ATOMIC_RELAXED);
}
