; SPDX-License-Identifier: MIT
;
; From one thread's stack to another's. What the C calling convention lets a function change is
; saved by the compiler around the call; the rest is saved here. %fs belongs to the CPU and stays.

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
