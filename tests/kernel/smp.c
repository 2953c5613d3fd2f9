/* SPDX-License-Identifier: MIT */
#include <asm/cpu.h>
#include <asm/smp_start.h>
#include <kernel/cpu_call.h>
#include <kernel/spinlock.h>
#include <tests/helpers/cpus.h>
#include <tests/kernel/ktest.h>

/* The CPUs themselves: how they are set up, spinlocks between them, and CPUs that start late. */

/* State that each CPU has to set for itself. */
static struct {
	unsigned long cr0, cr4;
	u64 pat, efer;
} control[NR_CPUS];

static void note_control(void *arg)
{
	u32 cpu = smp_processor_id();

	control[cpu].cr0 = read_cr0();
	control[cpu].cr4 = cpu_has(CPU_PGE) || cpu_has(CPU_PSE) ? read_cr4() : 0;
	control[cpu].pat = cpu_has(CPU_PAT) ? read_msr(MSR_PAT) : 0;
	control[cpu].efer = cpu_has(CPU_NX) ? read_msr(MSR_EFER) : 0;
}

KTEST(smp, all_are_set_up_alike)
{
	u32 cpu;

	on_each_cpu(note_control, NULL, true);
	for_each_online_cpu(cpu) {
		EXPECT_EQ(control[cpu].cr0, control[0].cr0);
		EXPECT_EQ(control[cpu].cr4, control[0].cr4);
		EXPECT_EQ(control[cpu].pat, control[0].pat);
		EXPECT_EQ(control[cpu].efer, control[0].efer);
	}
}

static u32 lock_count;
static u64 lock_end;          /* time_ns() at which the loops end */
static spinlock_t count_lock; /* guards lock_count; no lock is acquired inside */

/* Returns the number of rounds, each of which adds one. */
static int count_locked(void *arg)
{
	int rounds = 0;

	while (rounds < 1000 && time_ns() < lock_end) {
		u32 value;

		spin_lock(&count_lock);
		value = READ_ONCE(lock_count);
		WRITE_ONCE(lock_count, value + 1);
		spin_unlock(&count_lock);
		rounds++;
	}
	return rounds;
}

KTEST(smp, a_spinlock_lets_one_in)
{
	struct thread *threads[NR_CPUS] = { 0 };
	u32 cpu, rounds = 0;

	lock_count = 0;
	lock_end = time_ns() + STORM_NS;
	for_each_online_cpu(cpu)
		KTEST_REQUIRE((threads[cpu] = run_on(cpu, count_locked, NULL)));
	for_each_online_cpu(cpu)
		rounds += (u32)kthread_join(threads[cpu]);
	EXPECT(rounds > 0);
	EXPECT_EQ(lock_count, rounds);
}

static volatile bool let_in;

static int enter(void *arg)
{
	spin_lock(&count_lock);
	let_in = true;
	spin_unlock(&count_lock);
	return 0;
}

/* The holder has the largest ticket number, and the waiting thread has ticket 0. */
KTEST(smp, a_spinlock_is_held_when_tickets_begin_anew)
{
	struct thread *thread;
	u64 end;

	if (one_cpu())
		return;
	migrate_disable();
	let_in = false;
	count_lock.owner = count_lock.next = 0xffff;
	thread = kthread_create(enter, NULL, "enter");
	KTEST_REQUIRE(thread);
	kthread_bind(thread, other_cpu());
	spin_lock(&count_lock);
	wake_up_process(thread);
	while (*(volatile u16 *)&count_lock.next != 1)
		cpu_relax();
	end = time_ns() + 10000000;
	while (time_ns() < end)
		cpu_relax();
	EXPECT(!let_in);
	spin_unlock(&count_lock);
	kthread_join(thread);
	EXPECT(let_in);
	migrate_enable();
}

/*
 * --- a CPU that starts late ---------------------------------------------------------------------
 */

/* A CPU that is unused because of maxcpus= starts like one that the boot CPU has given up on. */
KTEST(smp, a_cpu_that_comes_late_parks)
{
	u32 cpu = 1, online = cpu_online_mask->bits, parked = smp_parked();
	u64 end;

	while (cpu < NR_CPUS && !smp_start_late(cpu))
		cpu++;
	if (cpu == NR_CPUS) {
		ktest_skip("each CPU runs, or none was ever started");
		return;
	}
	end = time_ns() + 20000000000ull;
	while (smp_parked() == parked && time_ns() < end)
		cpu_relax();
	EXPECT_EQ(smp_parked(), parked + 1);
	EXPECT_EQ(cpu_online_mask->bits, online);
}
