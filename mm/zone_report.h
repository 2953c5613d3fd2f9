/* SPDX-License-Identifier: MIT */
#pragma once

#include <kernel/console.h>
#include <lib/meminfo_line.h>
#include <mm/gfp.h>

/*
 * What the zones hold, in the formats of Linux's /proc files, so that whoever knows those can read
 * ours, programs too. Everything prints through a function, so a report can go to the prompt
 * or, when something is wrong, into the log.
 */

/**
 * buddyinfo_show() - free blocks per zone and order, as /proc/buddyinfo
 * @out: where to
 *
 * Context: any; takes no lock, so a zone that changes meanwhile may be shown half before, half
 * after.
 */
void buddyinfo_show(printf_fn *out);

/**
 * zoneinfo_show() - the zones in pages, as /proc/zoneinfo
 * @out: where to
 *
 * Context: as buddyinfo_show().
 */
void zoneinfo_show(printf_fn *out);

/**
 * meminfo_show() - sums in kB, as /proc/meminfo
 * @out: where to
 *
 * MemTotal is what was given to the page allocator: RAM less the kernel image, the frame table, and
 * whatever else was taken at boot.
 * Context: as buddyinfo_show().
 */
void meminfo_show(printf_fn *out);

/**
 * gfp_format() - a request's flags in words: "GFP_KERNEL|__GFP_ZERO"
 * @gfp: any value
 * @buf: result
 * @size: its bytes; GFP_TEXT is enough
 *
 * Return: @buf.
 */
const char *gfp_format(gfp_t gfp, char *buf, size_t size);

#define GFP_TEXT 96

/**
 * alloc_failure_report() - log that there is no block for a request, and what there is instead
 * @gfp: of the request
 * @order: of the request
 * @caller: return address of who made it
 *
 * Once for each highest zone and order: the first failure tells what there is to be told.
 * Context: any, no zone locked.
 */
void alloc_failure_report(gfp_t gfp, unsigned int order, unsigned long caller);

/**
 * out_of_memory() - panic: a request with __GFP_NOFAIL got nothing
 * @gfp: of the request
 * @order: of the request
 * @caller: return address of who made it
 *
 * Prints the zones, and who holds the memory (lib/memory_holder.h).
 * Context: any, no zone locked.
 */
void out_of_memory(gfp_t gfp, unsigned int order, unsigned long caller) __noreturn;
