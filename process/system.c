/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/cpus.h>
#include <asm/entropy.h>
#include <asm/machine.h>
#include <asm/time.h>
#include <fs/cred.h>
#include <fs/super.h>
#include <kernel/power.h>
#include <kernel/printk.h>
#include <kernel/proc_file.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <lib/math.h>
#include <lib/string.h>
#include <mm/mmzone.h>
#include <process/limits.h>
#include <process/task.h>
#include <process/wait.h>
#include <sched/load.h>
#include <vm/cache.h>
#include <vm/swap.h>

/*
 * Questions of programs about the machine and the time that they have used, and a few calls that
 * change the running task or the machine as a whole.
 *
 * The name of the system is Linux's, because C libraries and scripts look at it and at the release
 * before they use a call. The version names this kernel.
 */

#define RELEASE "6.1.0"

static void version_show(printf_fn *out)
{
	out("Linux version " RELEASE " (highland) (" __VERSION__ ") #1 Highland\n");
}
PROC_FILE("version", version_show);

SYSCALL(122, uname)
{
	const char *const fields[] = {
		"Linux", "highland", RELEASE, "#1 Highland", cpu_has(CPU_CMOV) ? "i686" : "i486",
		"(none)"
	};
	char name[ARRAY_SIZE(fields) * 65] = { 0 };

	for (u32 i = 0; i < ARRAY_SIZE(fields); i++)
		strscpy(name + i * 65, fields[i], 65);
	return copy_to_user((void __user *)ARG1(regs), name, sizeof(name)) ? -EFAULT : 0;
}

/* --- memory ----------------------------------------------------------------------------------- */

/* struct sysinfo of Linux for i386. */
struct sysinfo {
	u32 uptime, loads[3];
	u32 totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16 procs, pad;
	u32 totalhigh, freehigh, unit, unused[2];
};

/* Sums are in pages if bytes do not fit into 32 bits. */
SYSCALL(116, sysinfo)
{
	struct sysinfo info = { .uptime = (u32)(time_ns() / 1000000000) };
	const struct process *process;
	unsigned long total = 0, high = 0, free_high = 0, flags;
	struct zone *zone;

	for_each_zone(zone) {
		total += zone->managed_pages;
		if (zone->type > ZONE_NORMAL) {
			high += zone->managed_pages;
			free_high += zone->free_pages;
		}
	}
	for (u32 i = 0; i < ARRAY_SIZE(info.loads); i++)
		info.loads[i] = load_averages[i] << (16 - LOAD_SHIFT);
	info.unit = total + swap_total_pages() < SZ_4G / PAGE_SIZE ? 1 : PAGE_SIZE;
	info.totalram = total * (PAGE_SIZE / info.unit);
	info.freeram = nr_free_pages() * (PAGE_SIZE / info.unit);
	info.sharedram = cache_shmem_pages() * (PAGE_SIZE / info.unit);
	info.bufferram = READ_ONCE(cache_counts.raw_pages) * (PAGE_SIZE / info.unit);
	info.totalswap = swap_total_pages() * (PAGE_SIZE / info.unit);
	info.freeswap = swap_free_pages() * (PAGE_SIZE / info.unit);
	info.totalhigh = high * (PAGE_SIZE / info.unit);
	info.freehigh = free_high * (PAGE_SIZE / info.unit);
	flags = spin_lock_irqsave(&process_lock);
	for_each_process(process)
		info.procs += (u16)process->nr_tasks;
	spin_unlock_irqrestore(&process_lock, flags);
	return copy_to_user((void __user *)ARG1(regs), &info, sizeof(info)) ? -EFAULT : 0;
}

/* --- time that was used ----------------------------------------------------------------------- */

#define CLOCK_TICK_NS 10000000u

static void times_of(struct process *process, u64 own[2], u64 children[2])
{
	unsigned long flags = spin_lock_irqsave(&process_lock);

	process_times(process, &own[0], &own[1]);
	children[0] = process->child_user_ns;
	children[1] = process->child_kernel_ns;
	spin_unlock_irqrestore(&process_lock, flags);
}

SYSCALL(43, times)
{
	u64 own[2], children[2];
	u32 ticks[4];

	times_of(current_process(), own, children);
	for (u32 i = 0; i < 2; i++) {
		ticks[i] = (u32)(own[i] / CLOCK_TICK_NS);
		ticks[2 + i] = (u32)(children[i] / CLOCK_TICK_NS);
	}
	if (ARG1(regs) && copy_to_user((void __user *)ARG1(regs), ticks, sizeof(ticks)))
		return -EFAULT;
	return (long)((u32)(time_ns() / CLOCK_TICK_NS) & LONG_MAX);
}

#define RUSAGE_SELF     0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD   1

SYSCALL(77, getrusage)
{
	u64 own[2], children[2];
	struct rusage usage;

	times_of(current_process(), own, children);
	switch ((s32)ARG1(regs)) {
	case RUSAGE_SELF:
		rusage_fill(&usage, own[0], own[1]);
		break;
	case RUSAGE_CHILDREN:
		rusage_fill(&usage, children[0], children[1]);
		break;
	case RUSAGE_THREAD:
		rusage_fill(&usage, current->user_ns, current->kernel_ns);
		break;
	default:
		return -EINVAL;
	}
	return copy_to_user((void __user *)ARG2(regs), &usage, sizeof(usage)) ? -EFAULT : 0;
}

/* --- the running task ------------------------------------------------------------------------- */

SYSCALL(158, sched_yield)
{
	sched_yield();
	return 0;
}

SYSCALL(242, sched_getaffinity)
{
	u32 mask = cpu_online_mask->bits;

	if (ARG2(regs) < sizeof(mask))
		return -EINVAL;
	return put_user_u32(mask, (void __user *)ARG3(regs)) ?: (long)sizeof(mask);
}

SYSCALL(318, getcpu)
{
	u32 cpu = smp_processor_id();

	if (ARG1(regs) && put_user_u32(cpu, (void __user *)ARG1(regs)))
		return -EFAULT;
	return ARG2(regs) ? put_user_u32(0, (void __user *)ARG2(regs)) : 0;
}

#define PR_SET_NAME 15u
#define PR_GET_NAME 16u

SYSCALL(172, prctl)
{
	char name[THREAD_NAME] = { 0 };

	switch (ARG1(regs)) {
	case PR_SET_NAME:
		if (strncpy_from_user(name, (void __user *)ARG2(regs), sizeof(name)) < 0)
			return -EFAULT;
		name[sizeof(name) - 1] = '\0';
		strscpy(current->name, name, sizeof(name));
		if (current_task()->id == current_process()->id)
			strscpy(current_process()->name, name, sizeof(name));
		return 0;
	case PR_GET_NAME:
		strscpy(name, current->name, sizeof(name));
		return copy_to_user((void __user *)ARG2(regs), name, sizeof(name)) ? -EFAULT : 0;
	default:
		return -EINVAL;
	}
}

/* The only personality is that of Linux, 0. */
SYSCALL(136, personality)
{
	return 0;
}

#define GRND_FLAGS   7u
#define RANDOM_CHUNK 64u

SYSCALL(355, getrandom)
{
	size_t size = min(ARG2(regs), (u32)INT_MAX), done = 0;
	char __user *to = (char __user *)ARG1(regs);
	u8 chunk[RANDOM_CHUNK];

	if (ARG3(regs) & ~GRND_FLAGS)
		return -EINVAL;
	while (done < size) {
		size_t part = min(size - done, sizeof(chunk));

		entropy_fill(chunk, part);
		part -= copy_to_user(to + done, chunk, part);
		if (!part)
			return done ? (long)done : -EFAULT;
		done += part;
		if (signal_pending())
			break;
	}
	return (long)done;
}

/* --- the machine ------------------------------------------------------------------------------ */

#define REBOOT_MAGIC     0xfee1deadu
#define REBOOT_RESTART   0x01234567u
#define REBOOT_HALT      0xcdef0123u
#define REBOOT_POWER_OFF 0x4321fedcu
#define REBOOT_CAD_ON    0x89abcdefu
#define REBOOT_CAD_OFF   0u

static bool is_second_magic(u32 magic)
{
	return magic == 672274793 || magic == 85072278 || magic == 369367448 || magic == 537993216;
}

SYSCALL(88, reboot)
{
	if (!cred_capable())
		return -EPERM;
	if (ARG1(regs) != REBOOT_MAGIC || !is_second_magic(ARG2(regs)))
		return -EINVAL;
	switch (ARG3(regs)) {
	case REBOOT_CAD_ON:
	case REBOOT_CAD_OFF:
		return 0;
	case REBOOT_RESTART:
		super_sync_all();
		pr_notice("%s restarts the machine\n", current->name);
		machine_reboot();
	case REBOOT_HALT:
	case REBOOT_POWER_OFF:
		super_sync_all();
		pr_notice("%s switches the machine off\n", current->name);
		power_off();
	default:
		return -EINVAL;
	}
}
