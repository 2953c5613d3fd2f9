; SPDX-License-Identifier: MIT
;
; A kernel's first instructions: from physical addresses to its own.
;
; The chooser jumps here with EAX = BOOT_RECORD_MAGIC, EBX = physical address of the boot record,
; paging off. The code is linked at PAGE_OFFSET + its load address, so until paging is on every
; symbol is used as symbol - PAGE_OFFSET; only calls and jumps, which are relative, are right as
; they are.
;
; The boot page tables map the first 8 MiB twice, at 0 and at PAGE_OFFSET, with 4K pages (every CPU
; has those). They serve until paging_init_early() loads tables with the right permissions; only the
; instructions between "paging on" and the jump need the mapping at 0.

%define phys(symbol) ((symbol) - PAGE_OFFSET)

BOOT_RECORD_MAGIC equ 0x44524b48
BOOT_MAPPED	  equ 0x800000
PRESENT_WRITE	  equ 0x3
CR0_PE		  equ 1 << 0
CR0_WP		  equ 1 << 16
CR0_PG		  equ 1 << 31
CR4_PSE		  equ 1 << 4
CR4_PAE		  equ 1 << 5
EFLAGS_ID	  equ 1 << 21

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

; PTEs of the first 8 MiB into the tables at EDI.
fill_tables:
	mov eax, PRESENT_WRITE
.next:	mov [edi], eax
%if PAE
	mov dword [edi + 4], 0
	add edi, 8
%else
	add edi, 4
%endif
	add eax, 0x1000
	cmp eax, BOOT_MAPPED
	jb .next
	ret

%if PAE

; One page directory serves both halves: PAGE_OFFSET is a multiple of 1 GiB.
load_boot_tables:
	mov edi, phys(boot_tables)
	call fill_tables
	mov edi, phys(boot_directory)
	mov eax, phys(boot_tables) + PRESENT_WRITE
	mov ecx, BOOT_MAPPED / 0x200000
.next:	mov [edi], eax
	add eax, 0x1000
	add edi, 8
	dec ecx
	jnz .next
	mov eax, phys(boot_directory) + 1	; a PDPTE has no write bit
	mov [phys(boot_pdpt)], eax
	mov [phys(boot_pdpt) + (PAGE_OFFSET >> 30) * 8], eax
	mov eax, CR4_PAE | CR4_PSE		; written whole: firmware leaves bits set
	mov cr4, eax
	mov eax, phys(boot_pdpt)
	mov cr3, eax
	ret

	section .init.bss nobits alloc write align=4096
boot_tables:	resb 4 * 4096
boot_directory:	resb 4096
boot_pdpt:	resb 32

%else

load_boot_tables:
	mov edi, phys(boot_tables)
	call fill_tables
	mov eax, phys(boot_tables) + PRESENT_WRITE
	mov [phys(boot_directory)], eax
	mov [phys(boot_directory) + (PAGE_OFFSET >> 22) * 4], eax
	add eax, 0x1000
	mov [phys(boot_directory) + 4], eax
	mov [phys(boot_directory) + (PAGE_OFFSET >> 22) * 4 + 4], eax
	; CR4 is written whole: firmware leaves bits set. A 486 without CPUID has no CR4.
	pushfd
	pop eax
	mov ecx, eax
	xor eax, EFLAGS_ID
	push eax
	popfd
	pushfd
	pop eax
	xor eax, ecx
	test eax, EFLAGS_ID
	jz .no_cr4
	xor eax, eax
	mov cr4, eax
.no_cr4:
	mov eax, phys(boot_directory)
	mov cr3, eax
	ret

	section .init.bss nobits alloc write align=4096
boot_tables:	resb 2 * 4096
boot_directory:	resb 4096

%endif
