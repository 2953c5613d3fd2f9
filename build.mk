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
# with a jump instead, the function would be missing in backtraces. Padding between functions and in
# front of loops would be in the image twice.
CFLAGS_KERNEL := $(CFLAGS_COMMON) $(CFLAGS_UBSAN) -mregparm=3 -freg-struct-return \
	-fno-optimize-sibling-calls -falign-functions=1 -falign-loops=1 -falign-jumps=1

# The non-PAE kernel runs on a 486. The PAE kernel needs CMOV and CX8, which the chooser checks.
CFLAGS_pae    := $(CFLAGS_KERNEL) -march=i686 -DCONFIG_PAE=1
CFLAGS_nopae  := $(CFLAGS_KERNEL) -march=i486 -DCONFIG_PAE=0
# Self-tests are compiled for size, since each byte of them is in the image twice.
CFLAGS-tests/kernel := -Os
# A disk is slower than any code here.
CFLAGS-block := -Os
CFLAGS-drivers := -Os
# Calls on files are dominated by copies and locks, and there is much code.
CFLAGS-fs := -Os
$(foreach f,entry file files inode open path permission pipe regular rw,$(eval \
	CFLAGS-fs/$(f).c := -O2))
$(foreach f,check mremap rmap truncate unmap $(addprefix cache_,io page read write) disk_object \
	protect writeback $(addprefix swap_,area cache check fault free io off page report slots \
	walk),$(eval CFLAGS-vm/$(f).c := -Os))
CFLAGS-fs/proc := -Os
CFLAGS-fs/ext2 := -Os
CFLAGS-vm/cache_report.c := -Os
CFLAGS-vm/reclaim.c := -Os
CFLAGS-vm/history.c := -Os
CFLAGS-vm/reclaim_settings.c := -Os
CFLAGS-vm/reclaim_page.c := -Os
$(foreach f,futex ids limits numbers oom proc proc_task report sessions signal_calls signal_force \
	signal_trap sleep system timers users,$(eval CFLAGS-process/$(f).c := -Os))
# Code that runs at boot, after an error, or for a report.
CFLAGS-init := -Os
CFLAGS-play := -Os
CFLAGS-tests/crash := -Os
CFLAGS-arch/i386/memory := -Os
CFLAGS-arch/i386/smp/smp_start.c := -Os
$(foreach f,acpi borders cpu descriptors e820 e820_params exceptions iomem ioapic mp_table ptdump \
	set_memory cpu_report direct_map fixmap lapic lapic_find madt pit pic topology topology_find \
	trap_report tsc region,$(eval CFLAGS-arch/i386/$(f).c := -Os))
$(foreach f,frame_report handover ioremap kmap_slots mem_map memblock_report page_alloc_check \
	page_owner page_poison shrinker slab_check slab_create slab_debug slab_report view watermark \
	window_report zone_report,$(eval CFLAGS-mm/$(f).c := -Os))
CFLAGS-sched/thread_list.c := -Os
$(foreach f,build create lock_limit maps table_probe,$(eval CFLAGS-vm/$(f).c := -Os))
$(foreach f,json vsnprintf cmdline blake2s,$(eval CFLAGS-lib/$(f).c := -Os))
$(foreach f,backtrace boot_cost fault_inject log_ring panic power printk symbols watchdog,$(eval \
	CFLAGS-kernel/$(f).c := -Os))
# The file that reports undefined behaviour must not be checked for it.
CFLAGS-kernel/ubsan.c := -fno-sanitize=all
# A student's tree of a lab, or a copy for its grading: options for the files of the lab.
-include lab.mk
# The chooser has no library, so the compiler must not turn a loop into a call of memcpy().
CFLAGS_image  := $(CFLAGS_COMMON) -march=i386 -fno-builtin \
	$(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)
# The linker fills in every address in the code. nasm warns of that from 2.16.03 on, and an older
# nasm does not know the warning.
NASMFLAGS := -f elf32 -g -F dwarf -w+all -w-unknown-warning -w-reloc-abs-dword \
	-w-reloc-rel-dword

# The physical address of the kernel that runs. The 192 KiB from 1 MiB on are the chooser's; most of
# them are room for the command line.
KERNEL_PHYS := 0x130000

# --- sources ------------------------------------------------------------------------------------

# TESTS=0 leaves the tests out. A small file in their place tells a user who asks for them.
TESTS_DIRS := $(if $(filter 1,$(TESTS)),tests/kernel tests/crash tests/bench,tests/absent)
KERNEL_C   := $(sort $(wildcard arch/i386/*.c arch/i386/*/*.c lib/*.c kernel/*.c sched/*.c mm/*.c \
	thread/*.c block/*.c vm/*.c fs/*.c fs/*/*.c drivers/*.c process/*.c play/*.c init/*.c \
	$(addsuffix /*.c,$(TESTS_DIRS))))
ifneq ($(UBSAN),1)
KERNEL_C   := $(filter-out kernel/ubsan.c,$(KERNEL_C))
endif
KERNEL_ASM := $(sort boot/entry.asm $(wildcard arch/i386/*.asm arch/i386/*/*.asm))
IMAGE_C    := boot/chooser.c boot/grade_key.c boot/image_parts.c boot/loader_info.c lib/cmdline.c
IMAGE_ASM  := boot/image.asm

objects = $(patsubst %,$(B)/$(1)/%.o,$(basename $(2)))

# $(call stamp,FILE,TEXT): writes the text into the file if it differs. Objects depend on the file,
# so a changed variable rebuilds them.
define stamp
$(shell mkdir -p $(B); printf '%s\n' '$(2)' | cmp -s - $(1) || printf '%s\n' '$(2)' >$(1))
endef
$(call stamp,$(B)/flags.txt,$(CC) $(CFLAGS_KERNEL) $(NASMFLAGS) TESTS=$(TESTS))

# The version, and behind a plus sign the commit. Without a .git here, git would find a repository in
# a folder above, which is not this tree.
COMMIT := $(if $(wildcard .git),\
	$(shell git describe --always --dirty --exclude='*' --abbrev=10 2>/dev/null))
VERSION := $(shell cat VERSION)$(addprefix +,$(COMMIT))
$(call stamp,$(B)/version.txt,$(VERSION))

# --- one kernel ---------------------------------------------------------------------------------

define kernel_rules
OBJECTS_$(1) := $$(call objects,$(1),$$(KERNEL_ASM) $$(KERNEL_C)) $(B)/$(1)/version.o
-include $$(OBJECTS_$(1):.o=.d)

$(B)/$(1)/%.o: %.c $(B)/flags.txt build.mk
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  CC      $$@")
	$$(Q)$$(CC) $$(CFLAGS_$(1)) $$(CFLAGS-$$(<D)) $$(CFLAGS-$$<) -MD -MP -c -o $$@ $$<

# The numbers that C and nasm share: boot/asm_offsets.c.
-include $(B)/$(1)/boot/asm_offsets.d
$(B)/$(1)/asm_offsets.inc: $(B)/$(1)/boot/asm_offsets.o tools/asm_offsets.sh
	$$(if $$(Q),@echo "  GEN     $$@")
	$$(Q)$$(OBJCOPY) -O binary -j .asm_offsets $$< $$(@:.inc=.bin)
	$$(Q)tools/asm_offsets.sh <$$(@:.inc=.bin) >$$@

$(B)/$(1)/%.o: %.asm $(B)/$(1)/asm_offsets.inc $(B)/flags.txt build.mk
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  NASM    $$@")
	$$(Q)$$(NASM) $$(NASMFLAGS) -I$(B)/$(1)/ -MD $$(@:.o=.d) -MP -o $$@ $$<

$(B)/$(1)/version.o: $(B)/version.txt
	@mkdir -p $$(@D)
	$$(if $$(Q),@echo "  GEN     $$@")
	$$(Q)printf 'extern const char highland_version[];\n%s"%s";\n' \
		'const char highland_version[] = ' "$$$$(cat $$<)" | \
		$$(CC) $$(CFLAGS_$(1)) -x c -c -o $$@ -

# Two links: the first gives the addresses of the functions, and the second contains a table of
# them.
$(B)/$(1)/symbols-empty.o: tools/symbols.sh $(B)/flags.txt
	@mkdir -p $$(@D)
	$$(Q)tools/symbols.sh </dev/null | $$(CC) $$(CFLAGS_$(1)) -x c -c -o $$@ -

$(B)/$(1)/kernel-nosyms.elf: $$(OBJECTS_$(1)) $(B)/$(1)/symbols-empty.o linker.ld tools/orphans.sh
	$$(if $$(Q),@echo "  LD      $$@")
	$$(Q)$$(LD) $$(LDFLAGS_$(1)) -o $$@ $$(OBJECTS_$(1)) $(B)/$(1)/symbols-empty.o
	$$(Q)READELF=$$(READELF) tools/orphans.sh $$@

$(B)/$(1)/symbols.o: $(B)/$(1)/kernel-nosyms.elf tools/symbols.sh
	$$(if $$(Q),@echo "  GEN     $$@")
	$$(Q)$$(NM) -n $$< | tools/symbols.sh | $$(CC) $$(CFLAGS_$(1)) -x c -c -o $$@ -

$(B)/$(1)/kernel.elf: $$(OBJECTS_$(1)) $(B)/$(1)/symbols.o linker.ld
	$$(if $$(Q),@echo "  LD      $$@")
	$$(Q)$$(LD) $$(LDFLAGS_$(1)) -o $$@ $$(OBJECTS_$(1)) $(B)/$(1)/symbols.o

# For the image: the bytes without an ELF header, and the symbols with a prefix.
$(B)/$(1)/kernel.bin: $(B)/$(1)/kernel.elf
	$$(Q)$$(OBJCOPY) -O binary $$< $$@

$(B)/$(1)/syms.elf: $(B)/$(1)/kernel.elf
	$$(Q)$$(OBJCOPY) --strip-debug --prefix-symbols=$(1)_ $$< $$@

LDFLAGS_$(1) := -m elf_i386 -static -nostdlib --build-id=none -z max-page-size=4096 -z noexecstack \
	--no-warn-rwx-segments --defsym=PAGE_OFFSET=$$(PAGE_OFFSET) \
	--defsym=KERNEL_PHYS=$$(KERNEL_PHYS) -T linker.ld
endef

$(eval $(call kernel_rules,pae))
$(eval $(call kernel_rules,nopae))

# --- the image: chooser and both kernels ---------------------------------------------------------

OBJECTS_image := $(call objects,image,$(IMAGE_ASM) $(IMAGE_C))
-include $(OBJECTS_image:.o=.d)

$(B)/image/%.o: %.c $(B)/flags.txt build.mk
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CFLAGS_image) -MD -MP -c -o $@ $<

$(B)/image/%.o: %.asm $(B)/flags.txt build.mk
	@mkdir -p $(@D)
	$(if $(Q),@echo "  NASM    $@")
	$(Q)$(NASM) $(NASMFLAGS) -MD $(@:.o=.d) -MP -o $@ $<

$(B)/highland.elf: $(OBJECTS_image) boot/image.ld tools/image-size.sh $(B)/pae/kernel.bin \
		$(B)/pae/syms.elf $(B)/nopae/kernel.bin $(B)/nopae/syms.elf
	$(if $(Q),@echo "  LD      $@")
	$(Q)$(LD) -m elf_i386 --oformat elf32-i386 -n -s -z noexecstack --build-id=none \
		--no-warn-rwx-segments -o $@ $(OBJECTS_image) \
		-R $(B)/pae/syms.elf -R $(B)/nopae/syms.elf \
		-b binary $(B)/pae/kernel.bin $(B)/nopae/kernel.bin -T boot/image.ld
	$(Q)READELF=$(READELF) tools/image-size.sh $@ \
		$$(awk '$$2 == "BOOT_MAPPED" { print $$3 }' $(B)/pae/asm_offsets.inc) \
		$(B)/nopae/kernel.elf $(B)/pae/kernel.elf

# --- for editors and clangd ----------------------------------------------------------------------

compile_commands.json: $(B)/flags.txt tools/compile_commands.sh $(KERNEL_C)
	$(Q)printf '%s\n' $(KERNEL_C) | \
		tools/compile_commands.sh $(CC) $(filter-out -ffile-prefix-map%,$(CFLAGS_pae)) >$@
