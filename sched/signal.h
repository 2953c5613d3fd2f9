/* SPDX-License-Identifier: MIT */
#pragma once

#include <sched/sched.h>

/*
 * The part of signals that the lower layers know: a thread can be asked to stop waiting, and a
 * signal can be sent. process/signal.c does the rest.
 */

/* Numbers of signals, as Linux has them for i386. */
#define SIGHUP    1
#define SIGINT    2
#define SIGQUIT   3
#define SIGILL    4
#define SIGTRAP   5
#define SIGABRT   6
#define SIGBUS    7
#define SIGFPE    8
#define SIGKILL   9
#define SIGUSR1   10
#define SIGSEGV   11
#define SIGUSR2   12
#define SIGPIPE   13
#define SIGALRM   14
#define SIGTERM   15
#define SIGSTKFLT 16
#define SIGCHLD   17
#define SIGCONT   18
#define SIGSTOP   19
#define SIGTSTP   20
#define SIGTTIN   21
#define SIGTTOU   22
#define SIGURG    23
#define SIGXCPU   24
#define SIGXFSZ   25
#define SIGVTALRM 26
#define SIGPROF   27
#define SIGWINCH  28
#define SIGIO     29
#define SIGPWR    30
#define SIGSYS    31
#define SIGRTMIN  32
#define NSIG      64

/**
 * signal_pending() - should the current thread stop waiting?
 *
 * Context: thread.
 * Return: true if a signal that is not blocked waits for the thread, or if it has to end.
 */
static inline bool signal_pending(void)
{
	return READ_ONCE(current->work) & THREAD_WORK_SIGNAL;
}

/**
 * signal_use_sender() - set the function that sends a signal
 * @send: group 0: to the current thread; any other: to all processes of this process group. Does
 *        not sleep; called in any context except NMI
 *
 * Context: boot, once.
 */
void signal_use_sender(void (*send)(u32 group, int signal));

/**
 * signal_current() - send a signal to the current thread
 * @signal: its number, such as SIGPIPE
 *
 * Context: thread that runs a program.
 */
void signal_current(int signal);

/**
 * signal_group() - send a signal to the processes of a group
 * @group: number of the process group, not 0
 * @signal: its number, such as SIGINT
 *
 * Context: any except NMI.
 */
void signal_group(u32 group, int signal);
