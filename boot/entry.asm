; SPDX-License-Identifier: MIT
;
; The first instructions of a kernel: from physical addresses to its own.
;
; The chooser jumps to kernel_entry with EAX = BOOT_RECORD_MAGIC, EBX = physical address of the
; boot record, and paging off. The code is linked at PAGE_OFFSET + its physical address. So until
; paging is on, each symbol is used as symbol - PAGE_OFFSET. Calls and jumps are relative and need
; no correction.
;
; The boot page tables map the first BOOT_MAPPED bytes twice, at 0 and at PAGE_OFFSET, with 4K
; pages, which every CPU has. They serve until paging_init_early() loads tables with the right
; permissions. Only the instructions between "paging on" and the jump need the mapping at 0.

%include "asm_offsets.inc"

%define phys(symbol) ((symbol) - PAGE_OFFSET)

PRESENT_WRITE equ PTE_PRESENT | PTE_WRITE
NR_TABLES     equ BOOT_MAPPED >> PDE_SHIFT

	extern kernel_main
	extern boot_stack_end			; linker.ld
	global kernel_entry

	section .entry progbits alloc exec nowrite align=16
	dd PAE					; tells a debugger which kernel was moved here
	align 16
kernel_entry:
	cld
	cli
	cmp eax, BOOT_RECORD_MAGIC
	jne .halt
	mov esp, phys(boot_stack_end)
	mov esi, ebx
	call load_boot_tables
	mov eax, CR0_PG | CR0_WP | CR0_PE
	mov cr0, eax
	mov eax, .high
	jmp eax
.high:	mov esp, boot_stack_end
	xor ebp, ebp				; the last frame of a backtrace
	mov eax, esi				; the first argument
	push ebp				; a return address of 0
	jmp kernel_main
.halt:	hlt
	jmp .halt

; Fill the tables, then the directory, and load CR4 and CR3. The tables were cleared with the .bss.
load_boot_tables:
	mov edi, phys(boot_tables)
	mov eax, PRESENT_WRITE
.pte:	mov [edi], eax
	add edi, PTE_SIZE
	add eax, PAGE_SIZE
	cmp eax, BOOT_MAPPED
	jb .pte

	mov edi, phys(boot_directory)
	mov eax, phys(boot_tables) + PRESENT_WRITE
	mov ecx, NR_TABLES
.pde:	mov [edi], eax
%if !PAE
	mov [edi + (PAGE_OFFSET >> PDE_SHIFT) * PTE_SIZE], eax
%endif
	add edi, PTE_SIZE
	add eax, PAGE_SIZE
	dec ecx
	jnz .pde

; CR4 is written as a whole, because firmware leaves bits set.
%if PAE
	; One directory serves both mappings, because PAGE_OFFSET is a multiple of 1 GiB.
	mov eax, phys(boot_directory) + PTE_PRESENT	; bit 1 of a PDPTE is reserved
	mov [phys(boot_pdpt)], eax
	mov [phys(boot_pdpt) + (PAGE_OFFSET >> 30) * 8], eax
	mov eax, CR4_PAE | CR4_PSE
	mov cr4, eax
	mov eax, phys(boot_pdpt)
%else
	; A 486 without CPUID has no CR4. A CPU has CPUID if the ID flag can be changed.
	pushfd
	pop eax
	mov ecx, eax
	xor eax, X86_EFLAGS_ID
	push eax
	popfd
	pushfd
	pop eax
	xor eax, ecx
	test eax, X86_EFLAGS_ID
	jz .no_cr4
	xor eax, eax
	mov cr4, eax
.no_cr4:
	mov eax, phys(boot_directory)
%endif
	mov cr3, eax
	ret

	section .init.bss nobits alloc write align=4096
boot_tables:	resb NR_TABLES * PAGE_SIZE
boot_directory:	resb PAGE_SIZE
%if PAE
boot_pdpt:	resb 4 * 8
%endif
