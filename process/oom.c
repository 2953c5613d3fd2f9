/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <fs/cred.h>
#include <fs/proc/proc.h>
#include <fs/unix.h>
#include <kernel/printk.h>
#include <kernel/vmstat_line.h>
#include <lib/errno.h>
#include <lib/limits.h>
#include <lib/string.h>
#include <mm/page_alloc.h>
#include <mm/watermark.h>
#include <mm/zone_report.h>
#include <process/oom.h>
#include <process/proc.h>
#include <process/task.h>
#include <thread/thread.h>
#include <vm/anon.h>
#include <vm/family.h>
#include <vm/tables.h>

/*
 * The end of memory. A request can be served by some zones only. If they are full of what cannot be
 * reclaimed, then one process is ended, and the request is tried again.
 *
 *	request          zones that are short   the process that holds most of
 *	GFP_KERNEL       low memory             low memory: its buffers, files, page tables, and its
 *	                                        pages that happen to be there
 *	GFP_HIGHUSER     all                    memory: its pages, tables, stacks, buffers
 *
 * That is the rule: the one whose end helps most. It matters for low memory, where free high memory
 * is of no use, and where a small process may hold most through sockets and pipes. oom_score_adj
 * adds a thousandth of the zones for each point; -1000 protects.
 *
 * Nothing counts how many pages a process has in low memory; page faults have better things to do.
 * But each frame says to whom it belongs. So the frames of low memory are looked at, once for each
 * process that is ended. A page of several processes counts for the first that has touched it, but
 * not more pages than that one has. If that one has ended, then it counts in equal parts for the
 * nearest of its descendants that live. Files in memory count for none: the end of their maker
 * frees nothing. Without high memory, all of this is known without a look.
 *
 * Open files, and what they lead to, are charged to the process that made them. It may have ended,
 * and its children, or the process that it has connected to, hold them. So such memory counts for
 * those that have it open, in equal parts. No file is moved to another account for that: it is
 * looked up for each process that is ended. The look waits for no lock, since the thread that needs
 * memory may hold it.
 *
 * While the pages of a swap area are read back, nothing can be written there. So a process in
 * swapoff(2) is ended before all others.
 *
 * Some requests end nothing, and fail: those of kernel threads, of swapoff(2), of more than eight
 * pages, and those for which the best process holds next to nothing. Then memory is full of files
 * in memory, or of thousands of small processes, and the program that asks for more gets the error.
 * A program that touches a page cannot get one. For it, the best process is ended in any case.
 *
 * A victim needs locks to end, which the thread that waits for it may hold. So the wait has a
 * limit: then the request fails, and the locks are released. Until the victim has ended no other
 * process is ended. A process that gives back its memory may use the pages below the min marks.
 */

#define MOST_ORDER     3u
#define LEAST_LOW      128ul /* pages in low memory that are worth a process */
#define LEAST_ALL      16ul  /* in all memory, and a thousandth of that if it is more */
#define PATIENCE       (2 * HZ)
#define MOST_NAP       8u  /* ticks */
#define MOST_TRIES     16u /* of a page fault */
#define MOST_ANCESTORS 64u /* address spaces that have ended, above a process */
#define SHOWN          5u  /* processes in the report */
#define ADDRESS_SPACES 256u

/* Guarded by process_lock. */
static struct {
	u32 id; /* 0: nothing is ended */
	u64 start_ns;
	bool choosing; /* a thread looks for the next victim */
} victim;

static unsigned long nr_kills;

/* --- what a process holds --------------------------------------------------------------------- */

#define TO_PAGES(bytes) (((bytes) + PAGE_SIZE - 1) >> PAGE_SHIFT)

/* Bytes that open files lead to, and that ended processes have made. */
struct left {
	struct charge_look look;
	u64 low, high;
};

/* Nothing knows in which zone the bytes of one object are. So all are as those of the account. */
static void add_left(struct charge_look *look, const struct kmem_account *account, u32 bytes)
{
	struct left *left = container_of(look, struct left, look);
	u32 low, high, in_high;

	/* An account is a part of its process. */
	if (!account || !container_of(account, struct process, account)->zombie)
		return;
	low = READ_ONCE(account->low) >> PAGE_SHIFT;
	high = READ_ONCE(account->high);
	bytes /= look->sharers;
	in_high = (bytes >> 8) * (high * 256 / (low + high + 1));
	left->high += in_high;
	left->low += bytes - in_high;
}

static void add_files(struct oom_holding *holding, const struct process *process, bool queues)
{
	struct left left = { .look = { .add = add_left, .queues = queues } };
	const struct task *task;

	list_for_each_entry(task, &process->tasks, link) {
		if (task->thread->files) {
			files_charges(task->thread->files, &left.look);
			break;
		}
	}
	holding->low += (unsigned long)(left.low >> PAGE_SHIFT);
	holding->high += (unsigned long)(left.high >> PAGE_SHIFT);
}

struct oom_holding oom_holding(const struct process *process, bool queues)
{
	const struct mm *mm = process_mm(process);
	struct oom_holding holding = {
		.stacks = process->nr_tasks * (THREAD_STACK_SIZE / PAGE_SIZE),
		.low = TO_PAGES((unsigned long)READ_ONCE(process->account.low)),
		.high = READ_ONCE(process->account.high),
	};

	add_files(&holding, process, queues);
	if (mm) {
		holding.low += TO_PAGES(READ_ONCE(mm->areas.count) * sizeof(struct area));
		holding.user = mm->anon_pages + mm->shmem_pages + mm->swap_pages;
		holding.tables = mm->pagetable.nr_tables;
	}
	return holding;
}

static unsigned long sum(const struct oom_holding *holding)
{
	return holding->user + holding->tables + holding->stacks + holding->low + holding->high;
}

long oom_points(unsigned long pages, int adj, unsigned long total)
{
	if (adj == OOM_SCORE_ADJ_MIN)
		return LONG_MIN;
	return (long)pages + adj * (long)(total / 1000);
}

/* --- who owns the frames of low memory -------------------------------------------------------- */

/*
 * Pages by address space, in a hash table without removal. If it is too small, the low part is not
 * known, and the pages of all zones are compared. @heirs: the nearest ones below an ended one.
 */
static struct space {
	u32 id, user, tables, heirs;
} spaces[ADDRESS_SPACES];
static bool too_many_spaces;

static unsigned long frames[NR_PAGE_STATES]; /* of low memory, by state */

static struct space *space_of(u32 id)
{
	struct space *space = &spaces[id % ADDRESS_SPACES];

	for (u32 steps = 0; steps < ADDRESS_SPACES; steps++, space++) {
		if (space == &spaces[ADDRESS_SPACES])
			space = spaces;
		if (!space->id)
			space->id = id;
		if (space->id == id)
			return space;
	}
	return NULL;
}

/* Nothing is locked: a frame that changes at this moment may be counted wrongly. */
static void count_frame(const struct page *page, enum page_state state)
{
	const struct page *table = page;
	struct space *space;
	u32 id;

	if (state == PAGE_ANON) {
		u32 pfn = READ_ONCE(page->a);

		if (!pfn_valid(pfn))
			return;
		table = pfn_to_page(pfn);
	} else if (state != PAGE_TABLE && state != PAGE_ANON_SHARED) {
		return;
	}
	if (state == PAGE_ANON_SHARED)
		id = page_family(page);
	else
		id = page_state(table) == PAGE_TABLE ? table_owner_id(table) : 0;
	space = id ? space_of(id) : NULL;
	if (id && !space)
		too_many_spaces = true;
	else if (id && state == PAGE_TABLE)
		space->tables++;
	else if (id)
		space->user++;
}

static void count_low_frames(void)
{
	enum page_state state = PAGE_HOLE;

	memset(spaces, 0, sizeof(spaces));
	memset(frames, 0, sizeof(frames));
	too_many_spaces = false;
	for (unsigned long pfn = 0; pfn < max_low_pfn; pfn++) {
		const struct page *page = pfn_to_page(pfn);

		/* The others of a block are as the first one. */
		if (page_state(page) != PAGE_TAIL)
			state = page_state(page);
		frames[state]++;
		if (totalhigh_pages())
			count_frame(page, state);
	}
}

/*
 * Pages that ended address spaces above this one have touched first. The first look counts the
 * heirs of each. The family lock is held; otherwise no heir was counted, and nothing is looked at.
 */
static unsigned long inherited(const struct mm *mm, bool first_look)
{
	const struct family *at = mm->family->parent;
	unsigned long pages = 0;

	for (u32 steps = 0; at && !at->mm && steps < MOST_ANCESTORS; steps++, at = at->parent) {
		struct space *space = space_of(at->id);

		if (space && first_look)
			space->heirs++;
		else if (space)
			pages += space->user / max(space->heirs, 1u);
	}
	return pages;
}

/* The part of it that is in low memory. Stacks come from high memory, if there is any. */
static void take_low_part(struct oom_holding *holding, const struct mm *mm, bool heirs)
{
	const struct space *space;
	unsigned long user;

	if (!totalhigh_pages())
		return;
	holding->high = holding->stacks = 0;
	if (too_many_spaces)
		return;
	space = space_of(mm->family->id);
	user = (space ? space->user : 0) + (heirs ? inherited(mm, false) : 0);
	/* Of the pages that this process has touched first, some may be its children's alone. */
	holding->user = min(user, holding->user);
	holding->tables = space ? space->tables : 0;
}

/* --- the choice ------------------------------------------------------------------------------- */

struct candidate {
	u32 id;
	int adj;
	long points;
	struct oom_holding all, holding; /* the second one in the zones that are short */
	char name[THREAD_NAME];
};

struct choice {
	bool low;            /* low memory is short, not all memory */
	bool heirs;          /* the family lock is held, and heirs were counted */
	bool queues;         /* those of sockets are held */
	unsigned long total; /* pages of the zones that are short */
	u32 nr;
	struct candidate best[SHOWN]; /* the best one first */
};

static bool may_be_ended(const struct process *process)
{
	return process != first_process && !process->zombie && process_mm(process);
}

static bool gives_way(const struct process *process)
{
	const struct task *task;

	list_for_each_entry(task, &process->tasks, link)
		if (READ_ONCE(task->thread->gives_way))
			return true;
	return false;
}

static void consider(struct choice *choice, const struct process *process)
{
	struct candidate new = {
		.id = process->id,
		.adj = process->oom_score_adj,
		.all = oom_holding(process, choice->queues),
	};
	u32 at;

	new.holding = new.all;
	if (choice->low)
		take_low_part(&new.holding, process_mm(process), choice->heirs);
	new.points = oom_points(sum(&new.holding), new.adj, choice->total);
	if (new.points != LONG_MIN && gives_way(process))
		new.points = LONG_MAX;
	for (at = choice->nr; at && choice->best[at - 1].points < new.points; at--)
		if (at < SHOWN)
			choice->best[at] = choice->best[at - 1];
	if (at >= SHOWN)
		return;
	strscpy(new.name, process->name, sizeof(new.name));
	choice->best[at] = new;
	choice->nr = min(choice->nr + 1, SHOWN);
}

static bool is_worth_it(const struct choice *choice, bool must_help)
{
	const struct candidate *best = &choice->best[0];
	unsigned long least;

	if (!choice->nr || best->points == LONG_MIN)
		return false;
	least = choice->low ? LEAST_LOW : min(max(choice->total / 1000, LEAST_ALL), LEAST_LOW);
	return must_help || best->points == LONG_MAX || best->adj > 0 ||
	       sum(&best->holding) >= least;
}

static void choose(struct choice *choice)
{
	const struct process *process;
	unsigned long flags;

	if (choice->low)
		count_low_frames();
	/* The requester may hold any lock, so these, too. */
	choice->queues = unix_hold_queues();
	choice->heirs = choice->low && family_trylock();
	flags = spin_lock_irqsave(&process_lock);
	if (choice->heirs)
		for_each_process(process)
			if (process_mm(process))
				inherited(process_mm(process), true);
	for_each_process(process)
		if (may_be_ended(process))
			consider(choice, process);
	spin_unlock_irqrestore(&process_lock, flags);
	if (choice->heirs)
		family_unlock();
	if (choice->queues)
		unix_let_queues_go();
}

/* --- the report ------------------------------------------------------------------------------- */

#define MIB(pages) ((pages) >> (20 - PAGE_SHIFT))
#define KIB(pages) ((pages) << (PAGE_SHIFT - 10))

static void report(const struct choice *choice, gfp_t gfp, unsigned int order)
{
	unsigned long low_free =
		zone_free_pages(&zones[ZONE_DMA]) + zone_free_pages(&zones[ZONE_NORMAL]);
	char text[GFP_TEXT];

	pr_warn("out of memory: '%s' asks for order %u, %s\n", current->name, order,
		gfp_format(gfp, text, sizeof(text)));
	pr_warn("%s exhausted: lowmem %lu of %lu MiB free, highmem %lu of %lu MiB%s\n",
		choice->low ? "lowmem" : "memory", MIB(low_free),
		MIB(nr_managed_pages() - totalhigh_pages()), MIB(nr_free_highpages()),
		MIB(totalhigh_pages()),
		choice->low && totalhigh_pages() ? ", which has no addresses for the kernel" : "");
	if (choice->low)
		pr_warn("lowmem holds %lu MiB of the kernel, %lu of page tables, %lu of programs, "
			"%lu of files\n",
			MIB(frames[PAGE_USED] + frames[PAGE_SLAB]), MIB(frames[PAGE_TABLE]),
			MIB(frames[PAGE_ANON] + frames[PAGE_ANON_SHARED]),
			MIB(frames[PAGE_OBJECT]));
	for (u32 i = 0; i < choice->nr; i++) {
		const struct candidate *c = &choice->best[i];

		pr_warn("process %u %s: %lu KiB = pages %lu, tables %lu, stacks %lu, "
			"buffers and files %lu; oom_score_adj %d\n",
			c->id, c->name, KIB(sum(&c->holding)), KIB(c->holding.user),
			KIB(c->holding.tables), KIB(c->holding.stacks),
			KIB(c->holding.low + c->holding.high), c->adj);
	}
}

static void report_kill(const struct candidate *best, const struct oom_holding *all)
{
	pr_err("Out of memory: Killed process %u (%s) anon-rss:%lukB, pgtables:%lukB, "
	       "kernel:%lukB, oom_score_adj:%d\n",
	       best->id, best->name, KIB(all->user), KIB(all->tables), KIB(all->low + all->high),
	       best->adj);
}

/* A request that fails is reported once a minute. */
static void report_failure(const struct choice *choice, gfp_t gfp, unsigned int order)
{
	static u32 next;

	if (gfp & __GFP_NOFAIL || (s32)(sched_ticks - next) >= 0) {
		next = sched_ticks + 60 * HZ;
		report(choice, gfp, order);
		pr_warn("no process is worth its end: the request fails\n");
	}
}

/* --- /proc ------------------------------------------------------------------------------------ */

/* process_lock is held. NULL if the process has ended. */
static struct process *of_file(const struct proc_task *id)
{
	struct process *process = process_find(id->process);

	return process && process->start_ns == id->start_ns ? process : NULL;
}

static int score_adj_show(const struct proc_task *id, printf_fn *out)
{
	unsigned long flags = spin_lock_irqsave(&process_lock);
	const struct process *process = of_file(id);
	int adj = process ? process->oom_score_adj : 0;

	spin_unlock_irqrestore(&process_lock, flags);
	if (!process)
		return -ESRCH;
	out("%d\n", adj);
	return 0;
}

/* Only root makes it less likely than root has set it last. */
static int score_adj_write(const struct proc_task *id, s32 value)
{
	unsigned long flags;
	struct process *process;
	int error = -ESRCH;

	if (value < OOM_SCORE_ADJ_MIN || value > OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	process = of_file(id);
	if (process)
		error = value < process->oom_score_adj_min && !cred_capable() ? -EACCES : 0;
	if (process && !error) {
		process->oom_score_adj = (s16)value;
		if (cred_capable())
			process->oom_score_adj_min = (s16)value;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return error;
}
PROC_TASK_FILE("oom_score_adj", 0644, score_adj_show, .write = score_adj_write);

/* Linux's scale: 666 for a process that holds nothing, 1333 for one that holds all. */
static int score_show(const struct proc_task *id, printf_fn *out)
{
	unsigned long flags = spin_lock_irqsave(&process_lock), total = nr_managed_pages();
	const struct process *process = of_file(id);
	struct oom_holding holding = { 0 };
	long points = LONG_MIN;

	if (process)
		holding = oom_holding(process, false);
	if (process && may_be_ended(process))
		points = oom_points(sum(&holding), process->oom_score_adj, total);
	spin_unlock_irqrestore(&process_lock, flags);
	if (!process)
		return -ESRCH;
	if (points > LONG_MIN)
		points = (1000 + points / (long)max(total / 1000, 1ul)) * 2 / 3;
	out("%ld\n", max(points, 0l));
	return 0;
}
PROC_TASK_FILE("oom_score", 0444, score_show);

/* --- the end of a process --------------------------------------------------------------------- */

/* process_lock is held. */
static bool victim_lives(void)
{
	const struct process *process = victim.id ? process_find(victim.id) : NULL;

	if (process && process->start_ns == victim.start_ns && !process->zombie)
		return true;
	victim.id = 0;
	return false;
}

static bool kill_best(const struct choice *choice)
{
	const struct candidate *best = &choice->best[0];
	struct signal_info info = { .signal = SIGKILL, .code = SI_KERNEL };
	unsigned long flags = spin_lock_irqsave(&process_lock);
	struct process *process = process_find(best->id);
	bool killed = process && !process->zombie;

	if (killed) {
		victim.id = process->id;
		victim.start_ns = process->start_ns;
		signal_send_process(process, &info);
	}
	victim.choosing = false;
	spin_unlock_irqrestore(&process_lock, flags);
	if (killed) {
		nr_kills++;
		report_kill(best, &best->all);
	}
	return killed;
}

/* Another thread may have got memory since the request has failed. */
static bool memory_is_free(gfp_t gfp, unsigned int order)
{
	for (struct zone *const *zone = gfp_zonelist(gfp)->zone; *zone; zone++)
		if (READ_ONCE((*zone)->free_pages) >= zone_mark(*zone, gfp) + (1ul << order))
			return true;
	return false;
}

/* @must_help: even if the best process holds next to nothing. */
static enum oom_result choose_and_kill(gfp_t gfp, unsigned int order, bool must_help)
{
	struct choice choice = { .low = !(gfp & GFP_ANY_HIGHMEM) };

	choice.total = nr_managed_pages() - (choice.low ? totalhigh_pages() : 0);
	choose(&choice);
	if (is_worth_it(&choice, must_help)) {
		report(&choice, gfp, order);
		kill_best(&choice);
		return OOM_RETRY;
	}
	report_failure(&choice, gfp, order);
	victim.choosing = false;
	return OOM_FAIL;
}

static void nap(u32 ticks)
{
	set_current_state(THREAD_SLEEPING);
	schedule_timeout((long)ticks);
}

/* Is the running process ended itself? Then it must not wait for that. */
static bool ends_itself(void)
{
	const struct task *task = current->task;

	return task && (task_must_end(task) || task->process->id == READ_ONCE(victim.id));
}

/*
 * Waits until nothing is ended. Then either there is memory, or this thread may choose. Returns
 * false if a victim has not ended in time.
 */
static bool wait_for_turn(gfp_t gfp, unsigned int order, bool *choose)
{
	/* Thousands of tasks may wait. If each looks again in each tick, nothing else runs. */
	for (u32 ticks = 0, next = 1; ticks < PATIENCE;
	     ticks += next, next = min(2 * next, MOST_NAP)) {
		unsigned long flags = spin_lock_irqsave(&process_lock);
		bool free = !victim_lives() && !victim.choosing;

		*choose = free && !memory_is_free(gfp, order);
		victim.choosing |= *choose;
		spin_unlock_irqrestore(&process_lock, flags);
		if (free)
			return true;
		if (ends_itself() && !(gfp & __GFP_NOFAIL))
			return false;
		nap(next);
		/* The stacks of tasks that have ended. */
		thread_reap();
	}
	return gfp & __GFP_NOFAIL;
}

static enum oom_result oom_kill(gfp_t gfp, unsigned int order)
{
	bool must_not_fail = gfp & __GFP_NOFAIL, choose = false;
	enum oom_result result = OOM_RETRY;

	if (!must_not_fail) {
		if (!current->task || current->reclaims || current->gives_way || order > MOST_ORDER)
			return OOM_FAIL;
		/* A task that ends has left its files: it frees memory now. */
		if (!current->files)
			return OOM_RESERVE;
		if (ends_itself())
			return OOM_FAIL;
	} else if (ends_itself()) {
		/* Nothing else is ended before it, so it must not wait for itself. */
		nap(1);
		return OOM_RESERVE;
	}
	if (!wait_for_turn(gfp, order, &choose))
		return OOM_FAIL;
	if (choose)
		result = choose_and_kill(gfp, order, false);
	if (result == OOM_RETRY && !wait_for_turn(gfp, order, &choose))
		return OOM_FAIL;
	return result;
}

/* The running process finds no memory, and nothing that was ended has helped. */
static bool must_give_up(void)
{
	const struct process *process = current_process();

	if (process == first_process || process->oom_score_adj == OOM_SCORE_ADJ_MIN)
		return false;
	pr_err("Out of memory: page faults of process %u (%s) find no page, so it ends\n",
	       process->id, process->name);
	return true;
}

/*
 * The page itself may be anywhere. If such a page is free, then the fault lacks low memory: a page
 * table, or a node of a tree.
 */
bool oom_help_fault(u32 tries)
{
	const gfp_t gfp = memory_is_free(GFP_HIGHUSER, 0) ? GFP_KERNEL : GFP_HIGHUSER;
	bool choose = false;

	if (ends_itself() || (tries >= MOST_TRIES && must_give_up()))
		return false;
	/* A victim that takes long is waited for again. */
	wait_for_turn(gfp, 0, &choose);
	if (!choose || choose_and_kill(gfp, 0, true) == OOM_FAIL)
		nap(1);
	return true;
}

void __init oom_init(void)
{
	page_alloc_use_oom(oom_kill);
}

static unsigned long oom_kills(void)
{
	return READ_ONCE(nr_kills);
}
VMSTAT_LINE(570, "oom_kill", oom_kills);
