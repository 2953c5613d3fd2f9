/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * Threads. clone(2) returns twice, in the child on another stack, where nothing of the caller is.
 * So the function and its argument are put on that stack before the call.
 */

asm(".globl clone\n"
    "clone:\n"
    "	push %ebx\n"
    "	push %esi\n"
    "	push %edi\n"
    "	mov 20(%esp), %ecx\n" /* the end of the stack */
    "	and $-16, %ecx\n"
    "	sub $16, %ecx\n"
    "	mov 28(%esp), %eax\n"
    "	mov %eax, 4(%ecx)\n" /* the argument */
    "	mov 16(%esp), %eax\n"
    "	mov %eax, (%ecx)\n" /* the function */
    "	mov 24(%esp), %ebx\n"
    "	mov 32(%esp), %edx\n"
    "	mov 36(%esp), %esi\n"
    "	mov 40(%esp), %edi\n"
    "	mov $120, %eax\n"
    "	int $0x80\n"
    "	test %eax, %eax\n"
    "	jz 1f\n"
    "	pop %edi\n"
    "	pop %esi\n"
    "	pop %ebx\n"
    "	ret\n"
    "1:	xor %ebp, %ebp\n"
    "	pop %eax\n"
    "	call *%eax\n"
    "	mov %eax, %ebx\n"
    "	mov $1, %eax\n"
    "	int $0x80\n");

#define STACK_SIZE (64ul * 1024)

static int run(void *arg)
{
	struct thread *thread = arg;

	thread->result = thread->function(thread->arg);
	return 0;
}

int thread_create(struct thread *thread, int (*function)(void *arg), void *arg)
{
	char *stack =
		mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long tid;

	if (stack == MAP_FAILED)
		return -ENOMEM;
	*thread = (struct thread){ .alive = 1, .function = function, .arg = arg, .stack = stack };
	tid = clone(run, stack + STACK_SIZE,
		    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			    CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
		    thread, &thread->tid, NULL, (int *)&thread->alive);
	if (tid < 0)
		munmap(stack, STACK_SIZE);
	return tid;
}

int thread_join(struct thread *thread)
{
	int alive;

	while ((alive = thread->alive) != 0)
		syscall(SYS_futex, &thread->alive, FUTEX_WAIT, alive, NULL);
	munmap(thread->stack, STACK_SIZE);
	return thread->result;
}
