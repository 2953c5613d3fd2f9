# How both kernels and the image are built. Variables come from the Makefile.

# --- tools --------------------------------------------------------------------------------------

# The compiler: the one that CROSS_COMPILE names, else the first cross compiler found, else gcc
# -m32.
ifeq ($(origin CROSS_COMPILE),undefined)
CROSS_COMPILE := $(shell for p in i686-elf- i686-linux-gnu-; do \
	command -v $${p}gcc >/dev/null 2>&1 && echo $$p && break; done)
endif
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
LD      := $(CROSS_COMPILE)ld
NM      := $(CROSS_COMPILE)nm
READELF := $(CROSS_COMPILE)readelf
OBJCOPY := $(CROSS_COMPILE)objcopy
NASM    ?= nasm

ifneq ($(findstring clang,$(CC)),)
CC_TARGET := --target=i686-linux-gnu -Wno-unused-command-line-argument
endif

# --- flags --------------------------------------------------------------------------------------

PAGE_OFFSET_3G := 0xC0000000
PAGE_OFFSET_2G := 0x80000000
PAGE_OFFSET_1G := 0x40000000
PAGE_OFFSET    := $(PAGE_OFFSET_$(VMSPLIT))
$(if $(PAGE_OFFSET),,$(error VMSPLIT=$(VMSPLIT): expected 3G, 2G or 1G))

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla \
	-Wno-unused-parameter -Wno-sign-compare -Werror

# The compiler's own headers. Headers of a C library are not searched, so no machine needs one.
CC_HEADERS := $(shell $(CC) -print-file-name=include 2>/dev/null)

# Ubuntu's gcc marks the targets of jumps and probes the stack, unless two flags forbid it.
# CFLAGS_TERM: the sizes that differ from term to term of a course (lib/term.h).
-include term.mk
CFLAGS_COMMON := $(CFLAGS_TERM) -std=gnu11 -m32 -O2 -g -ffreestanding -nostdlib -nostdinc \
	-isystem "$(CC_HEADERS)" \
	-fno-pic -fno-pie -fno-stack-protector -fcf-protection=none -fno-stack-clash-protection \
	-fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
	-fno-strict-aliasing -fno-delete-null-pointer-checks -fno-common \
	-mno-sse -mno-mmx -mno-80387 \
	-mpreferred-stack-boundary=2 -mtune=generic \
	-ffile-prefix-map="$$PWD/"= $(WARN) \
	-I. -Iarch/i386/include -DCONFIG_PAGE_OFFSET=$(PAGE_OFFSET)ul \
	-DDEBUG=$(DEBUG) -DUBSAN=$(UBSAN)
ifneq ($(findstring clang,$(CC)),)
CFLAGS_COMMON := $(CC_TARGET) \
	$(subst -mpreferred-stack-boundary=2,-mstack-alignment=4,$(CFLAGS_COMMON))
endif

# Checks of undefined behaviour, which call kernel/ubsan.c. A handler does not return, so the code
# after a check is small. clang could also check calls through pointers, but it would put words
# before each function.
ifeq ($(UBSAN),1)
CFLAGS_UBSAN := -fsanitize=undefined -fno-sanitize-recover=all \
	$(if $(findstring clang,$(CC)),-fno-sanitize=function)
endif

# Arguments are passed in EAX, EDX and ECX, and small structures are returned in EAX and EDX. The
# kernel calls no library that expects anything else. A call at the end of a function stays a call:
# with a jump instead, the function would be missing in backtraces.
CFLAGS_KERNEL := $(CFLAGS_COMMON) $(CFLAGS_UBSAN) -mregparm=3 -freg-struct-return \
	-fno-optimize-sibling-calls

# The non-PAE kernel runs on a 486. The PAE kernel needs CMOV and CX8, which the chooser checks.
CFLAGS_pae    := $(CFLAGS_KERNEL) -march=i686 -DCONFIG_PAE=1
CFLAGS_nopae  := $(CFLAGS_KERNEL) -march=i486 -DCONFIG_PAE=0
# Self-tests are compiled for size, since each byte of them is in the image twice.
CFLAGS-tests/kernel := -Os
# A disk is slower than any code here.
CFLAGS-block := -Os
CFLAGS-drivers/ide_identify.c := -Os
CFLAGS-drivers/ide_probe.c := -Os
# Calls on files are dominated by copies and locks, and there is much code.
CFLAGS-fs := -Os
$(foreach f,file files inode open path pipe rw,$(eval CFLAGS-fs/$(f).c := -O2))
$(foreach f,check mremap rmap truncate,$(eval CFLAGS-vm/$(f).c := -Os))
$(foreach f,pci virtio_blk virtio_pci virtio_ring,$(eval CFLAGS-drivers/$(f).c := -Os))
