/* SPDX-License-Identifier: MIT */
#pragma once

#include <asm/traps.h>
#include <lib/types.h>
#include <thread/thread.h>

/*
 * Code that is interrupted after every instruction. With EFLAGS.TF the CPU raises a debug exception
 * after each instruction (Intel SDM 3B, 18.3.1.4). So a test checks every state that an interrupt
 * or another CPU can see, and not only those that a timer happens to hit.
 */

/* The role that the test's function has: another CPU looks at any time, an interrupt where
 * interrupts are on, and another thread where the code can be preempted. */
enum looker { CPU, INTERRUPT, THREAD };

/**
 * struct step - the current stepping; one at a time
 * @thread: the thread that is stepped; other threads are not, even on the same CPU
 * @look: called after each instruction, with interrupts off
 * @looker: the role of @look
 * @nr: number of calls of @look
 */
extern struct step {
	const struct thread *thread;
	void (*look)(void);
	enum looker looker;
	unsigned int nr;
} step;

/**
 * begin_steps() - call a function after each instruction of this thread from now on
 * @look: the function
 * @looker: its role
 *
 * Context: thread.
 */
void begin_steps(void (*look)(void), enum looker looker);

/**
 * end_steps() - end the stepping; the current test fails if there were hardly any steps
 *
 * Another thread may also call this, after the stepped thread has ended.
 *
 * Context: thread.
 */
void end_steps(void);

/**
 * step_through() - execute a function, and call another one after each of its instructions
 * @fn: the function to execute
 * @look: the function to call after each instruction
 * @looker: the role of @look
 *
 * Context: thread.
 */
void step_through(void (*fn)(void), void (*look)(void), enum looker looker);
