/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * The local APIC, each CPU's own interrupt controller (Intel SDM 3A, chapter 11). Every CPU finds
 * its own at the same address.
 */

/* Where the registers are, and the mode: Intel SDM 3A, 11.4.4 and 11.12.1. */
#define MSR_APIC_BASE    0x1bu
#define APIC_BASE_X2APIC (1u << 10)
#define MSR_X2APIC_ID    0x802u

/**
 * lapic_has_base_register() - test whether the boot CPU has MSR_APIC_BASE
 *
 * CPUs have it from the P6 family on (11.4.4).
 * Context: after cpu_init().
 * Return: true if it has.
 */
bool lapic_has_base_register(void);

/**
 * lapic_usable() - test whether the APICs can be used by their registers in memory
 *
 * Takes the boot CPU out of x2APIC mode if firmware left it there; lapic_init_cpu() does so on the
 * others.
 * Context: boot, once, before lapic_map(), on a CPU that has an APIC.
 * Return: false, after a warning, if the mode is locked.
 */
bool lapic_usable(void);

/**
 * lapic_id_register() - get the physical address of the register with a CPU's APIC ID
 *
 * For code that runs before its CPU has paging. The ID is in bits 24 to 31.
 * Context: after lapic_map().
 * Return: the address.
 */
phys_addr_t lapic_id_register(void);

/**
 * lapic_find() - find the registers of the CPUs' own APICs
 * @listed: physical address in the firmware's table; 0 if there is none
 *
 * The CPU's own register decides, if it has one (lapic_find.c). A table that contradicts it is
 * named in the log.
 * Context: boot, once, on a CPU that has an APIC, which is not in x2APIC mode.
 * Return: the physical address; 0, after a warning, if no APIC answers.
 */
phys_addr_t lapic_find(phys_addr_t listed);

/**
 * lapic_map() - map the registers
 * @phys: their physical address
 *
 * Context: boot, once.
 */
void lapic_map(phys_addr_t phys);

/**
 * lapic_present() - test whether lapic_map() was called
 *
 * Context: any.
 * Return: true if it was.
 */
bool lapic_present(void);

/**
 * lapic_init_cpu() - enable this CPU's APIC
 * @takes_8259: the 8259s interrupt this CPU through its pin LINT0
 *
 * Context: once on each CPU, interrupts off.
 */
void lapic_init_cpu(bool takes_8259);

/**
 * lapic_mask_8259() - stop the 8259s from interrupting this CPU
 *
 * Context: boot.
 */
void lapic_mask_8259(void);

/**
 * lapic_id() - get the number of this CPU's APIC
 *
 * Context: on a CPU that the caller does not leave.
 * Return: the number.
 */
u8 lapic_id(void);

/**
 * lapic_eoi() - signal the end of the interrupt in service
 *
 * Context: interrupt.
 */
void lapic_eoi(void);

/**
 * lapic_send() - send an interrupt to another CPU
 * @apic_id: of that CPU
 * @vector: VECTOR_...
 *
 * Context: any.
 */
void lapic_send(u8 apic_id, u8 vector);

/**
 * lapic_send_nmi() - send an NMI to another CPU
 * @apic_id: of that CPU
 *
 * Context: any.
 */
void lapic_send_nmi(u8 apic_id);

/**
 * lapic_send_init() - reset another CPU, which then waits for lapic_send_startup()
 * @apic_id: of that CPU
 *
 * Context: boot, and tests.
 */
void lapic_send_init(u8 apic_id);

/**
 * lapic_send_startup() - make another CPU begin to run
 * @apic_id: of that CPU
 * @page: number of the page below 1 MiB with its first instruction
 *
 * Context: boot, and tests.
 */
void lapic_send_startup(u8 apic_id, u8 page);

/**
 * lapic_timer_calibrate() - measure the rate of the APIC timers
 *
 * Compares with the clock, or with the PIT if its ticks are the clock. Takes 10 ms, at most 160. If
 * no two samples agree, the kernel warns and assumes a rate.
 * Context: boot, interrupts off, after time_init().
 */
void lapic_timer_calibrate(void);

/**
 * lapic_timer_start() - make this CPU's timer tick HZ times a second
 *
 * Context: each CPU, once.
 */
void lapic_timer_start(void);

/**
 * lapic_timer_set_period() - change the rate of this CPU's ticks, for tests
 * @counts: counts of the timer between two ticks; 0: as lapic_timer_start()
 *
 * Context: on a CPU that the caller does not leave.
 */
void lapic_timer_set_period(u32 counts);

/**
 * lapic_timer_is_regular() - test whether this CPU ticks HZ times a second
 *
 * Context: on a CPU that the caller does not leave.
 * Return: false after lapic_timer_set_period() with another rate.
 */
bool lapic_timer_is_regular(void);
