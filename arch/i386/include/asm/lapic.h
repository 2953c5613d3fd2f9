/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * A CPU's own interrupt controller (Intel SDM 3A, chapter 11). Every CPU finds its own at the same
 * address.
 */

/* Where the registers are, and the mode: Intel SDM 3A, 11.4.4 and 11.12.1. */
#define MSR_APIC_BASE    0x1bu
#define APIC_BASE_X2APIC (1u << 10)
#define MSR_X2APIC_ID    0x802u

/**
 * lapic_has_base_register() - has the boot CPU MSR_APIC_BASE?
 *
 * CPUs have it from the P6 family on (Intel SDM 3A, 11.4.4). Context: after cpu_init().
 */
bool lapic_has_base_register(void);

/**
 * lapic_usable() - can the APICs be used by their registers in memory?
 *
 * Takes the boot CPU out of x2APIC mode, which some firmware leaves it in; lapic_init_cpu() does so on the others.
 * Context: boot, once, before lapic_map(), on a CPU that has an APIC.
 * Return: false if the mode is locked; a warning has been printed then.
 */
bool lapic_usable(void);

/**
 * lapic_id_register() - physical address of the register with a CPU's APIC ID
 *
 * For code that runs before its CPU has paging. The ID is in bits 24 to 31. Context: after lapic_map().
 */
phys_addr_t lapic_id_register(void);

/**
 * lapic_find() - where the registers of the CPUs' own APICs are
 * @listed: where the firmware's table says; 0 if it does not
 *
 * The CPU itself decides, where it can be asked (lapic_find.c). A table that says otherwise is named.
 * Context: boot, once, on a CPU that has an APIC, which is not in x2APIC mode.
 * Return: the address; 0 if no APIC answers at any place, which is a warning.
 */
phys_addr_t lapic_find(phys_addr_t listed);

/**
 * lapic_map() - make the registers reachable
 * @phys: where they are
 *
 * Context: boot, once.
 */
void lapic_map(phys_addr_t phys);

/**
 * lapic_present() - was lapic_map() called?
 */
bool lapic_present(void);

/**
 * lapic_init_cpu() - enable this CPU's APIC
 * @takes_8259: the 8259s' interrupts come to this CPU, through its pin LINT0
 *
 * Context: once on each CPU, interrupts off.
 */
void lapic_init_cpu(bool takes_8259);

/**
 * lapic_mask_8259() - interrupts of the 8259s do not come to this CPU any more
 */
void lapic_mask_8259(void);

/**
 * lapic_id() - number of this CPU's APIC
 */
u8 lapic_id(void);

/**
 * lapic_eoi() - the interrupt in service is over
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
 */
void lapic_send_nmi(u8 apic_id);

/**
 * lapic_send_init() - reset another CPU; it waits for lapic_send_startup() then
 * @apic_id: of that CPU
 */
void lapic_send_init(u8 apic_id);

/**
 * lapic_send_startup() - let another CPU begin
 * @apic_id: of that CPU
 * @page: number of the page below 1 MiB where its first instruction is
 */
void lapic_send_startup(u8 apic_id, u8 page);

/**
 * lapic_timer_calibrate() - find out how fast the APIC timers count
 *
 * Measured with the clock, or the PIT where its ticks are the clock: takes 10 ms, at most 160. If no two samples
 * agree, the kernel says so and assumes a rate.
 * Context: boot, interrupts on, after time_init().
 */
void lapic_timer_calibrate(void);

/**
 * lapic_timer_start() - tick HZ times a second on this CPU
 */
void lapic_timer_start(void);

/**
 * lapic_timer_set_period() - tick at another pace, for tests
 * @counts: of the timer between two ticks; 0: as lapic_timer_start()
 */
void lapic_timer_set_period(u32 counts);

/**
 * lapic_timer_is_regular() - does this CPU tick HZ times a second?
 *
 * Context: any that stays on this CPU.
 * Return: false after lapic_timer_set_period() with another pace.
 */
bool lapic_timer_is_regular(void);
