/* SPDX-License-Identifier: MIT */
#include <asm/irq.h>
#include <asm/irqflags.h>
#include <asm/switch.h>
#include <asm/time.h>
#include <asm/user_context.h>
#include <kernel/hook.h>
#include <kernel/panic.h>
#include <kernel/spinlock.h>
#include <lib/limits.h>
#include <lib/list.h>
#include <sched/load.h>
#include <sched/sched.h>

/*
 * The scheduler: one run queue and one lock, shared by all CPUs.
 *
 * Queues per CPU scale further, but they have to be balanced, and threads must migrate between
 * them. With one queue the thread that has waited longest runs next, on the CPU that asks first,
 * and nothing has to be balanced. The price is a shared lock. With at most 32 CPUs that switch
 * about 100 times a second the lock is nearly always free.
 *
 * The lock is held across a switch. The old thread acquires it, and the new thread releases it:
 *
 *	prev:  lock ─ enqueue prev ─ choose next ─ context_switch() ┐
 *	next:             ... returns from its own context_switch() └─▶ unlock
 *
 * The invariant: no CPU can take prev from the queue while this CPU still uses prev's stack. A CPU
 * that runs its idle thread sets its bit in idle_cpus and halts; a wake-up sends it an interrupt (a
 * kick), after it has released the lock.
 *
 * Two threads that wake each other in turn, as two ends of a pipe do, need one CPU at a time. To
 * kick another one for each message costs more than the message: under an emulator on a busy host
 * 1000 forks took 12 seconds on four CPUs, and 0.2 on one. So a thread that mostly sleeps after a
 * wake-up kicks no CPU, and its own CPU runs the woken thread next. The price: if it does not
 * sleep, the woken thread waits for the next tick of an idle CPU.
 */

static DEFINE_PER_CPU(struct thread *, idle_thread);
static DEFINE_PER_CPU(struct thread *, previous_thread); /* the thread before the switch */

/* The CPUs to kick once sched_lock is released; 0 while interrupts are on. */
static DEFINE_PER_CPU(u32, kicks);

/* Ticks since this CPU chose its thread, and the length of a time slice in ticks. */
static DEFINE_PER_CPU(u32, slice_ticks);
#define SLICE_TICKS 3

static DEFINE_PER_CPU(struct sched_counts, counts);

/* Guards the run queue, the sleepers, and the scheduling state of all threads. Innermost: no
 * other lock is acquired while it is held. Interrupts are off. */
static spinlock_t sched_lock;

static LIST_HEAD(run_queue);
/*
 * Sleepers with a time limit: a list for each part of a turn of the wheel, which takes about a
 * second. Each list is in order of wake_ns, and has the sleepers of later turns, too. With one list
 * for all, thousands of programs that sleep for long would be in the way of each short sleep.
 * (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987.)
 */
#define WHEEL_PARTS 128u
#define PART_SHIFT  23u /* 8.4 ms */
static struct list_head wheel[WHEEL_PARTS];
static u64 wheel_at; /* the part, counted from the boot, that was looked at last */
static u32 nr_sleepers;
static u32 idle_cpus; /* bit n: CPU n runs its idle thread and has not been kicked */
static void (*kick_hook)(u32 cpu);
static void (*tick_hook)(void);

/* --- the queue -------------------------------------------------------------------------------- */

static bool may_run_on(const struct thread *thread, u32 cpu)
{
	return (!thread->pinned && !thread->kmaps.nr) || thread->cpu == cpu;
}

static void kick(u32 cpu)
{
	idle_cpus &= ~(1u << cpu);
	if (cpu == smp_processor_id())
		set_need_resched();
	else
		this_cpu(kicks) |= 1u << cpu;
}

/* Kicks one idle CPU, preferably the CPU on which the thread ran last. */
static void kick_an_idle_cpu(const struct thread *thread)
{
	if (idle_cpus >> thread->cpu & 1)
		kick(thread->cpu);
	else if (idle_cpus && may_run_on(thread, NR_CPUS))
		kick((u32)__builtin_ctz(idle_cpus));
}

static noinline void send_kicks(u32 cpus)
{
	this_cpu(kicks) = 0;
	for (; cpus; cpus &= cpus - 1)
		if (kick_hook)
			kick_hook((u32)__builtin_ctz(cpus));
}

/* An interrupt takes long to send, so it is sent without the lock. */
static inline void unlock_and_kick(unsigned long flags)
{
	u32 cpus = this_cpu(kicks);

	spin_release(&sched_lock);
	if (unlikely(cpus))
		send_kicks(cpus);
	local_irq_restore(flags);
}

static void enqueue(struct thread *thread)
{
	thread->queued = true;
	list_add_tail(&thread->run_link, &run_queue);
}

static struct thread *dequeue_for(u32 cpu)
{
	struct thread *thread;

	list_for_each_entry(thread, &run_queue, run_link) {
		if (likely(may_run_on(thread, cpu))) {
			list_del(&thread->run_link);
			thread->queued = false;
			return thread;
		}
	}
	return NULL;
}

/* --- sleepers --------------------------------------------------------------------------------- */

static void add_sleeper(struct thread *thread)
{
	/* A time that is over is found by the next look. */
	u64 at = max(thread->wake_ns >> PART_SHIFT, wheel_at);
	struct list_head *part = &wheel[(u32)at % WHEEL_PARTS], *before;

	if (!part->next)
		part->next = part->prev = part;
	/* From the end, since most threads sleep for times of the same kind. */
	before = part->prev;
	while (before != part &&
	       list_entry(before, struct thread, sleep_link)->wake_ns > thread->wake_ns)
		before = before->prev;
	list_add(&thread->sleep_link, before);
	nr_sleepers++;
}

static void remove_sleeper(struct thread *thread)
{
	list_del(&thread->sleep_link);
	nr_sleepers--;
	thread->wake_ns = 0;
}

/* Is this CPU expected to run the thread, which is in the queue, when the current one sleeps? */
static bool runs_here_next(const struct thread *thread)
{
	return run_queue.next == &thread->run_link && may_run_on(thread, smp_processor_id());
}

/* The caller holds sched_lock. */
static inline bool wake(struct thread *thread, bool lazily)
{
	if (thread->state != THREAD_SLEEPING)
		return false;
	if (thread->wake_ns)
		remove_sleeper(thread);
	thread->state = THREAD_RUNNABLE;
	/* A thread that has not gone to sleep yet will see its new state in schedule(). */
	if (!thread->on_cpu && !thread->queued) {
		enqueue(thread);
		if (!lazily || !runs_here_next(thread))
			kick_an_idle_cpu(thread);
	}
	return true;
}

static inline bool wake_and_start(struct thread *thread, bool lazily)
{
	unsigned long flags = spin_lock_irqsave(&sched_lock);
	bool was_asleep = wake(thread, lazily);

	thread->started = true;
	unlock_and_kick(flags);
	return was_asleep;
}

bool wake_up_process(struct thread *thread)
{
	return wake_and_start(thread, false);
}

bool wake_up_process_lazily(struct thread *thread)
{
	return wake_and_start(thread, true);
}

void sched_interrupt(struct thread *thread)
{
	unsigned long flags = spin_lock_irqsave(&sched_lock);

	if (thread->started && !wake(thread, false) && thread->on_cpu &&
	    thread->cpu != smp_processor_id())
		this_cpu(kicks) |= 1u << thread->cpu;
	unlock_and_kick(flags);
}

static void wake_sleepers(void)
{
	unsigned long flags = spin_lock_irqsave(&sched_lock);
	struct thread *thread, *next;
	u64 now = time_ns(), end = now >> PART_SHIFT;

	/* The last part again: its end may have been in the future. After a turn all were seen. */
	for (u64 at = max(wheel_at, end - min(end, (u64)WHEEL_PARTS)); at <= end; at++) {
		struct list_head *part = &wheel[(u32)at % WHEEL_PARTS];

		if (!part->next)
			continue;
		list_for_each_entry_safe(thread, next, part, sleep_link) {
			if (thread->wake_ns > now)
				break;
			wake(thread, false);
		}
	}
	wheel_at = end;
	unlock_and_kick(flags);
}

/* --- switching -------------------------------------------------------------------------------- */

static void finish_switch(void)
{
	this_cpu(previous_thread)->on_cpu = false;
	kmap_local_switch_in(&current->kmaps);
	spin_release(&sched_lock);
}

void sched_first(void)
{
	finish_switch();
}

static void switch_to(struct thread *prev, struct thread *next)
{
	kmap_local_switch_out(&prev->kmaps);
	prev->pagefault_disabled = this_cpu(pagefault_disabled);
	this_cpu(pagefault_disabled) = next->pagefault_disabled;
	next->cpu = smp_processor_id();
	next->on_cpu = true;
	this_cpu(current_thread) = next;
	this_cpu(previous_thread) = prev;
	this_cpu(counts).switches++;
	if (unlikely(prev->user || next->user))
		user_context_switch(prev->user, next->user);
	context_switch(&prev->esp, next->esp);
	/* Here the thread runs again, possibly on another CPU: another thread has switched back
	 * to it. */
	finish_switch();
}

static void __noreturn scheduled_while_atomic(void) noinline;
static void __noreturn scheduled_while_atomic(void)
{
	panic("schedule() with preemption disabled %u times, or in an interrupt",
	      this_cpu(preempt_count) & PREEMPT_MASK);
}

void schedule_away(bool preempted)
{
	struct thread *prev, *next, *idle;
	unsigned long flags;
	u32 cpu;

	if (unlikely(in_atomic()))
		scheduled_while_atomic();
	flags = spin_lock_irqsave(&sched_lock);
	cpu = smp_processor_id();
	prev = current;
	idle = this_cpu(idle_thread);
	clear_need_resched();
	if (prev != idle && (preempted || prev->state == THREAD_RUNNABLE))
		enqueue(prev);
	next = dequeue_for(cpu);
	if (!next) {
		next = idle;
		idle_cpus |= 1u << cpu;
	} else {
		idle_cpus &= ~(1u << cpu);
	}
	this_cpu(slice_ticks) = 0;
	if (next == prev)
		spin_release(&sched_lock);
	else
		switch_to(prev, next);
	local_irq_restore(flags);
}

static void schedule_preempted(void)
{
	schedule_away(true);
}

void schedule_until(u64 wake_ns)
{
	unsigned long flags = spin_lock_irqsave(&sched_lock);

	/* In any other state another thread has already woken this one, and there is no need to
	 * sleep. */
	if (current->state == THREAD_SLEEPING) {
		current->wake_ns = wake_ns ? wake_ns : 1;
		add_sleeper(current);
	}
	spin_unlock_irqrestore(&sched_lock, flags);
	schedule();
}

long schedule_timeout(long timeout)
{
	u64 end = time_ns() + (u64)timeout * NS_PER_TICK, now;

	schedule_until(end);
	now = time_ns();
	return now >= end ? 0 : (long)((end - now + NS_PER_TICK - 1) / NS_PER_TICK);
}

void msleep(unsigned int ms)
{
	u64 end = time_ns() + ms * 1000000ull;

	might_sleep("msleep");
	while (time_ns() < end) {
		set_current_state(THREAD_SLEEPING);
		schedule_until(end);
	}
}

void sched_yield(void)
{
	might_sleep("sched_yield");
	/* While a thread only yields, the idle thread never runs and cannot wake the sleepers. */
	if (unlikely(!time_has_ticks()) && READ_ONCE(nr_sleepers))
		wake_sleepers();
	/*
	 * Read without the lock: a thread that comes now need not wait until the next call. A
	 * thread that yields in vain mostly waits for another CPU, so it lets that one go faster.
	 */
	if (!list_empty(&run_queue))
		schedule();
	else
		cpu_relax();
}

u32 sched_ticks = 1;

/* --- ticks, and CPUs -------------------------------------------------------------------------- */

/*
 * A tick counts as a whole for the code that it interrupts. Time of the kernel's own threads is the
 * system's. An idle CPU that is kicked by an interrupt is still idle here, until it has switched.
 */
static void account(struct thread *thread)
{
	if (thread->user && this_cpu(irq_from_user)) {
		thread->user_ns += NS_PER_TICK;
		this_cpu(counts).user++;
	} else if (thread != this_cpu(idle_thread)) {
		if (thread->user)
			thread->kernel_ns += NS_PER_TICK;
		this_cpu(counts).system++;
	} else {
		this_cpu(counts).idle++;
	}
}

struct sched_counts sched_counts_of(u32 cpu)
{
	return per_cpu(counts, cpu);
}

u32 sched_running(void)
{
	unsigned long flags = spin_lock_irqsave(&sched_lock);
	const struct thread *thread;
	u32 running = 0, cpu;

	list_for_each_entry(thread, &run_queue, run_link)
		running++;
	for_each_cpu_with_data(cpu) {
		thread = per_cpu(current_thread, cpu);
		running += thread && thread != per_cpu(idle_thread, cpu);
	}
	spin_unlock_irqrestore(&sched_lock, flags);
	return running;
}

/*
 * Most ticks have nothing to do. They find that out without the lock, because all CPUs tick and
 * would contend for it. A value read without the lock may be one tick out of date. Only the boot
 * CPU wakes the sleepers.
 */
void sched_tick(void)
{
	u32 elapsed = this_cpu(slice_ticks) + 1;

	this_cpu(slice_ticks) = elapsed;
	account(current);
	/* An idle CPU has no slice. Here it finds a thread for which no CPU was kicked. */
	if ((elapsed >= SLICE_TICKS || current == this_cpu(idle_thread)) && !list_empty(&run_queue))
		set_need_resched();
	if (tick_hook)
		tick_hook();
	if (smp_processor_id() != 0)
		return;
	WRITE_ONCE(sched_ticks, sched_ticks + 1);
	if (sched_ticks % LOAD_TICKS == 0)
		load_update(sched_running());
	time_tick();
	irq_check_watched();
	if (READ_ONCE(nr_sleepers))
		wake_sleepers();
}

void sched_kick_self(void)
{
	set_need_resched();
}

void sched_use_kick(void (*kick_other)(u32 cpu))
{
	hook_set(kick_hook, kick_other);
}

void sched_use_tick(void (*tick)(void))
{
	hook_set(tick_hook, tick);
}

void sched_init_cpu(struct thread *idle)
{
	idle->on_cpu = true;
	idle->cpu = smp_processor_id();
	idle->pinned = 1;
	this_cpu(idle_thread) = this_cpu(current_thread) = idle;
	preempt_use_scheduler(schedule_preempted);
}

/*
 * On machines without timer interrupts no other interrupts arrive either. Therefore the CPU does
 * not halt. It polls the devices, counts the ticks and wakes the sleepers, as interrupt handlers
 * would do.
 */
static void idle_without_ticks(void)
{
	static u64 next_tick;
	u64 now = time_ns();

	irq_poll();
	if (now >= next_tick) {
		next_tick = now + 1000000000 / HZ;
		if (tick_hook)
			tick_hook();
		WRITE_ONCE(sched_ticks, sched_ticks + 1);
	}
	if (READ_ONCE(nr_sleepers))
		wake_sleepers();
	if (!list_empty(&run_queue))
		set_need_resched();
	cpu_relax();
}

void sched_idle(void)
{
	for (;;) {
		local_irq_disable();
		if (need_resched()) {
			local_irq_enable();
			schedule();
		} else if (time_has_ticks()) {
			cpu_wait_for_interrupt();
		} else {
			local_irq_enable();
			idle_without_ticks();
		}
	}
}
