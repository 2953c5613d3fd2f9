/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/percpu.h>
#include <kernel/command.h>
#include <kernel/console.h>
#include <kernel/cpu_call.h>
#include <kernel/proc_file.h>
#include <kernel/report_section.h>
#include <lib/string.h>

/*
 * A description of each CPU, in the form of Linux's /proc/cpuinfo. Each CPU reads its own identity.
 * Features and the width of addresses are those of the boot CPU, since the kernel uses those on all
 * CPUs.
 */

/* CPUID leaf 1, EAX and EBX (Intel SDM 2A, CPUID, figure 3-6): signature, and initial APIC ID. */
static DEFINE_PER_CPU(u32, signature);
static DEFINE_PER_CPU(u32, misc);

static void read_identity(void *unused)
{
	u32 a, b, c, d;

	if (!boot_cpu.has_cpuid)
		return;
	__asm__ volatile("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(1), "c"(0));
	this_cpu(signature) = a;
	this_cpu(misc) = b;
}

static const struct {
	enum cpu_feature feature;
	const char *name;
} feature_names[] = {
	{ CPU_FPU, "fpu" },   { CPU_VME, "vme" },     { CPU_PSE, "pse" },   { CPU_TSC, "tsc" },
	{ CPU_MSR, "msr" },   { CPU_PAE, "pae" },     { CPU_CX8, "cx8" },   { CPU_APIC, "apic" },
	{ CPU_MTRR, "mtrr" }, { CPU_PGE, "pge" },     { CPU_CMOV, "cmov" }, { CPU_PAT, "pat" },
	{ CPU_NX, "nx" },     { CPU_PSE36, "pse36" }, { CPU_FXSR, "fxsr" }, { CPU_SSE, "sse" },
	{ CPU_SMEP, "smep" }, { CPU_SMAP, "smap" },
};

static u32 family_of(u32 sign)
{
	return boot_cpu.has_cpuid ? cpu_family(sign) : boot_cpu.family;
}

/*
 * On a screen a second line begins where one line would be wider than 80 columns. The tabs take 16.
 * Programs that read /proc/cpuinfo expect one line.
 */
static void show_flags(printf_fn *out)
{
	size_t column = 17;

	out("flags\t\t:");
	for (unsigned int i = 0; i < ARRAY_SIZE(feature_names); i++) {
		const char *name = feature_names[i].name;

		if (!cpu_has(feature_names[i].feature))
			continue;
		if (out == console_printf && column + 1 + strlen(name) > 79) {
			out("\n\t\t ");
			column = 17;
		}
		out(" %s", name);
		column += 1 + strlen(name);
	}
	out("\n");
}

static void show_cpu(u32 cpu, printf_fn *out)
{
	u32 sign = per_cpu(signature, cpu);

	out("processor\t: %u\nvendor_id\t: %s\n", cpu, boot_cpu.vendor);
	out("cpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n", family_of(sign),
	    cpu_model(sign), boot_cpu.name, sign & 0xf);
	if (cpu_has(CPU_APIC))
		out("apicid\t\t: %u\n", per_cpu(misc, cpu) >> 24);
	show_flags(out);
	out("address sizes\t: %u bits physical, 32 bits virtual\n\n", boot_cpu.phys_bits);
}

static void cpuinfo_show(printf_fn *out)
{
	u32 cpu;

	on_each_cpu(read_identity, NULL, true);
	for_each_cpu_with_data(cpu)
		show_cpu(cpu, out);
}
PROC_FILE("cpuinfo", cpuinfo_show);

static int cpuinfo(int argc, char **argv)
{
	cpuinfo_show(console_printf);
	return 0;
}
PROMPT_COMMAND("cpuinfo", "", "the CPUs and their features", cpuinfo);

static void cpu_values(struct json *json, u32 cpu)
{
	u32 sign = per_cpu(signature, cpu);

	json_object(json, NULL);
	json_number(json, "cpu", cpu);
	json_number(json, "family", family_of(sign));
	json_number(json, "model", cpu_model(sign));
	json_number(json, "stepping", sign & 0xf);
	if (cpu_has(CPU_APIC))
		json_number(json, "apicid", per_cpu(misc, cpu) >> 24);
	json_object_end(json);
}

static void cpus_section(struct json *json)
{
	u32 cpu;

	on_each_cpu(read_identity, NULL, true);
	json_string(json, "vendor", boot_cpu.vendor);
	json_string(json, "model_name", boot_cpu.name);
	json_number(json, "physical_bits", boot_cpu.phys_bits);
	json_array(json, "features");
	for (unsigned int i = 0; i < ARRAY_SIZE(feature_names); i++)
		if (cpu_has(feature_names[i].feature))
			json_string(json, NULL, feature_names[i].name);
	json_array_end(json);
	json_array(json, "cpus");
	for_each_cpu_with_data(cpu)
		cpu_values(json, cpu);
	json_array_end(json);
}
REPORT_SECTION(610, "cpus", cpus_section);
