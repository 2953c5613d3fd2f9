/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/traps.h>
#include <lib/types.h>
#include <thread/thread.h>

/*
 * Code that is interrupted at every instruction. With EFLAGS.TF set the CPU raises a debug exception after
 * each one (Intel SDM 3B, 18.3.1.4), so what an interrupt could find, or another CPU could see, is looked at
 * in all the places that there are, and not only where a timer happens to hit.
 */

/* As whom the test looks: another CPU does so at any time, an interrupt where the code has interrupts on, another
 * thread where it can be preempted. */
enum looker { CPU, INTERRUPT, THREAD };

/**
 * struct step - the stepping that goes on; one at a time
 * @thread: that is stepped; threads to which the CPU switches are not
 * @look: called after each instruction, with interrupts off
 * @looker: where it is called
 * @nr: looks so far
 */
extern struct step {
	const struct thread *thread;
	void (*look)(void);
	enum looker looker;
	unsigned int nr;
} step;

/**
 * begin_steps() - from now on look after each instruction of this thread
 * @look: what is called
 * @looker: where it is called
 */
void begin_steps(void (*look)(void), enum looker looker);

/**
 * end_steps() - no more looks; fails the running test if there were hardly any
 *
 * Also called by another thread, after the one that was stepped has ended.
 */
void end_steps(void);

/**
 * step_through() - look after each instruction of a function
 * @fn: the function
 * @look: what is called
 * @looker: where it is called
 */
void step_through(void (*fn)(void), void (*look)(void), enum looker looker);
