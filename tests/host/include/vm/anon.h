/* SPDX-License-Identifier: MIT */
#pragma once

#include <mm/page.h>

/* The host's version of <vm/anon.h>: each test defines how a page ends. */

void vm_put_page(struct page *page);
