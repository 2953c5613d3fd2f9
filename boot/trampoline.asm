; SPDX-License-Identifier: MIT
;
; Where every CPU but the first begins: in real mode, at a page below 1 MiB that the start-up interrupt
; names. arch/i386/smp.c copies this code there, fills in the words at its end, and maps the page at its
; own address for as long as CPUs are being started; the code runs wherever it is put.
;
; It does for its CPU what the loader, the chooser and entry.asm did for the first: protected mode, page
; tables (the kernel's own, which exist by now), a stack, C. Intel SDM 3A, 9.4 and 10.9.

CR0_PE	   equ 1 << 0
CR0_ET	   equ 1 << 4
CR0_WP	   equ 1 << 16
CR0_PG	   equ 1 << 31
MSR_EFER   equ 0xc0000080

	global trampoline_start
	global trampoline_end
	global trampoline_words

%define at(label) ((label) - trampoline_start)

	section .rodata
	align 16
trampoline_start:
	bits 16
	cli
	cld
	mov ax, cs
	mov ds, ax
	xor ebx, ebx
	mov bx, ax
	shl ebx, 4				; where this code is
	o32 lgdt [at(words.gdt_limit)]
	mov eax, CR0_PE | CR0_ET		; CD and NW, set since reset, go off: caches on
	mov cr0, eax
	jmp dword far [at(words.start32)]

	bits 32
start32:
	mov ax, 0x10
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov fs, ax				; CPU 0's per-CPU data, until this CPU loads its own
	mov gs, ax
	mov eax, [ebx + at(words.cr4)]
	mov cr4, eax
	mov ecx, MSR_EFER
	mov esi, [ebx + at(words.efer)]
	test esi, esi
	jz .no_nx				; then the register may not exist
	rdmsr
	or eax, esi
	wrmsr
.no_nx:	mov eax, [ebx + at(words.cr3)]
	mov cr3, eax
	mov eax, CR0_PG | CR0_WP | CR0_PE | CR0_ET
	mov cr0, eax
	mov esp, [ebx + at(words.stack)]
	mov eax, [ebx + at(words.entry)]
	xor ebp, ebp
	push ebp				; a return address of 0
	jmp eax

	align 8
trampoline_gdt:
	dq 0
	dq 0x00cf9a000000ffff			; code: base 0, limit 4 GiB
	dq 0x00cf92000000ffff			; data

; struct trampoline_words in smp.c
	align 4
trampoline_words:
words:
.start32:   dd at(start32)			; + where the code is
	    dw 0x08, 0
.pad:	    dw 0
.gdt_limit: dw 3 * 8 - 1
.gdt_base:  dd at(trampoline_gdt)		; + where the code is
.cr4:	    dd 0
.efer:	    dd 0
.cr3:	    dd 0
.stack:	    dd 0
.entry:	    dd 0
trampoline_end:
