; SPDX-License-Identifier: MIT
;
; Where every CPU but the first begins: in real mode, at a page below 1 MiB that the start-up
; interrupt names. smp_start.c copies this code there and fills in the words at its end; the code
; runs wherever it is put. The page keeps it for as long as the machine runs, since a CPU
; may answer late.
;
; A CPU looks up its APIC ID in the table at the end and takes the token of its entry. The boot CPU
; may have withdrawn that token: then the CPU parks here. It has not touched the kernel by then,
; since paging is still off and nothing but this page was read or written.
;
; With the token it does for itself what the loader, the chooser and entry.asm did for the boot CPU:
; paging on with tables that map this page at its own address, a jump to the kernel's addresses, the
; kernel's own tables, a stack, C. Intel SDM 3A, 9.4 and 10.9.

CR0_PE	   equ 1 << 0
CR0_ET	   equ 1 << 4
CR0_WP	   equ 1 << 16
CR0_PG	   equ 1 << 31
MSR_EFER   equ 0xc0000080
MSR_APIC_BASE equ 0x1b
APIC_BASE_X2APIC equ 1 << 10
MSR_X2APIC_ID equ 0x802
PAGE_SIZE  equ 4096
NR_ENTRIES equ 32				; NR_CPUS; smp_start.c checks it
OFFERED	   equ 1				; enum token in smp_start.c
TAKEN	   equ 2

	global trampoline_start
	global trampoline_end
	global trampoline_words
	global ap_entry

%define at(label) ((label) - trampoline_start)

	section .text
; From the trampoline, with its own tables: EAX = the kernel's CR3, EDX = the stack, ECX = number of
; the CPU, ESI = the function in C that takes that number.
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
	shl ebx, 4				; where this code is
	o32 lgdt [at(words.gdt_limit)]
	o32 lidt [at(words.idt_limit)]
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
	lea esp, [ebx + PAGE_SIZE]		; for the frame of an NMI: see park
	cmp dword [ebx + at(words.base_msr)], 0
	je .xapic				; then the register may not exist
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
	lea esi, [ebx + at(entries)]
.next:	cmp ecx, [ebx + at(words.nr_entries)]
	jae park
	cmp [esi], edx
	je .found
	add esi, 3 * 4
	inc ecx
	jmp .next
.found:	mov eax, OFFERED
	mov edi, TAKEN
	lock cmpxchg [esi + 4], edi
	jne park

	mov edi, ecx
	mov eax, [ebx + at(words.cr4)]
	mov cr4, eax
	mov edx, [ebx + at(words.efer)]
	test edx, edx
	jz .no_nx				; then the register may not exist
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
	mov edx, [esi + 8]
	mov esi, [ebx + at(words.main)]
	mov ecx, edi
	jmp [ebx + at(words.entry)]

; For ever, and an NMI does no harm: its gate leads here, and as nothing returns from it no other
; one is taken. All parked CPUs share the stack, which nobody reads.
park:
	lock inc dword [ebx + at(words.parked)]
.halt:	cli
	hlt
	jmp .halt

	align 8
trampoline_gdt:
	dq 0
	dq 0x00cf9a000000ffff			; code: base 0, limit 4 GiB
	dq 0x00cf92000000ffff			; data

; struct trampoline_words in smp_start.c
	align 8
trampoline_words:
words:
.nmi_gate:  dq 0, 0, 0				; an IDT of three gates; the last is the NMI's
.start32:   dd at(start32)			; + where the code is
	    dw 0x08
.gdt_limit: dw 3 * 8 - 1
.gdt_base:  dd at(trampoline_gdt)		; + where the code is
.nmi_entry: dd at(park.halt)			; + where the code is
	    dw 0
.idt_limit: dw 3 * 8 - 1
.idt_base:  dd at(words)			; + where the code is
.cr4:	    dd 0
.efer:	    dd 0
.start_cr3: dd 0
.kernel_cr3: dd 0
.entry:	    dd 0
.main:	    dd 0
.base_msr:  dd 0
.id_register: dd 0
.parked:    dd 0
.nr_entries: dd 0
entries:    times NR_ENTRIES * 3 dd 0		; APIC ID, token, stack
trampoline_end:
