; SPDX-License-Identifier: MIT
;
; The first instructions of build/highland.elf. The file carries a multiboot 1 and a multiboot 2
; header, this entry, the chooser (chooser.c), and the bytes of both kernels (image.ld). The chooser
; moves one kernel to the address that it is linked for, and starts it.
;
; State on entry (Multiboot 1, 3.2; Multiboot 2, 3.3): protected mode, flat segments, no paging, A20
; on, interrupts off; EAX a magic number, EBX the information; no stack, no GDT to rely on.

MB1_MAGIC equ 0x1badb002
MB1_FLAGS equ 0x3				; modules on page borders; memory information
MB2_MAGIC equ 0xe85250d6

	section .head progbits alloc noexec nowrite align=8
	align 4
	dd MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)

	align 8
mb2:	dd MB2_MAGIC, 0, mb2.end - mb2, -(MB2_MAGIC + 0 + (mb2.end - mb2)) & 0xffffffff
	dw 6, 1					; modules on page borders; optional
	dd 8
	dw 4, 1					; consoles: the kernel can use VGA text
	dd 12, 2
	align 8
	dw 5, 1					; or a framebuffer of any size and depth
	dd 20, 0, 0, 0
	align 8
	dw 0, 0					; end of tags
	dd 8
.end:

	section .text
	extern choose
	global image_entry
	global start_kernel
	global cpu_has_eflag

image_entry:
	cld
	mov esp, stack_top
	push 0					; EFLAGS of a known state
	popf
	push ebx
	push eax
	call choose				; returns only if no kernel can be started
.halt:	cli
	hlt
	jmp .halt

; void start_kernel(u32 entry, u32 magic, u32 record)
start_kernel:
	mov ecx, [esp + 4]
	mov eax, [esp + 8]
	mov ebx, [esp + 12]
	jmp ecx

; u32 cpu_has_eflag(u32 mask): can the bit be changed? A 386 has no AC flag. A CPU has CPUID if its
; ID flag can be changed (Intel SDM 1, 20.1).
cpu_has_eflag:
	mov ecx, [esp + 4]
	pushfd
	pop eax
	mov edx, eax
	xor eax, ecx
	push eax
	popfd
	pushfd
	pop eax
	push edx
	popfd
	xor eax, edx
	and eax, ecx
	ret

	section .bss align=16
	resb 8192
stack_top:
