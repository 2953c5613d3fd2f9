/* SPDX-License-Identifier: MIT */
#include "libc.h"

/*
 * Signals and jumps. A handler returns to a restorer, which calls sigreturn(2) with the stack as
 * the kernel made it: the old frame begins with the number of the signal, which is popped first.
 */

void restore(void);
void restore_rt(void);

asm("restore:\n"
    "	pop %eax\n"
    "	mov $119, %eax\n" /* sigreturn */
    "	int $0x80\n"
    "restore_rt:\n"
    "	mov $173, %eax\n" /* rt_sigreturn */
    "	int $0x80\n");

long sigaction(int signal, void *handler, unsigned int flags, unsigned long long mask)
{
	struct kernel_sigaction action = { handler, flags | SA_RESTORER,
					   flags & SA_SIGINFO ? restore_rt : restore, mask };

	return syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof(mask));
}

/* env: EBX, ESI, EDI, EBP, ESP after the return, EIP. */
asm(".globl setjmp\n"
    "setjmp:\n"
    "	mov 4(%esp), %eax\n"
    "	mov %ebx, (%eax)\n"
    "	mov %esi, 4(%eax)\n"
    "	mov %edi, 8(%eax)\n"
    "	mov %ebp, 12(%eax)\n"
    "	lea 4(%esp), %ecx\n"
    "	mov %ecx, 16(%eax)\n"
    "	mov (%esp), %ecx\n"
    "	mov %ecx, 20(%eax)\n"
    "	xor %eax, %eax\n"
    "	ret\n"
    ".globl longjmp\n"
    "longjmp:\n"
    "	mov 4(%esp), %edx\n"
    "	mov 8(%esp), %eax\n"
    "	mov (%edx), %ebx\n"
    "	mov 4(%edx), %esi\n"
    "	mov 8(%edx), %edi\n"
    "	mov 12(%edx), %ebp\n"
    "	mov 16(%edx), %esp\n"
    "	jmp *20(%edx)\n");
