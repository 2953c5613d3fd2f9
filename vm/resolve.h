/* SPDX-License-Identifier: MIT */
#pragma once

#include <vm/area.h>
#include <vm/fault_step.h>

/*
 * The second half of a page fault: the area allows the access, and now the entry has to. vm/fault.c
 * finds the area, vm/resolve.c is the chapter.
 */

/**
 * fault_zero_fill() - resolve a write to anonymous memory where nothing is
 * @area: has no object, and allows writing; its lock is held for reading
 * @addr: first address of the page
 *
 * Context: may sleep.
 * Return: 0; STEP_AGAIN if something is there; -ENOMEM.
 */
int fault_zero_fill(const struct area *area, unsigned long addr);

/**
 * fault_install() - put a new page where nothing is
 * @area: private, and allows the access; its lock is held for reading
 * @addr: first address of the page
 * @page: with one reference, which is that of the mapping on success
 *
 * Context: may sleep.
 * Return: 0; STEP_AGAIN if something is there; -ENOMEM.
 */
int fault_install(const struct area *area, unsigned long addr, struct page *page);

/**
 * fault_leave_lowmem() - move a page of mlock(2) from lowmem to high memory
 * @area: its lock is held for reading
 * @addr: first address of the page
 *
 * A page that others have too stays, and a page of an object.
 * Context: may sleep.
 * Return: 0; -ENOMEM: it is in lowmem, and high memory has no page.
 */
int fault_leave_lowmem(const struct area *area, unsigned long addr);

/**
 * fault_step() - look at an entry, and do the next step
 * @area: allows the access; its lock is held for reading
 * @addr: first address of the page
 * @access: AREA_READ, AREA_WRITE or AREA_EXEC
 *
 * Context: may sleep.
 * Return: 0 if the access can be tried again; a step; an error of vm_fault().
 */
int fault_step(const struct area *area, unsigned long addr, u32 access);
