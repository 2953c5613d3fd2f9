; SPDX-License-Identifier: MIT
;
; A loader that does what a test says. QEMU starts it with two modules: the kernel file, and a plan
; that tests/qemu/loaders.py has written. The shim puts the kernel file's segments where a multiboot
; loader puts them, carries out the plan, and jumps to the entry. So any information structure can
; be handed over, true or not, by a real boot.
;
; The plan is a list of 32-bit words: an address, a length, and that many bytes, padded to a whole
; word. The address 0xffffffff ends it; the values of EAX and EBX at the entry follow.
;
;	nasm -f bin -o shim.bin shim.asm

ADDRESS equ 0x2000000			; above the image, below QEMU's modules
MAGIC	equ 0x1badb002
FLAGS	equ 0x10003			; modules on page borders, memory, addresses in this header

	bits 32
	org ADDRESS

header:	dd MAGIC, FLAGS, -(MAGIC + FLAGS)
	dd header, ADDRESS, file_end, bss_end, entry

entry:	cld
	mov esp, bss_end
	mov eax, [ebx + 24]		; mods_addr: start, end, string, 0 of each module
	mov ebp, [eax]
	mov eax, [eax + 16]
	mov [plan], eax

; Each program header of type PT_LOAD, of the ELF file at EBP.
	movzx ecx, word [ebp + 44]	; e_phnum
	mov edx, [ebp + 28]		; e_phoff
	add edx, ebp
.segment:
	cmp dword [edx], 1
	jne .next
	push ecx
	mov esi, [edx + 4]		; p_offset
	add esi, ebp
	mov edi, [edx + 12]		; p_paddr
	mov ecx, [edx + 16]		; p_filesz
	rep movsb
	mov ecx, [edx + 20]		; p_memsz
	sub ecx, [edx + 16]
	xor eax, eax
	rep stosb
	pop ecx
.next:	movzx eax, word [ebp + 42]	; e_phentsize
	add edx, eax
	loop .segment

	mov esi, [plan]
.step:	lodsd
	mov edi, eax
	cmp eax, -1
	je .start
	lodsd
	mov ecx, eax
	rep movsb
	add esi, 3
	and esi, -4
	jmp .step
.start:	mov eax, [esi]
	mov ebx, [esi + 4]
	jmp dword [ebp + 24]		; e_entry

file_end:

	section .bss
plan:	resd 1
	resb 1024
bss_end:
