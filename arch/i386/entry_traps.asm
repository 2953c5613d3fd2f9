; SPDX-License-Identifier: MIT
;
; Entry of exceptions and interrupts. The CPU pushes an error code for some vectors only, so each
; vector has a stub, which makes the stack layout equal (<asm/trap_frame.h>) and calls
; trap_dispatch(). All gates are interrupt gates, so interrupts are off. A double fault is a
; task switch instead, see descriptors.c.

%include "asm_offsets.inc"

	extern trap_dispatch
	global trap_stubs

	section .text

; Vectors for which the CPU pushes an error code (Intel SDM 3A, table 6-1).
%define has_error_code(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21)

%assign v 0
%rep NR_VECTORS
stub_ %+ v:
%if !has_error_code(v)
	push byte 0
%endif
	push dword v
	jmp trap_common
%assign v v + 1
%endrep

trap_common:
	pusha
	sub esp, 16				; the segment registers, which the kernel does not change
	cld
	mov eax, esp				; the argument
	; The chain of frame pointers continues in the interrupted code, for backtraces.
	push dword [esp + FRAME_EIP]
	push ebp
	mov ebp, esp
	call trap_dispatch
	add esp, 8 + 16
	popa
	add esp, FRAME_EIP - FRAME_VECTOR	; the vector and the error code
	iret

	section .rodata
trap_stubs:
%assign v 0
%rep NR_VECTORS
	dd stub_ %+ v
%assign v v + 1
%endrep
