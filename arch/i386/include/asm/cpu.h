/* SPDX-License-Identifier: MIT */
#pragma once

#include <lib/types.h>

/*
 * Features and control registers of the CPU.
 *
 * cpu_init() looks up the features once, and code asks cpu_has(). No other code executes CPUID to
 * find features, so a feature that a boot parameter refuses is absent for all of the kernel.
 */

/*
 * Word and bit of a feature. The words are CPUID leaf 1 EDX (0), leaf 1 ECX (1), leaf 0x80000001
 * EDX (2), leaf 7 EDX (3), leaf 7 EBX (4).
 */
#define CPU_FEATURE(word, bit) ((word)*32 + (bit))

/* Intel SDM 2A, CPUID, tables 3-8, 3-10, 3-11. */
enum cpu_feature {
	CPU_FPU = CPU_FEATURE(0, 0),
	CPU_VME = CPU_FEATURE(0, 1),
	CPU_PSE = CPU_FEATURE(0, 3),
	CPU_TSC = CPU_FEATURE(0, 4),
	CPU_MSR = CPU_FEATURE(0, 5),
	CPU_PAE = CPU_FEATURE(0, 6),
	CPU_CX8 = CPU_FEATURE(0, 8),
	CPU_APIC = CPU_FEATURE(0, 9),
	CPU_MTRR = CPU_FEATURE(0, 12),
	CPU_PGE = CPU_FEATURE(0, 13),
	CPU_CMOV = CPU_FEATURE(0, 15),
	CPU_PAT = CPU_FEATURE(0, 16),
	CPU_PSE36 = CPU_FEATURE(0, 17),
	CPU_FXSR = CPU_FEATURE(0, 24),
	CPU_SSE = CPU_FEATURE(0, 25),
	CPU_RDRAND = CPU_FEATURE(1, 30),
	CPU_NX = CPU_FEATURE(2, 20),
	CPU_ARCH_CAPABILITIES = CPU_FEATURE(3, 29),
	CPU_SMEP = CPU_FEATURE(4, 7),
	CPU_SMAP = CPU_FEATURE(4, 20),
};

#define CPU_FEATURE_WORDS 5

/**
 * struct cpu_info - the boot CPU
 * @vendor: 12 letters, "unknown" without CPUID
 * @name: the brand string, or a name made from the family
 * @has_cpuid: false on most 486s, and with nocpuid @family, @model, @stepping: from CPUID leaf 1;
 *   4, 0, 0 without CPUID
 * @features: one bit each, see CPU_FEATURE
 * @phys_bits: physical-address bits that page tables may use
 * @tsc_hz: rate of the TSC from CPUID, 0 if unknown
 * @phys_bits_known: false while @phys_bits is a guess that cpu_confirm_phys_bits() has to confirm
 */
struct cpu_info {
	char vendor[13];
	char name[49];
	bool has_cpuid;
	u8 family, model, stepping;
	u32 features[CPU_FEATURE_WORDS];
	u8 phys_bits;
	bool phys_bits_known;
	u64 tsc_hz;
};

extern struct cpu_info boot_cpu;

/**
 * cpu_init() - find out the type and the features of the CPU
 *
 * Context: boot, once, after the parameters are parsed.
 */
void cpu_init(void);

/**
 * cpu_tsc_hz_of_leaf_15() - compute the TSC's rate from CPUID leaf 0x15 (CPUID; SDM 3B, 20.7.3)
 * @eax: denominator of the ratio of TSC and crystal
 * @ebx: numerator
 * @ecx: rate of the crystal in Hz
 *
 * Context: any.
 * Return: Hz; 0 if one of the three is 0, which means "not enumerated", or if the result is below 1
 * MHz or above 100 GHz, which no CPU has.
 */
u64 cpu_tsc_hz_of_leaf_15(u32 eax, u32 ebx, u32 ecx);

/**
 * cpu_confirm_phys_bits() - confirm a guessed width of physical addresses
 * @reaches_above_4g: the result of an access to RAM above 4 GiB; true if there is no such RAM
 *
 * Without leaf 0x80000008 the manual's rule is 36 bits if there is PAE (SDM 3A, 4.1.4), but some
 * CPUs, and QEMU's qemu32, have 32. One access decides.
 * Context: boot, after paging_init_early().
 */
void cpu_confirm_phys_bits(bool reaches_above_4g);

/**
 * cpu_has() - test whether the CPU has a feature that the kernel may use
 * @feature: CPU_PSE, ...
 *
 * Context: any, after cpu_init().
 * Return: true if it has.
 */
static inline bool cpu_has(enum cpu_feature feature)
{
	return boot_cpu.features[feature / 32] >> (feature % 32) & 1;
}

/**
 * cpu_family(), cpu_model() - find the family or model of a CPU
 * @signature: EAX of CPUID leaf 1 (CPUID, "Version Information")
 *
 * Context: any.
 * Return: the number, with its extended bits.
 */
static inline u8 cpu_family(u32 signature)
{
	u32 family = signature >> 8 & 0xf;

	return (u8)(family == 15 ? family + (signature >> 20 & 0xff) : family);
}

static inline u8 cpu_model(u32 signature)
{
	u32 family = signature >> 8 & 0xf, model = signature >> 4 & 0xf;

	return (u8)(family == 6 || family == 15 ? model | (signature >> 12 & 0xf0) : model);
}

/* Control registers: Intel SDM 3A, 2.5. */
#define CR0_PE  (1u << 0)
#define CR0_MP  (1u << 1)
#define CR0_EM  (1u << 2)
#define CR0_TS  (1u << 3)
#define CR0_ET  (1u << 4)
#define CR0_NE  (1u << 5)
#define CR0_WP  (1u << 16)
#define CR0_AM  (1u << 18)
#define CR0_PG  (1u << 31)
#define CR4_PSE (1u << 4)
#define CR4_PAE (1u << 5)
#define CR4_PGE (1u << 7)

#define CR4_OSFXSR     (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_SMEP       (1u << 20)
#define CR4_SMAP       (1u << 21)

/* Intel SDM 3A, 12.12.2: eight memory types, one byte each. */
#define MSR_PAT  0x277u
#define MSR_EFER 0xc0000080u
#define EFER_NXE (1u << 11)

/**
 * read_cr0(), read_cr2(), read_cr3(), read_cr4() - read a control register of this CPU
 *
 * read_cr4() is only for a CPU with PSE, PAE or PGE: a 486 without them has no CR4.
 *
 * Context: any.
 * Return: its value.
 */
static inline unsigned long read_cr0(void)
{
	unsigned long value;

	__asm__ volatile("movl %%cr0, %0" : "=r"(value));
	return value;
}

/**
 * wbinvd() - write back and empty all caches of this CPU
 *
 * Context: any.
 */
static inline void wbinvd(void)
{
	__asm__ volatile("wbinvd" ::: "memory");
}

static inline unsigned long read_cr2(void)
{
	unsigned long value;

	__asm__ volatile("movl %%cr2, %0" : "=r"(value));
	return value;
}

static inline unsigned long read_cr3(void)
{
	unsigned long value;

	__asm__ volatile("movl %%cr3, %0" : "=r"(value));
	return value;
}

/**
 * write_cr0(), write_cr3(), write_cr4() - write a control register of this CPU
 * @value: its new value
 *
 * write_cr4() is only for a CPU with PSE, PAE or PGE.
 *
 * Context: any, on a CPU that the caller does not leave.
 */
static inline void write_cr3(unsigned long value)
{
	__asm__ volatile("movl %0, %%cr3" ::"r"(value) : "memory");
}

static inline unsigned long read_cr4(void)
{
	unsigned long value;

	__asm__ volatile("movl %%cr4, %0" : "=r"(value));
	return value;
}

static inline void write_cr0(unsigned long value)
{
	__asm__ volatile("movl %0, %%cr0" ::"r"(value) : "memory");
}

static inline void write_cr4(unsigned long value)
{
	__asm__ volatile("movl %0, %%cr4" ::"r"(value) : "memory");
}

/**
 * read_msr() - read a model-specific register of this CPU
 * @msr: its number; the CPU raises #GP if it has no such register
 *
 * Context: any.
 * Return: its value.
 */
static inline u64 read_msr(u32 msr)
{
	u64 value;

	__asm__ volatile("rdmsr" : "=A"(value) : "c"(msr));
	return value;
}

/**
 * write_msr() - write a model-specific register of this CPU
 * @msr: its number; the CPU raises #GP if it has no such register
 * @value: its new value
 *
 * Context: any, on a CPU that the caller does not leave.
 */
static inline void write_msr(u32 msr, u64 value)
{
	__asm__ volatile("wrmsr" ::"A"(value), "c"(msr));
}

/**
 * read_tsc() - read the TSC of this CPU; only for a CPU with CPU_TSC
 *
 * Context: any.
 * Return: cycles.
 */
static inline u64 read_tsc(void)
{
	u64 value;

	__asm__ volatile("rdtsc" : "=A"(value));
	return value;
}
