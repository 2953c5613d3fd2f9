/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <asm/uaccess.h>
#include <fs/inode.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/process.h>
#include <process/time.h>
#include <process/timers.h>

/*
 * The three interval timers of a process (setitimer(2)): ITIMER_REAL counts time, ITIMER_VIRTUAL
 * the CPU time in ring 3, ITIMER_PROF all CPU time. Each sends a signal.
 *
 * Each tick looks at them: the boot CPU at the list of armed real timers, and each CPU at the
 * timers of the process that it runs. So a timer is at most one tick (10 ms) late, and a machine
 * without armed timers pays two loads for a tick. The list is not sorted: few programs use timers.
 *
 * The invariant: a real timer is in the list if and only if @expires is not 0.
 */

/*
 * Guards the list and all timers. Interrupts off; taken after process_lock, which all code that
 * changes a timer holds, too.
 */
static spinlock_t timers_lock;

static LIST_HEAD(armed);

#define ITIMER_REAL    0u
#define ITIMER_VIRTUAL 1u
#define ITIMER_PROF    2u

static const u8 timer_signals[] = { SIGALRM, SIGVTALRM, SIGPROF };

static void set_real(struct real_timer *timer, u64 expires, u64 interval)
{
	if (timer->expires)
		list_del(&timer->link);
	timer->expires = expires;
	timer->interval = interval;
	if (expires)
		list_add_tail(&timer->link, &armed);
}

void signals_stop_timers(struct process *process)
{
	struct process_signals *signals = &process->signals;

	if (!signals->real_timer.expires && !signals->cpu_timers[0].expires &&
	    !signals->cpu_timers[1].expires)
		return;
	spin_lock(&timers_lock);
	set_real(&signals->real_timer, 0, 0);
	signals->cpu_timers[0].expires = signals->cpu_timers[1].expires = 0;
	spin_unlock(&timers_lock);
}

/* --- ticks ------------------------------------------------------------------------------------ */

/* A timer that has missed several ends sends one signal. */
static u64 next_end(u64 expires, u64 interval, u64 now)
{
	if (!interval)
		return 0;
	expires += interval;
	return expires > now ? expires : now + interval;
}

static struct process *process_of(struct real_timer *timer)
{
	return container_of(timer, struct process, signals.real_timer);
}

static void send(struct process *process, u32 which)
{
	struct signal_info info = { .signal = timer_signals[which], .code = SI_KERNEL };

	if (!process->zombie)
		signal_send_process(process, &info);
}

static void check_real(void)
{
	struct real_timer *timer, *next;
	u64 now = time_ns();

	spin_lock(&process_lock);
	spin_lock(&timers_lock);
	list_for_each_entry_safe(timer, next, &armed, link) {
		if (timer->expires > now)
			continue;
		set_real(timer, next_end(timer->expires, timer->interval, now), timer->interval);
		send(process_of(timer), ITIMER_REAL);
	}
	spin_unlock(&timers_lock);
	spin_unlock(&process_lock);
}

static u64 cpu_ns(const struct process *process, u32 which)
{
	u64 ns = process->dead_user_ns;
	const struct task *task;

	if (which == ITIMER_PROF)
		ns += process->dead_kernel_ns;
	list_for_each_entry(task, &process->tasks, link) {
		ns += task->thread->user_ns;
		if (which == ITIMER_PROF)
			ns += task->thread->kernel_ns;
	}
	return ns;
}

static void check_cpu(struct process *process)
{
	struct cpu_timer *timers = process->signals.cpu_timers;

	spin_lock(&process_lock);
	spin_lock(&timers_lock);
	for (u32 which = ITIMER_VIRTUAL; which <= ITIMER_PROF; which++) {
		struct cpu_timer *timer = &timers[which - 1];
		u64 now;

		if (!timer->expires)
			continue;
		now = cpu_ns(process, which);
		if (timer->expires > now)
			continue;
		timer->expires = next_end(timer->expires, timer->interval, now);
		send(process, which);
	}
	spin_unlock(&timers_lock);
	spin_unlock(&process_lock);
}

/* In the timer interrupt, with interrupts off. */
static void tick(void)
{
	const struct task *task = current->task;

	if (smp_processor_id() == 0) {
		inode_tick();
		if (!list_empty(&armed))
			check_real();
	}
	if (task && (task->process->signals.cpu_timers[0].expires ||
		     task->process->signals.cpu_timers[1].expires))
		check_cpu(task->process);
}

void __init timers_init(void)
{
	sched_use_tick(tick);
}

/* --- system calls ----------------------------------------------------------------------------- */

/* A timer: the time until it ends, or 0, and then its interval. */
struct itimer {
	u64 value, interval;
};

static void get_timer(struct process *process, u32 which, struct itimer *value, u64 now)
{
	const struct real_timer *real = &process->signals.real_timer;
	u64 expires;

	if (which == ITIMER_REAL) {
		expires = real->expires;
		value->interval = real->interval;
	} else {
		expires = process->signals.cpu_timers[which - 1].expires;
		value->interval = process->signals.cpu_timers[which - 1].interval;
	}
	/* A timer that ends with the next tick is still armed. */
	value->value = !expires ? 0 : expires > now + 1000 ? expires - now : 1000;
}

/* Sets a timer unless @value is NULL. @old becomes its last state. */
static void change_timer(u32 which, const struct itimer *value, struct itimer *old)
{
	struct process *process = current_process();
	unsigned long flags = spin_lock_irqsave(&process_lock);
	u64 now = which == ITIMER_REAL ? time_ns() : cpu_ns(process, which), expires = 0;

	spin_lock(&timers_lock);
	get_timer(process, which, old, now);
	if (value && value->value)
		expires = now + value->value;
	if (value && which == ITIMER_REAL)
		set_real(&process->signals.real_timer, expires, value->interval);
	else if (value)
		process->signals.cpu_timers[which - 1] =
			(struct cpu_timer){ expires, value->interval };
	spin_unlock(&timers_lock);
	spin_unlock_irqrestore(&process_lock, flags);
}

#define USEC_PER_SECOND 1000000u

/* Two of struct timeval: the interval first. */
static long write_itimer(const struct itimer *timer, u32 address)
{
	u32 words[4] = { (u32)(timer->interval / NS_PER_SECOND),
			 (u32)(timer->interval % NS_PER_SECOND) / 1000,
			 (u32)(timer->value / NS_PER_SECOND),
			 (u32)(timer->value % NS_PER_SECOND) / 1000 };

	return copy_to_user((void __user *)address, words, sizeof(words)) ? -EFAULT : 0;
}

static long read_itimer(struct itimer *timer, u32 address)
{
	u32 words[4];

	if (copy_from_user(words, (void __user *)address, sizeof(words)))
		return -EFAULT;
	if ((s32)words[0] < 0 || words[1] >= USEC_PER_SECOND || (s32)words[2] < 0 ||
	    words[3] >= USEC_PER_SECOND)
		return -EINVAL;
	timer->interval = words[0] * NS_PER_SECOND + words[1] * 1000;
	timer->value = words[2] * NS_PER_SECOND + words[3] * 1000;
	return 0;
}

SYSCALL(104, setitimer)
{
	struct itimer value = { 0 }, old;
	long error = 0;

	if (ARG1(regs) > ITIMER_PROF)
		return -EINVAL;
	if (ARG2(regs))
		error = read_itimer(&value, ARG2(regs));
	if (error)
		return error;
	change_timer(ARG1(regs), &value, &old);
	return ARG3(regs) ? write_itimer(&old, ARG3(regs)) : 0;
}

SYSCALL(105, getitimer)
{
	struct itimer old;

	if (ARG1(regs) > ITIMER_PROF)
		return -EINVAL;
	change_timer(ARG1(regs), NULL, &old);
	return write_itimer(&old, ARG2(regs));
}

/* Returns the seconds that were left, rounded, but not 0 if the timer was armed. */
SYSCALL(27, alarm)
{
	struct itimer value = { .value = min(ARG1(regs), (u32)INT32_MAX) * NS_PER_SECOND }, old;
	u32 left;

	change_timer(ITIMER_REAL, &value, &old);
	left = (u32)((old.value + NS_PER_SECOND / 2) / NS_PER_SECOND);
	return old.value && !left ? 1 : (long)left;
}
