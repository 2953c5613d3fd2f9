; SPDX-License-Identifier: MIT
;
; Switches from one thread's stack to another's. The compiler saves the registers that a function
; may change by the C calling convention; this code saves the others. %fs belongs to the CPU and
; does not change.

	global context_switch

	section .text

; void context_switch(u32 *save_esp: eax, u32 new_esp: edx): returns on the new stack.
context_switch:
	push ebp
	push ebx
	push esi
	push edi
	mov [eax], esp
	mov esp, edx
	pop edi
	pop esi
	pop ebx
	pop ebp
	ret
