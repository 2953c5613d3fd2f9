/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Errors in the use of kmap_local_page(), kmap_atomic() and kmap() that stop the kernel.
 * tests/crash/crash.c lists all crashes. No function returns, except those whose error only a
 * kernel with DEBUG=1 notices. All need a free page of high memory.
 */

/* kunmap_local() of the older of two mappings. */
void unmap_out_of_order(void);

/* One kmap_local mapping more than there are slots. */
void map_too_deep(void);

/* The same, while another thread runs after each instruction. */
void map_too_deep_preempted(void);

/* The same, with a tick after each instruction. */
void map_too_deep_interrupted(void);

/* A write through an address of kmap_local_page() after it was unmapped. */
void touch_unmapped(void);

/* A write through an address of kmap_atomic() after it was unmapped. */
void touch_after_kunmap_atomic(void);

/* kunmap_local() of an address from vmalloc(). */
void kunmap_local_of_vmalloc(void);

/* kunmap_local() of one address twice. */
void kunmap_local_twice(void);

/* A thread that ends with two kmap_local mappings. */
void end_thread_with_mappings(void);

/* An interrupt handler that ends with a kmap_local mapping; needs a second CPU. */
void leave_mapping_in_interrupt(void);

/* kunmap() of the address instead of the page. */
void kunmap_by_address(void);

/* A write through an address of kmap() after it was unmapped. */
void touch_after_kunmap(void);

/* The same after all slots were used once. */
void touch_after_recycling(void);

/* A write to page_address() of a page that is not mapped. */
void trust_page_address(void);

/* Threads that hold all slots, and each wants one more. */
void deadlock_kmap(void);

/* One thread that holds all slots and wants one more. */
void exhaust_kmap(void);

/* kunmap() of a page that is not mapped. */
void kunmap_unmapped(void);

/* kmap(), which may sleep, inside of kmap_atomic(). */
void sleep_in_atomic(void);
