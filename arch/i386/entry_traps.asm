; SPDX-License-Identifier: MIT
;
; Entry of exceptions, interrupts and system calls, and the way back to ring 3. The CPU pushes an
; error code for some vectors only, so each vector has a stub, which makes the stack layout equal
; (<asm/trap_frame.h>). All gates are interrupt gates, so interrupts are off. A double fault is a
; task switch instead, see descriptors.c.
;
; The kernel needs DS, ES and FS. The saved FS tells whether they have to be loaded: the kernel's
; selector of FS has ring 0, so a program cannot have it. That also covers exceptions and NMIs which
; come between the pops of the way out, when some registers belong to the program already. GS is
; the program's all the time.
;
; The pops and the IRET of the way out may fault, because the program chose the selectors. Each has
; an entry in the exception table: a bad selector becomes the null selector, and a bad IRET becomes
; an exception of the program.

%include "asm_offsets.inc"

	extern trap_dispatch
	extern program_fault
	extern page_fault_failed
	extern user_resched
	extern user_return_work
	extern syscall_table
	extern current_thread
	extern preempt_count
	global trap_stubs
	global syscall_entry
	global user_enter

	section .text

; The names of labels inside of a function begin with "..@", so that no backtrace shows them.

; Vectors for which the CPU pushes an error code (Intel SDM 3A, table 6-1).
%define has_error_code(v) ((v) == 8 || ((v) >= 10 && (v) <= 14) || (v) == 17 || (v) == 21)

; may_fault INSN, FIXUP: a record of the exception table (<asm/extable.h>).
%macro may_fault 2
	section exception_table progbits alloc noexec nowrite align=4
	dd %1, %2
	section .text
%endmacro

; Three bytes that do nothing; CLAC on a CPU with SMAP (<asm/smap.h>).
%macro clear_ac 0
%%here:	db 0x8d, 0x76, 0			; lea esi, [esi + 0]
	section smap_sites progbits alloc noexec nowrite align=4
	dd %%here, 0xca
	section .text
%endmacro

; Pushes the registers above the vector, and loads the kernel's. Changes ECX.
%macro save_registers 0
	pusha
	push ds
	push es
	push fs
	push gs
	cld
	clear_ac
%endmacro

%macro load_kernel_segments 0
	mov ecx, SEL_DATA
	mov ds, ecx
	mov es, ecx
	mov ecx, SEL_PERCPU
	mov fs, ecx
%endmacro

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
	save_registers
	cmp word [esp + FRAME_FS], SEL_PERCPU
	je ..@kernel
	load_kernel_segments
	test byte [esp + FRAME_CS], 3
	jz ..@kernel				; between the pops of the way out
	mov eax, esp				; the argument
	xor ebp, ebp				; the last frame of a backtrace
	cmp dword [esp + FRAME_VECTOR], TRAP_PAGE_FAULT
	jne ..@other
	; A page fault of ring 3. Mostly the address is one of the program's: the function that can
	; make it accessible is asked at once. It is set before any program runs.
	mov ebx, cr2				; another fault may change CR2
	cmp ebx, PAGE_OFFSET
	jae ..@other
	test byte [esp + FRAME_ERROR_CODE], FAULT_RESERVED
	jnz ..@other
	mov edx, ebx
	sti
	call [program_fault]
	test al, al
	jnz return_to_user
	cli
	mov eax, esp
	mov edx, ebx
	call page_fault_failed
	jmp return_to_user
..@other:	call trap_dispatch
	jmp return_to_user

..@kernel:
	mov eax, esp
	; The chain of frame pointers continues in the interrupted code, for backtraces.
	push dword [esp + FRAME_EIP]
	push ebp
	mov ebp, esp
	call trap_dispatch
	add esp, 8 + 4				; the two words, and GS, which stays as it is
	cmp word [esp + FRAME_FS - 4], SEL_PERCPU
	jne ..@between_pops
	add esp, 12
..@general:
	popa
	add esp, FRAME_EIP - FRAME_VECTOR	; the vector and the error code
	iret
..@between_pops:
	pop fs
	pop es
	pop ds
	jmp ..@general

; A system call: int 0x80. The number is also kept where other vectors have the error code.
syscall_entry:
	push eax
	push dword SYSCALL_VECTOR
	save_registers
	load_kernel_segments
	sti
	xor ebp, ebp
	cmp eax, NR_SYSCALLS			; the last entry is for all numbers from here on
	jb ..@known
	mov eax, NR_SYSCALLS
..@known:	mov ecx, [syscall_table + eax * 4]
	mov eax, esp				; the argument
	call ecx
	mov [esp + FRAME_EAX], eax

; ESP = the frame at the top of the kernel stack. Work that came up while interrupts were on is done
; first. The test of the preemption count is 0 only if another thread should run.
return_to_user:
	cli
	cmp dword [fs:preempt_count], 0
	je ..@resched
	mov eax, [fs:current_thread]
	cmp dword [eax + THREAD_WORK], 0
	jne ..@work
..@gs:	pop gs
..@fs:	pop fs
..@es:	pop es
..@ds:	pop ds
	popa
	add esp, FRAME_EIP - FRAME_VECTOR
..@iret:	iret

..@work:	mov eax, esp
	xor ebp, ebp
	call user_return_work			; with interrupts off; enables them
	jmp return_to_user
..@resched:
	xor ebp, ebp
	call user_resched			; likewise
	jmp return_to_user

..@bad_gs:
	and dword [esp], 0
	jmp ..@gs
..@bad_fs:
	and dword [esp], 0
	jmp ..@fs
..@bad_es:
	and dword [esp], 0
	jmp ..@es
..@bad_ds:
	and dword [esp], 0
	jmp ..@ds
..@bad_iret:
	push byte 0
	push dword TRAP_GENERAL_PROTECTION
	jmp trap_common

	may_fault ..@gs, ..@bad_gs
	may_fault ..@fs, ..@bad_fs
	may_fault ..@es, ..@bad_es
	may_fault ..@ds, ..@bad_ds
	may_fault ..@iret, ..@bad_iret

; void user_enter(struct trap_frame *frame: eax)
user_enter:
	mov esp, eax
	jmp return_to_user

	section .rodata
trap_stubs:
%assign v 0
%rep NR_VECTORS
	dd stub_ %+ v
%assign v v + 1
%endrep
