/* SPDX-License-Identifier: MIT */
#include "instructions.h"
#include "host.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Costs that are the same on each machine.
 *
 * Processor time depends on the caches and on the other programs of the machine. The number of
 * instructions does not. The function under test runs in a child process with the CPU's trap flag
 * set, and this process, its tracer, counts the traps. The count is in the tracer's memory, which
 * the code under test cannot reach. LeakSanitizer traces the host tests at their end in the same
 * way, so this needs no other right.
 *
 * The child stops before and after the function. The first stop also looks up the address of
 * raise(), which would not be the same number of instructions each time. The second stop has a
 * fixed cost, which is measured with an empty function and subtracted.
 */

static void nothing(void *arg)
{
}

static void __noreturn run_traced(void (*fn)(void *arg), void *arg)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(errno);
	raise(SIGSTOP);
	fn(arg);
	raise(SIGSTOP);
	_exit(0);
}

/* Waits until the child stops or ends; returns its status. */
static int wait_for(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

static bool stopped_by(int status, int signal)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == signal;
}

static void complain(int status, u64 count)
{
	if (WIFEXITED(status))
		host_fail(__FILE__, __LINE__,
			  "the traced process ended after %llu instructions: %s", count,
			  strerror(WEXITSTATUS(status)));
	else
		host_fail(__FILE__, __LINE__, "the traced process had %llu instructions, then: %s",
			  count,
			  strsignal(WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status)));
}

/* With the instructions of the second stop. */
static u64 count_all(void (*fn)(void *arg), void *arg, u64 most)
{
	pid_t child = fork();
	u64 count = 0;
	int status;

	if (child == 0)
		run_traced(fn, arg);
	if (child < 0) {
		host_fail(__FILE__, __LINE__, "fork: %s", strerror(errno));
		return 0;
	}
	status = wait_for(child);
	if (stopped_by(status, SIGSTOP)) {
		ptrace(PTRACE_SETOPTIONS, child, NULL, (void *)PTRACE_O_EXITKILL);
		do {
			if (ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) != 0) {
				host_fail(__FILE__, __LINE__, "PTRACE_SINGLESTEP: %s",
					  strerror(errno));
				break;
			}
			status = wait_for(child);
		} while (stopped_by(status, SIGTRAP) && ++count < most);
	}
	if (count < most && !stopped_by(status, SIGSTOP)) {
		complain(status, count);
		count = 0;
	}
	if (WIFSTOPPED(status)) {
		kill(child, SIGKILL);
		wait_for(child);
	}
	return count;
}

u64 host_instructions(void (*fn)(void *arg), void *arg, u64 most)
{
	u64 around, count;

	fflush(stdout); /* The child must not print it again. */
	around = count_all(nothing, NULL, most);
	count = count_all(fn, arg, around + most);
	return count > around ? count - around : 0;
}
