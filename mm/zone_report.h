/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>
#include <kernel/meminfo_line.h>
#include <mm/gfp.h>

/*
 * Reports about the zones, in the formats of Linux's files in /proc: people and programs know these
 * formats. Each report prints through a function that the caller passes, so it can be shown at the
 * prompt, or printed into the log when something is wrong.
 */

/**
 * nr_available_pages() - count the free pages above the low marks of their zones
 *
 * Context: any.
 * Return: their number.
 */
unsigned long nr_available_pages(void);

/**
 * buddyinfo_show() - print the number of free blocks by zone and order, as /proc/buddyinfo
 * @out: prints the text
 *
 * Context: any. Takes no lock: the numbers of a zone that changes meanwhile may not fit together.
 */
void buddyinfo_show(printf_fn *out);

/**
 * zoneinfo_show() - print the counts and limits of the zones in pages, as /proc/zoneinfo
 * @out: prints the text
 *
 * Context: as for buddyinfo_show().
 */
void zoneinfo_show(printf_fn *out);

/**
 * meminfo_show() - print sums in kB, as /proc/meminfo
 * @out: prints the text
 *
 * MemTotal is the memory that the page allocator got: RAM without the kernel image, the frame
 * table, and other memory that was taken at boot.
 *
 * Context: as for buddyinfo_show().
 */
void meminfo_show(printf_fn *out);

/* Bytes that are enough for any text of gfp_format(). */
#define GFP_TEXT 112

/**
 * gfp_format() - write the flags of a request in words: "GFP_KERNEL|__GFP_ZERO"
 * @gfp: any value
 * @buf: receives the text
 * @size: bytes in @buf, GFP_TEXT is enough
 *
 * Context: any.
 * Return: @buf.
 */
const char *gfp_format(gfp_t gfp, char *buf, size_t size);

/**
 * alloc_failure_report() - log a request that failed, with the state of the zones that it can use
 * @gfp: flags of the request
 * @order: order of the request
 * @caller: return address of the allocating call
 *
 * Logs the first failure of each order and highest zone; later ones would say the same.
 *
 * Context: any, no zone locked.
 */
void alloc_failure_report(gfp_t gfp, unsigned int order, unsigned long caller);

/**
 * out_of_memory() - panic, since a request with __GFP_NOFAIL got no memory
 * @gfp: flags of the request
 * @order: order of the request
 * @caller: return address of the allocating call
 *
 * Prints the zones and the largest users of memory (MEMORY_HOLDER()).
 *
 * Context: any, no zone locked.
 */
void out_of_memory(gfp_t gfp, unsigned int order, unsigned long caller) __noreturn;
