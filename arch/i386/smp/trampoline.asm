; SPDX-License-Identifier: MIT
;
; The first code of every CPU but the boot CPU. Such a CPU starts in real mode, at a page below 1
; MiB that the start-up interrupt names. smp_start.c copies this code to that page, and fills in
; the words at its end (asm/trampoline.h). The code works at any page. The page keeps it for as
; long as the machine runs, because a CPU may answer late.
;
; The CPU searches for its APIC ID in the table at the end, and takes the token of that entry. If
; the boot CPU has withdrawn the token, the CPU parks here. At that time it has not touched the
; kernel: paging is still off, and it has only used this page.
;
; With the token, the CPU repeats what the loader, the chooser and entry.asm did for the boot CPU.
; It switches paging on, with tables that map this page at its own address. It jumps to the
; kernel's addresses, loads the kernel's tables and a stack, and calls C. Intel SDM 3A, 9.4 and
; 10.9.

%include "asm_offsets.inc"

TRAMPOLINE_DS equ 0x10				; of the GDT below

	global trampoline_start
	global trampoline_end
	global trampoline_words
	global ap_entry

%define at(label) ((label) - trampoline_start)

; place OFFSET, LABEL: the next data are a field of struct trampoline_words. Data that reach beyond
; the offset do not assemble.
%macro place 2
	times words + %1 - $ db 0
%2:
%endmacro

	section .text
; From the trampoline, on its own tables: EAX = the kernel's CR3, EDX = the stack, ECX = number of
; the CPU, ESI = the C function that gets this number.
ap_entry:
	mov cr3, eax
	mov esp, edx
	mov eax, ecx				; the argument
	xor ebp, ebp
	push ebp				; a return address of 0
	jmp esi

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
	shl ebx, 4				; address of this page
	o32 lgdt [at(words.gdt_limit)]
	o32 lidt [at(words.idt_limit)]
	mov eax, CR0_PE | CR0_ET		; clears CD and NW, set since reset: caches on
	mov cr0, eax
	jmp dword far [at(words.start32)]

	bits 32
start32:
	mov ax, TRAMPOLINE_DS
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov fs, ax				; CPU 0's per-CPU data, until this CPU loads its own
	mov gs, ax
	lea esp, [ebx + PAGE_SIZE]		; for the frame of an NMI: see park
	cmp dword [ebx + at(words.base_msr)], 0
	je .xapic				; the CPU may lack the register
	mov ecx, MSR_APIC_BASE
	rdmsr
	test eax, APIC_BASE_X2APIC		; firmware may have left each CPU in another mode
	jnz .x2apic
.xapic:	mov edx, [ebx + at(words.id_register)]
	mov edx, [edx]
	shr edx, 24
	jmp .look
.x2apic:
	mov ecx, MSR_X2APIC_ID
	rdmsr
	mov edx, eax
.look:	xor ecx, ecx				; number of the CPU
	lea esi, [ebx + at(words.entries)]
.next:	cmp ecx, [ebx + at(words.nr_entries)]
	jae park
	cmp [esi + ENTRY_APIC_ID], edx
	je .found
	add esi, ENTRY_SIZE
	inc ecx
	jmp .next
.found:	mov eax, TOKEN_OFFERED
	mov edi, TOKEN_TAKEN
	lock cmpxchg [esi + ENTRY_TOKEN], edi
	jne park

	mov edi, ecx
	mov eax, [ebx + at(words.cr4)]
	mov cr4, eax
	mov edx, [ebx + at(words.efer)]
	test edx, edx
	jz .no_nx				; the CPU may lack the register
	mov ebp, edx
	mov ecx, MSR_EFER
	rdmsr
	or eax, ebp
	wrmsr
.no_nx:	mov eax, [ebx + at(words.start_cr3)]
	mov cr3, eax
	mov eax, CR0_PG | CR0_WP | CR0_PE | CR0_ET
	mov cr0, eax
	mov eax, [ebx + at(words.kernel_cr3)]
	mov edx, [esi + ENTRY_STACK]
	mov esi, [ebx + at(words.main)]
	mov ecx, edi
	jmp [ebx + at(words.entry)]

; The CPU stays here for ever. An NMI does no harm: its gate leads to .halt, and because no code
; returns from it, the CPU takes no other NMI. All parked CPUs share the stack, which no code reads.
park:
	lock inc dword [ebx + at(words.parked)]
.halt:	cli
	hlt
	jmp .halt

	align 8
trampoline_gdt:
	dq 0
	dq 0x00cf9a000000ffff			; TRAMPOLINE_CS: base 0, limit 4 GiB
	dq 0x00cf92000000ffff			; TRAMPOLINE_DS
.end:

; struct trampoline_words. smp_start.c adds the address of the page to the values marked with +, and
; fills in the fields that are 0 here.
	align 8
trampoline_words:
words:
	place TRAMPOLINE_IDT, .idt
	place TRAMPOLINE_START32, .start32
	dd at(start32)				; +
	dw TRAMPOLINE_CS
	place TRAMPOLINE_GDT_LIMIT, .gdt_limit
	dw trampoline_gdt.end - trampoline_gdt - 1
	dd at(trampoline_gdt)			; +
	place TRAMPOLINE_NMI_ENTRY, .nmi_entry
	dd at(park.halt)			; +
	place TRAMPOLINE_IDT_LIMIT, .idt_limit
	dw TRAMPOLINE_START32 - TRAMPOLINE_IDT - 1
	dd at(words.idt)			; +
	place TRAMPOLINE_CR4, .cr4
	place TRAMPOLINE_EFER, .efer
	place TRAMPOLINE_START_CR3, .start_cr3
	place TRAMPOLINE_KERNEL_CR3, .kernel_cr3
	place TRAMPOLINE_ENTRY, .entry
	place TRAMPOLINE_MAIN, .main
	place TRAMPOLINE_BASE_MSR, .base_msr
	place TRAMPOLINE_ID_REGISTER, .id_register
	place TRAMPOLINE_PARKED, .parked
	place TRAMPOLINE_NR_ENTRIES, .nr_entries
	place TRAMPOLINE_ENTRIES, .entries
	place TRAMPOLINE_SIZE, .end
trampoline_end:
