/* SPDX-License-Identifier: MIT */
#include <asm/cpus.h>
#include <asm/time.h>
#include <sched/rwsem.h>
#include <tests/kernel/ktest.h>
#include <thread/thread.h>

/* Reader-writer locks: readers share, a writer is alone, and all are served in order. */

static struct rwsem sem;
static u32 order[4], nr_served, inside;

struct request {
	bool writes;
	u32 number;
};

static int acquire_once(void *arg)
{
	const struct request *request = arg;

	if (request->writes)
		down_write(&sem);
	else
		down_read(&sem);
	order[__atomic_fetch_add(&nr_served, 1, __ATOMIC_SEQ_CST)] = request->number;
	__atomic_fetch_add(&inside, 1, __ATOMIC_SEQ_CST);
	/* Readers that share the lock meet here. */
	for (u64 end = time_ns() + 10000000000ull; !request->writes && time_ns() < end;) {
		if (READ_ONCE(inside) >= 2)
			break;
		msleep(1);
	}
	if (request->writes) {
		EXPECT_EQ(inside, 1);
		__atomic_fetch_sub(&inside, 1, __ATOMIC_SEQ_CST);
		up_write(&sem);
	} else {
		EXPECT_EQ(inside, 2);
		up_read(&sem);
	}
	return 0;
}

/* The test holds the lock for reading, and W R R wait: then W has it alone, and R R share it. */
KTEST(rwsem, waiters_are_served_in_order)
{
	static struct request requests[] = { { true, 1 }, { false, 2 }, { false, 3 } };
	struct thread *threads[3];

	nr_served = inside = 0;
	down_read(&sem);
	for (int i = 0; i < 3; i++) {
		threads[i] = kthread_run(acquire_once, &requests[i], "rwsem/%d", i);
		KTEST_REQUIRE(threads[i]);
		for (int ms = 0; ms < 10000; ms++) {
			if (sem.waiters.first && sem.waiters.last->thread == threads[i])
				break;
			msleep(1);
		}
	}
	EXPECT_EQ(nr_served, 0);
	up_read(&sem);
	for (int i = 0; i < 3; i++)
		kthread_join(threads[i]);
	EXPECT_EQ(order[0], 1);
	EXPECT_EQ(order[1] + order[2], 5);
	EXPECT_EQ(sem.state, 0);
	EXPECT(!sem.writer && !sem.waiters.first);
}

static u32 numbers[2];

static int count(void *arg)
{
	for (u32 i = 0; i < 200; i++) {
		if (i % 4) {
			down_read(&sem);
			EXPECT_EQ(READ_ONCE(numbers[0]), READ_ONCE(numbers[1]));
			up_read(&sem);
		} else {
			down_write(&sem);
			numbers[0]++;
			if (i % 16 == 0)
				sched_yield();
			numbers[1]++;
			up_write(&sem);
		}
	}
	return 0;
}

KTEST(rwsem, a_writer_is_alone)
{
	struct thread *threads[4];

	numbers[0] = numbers[1] = 0;
	for (int i = 0; i < 4; i++) {
		threads[i] = kthread_run(count, NULL, "rwsem/%d", i);
		KTEST_REQUIRE(threads[i]);
	}
	for (int i = 0; i < 4; i++)
		kthread_join(threads[i]);
	EXPECT_EQ(numbers[0], 200);
	EXPECT_EQ(numbers[1], 200);
}
