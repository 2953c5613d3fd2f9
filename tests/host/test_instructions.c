/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "instructions.h"

/*
 * The counter of instructions, with functions whose cost is known.
 */

/* 2 instructions for each round. */
static void loop(void *arg)
{
	unsigned long rounds = *(unsigned long *)arg;

	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(rounds));
}

static u64 cost_of(unsigned long rounds, u64 most)
{
	return host_instructions(loop, &rounds, most);
}

static void each_instruction_counts(void)
{
	u64 one = cost_of(1, 10000);

	CHECK(one >= 3);
	CHECK(one < 100); /* the call, and the check of a load by the sanitizer */
	for (unsigned long rounds = 2; rounds < 2000; rounds += 333)
		CHECK_EQ(cost_of(rounds, 10000), one + 2 * (rounds - 1));
}

static void it_ends_at_the_limit(void)
{
	u64 cost = cost_of(100, 10000);

	CHECK_EQ(cost_of(100, cost + 1), cost);
	CHECK_EQ(cost_of(100, cost), cost);
	CHECK_EQ(cost_of(100, cost - 1), cost - 1);
	CHECK_EQ(cost_of(0, 500), 500); /* 2^32 rounds or more */
}

int main(void)
{
	host_run("each instruction counts", each_instruction_counts);
	host_run("it ends at the limit", it_ends_at_the_limit);
	return host_done();
}
