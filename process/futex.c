/* SPDX-License-Identifier: MIT */
#include <asm/time.h>
#include <asm/uaccess.h>
#include <kernel/syscall.h>
#include <lib/errno.h>
#include <process/futex.h>
#include <process/process.h>
#include <process/time.h>

/*
 * Futexes: a thread waits for the change of a word in memory (Franke, Russell and Kirkwood, "Fuss,
 * Futexes and Furwocks", Ottawa Linux Symposium 2002). Locks of programs are made of them. The
 * kernel is called only if a thread has to wait or to be woken.
 *
 * A word has a key: the address space and the address, or for shared memory the object and the
 * position in it, so that processes meet that have mapped it at different places. A hash of the key
 * selects a bucket, which has a lock and a list of all waiters whose keys it got.
 *
 *	bucket ─▶ waiter (mm 1, 0x8000) ─▶ waiter (object 7, 4096) ─▶ waiter (mm 1, 0x8000)
 *
 * The invariant: the word is read with the bucket locked, and the waiter is put into the list
 * before the lock is released. A thread changes the word first, and then looks into the list. So no
 * wake-up is lost.
 *
 * The price: with the lock held, the word cannot be faulted in. If it is not there, the lock is
 * released, the word is touched, and all begins again.
 */

#define NR_BUCKETS 64u

/* @object is NULL for the key of an address space; otherwise the key holds a reference. */
struct key {
	void *owner; /* struct mm or struct vm_object */
	u64 position;
	struct vm_object *object;
};

struct futex_waiter {
	struct list_head link;
	struct key key;
	struct bucket *bucket; /* whose lock guards the waiter */
	u32 bitset;
	bool woken, moved; /* no longer in the list; its key is that of a requeue */
	struct thread *thread;
};

/* Guards the list. Two locks are taken in the order of their addresses. Preemption is off. */
struct bucket {
	spinlock_t lock;
	struct list_head waiters; /* not initialised before the first waiter */
};

static struct bucket buckets[NR_BUCKETS];

/* --- keys ------------------------------------------------------------------------------------- */

#define FUTEX_PRIVATE 128u

/* A key of an object holds a reference, so that the object is not freed and made again. */
static void key_put(const struct key *key)
{
	if (key->object)
		vm_object_put(key->object);
}

static int key_of(struct key *key, u32 address, u32 op)
{
	struct mm *mm = current->mm;
	struct range_node *node;
	u32 word;

	if (address & 3)
		return -EINVAL;
	if (!access_ok((void __user *)address, 4))
		return -EFAULT;
	*key = (struct key){ mm, address, NULL };
	if (op & FUTEX_PRIVATE)
		return 0;
	/* As in Linux, a shared word must be readable. */
	if (get_user_u32(&word, (void __user *)address))
		return -EFAULT;
	down_read(&mm->lock);
	node = range_tree_find(&mm->areas, address);
	if (node) {
		const struct area *area = container_of(node, struct area, node);

		if (area->flags & AREA_SHARED && area->object) {
			key->owner = key->object = area->object;
			key->position =
				((u64)area->pgoff << PAGE_SHIFT) + (address - area->node.start);
			vm_object_get(area->object);
		}
	}
	up_read(&mm->lock);
	return 0;
}

static bool same(const struct key *a, const struct key *b)
{
	return a->owner == b->owner && a->position == b->position;
}

static struct bucket *bucket_of(const struct key *key)
{
	u32 hash = ((u32)key->owner >> 4) + (u32)key->position;

	return &buckets[hash * 0x9e3779b1u >> 26];
}
_Static_assert(NR_BUCKETS == 1u << (32 - 26), "the hash has one value for each bucket");

static void lock(struct bucket *bucket)
{
	spin_lock(&bucket->lock);
	if (!bucket->waiters.next)
		bucket->waiters.next = bucket->waiters.prev = &bucket->waiters;
}

/* --- waking ----------------------------------------------------------------------------------- */

/* The waiter needs the lock of its bucket to return. So it is still there, and its thread, too. */
static void wake_waiter(struct futex_waiter *waiter)
{
	list_del(&waiter->link);
	WRITE_ONCE(waiter->woken, true);
	wake_up_process(waiter->thread);
}

static long wake_key(const struct key *key, u32 count, u32 bitset)
{
	struct bucket *bucket = bucket_of(key);
	struct futex_waiter *waiter, *next;
	u32 woken = 0;

	lock(bucket);
	list_for_each_entry_safe(waiter, next, &bucket->waiters, link) {
		if (woken >= count)
			break;
		if (!same(&waiter->key, key) || !(waiter->bitset & bitset))
			continue;
		wake_waiter(waiter);
		woken++;
	}
	spin_unlock(&bucket->lock);
	return (long)woken;
}

static long wake(u32 address, u32 op, u32 count, u32 bitset)
{
	struct key key;
	long result = bitset ? key_of(&key, address, op) : -EINVAL;

	if (result)
		return result;
	result = wake_key(&key, count, bitset);
	key_put(&key);
	return result;
}

void futex_wake_one(u32 address)
{
	wake(address, 0, 1, UINT32_MAX);
	wake(address, FUTEX_PRIVATE, 1, UINT32_MAX);
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* Reads the word without sleeping. */
static bool read_word(u32 *word, u32 address)
{
	int error;

	pagefault_disable();
	error = get_user_u32(word, (void __user *)address);
	pagefault_enable();
	return !error;
}

/* Joins the bucket, unless the word differs from @value. */
static int enqueue(struct futex_waiter *waiter, u32 address, u32 value)
{
	struct bucket *bucket = bucket_of(&waiter->key);
	u32 word;

	for (;;) {
		lock(bucket);
		if (read_word(&word, address))
			break;
		spin_unlock(&bucket->lock);
		if (get_user_u32(&word, (void __user *)address))
			return -EFAULT;
	}
	if (word == value) {
		waiter->bucket = bucket;
		list_add_tail(&waiter->link, &bucket->waiters);
	}
	spin_unlock(&bucket->lock);
	return word == value ? 0 : -EAGAIN;
}

/* Leaves the bucket, which a requeue may change. Returns false if the waiter was woken. */
static bool dequeue(struct futex_waiter *waiter)
{
	struct bucket *bucket;
	bool woken;

	for (;;) {
		bucket = READ_ONCE(waiter->bucket);
		lock(bucket);
		if (waiter->bucket == bucket)
			break;
		spin_unlock(&bucket->lock);
	}
	woken = waiter->woken;
	if (!woken)
		list_del(&waiter->link);
	spin_unlock(&bucket->lock);
	return !woken;
}

static int sleep_on(struct futex_waiter *waiter, u64 end)
{
	int result = 0;

	for (;;) {
		set_current_state(THREAD_SLEEPING);
		if (READ_ONCE(waiter->woken))
			break;
		if (signal_pending()) {
			result = -ERESTARTSYS;
			break;
		}
		if (end == UINT64_MAX) {
			schedule();
			continue;
		}
		if (time_ns() >= end) {
			result = -ETIMEDOUT;
			break;
		}
		schedule_until(end);
	}
	set_current_state(THREAD_RUNNABLE);
	return result;
}

/* In restart.word: what a wait continues with. */
enum { RESTART_OP, RESTART_VALUE, RESTART_BITSET };

static long restart_wait(struct restart *restart);

static long wait(u32 address, u32 op, u32 value, u64 end, u32 bitset)
{
	struct restart *restart = &current_task()->signals.restart;
	struct futex_waiter waiter = { .bitset = bitset, .thread = current };
	long result = bitset ? key_of(&waiter.key, address, op) : -EINVAL;
	struct key first = waiter.key;

	if (result)
		return result;
	result = enqueue(&waiter, address, value);
	if (!result) {
		result = sleep_on(&waiter, end);
		if (!dequeue(&waiter))
			result = 0;
	}
	if (waiter.moved)
		key_put(&waiter.key);
	key_put(&first);
	if (result != -ERESTARTSYS || end == UINT64_MAX)
		return result;
	*restart = (struct restart){ restart_wait, end, address, { op, value, bitset } };
	return -ERESTART_RESTARTBLOCK;
}

static long restart_wait(struct restart *restart)
{
	return wait(restart->address, restart->word[RESTART_OP], restart->word[RESTART_VALUE],
		    restart->end_ns, restart->word[RESTART_BITSET]);
}

/* --- requeueing ------------------------------------------------------------------------------- */

static void lock_both(struct bucket *a, struct bucket *b)
{
	lock(a < b ? a : b);
	if (a != b)
		lock(a < b ? b : a);
}

static void unlock_both(struct bucket *a, struct bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

/* A waiter that was moved before is woken instead: it has no room for a third reference. */
static void move(struct futex_waiter *waiter, struct bucket *to, const struct key *key)
{
	if (waiter->moved) {
		wake_waiter(waiter);
		return;
	}
	list_del(&waiter->link);
	if (key->object)
		vm_object_get(key->object);
	waiter->key = *key;
	waiter->moved = true;
	WRITE_ONCE(waiter->bucket, to);
	list_add_tail(&waiter->link, &to->waiters);
}

struct requeue {
	u32 address, to_address;
	u32 wake, move; /* how many waiters */
	bool compare;
	u32 value;
};

/* With both buckets locked. Returns the number of waiters that were woken or moved. */
static long move_waiters(const struct requeue *requeue, const struct key *from,
			 const struct key *to)
{
	struct bucket *source = bucket_of(from), *target = bucket_of(to);
	struct futex_waiter *waiter, *next;
	u32 woken = 0, moved = 0;

	if (same(from, to))
		return 0;
	list_for_each_entry_safe(waiter, next, &source->waiters, link) {
		if (!same(&waiter->key, from))
			continue;
		if (woken < requeue->wake) {
			wake_waiter(waiter);
			woken++;
		} else if (moved < requeue->move) {
			move(waiter, target, to);
			moved++;
		}
	}
	return (long)(woken + moved);
}

static long requeue_keys(const struct requeue *requeue, const struct key *from,
			 const struct key *to)
{
	struct bucket *source = bucket_of(from), *target = bucket_of(to);
	long result;
	u32 word;

	for (;;) {
		lock_both(source, target);
		if (!requeue->compare || read_word(&word, requeue->address))
			break;
		unlock_both(source, target);
		if (get_user_u32(&word, (void __user *)requeue->address))
			return -EFAULT;
	}
	result = requeue->compare && word != requeue->value ? -EAGAIN
							    : move_waiters(requeue, from, to);
	unlock_both(source, target);
	return result;
}

static long requeue(const struct requeue *requeue, u32 op)
{
	struct key from, to;
	long result;

	if ((s32)requeue->wake < 0 || (s32)requeue->move < 0)
		return -EINVAL;
	result = key_of(&from, requeue->address, op);
	if (result)
		return result;
	result = key_of(&to, requeue->to_address, op);
	if (!result) {
		result = requeue_keys(requeue, &from, &to);
		key_put(&to);
	}
	key_put(&from);
	return result;
}

/* --- robust locks ----------------------------------------------------------------------------- */

/*
 * A program can name a list of the locks that a thread holds (set_robust_list(2)). The head has
 * three words: the first lock, the distance from a link to its word, and a lock that is just being
 * taken or released. A thread that ends marks the words that it owns, and wakes a waiter of each.
 */
#define ROBUST_HEAD_SIZE 12u
#define ROBUST_MAX       2048u /* links: the list may be a circle */
#define FUTEX_WAITERS    0x80000000u
#define FUTEX_OWNER_DIED 0x40000000u
#define FUTEX_OWNER      0x3fffffffu

/* The thread ends: a race with another thread that writes the word is the program's mistake. */
static void mark_lock(u32 address, u32 id)
{
	u32 word;

	if (address & 3 || get_user_u32(&word, (void __user *)address) ||
	    (word & FUTEX_OWNER) != id)
		return;
	if (!put_user_u32((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED, (void __user *)address) &&
	    word & FUTEX_WAITERS)
		futex_wake_one(address);
}

void futex_exit_robust(struct task *task)
{
	u32 head = task->signals.robust_list, words[3], link, next;

	task->signals.robust_list = 0;
	if (!head || copy_from_user(words, (void __user *)head, sizeof(words)))
		return;
	link = words[0];
	for (u32 i = 0; i < ROBUST_MAX && (link & ~1u) != head; i++) {
		if (get_user_u32(&next, (void __user *)(link & ~1u)))
			break;
		if (link != words[2])
			mark_lock((link & ~1u) + words[1], task->id);
		link = next;
	}
	if (words[2])
		mark_lock((words[2] & ~1u) + words[1], task->id);
}

SYSCALL(311, set_robust_list)
{
	if (ARG2(regs) != ROBUST_HEAD_SIZE)
		return -EINVAL;
	current_task()->signals.robust_list = ARG1(regs);
	return 0;
}

/* --- system calls ----------------------------------------------------------------------------- */

#define FUTEX_WAIT           0u
#define FUTEX_WAKE           1u
#define FUTEX_REQUEUE        3u
#define FUTEX_CMP_REQUEUE    4u
#define FUTEX_WAIT_BITSET    9u
#define FUTEX_WAKE_BITSET    10u
#define FUTEX_CLOCK_REALTIME 256u

/* The end of a wait: FUTEX_WAIT has a time from now on, FUTEX_WAIT_BITSET a time of a clock. */
static long read_end(u64 *end, u32 op, u32 address, bool time64)
{
	u64 ns;
	long error;

	*end = UINT64_MAX;
	if (!address)
		return 0;
	error = time_read(&ns, address, time64);
	if (error)
		return error;
	if ((op & 127) == FUTEX_WAIT)
		*end = time_end(ns);
	else
		*end = time_on_clock(op & FUTEX_CLOCK_REALTIME ? 0 : 1, ns);
	return 0;
}

static long futex(const struct trap_frame *regs, bool time64)
{
	u32 address = ARG1(regs), op = ARG2(regs), value = ARG3(regs), bitset = UINT32_MAX;
	struct requeue arguments = { address, ARG5(regs), value, ARG4(regs), false, ARG6(regs) };
	long error;
	u64 end;

	switch (op & 127) {
	case FUTEX_WAIT_BITSET:
		bitset = ARG6(regs);
		/* fall through */
	case FUTEX_WAIT:
		error = read_end(&end, op, ARG4(regs), time64);
		return error ? error : wait(address, op, value, end, bitset);
	case FUTEX_WAKE_BITSET:
		bitset = ARG6(regs);
		/* fall through */
	case FUTEX_WAKE:
		return wake(address, op, value, bitset);
	case FUTEX_CMP_REQUEUE:
		arguments.compare = true;
		/* fall through */
	case FUTEX_REQUEUE:
		return requeue(&arguments, op);
	}
	return -ENOSYS;
}

SYSCALL(240, futex)
{
	return futex(regs, false);
}

SYSCALL(422, futex_time64)
{
	return futex(regs, true);
}
