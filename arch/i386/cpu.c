/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/irqflags.h>
#include <kernel/command.h>
#include <kernel/printk.h>
#include <lib/errno.h>
#include <lib/string.h>
#include <lib/vsnprintf.h>

/*
 * Finds out the CPU's type and features, once. A 486 may have no CPUID instruction; then it has
 * none of the features either. A boot parameter can refuse a feature, so that the code for CPUs
 * without it can be tested on any CPU.
 */

struct cpu_info boot_cpu __ro_after_init;

static bool cpuid_refused __initdata;
static u32 refused[CPU_FEATURE_WORDS] __initdata;

static void __init refuse(enum cpu_feature feature)
{
	refused[feature / 32] |= 1u << (feature % 32);
}

static int __init parse_nocpuid(const char *value)
{
	cpuid_refused = true;
	return *value ? -EINVAL : 0;
}
BOOT_PARAM("nocpuid", "nocpuid", "take the CPU for a 486 without CPUID (non-PAE kernel only)",
	   parse_nocpuid);

/* A parameter without a value that makes the kernel live without a feature. */
#define REFUSAL(word, feature, help)                      \
	static int __init parse_##word(const char *value) \
	{                                                 \
		refuse(feature);                          \
		return *value ? -EINVAL : 0;              \
	}                                                 \
	BOOT_PARAM(#word, #word, help, parse_##word)

REFUSAL(nopge, CPU_PGE, "do not use global pages");
REFUSAL(nopse, CPU_PSE, "do not use large pages");
REFUSAL(nopat, CPU_PAT, "do not use the page attribute table");
REFUSAL(nosmep, CPU_SMEP, "do not forbid the kernel to execute user pages");
REFUSAL(nosmap, CPU_SMAP, "do not forbid the kernel to access user pages");
REFUSAL(nofxsr, CPU_FXSR, "save the FPU as a 486 does, without SSE");

static int __init parse_noexec(const char *value)
{
	if (strcmp(value, "off") == 0)
		refuse(CPU_NX);
	else if (strcmp(value, "on") != 0)
		return -EINVAL;
	return 0;
}
BOOT_PARAM("noexec", "noexec=on|off", "use the no-execute bit of page tables", parse_noexec);

static bool __init eflags_bit_can_change(u32 bit)
{
	u32 before, after;

	__asm__ volatile("pushfl; popl %0; movl %0, %1; xorl %2, %1; pushl %1; popfl;"
			 "pushfl; popl %1; pushl %0; popfl"
			 : "=&r"(before), "=&r"(after)
			 : "ri"(bit));
	return (before ^ after) & bit;
}

static void cpuid(u32 leaf, u32 *a, u32 *b, u32 *c, u32 *d)
{
	__asm__ volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(0));
}

static void __init read_brand_string(void)
{
	u32 *words = (u32 *)boot_cpu.name;

	for (u32 leaf = 0x80000002; leaf <= 0x80000004; leaf++, words += 4)
		cpuid(leaf, &words[0], &words[1], &words[2], &words[3]);
}

static void __init read_basic_leaves(void)
{
	u32 *vendor = (u32 *)boot_cpu.vendor;
	u32 highest, a, b, c;

	cpuid(0, &highest, &vendor[0], &vendor[2], &vendor[1]);
	if (highest < 1)
		return;
	cpuid(1, &a, &b, &boot_cpu.features[1], &boot_cpu.features[0]);
	boot_cpu.stepping = a & 0xf;
	if (highest >= 7)
		cpuid(7, &b, &boot_cpu.features[4], &c, &boot_cpu.features[3]);
	boot_cpu.model = a >> 4 & 0xf;
	boot_cpu.family = a >> 8 & 0xf;
	if (boot_cpu.family == 6 || boot_cpu.family == 15)
		boot_cpu.model |= a >> 12 & 0xf0;
	if (boot_cpu.family == 15)
		boot_cpu.family += a >> 20 & 0xff;
}

static void __init read_extended_leaves(void)
{
	u32 highest, a, b, c, d;

	cpuid(0x80000000, &highest, &b, &c, &d);
	if (highest < 0x80000001 || highest > 0x8000ffff)
		return;
	cpuid(0x80000001, &a, &b, &c, &boot_cpu.features[2]);
	if (highest >= 0x80000004)
		read_brand_string();
	if (highest >= 0x80000008) {
		cpuid(0x80000008, &a, &b, &c, &d);
		boot_cpu.phys_bits = a & 0xff;
		boot_cpu.phys_bits_known = true;
	}
}

u64 cpu_tsc_hz_of_leaf_15(u32 eax, u32 ebx, u32 ecx)
{
	u64 hz = eax ? (u64)ecx * ebx / eax : 0;

	return hz >= 1000000 && hz <= 100000000000ull ? hz : 0;
}

/*
 * Hypervisors have CPUID leaves from 0x40000000 on if bit 31 of leaf 1's ECX is set. The first leaf
 * gives the number of the last one. Leaf 0x40000010 has the TSC's kHz in EAX (VMware's "timing
 * information leaf", also in KVM and QEMU).
 */
#define HYPERVISOR_BIT  (1u << 31)
#define LEAF_HYPERVISOR 0x40000000u
#define LEAF_TIMING     0x40000010u

static void __init read_tsc_rate(void)
{
	u32 highest, a, b, c, d;

	cpuid(0, &highest, &b, &c, &d);
	if (highest >= 0x15) {
		cpuid(0x15, &a, &b, &c, &d);
		boot_cpu.tsc_hz = cpu_tsc_hz_of_leaf_15(a, b, c);
	}
	if (boot_cpu.tsc_hz || !(boot_cpu.features[1] & HYPERVISOR_BIT))
		return;
	cpuid(LEAF_HYPERVISOR, &highest, &b, &c, &d);
	if (highest < LEAF_TIMING || highest > LEAF_HYPERVISOR + 0xffff)
		return;
	cpuid(LEAF_TIMING, &a, &b, &c, &d);
	boot_cpu.tsc_hz = (u64)a * 1000;
}

/*
 * Page tables without PAE can name 32 bits of address, and with PAE 52 (Intel SDM 3A, 4.4), even if
 * the CPU has more.
 */
static void __init limit_phys_bits(void)
{
	u8 most = CONFIG_PAE ? 52 : 32;

	if (!boot_cpu.phys_bits_known)
		boot_cpu.phys_bits = cpu_has(CPU_PAE) ? 36 : 32;
	if (boot_cpu.phys_bits > most)
		boot_cpu.phys_bits = most;
	if (boot_cpu.phys_bits <= 32)
		boot_cpu.phys_bits_known = true;
}

void __init cpu_init(void)
{
	strscpy(boot_cpu.vendor, "unknown", sizeof(boot_cpu.vendor));
	boot_cpu.family = 4;
	boot_cpu.has_cpuid = eflags_bit_can_change(X86_EFLAGS_ID);
	if (cpuid_refused && CONFIG_PAE) {
		pr_warn("nocpuid: ignored, the PAE kernel needs what CPUID shows; add nopae\n");
		cpuid_refused = false;
	}
	boot_cpu.has_cpuid &= !cpuid_refused;
	if (boot_cpu.has_cpuid) {
		read_basic_leaves();
		read_extended_leaves();
		read_tsc_rate();
	}
	/* Without PAE an entry has no NX bit. */
	if (!CONFIG_PAE || !cpu_has(CPU_MSR))
		refuse(CPU_NX);
	if (!cpu_has(CPU_MSR))
		refuse(CPU_PAT);
	for (int word = 0; word < CPU_FEATURE_WORDS; word++)
		boot_cpu.features[word] &= ~refused[word];
	/* The registers of SSE are saved by FXSAVE only. */
	if (!cpu_has(CPU_FXSR))
		boot_cpu.features[CPU_SSE / 32] &= ~(1u << CPU_SSE % 32);
	if (!boot_cpu.name[0])
		snprintf(boot_cpu.name, sizeof(boot_cpu.name), "family %u CPU", boot_cpu.family);
	limit_phys_bits();
	pr_info("CPU: %s\n", boot_cpu.name);
	pr_info("CPU: %s%s%s%s%s\n", cpu_has(CPU_PSE) ? "large pages, " : "",
		cpu_has(CPU_PGE) ? "global pages, " : "", cpu_has(CPU_NX) ? "NX, " : "",
		CONFIG_PAE ? "PAE" : "no PAE", boot_cpu.has_cpuid ? "" : ", no CPUID");
}

void __init cpu_confirm_phys_bits(bool reaches_above_4g)
{
	if (!boot_cpu.phys_bits_known) {
		if (!reaches_above_4g)
			boot_cpu.phys_bits = 32;
		boot_cpu.phys_bits_known = true;
	}
	pr_info("CPU: %u physical-address bits\n", boot_cpu.phys_bits);
}
