# Highland. `make help` lists what can be made.

MAKEFLAGS += --no-builtin-rules --no-print-directory
# One job for each CPU, unless the caller sets -j.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all
SHELL := /bin/bash

# --- the user's variables ------------------------------------------------------------------------

PAE     ?= auto
RAM     ?= 4G
MACHINE ?= pc
CPU     ?= max
# A CPU without a local APIC cannot share a machine with another.
NO_APIC  = $(filter 486 486-v1 486$(,)% 486-v1$(,)%,$(CPU))$(findstring $(,)-apic,$(CPU))$\
	$(findstring $(,)apic=off,$(CPU))
CPUS    ?= $(if $(NO_APIC),1,2)
VMSPLIT ?= 3G
DEBUG   ?= 0
UBSAN   ?= 0
TESTS   ?= 1
CMDLINE ?=
ICOUNT  ?= 0
PORT    ?=
# The archive of programs that make run gives to the kernel.
ARCHIVE ?= $(B)/initrd.cpio
# An image of a disk: make disk makes it, and make run adds it to the machine.
DISK    ?=
SIZE    ?= 64M
# A folder whose files make disk puts into it, beside the programs.
FILES   ?=
# The programs of the disk: those of this tree, or with ROOT=debian those of make userland.
ROOT    ?=
FILTER  ?= *
QEMU    ?= qemu-system-x86_64
MUTANT  ?= *
SCENE   ?= boot
TOPIC   ?= walk
ANSWERS ?= 0
T       ?= 60
SEED    ?= 1
# The folder of everything that is built. A variant gets one of its own:
# make B=build/2G VMSPLIT=2G build/2G/highland.elf
B       ?= build
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
export V
, := ,

# $(call one-of,VARIABLE,values): stops with a message if the variable has another value.
one-of = $(if $(and $(filter 1,$(words $($(1)))),$(filter $($(1)),$(2))),,\
	$(error $(1)=$($(1)): expected one of: $(2)))
$(call one-of,PAE,auto 1 0)
$(call one-of,MACHINE,pc q35)
$(call one-of,VMSPLIT,3G 2G 1G)
$(call one-of,DEBUG,0 1)
$(if $(ROOT),$(call one-of,ROOT,debian))
$(call one-of,UBSAN,0 1)
$(call one-of,TESTS,0 1)
$(call one-of,V,0 1)
$(call one-of,ICOUNT,0 1)
# Other goals may have scenes with other names.
SCENES := $(notdir $(basename $(wildcard tools/picture/scenes/*.toml)))
$(if $(filter picture,$(MAKECMDGOALS)),$(call one-of,SCENE,$(SCENES)))
$(if $(filter quiz,$(MAKECMDGOALS)),$(call one-of,TOPIC,walk buddy zones kmap))
$(call one-of,ANSWERS,0 1)

# $(call matches,VARIABLE,regular expression,expectation): the same for values that no list can
# name. The shell compares them, because it accepts any character in a value that quote has quoted.
quote   = '$(subst ','\'',$(1))'
matches = $(if $(shell [[ $(call quote,$($(1))) =~ $(2) ]] && echo yes),,\
	$(error $(1)=$($(1)): expected $(strip $(3))))
ifeq ($(MAKELEVEL),0)
$(call matches,RAM,^[1-9][0-9]*[MGT]$$,a size in M or G or T$(,) for example RAM=512M or RAM=4G)
# Each kernel boots with 3 MiB of RAM. The self-tests need more.
least-RAM := $(if $(filter selftest,$(MAKECMDGOALS)),4M,3M)
$(if $(filter $(RAM),1M 2M $(filter-out $(least-RAM),3M)),\
	$(error RAM=$(RAM): expected at least $(least-RAM)))
$(call matches,CPUS,^([1-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$$,\
	a number of CPUs from 1 to 255)
$(call matches,SIZE,^[1-9][0-9]*[MG]$$,a size in M or G$(,) for example SIZE=64M)
$(call matches,CPU,^[A-Za-z0-9][A-Za-z0-9_.+=$(,)-]*$$,\
	a CPU model of QEMU$(,) for example CPU=max or CPU=486)
$(call matches,QEMU,.,the name of an emulator)
$(call matches,FILTER,^[^[:space:]]+$$,a glob of names)
$(call matches,MUTANT,^[^[:space:]]+$$,a glob of names)
port-numbers := [1-9][0-9]{0$(,)3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]
$(if $(PORT),$(call matches,PORT,^($(port-numbers))$$,a number from 1 to 65535))
$(call matches,B,^[^[:space:]]+$$,a directory without a blank in its name)
$(if $(filter soak soak-pressure hostile fuzz test-long,$(MAKECMDGOALS)),\
	$(call matches,T,^[1-9][0-9]*$$,a number of minutes or for fuzz of seconds))
$(if $(filter soak hostile test-long,$(MAKECMDGOALS)),$(call matches,SEED,^[0-9]+$$,a whole number))
endif

# The tools that each goal needs. make looks for them before it builds anything, and installs
# missing ones if it can. A goal that is not listed needs none.
deps-build := build
deps-all := build
deps-user := build
deps-userland := build
deps-user-record := build run
deps-run := build run $(if $(DISK),disk)
deps-disk := build disk
deps-selftest := build run
deps-bench := build run test
deps-bench-update := build run test
deps-bench-scaling := build run test
deps-bench-boot := build run test
deps-bench-plot := build run plot
deps-picture := build run picture
deps-quiz := build run
deps-recording := build run test
deps-picture-docs := build run picture
deps-iso := build iso
deps-usb := build iso
deps-run-iso := build run iso
deps-debug := build run debug
deps-docs := docs
deps-docs-serve := docs
deps-docs-update := build run
deps-test := build run iso test
deps-test-all := build run iso test test-all browser site
deps-test-long := build run iso test test-all browser site fuzz
deps-test-boot := build run iso test
deps-test-matrix := build run iso test
deps-audit := build run test
deps-soak := build run test
deps-hostile := build run test
deps-soak-pressure := build run test
deps-mutants := build iso test
deps-test-bochs := build iso bochs
deps-test-host := test
deps-release := build iso docs web-page
deps-web := build web
deps-web-serve := build web
deps-test-web := build web browser
deps-fuzz := test fuzz
# The labs of this tree; a student's tree has only one. Steps with host tests need what those need.
HOST_LABS = $(shell grep -l '^host = ' $(wildcard labs/$(or $(LAB),*)/lab.toml) /dev/null)
deps-grade = build run $(if $(HOST_LABS),test)
deps-grade-all = $(deps-grade)
deps-bug := build run
deps-grade-bug := build run
deps-test-fresh := fresh
deps-lint := build lint
deps-check-format := lint
deps-format := lint
deps-deps := build run disk iso test lint test-all browser fuzz plot picture debug docs
GOALS := $(or $(MAKECMDGOALS),all)
NEEDS := $(sort $(foreach goal,$(GOALS),$(deps-$(goal))))
ifneq ($(NEEDS),)
# $(call given,VARIABLE): an assignment for the shell if the user set the variable, because $(shell)
# does not export variables.
given = $(if $(filter command environment,$(firstword $(origin $(1)))),$(1)=$(call quote,$($(1))))
DEPS_RESULT := $(shell $(foreach name,AUTO_DEPS CC CROSS_COMPILE QEMU,$(call given,$(name))) \
	tools/deps.sh $(NEEDS) >&2; echo $$?)
ifneq ($(DEPS_RESULT),0)
$(error tools are missing)
endif
endif

# A wrong name of a boot stops make before it builds anything.
no-such-test = $(if $(shell python3 tests/qemu/run.py --list --filter $(call quote,$(1))),,\
	$(error FILTER=$(FILTER): no test has this name; see python3 tests/qemu/run.py --list))
$(if $(filter test-boot,$(MAKECMDGOALS)),$(call no-such-test,$(FILTER)))
$(if $(filter test-matrix,$(MAKECMDGOALS)),$(call no-such-test,matrix-$(FILTER)))

include build.mk
include user/build.mk

.PHONY: all
all: $(B)/highland.elf $(B)/pae/kernel.elf $(B)/nopae/kernel.elf compile_commands.json

.PHONY: deps
deps:

# --- running ------------------------------------------------------------------------------------

# The kernel gets the text as it was typed, with a dollar sign like that of memmap=1M$16M. A user
# who doubles the dollar sign for make gets one, too.
APPEND := $(strip $(if $(filter 0,$(PAE)),nopae) $(subst $$$$,$$,$(value CMDLINE)))
QEMU_MACHINE := $(QEMU) -accel tcg -machine $(MACHINE) \
	-cpu $(if $(filter 1,$(PAE)),$(CPU)$(,)+pae,$(CPU)) -m $(RAM) -smp $(CPUS) \
	-display none -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4

# The menu in the ISO image has its own command lines (boot/grub.cfg).
$(if $(filter run-iso,$(MAKECMDGOALS)),$(if $(APPEND),\
	$(error make run-iso: "$(APPEND)" would have no effect$(,) press e in GRUB's menu \
	to change the command line)))

# Printed before the boot: after a panic the machine halts and takes no more input.
LEAVE = @echo "  QEMU    RAM=$(RAM) CPUS=$(CPUS); Ctrl-A X leaves it$(1)"

.PHONY: run
run: $(B)/highland.elf $(filter $(B)/initrd.cpio,$(ARCHIVE)) $(filter $(B)/disk.img,$(DISK))
	$(call LEAVE, (CMDLINE=panic=exit: a panic does))
	$(Q)$(QEMU_MACHINE) -serial mon:stdio -kernel $< -initrd $(ARCHIVE) \
		$(if $(DISK),-drive file=$(DISK)$(,)format=raw$(,)if=virtio) \
		-append $(call quote,$(APPEND)); \
		tools/exit-status.sh $$? $(RAM)

# A disk with ext2: the programs in /bin, what user/files has in /etc, and FILES. An image that exists
# is replaced by make disk only. With ROOT=debian it is build/root, with the tests of programs.
define make-disk
	@echo "  MKE2FS  $@"
	$(Q)tools/disk.sh $@ $(SIZE) $(if $(ROOT),.=$(B)/root tests=$(B)/user/root/tests, \
		bin=$(B)/user/root/bin etc=user/files) $(if $(FILES),.=$(FILES))
endef

.PHONY: disk
disk: $(or $(DISK),$(B)/disk.img)

$(if $(filter disk,$(MAKECMDGOALS)),.PHONY: $(or $(DISK),$(B)/disk.img))
$(sort $(B)/disk.img $(if $(filter disk,$(MAKECMDGOALS)),$(DISK))): | $(USER_BINS) \
		$(if $(ROOT),$(USER_TESTS) userland)
	$(make-disk)

.PHONY: run-iso
run-iso: $(B)/highland.iso
	$(call LEAVE)
	$(Q)$(QEMU_MACHINE) -serial mon:stdio -cdrom $<; tools/exit-status.sh $$? $(RAM)

.PHONY: selftest
selftest: $(B)/highland.elf
	$(Q)timeout 600 $(QEMU_MACHINE) $(if $(filter 1,$(ICOUNT)),-icount shift=0$(,)sleep=off) \
		-serial stdio -kernel $< -append $(call quote,$(APPEND) selftest=$(FILTER)) \
		</dev/null; \
		tools/exit-status.sh $$? $(RAM)

.PHONY: bench
bench: $(B)/highland.elf $(B)/ubench.cpio
	$(Q)python3 tests/qemu/bench.py
	$(Q)python3 tests/qemu/ubench.py

# Writes the current costs into baseline.csv. make test fails if an operation costs more than that.
.PHONY: bench-update
bench-update: $(B)/highland.elf $(B)/ubench.cpio
	$(Q)python3 tests/qemu/bench.py --update
	$(Q)python3 tests/qemu/ubench.py --update

# Where the instructions of a row of ubench are executed: make profile ROW=fork_exit_wait
.PHONY: profile
profile: $(B)/highland.elf $(B)/ubench.cpio
	$(Q)python3 tests/qemu/profile_row.py $(call quote,$(ROW)) \
		--mode $(if $(filter 0,$(PAE)),nopae,pae)

.PHONY: bench-scaling
bench-scaling: $(B)/highland.elf
	$(Q)python3 tests/qemu/bench_scaling.py

# The system's python3 has the library, but the first python3 in PATH may be another one.
.PHONY: bench-plot
bench-plot: $(B)/highland.elf
	$(Q)$$(tools/python-with.sh matplotlib) tests/qemu/bench_plot.py PAE $(B)/bench.svg
	$(Q)$$(tools/python-with.sh matplotlib) tests/qemu/bench_plot.py non-PAE \
		$(B)/bench-nopae.svg
	$(Q)cp $(B)/bench.svg $(B)/bench-nopae.svg docs

.PHONY: bench-boot
bench-boot: $(B)/highland.elf
	$(Q)python3 tests/qemu/bench_boot.py

# Plays a scene at the prompt, and draws memory before and after it (tools/picture/).
PICTURE = $$(tools/python-with.sh matplotlib PIL) tools/picture

.PHONY: picture
picture: $(B)/highland.elf $(B)/initrd.cpio
	$(Q)$(PICTURE)/main.py --ram $(RAM) --pae $(PAE) --scene $(SCENE) --kernel $< \
		--output $(B)/picture.html

# Questions about a boot that the seed selects: docs/quizzes.md.
.PHONY: quiz
quiz: $(B)/highland.elf
	$(Q)tools/quiz.py $(TOPIC) --seed $(SEED) $(if $(filter 1,$(ANSWERS)),--compute) --kernel $<

# The pictures of the README and the chapters.
.PHONY: picture-docs
picture-docs: $(B)/highland.elf $(B)/initrd.cpio
	$(Q)$(PICTURE)/book.py $<

# Types commands at the prompt, and draws the session as an SVG that moves, for the README.
.PHONY: recording
recording: $(B)/highland.elf
	$(Q)python3 tools/recording.py $<

# QEMU waits for gdb, and gdb loads the symbols of the kernel that the chooser starts: see
# docs/debugging.md. With PORT=, it waits for another debugger there.
.PHONY: debug
debug: $(B)/highland.elf $(B)/pae/kernel.elf $(B)/nopae/kernel.elf
	$(Q)tools/debug.sh $(B) $(if $(PORT),--port $(PORT)) -- qemu-system-i386 \
		$(wordlist 2,99,$(QEMU_MACHINE)) -serial $(if $(PORT),mon:stdio,file:debug.log) \
		-kernel highland.elf -append $(call quote,$(APPEND))

# The first starts the self-tests by multiboot 2, the second those of the non-PAE kernel by
# multiboot 1. The third is for the tests of the screen.
TEST_ISOS := $(B)/highland-selftest.iso $(B)/highland-selftest-mb1.iso $(B)/highland-screen.iso
BOCHS_ISOS := $(B)/highland-bochs.iso $(B)/highland-bochs-mb1.iso
# Programs on Bochs, which has no option for modules.
USER_ISOS := $(B)/highland-user.iso $(B)/highland-user-nopae.iso

# --- testing ------------------------------------------------------------------------------------

# The other builds that are tested. tests/qemu/boot_row.py uses the same names, and calls the plain
# build "3G".
VARIANT_2G    := VMSPLIT=2G
VARIANT_1G    := VMSPLIT=1G
VARIANT_debug := DEBUG=1
VARIANT_ubsan := UBSAN=1
VARIANT_notests := TESTS=0
VARIANT_term := CFLAGS_TERM="$$(tools/lab/term.py --flags 6)"

SPLIT_IMAGES   := $(B)/2G/highland.elf $(B)/1G/highland.elf
VARIANT_IMAGES := $(SPLIT_IMAGES) $(B)/debug/highland.elf $(B)/ubsan/highland.elf \
	$(B)/notests/highland.elf $(B)/term/highland.elf
ALL_IMAGES := $(VARIANT_IMAGES) $(TEST_ISOS) $(BOCHS_ISOS) $(USER_ISOS) $(B)/initrd.cpio

.PHONY: $(VARIANT_IMAGES)
$(VARIANT_IMAGES): $(B)/%/highland.elf:
	$(Q)$(MAKE) B=$(B)/$* $(VARIANT_$*) $@

# The programs of tests/host are built for 64 bits, and for 32 bits if this machine can run them.
HOST_BITS ?= $(shell tests/host/bits.sh)

.PHONY: host-programs
host-programs:
	$(Q)$(MAKE) -C tests/host build T=all BITS='$(HOST_BITS)'

# The schema of reports needs a library, which perhaps only the system's python3 has.
RUN_TESTS = $(shell tools/python-with.sh jsonschema 2>/dev/null || echo python3) \
	tests/qemu/run.py --bits '$(HOST_BITS)'

# Programs that the tests boot: /bin with the recorded tests, the benchmark, and the one that writes
# while the power fails.
ARCHIVES := $(B)/initrd.cpio $(B)/ubench.cpio $(B)/power.cpio

# The tests that a change must pass: each capability once in each mode.
.PHONY: test
test: $(B)/highland.elf $(B)/debug/highland.elf $(TEST_ISOS) $(ARCHIVES) host-programs
	$(Q)$(RUN_TESTS) --tier test

# The tests that must also pass before a change is merged: all machines, builds and emulators.
.PHONY: test-all
test-all: $(B)/highland.elf $(ALL_IMAGES) $(ARCHIVES) host-programs
	$(Q)$(RUN_TESTS) --tier all

# The rest, which may take hours: every CPU with every build, repetitions, random machines, planted
# bugs, and fresh systems. A part that fails does not stop the following ones.
.PHONY: test-long
test-long: $(B)/highland.elf $(ALL_IMAGES) $(ARCHIVES) host-programs
	$(Q)failed=0; \
		$(RUN_TESTS) --tier long || failed=1; \
		$(RUN_TESTS) --filter 'smp[48]-*' --repeat 5 || failed=1; \
		$(RUN_TESTS) --filter 'stress-*' --repeat 10 || failed=1; \
		python3 tests/qemu/soak.py --minutes $(T) --seed $(SEED) || failed=1; \
		python3 tests/qemu/pressure_soak.py --minutes $(T) || failed=1; \
		$(MAKE) -C tests/host fuzz FUZZ_SECONDS=$$(($(T) * 60)) || failed=1; \
		python3 tests/qemu/mutants.py || failed=1; \
		if [ "$$(id -u)" = 0 ]; then $(MAKE) test-fresh || failed=1; \
		else echo "test-fresh is left out: it needs root"; fi; \
		exit $$failed

.PHONY: test-host
test-host:
	$(Q)$(MAKE) -C tests/host

# The files that the chosen boots need; a program may need any.
BOOT_IMAGES = $(or $(shell python3 tests/qemu/run.py --images --filter $(call quote,$(FILTER))),\
	$(ALL_IMAGES))

.PHONY: test-boot
test-boot: $(B)/highland.elf $(B)/initrd.cpio $(if $(filter test-boot,$(MAKECMDGOALS)),$(BOOT_IMAGES))
	$(Q)$(RUN_TESTS) --filter '$(FILTER)'

.PHONY: test-matrix
test-matrix: $(B)/highland.elf $(VARIANT_IMAGES)
	$(Q)$(RUN_TESTS) --filter 'matrix-$(FILTER)'

# Reads page tables and pages from outside through QEMU, and checks that the audit finds planted
# bugs.
.PHONY: audit
audit: $(B)/highland.elf $(SPLIT_IMAGES) $(B)/initrd.cpio
	$(Q)python3 tests/qemu/audit.py --planted

# Bochs keeps stale TLB entries as real CPUs do. make test-all has these boots, too, if Bochs is
# installed.
.PHONY: test-bochs
test-bochs: $(BOCHS_ISOS) $(USER_ISOS)
	$(Q)python3 tests/qemu/run.py --filter '*bochs-*'

# The stress suites on random machines, one after the other, for T minutes. A failure names its
# seed.
# A hostile program in each mode, for T minutes.
.PHONY: hostile
hostile: $(B)/highland.elf $(B)/initrd.cpio
	$(Q)python3 tests/qemu/hostile.py --minutes $(T) --seed $(SEED)

.PHONY: soak
soak: $(VARIANT_IMAGES) $(B)/highland.elf
	$(Q)python3 tests/qemu/soak.py --minutes $(T) --seed $(SEED)

# Programs, files and swap areas with too little memory, in each mode, for T minutes.
.PHONY: soak-pressure
soak-pressure: $(B)/highland.elf $(B)/initrd.cpio
	$(Q)python3 tests/qemu/pressure_soak.py --minutes $(T)

# Follows the README on fresh systems. Needs root.
.PHONY: test-fresh
test-fresh:
	$(Q)python3 tests/fresh.py --filter '$(FILTER)'

# Plants bugs, one at a time, in a copy of the tree. The tests must notice each of them.
.PHONY: mutants
mutants:
	$(Q)python3 tests/qemu/mutants.py --filter '$(MUTANT)'

.PHONY: fuzz
fuzz:
	$(Q)$(MAKE) -C tests/host fuzz FUZZ_SECONDS=$(T)

# --- labs ---------------------------------------------------------------------------------------

# An option of a program, if the user set its variable for make. The environment has a TERM, too.
option = $(if $(filter command,$(origin $(2))),--$(1) $(call quote,$($(2))))

# A student's tree of a lab, made from the present sources: labs/README.md.
.PHONY: lab
lab:
	$(if $(and $(LAB),$(DIR)),,$(error make lab: expected LAB=name and DIR=folder))
	$(Q)python3 tools/lab/tree.py $(call option,lab,LAB) $(call option,dir,DIR) \
		$(call option,term,TERM)

# Points for each step. The program builds what the steps need, so that it can show what does not
# compile. In the project's own tree it grades the reference.
.PHONY: grade
grade:
	$(Q)python3 tools/lab/grade.py $(call option,lab,LAB) $(call option,step,STEP) \
		$(call option,seed,SEED) $(call option,json,JSON) || [ $$? = 1 ]

# The files of the lab in each of the folders, inside of copies of this tree. A folder with a blank
# in its name needs quotes inside of DIRS.
.PHONY: grade-all
grade-all:
	$(if $(and $(LAB),$(DIRS)),,$(error make grade-all: expected LAB=name and DIRS="folder folder"))
	$(Q)python3 tools/lab/grade.py --trusted . $(call option,lab,LAB) $(call option,seed,SEED) \
		$(call option,term,TERM) $(call option,json,JSON) -- $(DIRS) || [ $$? = 1 ]

# A student's tree with a planted bug, and the points of handed-in trees: labs/find-the-bug.md.
.PHONY: bug grade-bug
bug:
	$(if $(and $(SEED),$(DIR)),,$(error make bug: expected SEED=number and DIR=folder))
	$(Q)python3 tools/lab/bug.py $(call option,seed,SEED) $(call option,kind,KIND) \
		$(call option,dir,DIR) $(call option,term,TERM)

grade-bug:
	$(if $(and $(SEED),$(DIRS)),,$(error make grade-bug: expected SEED=number and DIRS="a b"))
	$(Q)python3 tools/lab/bug_grade.py $(call option,seed,SEED) $(call option,kind,KIND) \
		$(call option,term,TERM) $(call option,json,JSON) -- $(DIRS) || [ $$? = 1 ]

# --- images -------------------------------------------------------------------------------------

.PHONY: iso
iso: $(B)/highland.iso

# The ISO image has a partition table, too, so it is the image of a stick without any change.
.PHONY: usb
usb: $(B)/highland.iso
	@echo "$< is also the image of a stick, for BIOS and UEFI. As root, with the stick's"
	@echo "device in place of sdX, whose content is lost:"
	@echo "    dd if=$< of=/dev/sdX bs=4M conv=fsync"

$(B)/highland.iso: $(B)/highland.elf $(B)/initrd.cpio boot/grub.cfg tools/iso.sh
	$(if $(Q),@echo "  ISO     $@")
	$(Q)ARCHIVE=$(B)/initrd.cpio tools/iso.sh $@ $< 0 3

# The same, but GRUB starts an entry with self-tests at once: the test runner cannot press keys.
$(B)/highland-selftest.iso: $(B)/highland.elf boot/grub.cfg tools/iso.sh
	$(if $(Q),@echo "  ISO     $@")
	$(Q)tools/iso.sh $@ $< 2 0

$(B)/highland-selftest-mb1.iso: $(B)/highland.elf boot/grub.cfg tools/iso.sh
	$(if $(Q),@echo "  ISO     $@")
	$(Q)tools/iso.sh $@ $< 3 0

# The tests of the screen pass the command line and the graphics mode by -smbios.
$(B)/highland-screen.iso: $(B)/highland.elf tests/qemu/screen.cfg tools/iso.sh
	$(if $(Q),@echo "  ISO     $@")
	$(Q)GRUB_CFG=tests/qemu/screen.cfg tools/iso.sh $@ $< 0 0

# Bochs is slow, so the tests write less memory; highmem= gives highmem to a machine with little
# RAM.
$(BOCHS_ISOS): $(B)/highland-bochs%.iso: $(B)/highland.elf boot/grub.cfg tools/iso.sh
	$(if $(Q),@echo "  ISO     $@")
	$(Q)tools/iso.sh $@ $< $(if $(findstring mb1,$*),3,2) 0 'touch_limit=64M highmem=128M'

$(USER_ISOS): $(B)/highland-user%.iso: $(B)/highland.elf $(B)/initrd.cpio tests/qemu/user.cfg \
		tools/iso.sh
	$(if $(Q),@echo "  ISO     $@")
	$(Q)GRUB_CFG=tests/qemu/user.cfg ARCHIVE=$(B)/initrd.cpio tools/iso.sh $@ $< \
		$(if $(findstring nopae,$*),1,0) 0

# The files of a release, with checksums.
.PHONY: release
release: $(B)/highland.elf $(B)/highland.iso docs
	$(Q)tools/release.sh $(B)
	@echo "  RELEASE $(B)/release/highland-$(firstword $(subst +, ,$(VERSION)))"

# --- the page in a browser -----------------------------------------------------------------------

# A folder that any web server can serve: docs/browser.md.
.PHONY: web
web: $(B)/highland.elf $(B)/initrd.cpio
	$(Q)tools/web.sh $^ $(B)/web $(B)/npm
	@echo "  WEB     $(B)/web"

.PHONY: web-serve
web-serve: web
	$(Q)python3 tools/serve.py $(B)/web $(or $(PORT),8000)

# A row of make test-all runs the same.
.PHONY: test-web
test-web: $(B)/highland.elf $(B)/initrd.cpio
	$(Q)tools/test-web.sh $(B)

# --- format and checks --------------------------------------------------------------------------

C_FILES = $(shell tools/files.sh '*.c' '*.h')

# Each version of clang-format formats a little differently. .clang-format is for this one.
CLANG_FORMAT_VERSION := 14
CLANG_FORMAT = $(shell tools/clang-format.sh $(CLANG_FORMAT_VERSION))
CHECKED = $(if $(CLANG_FORMAT),as .clang-format wants them,not checked: there is no clang-format \
	$(CLANG_FORMAT_VERSION))

.PHONY: format
format:
	$(if $(CLANG_FORMAT),,$(error make format needs clang-format $(CLANG_FORMAT_VERSION): \
		another version would change more))
	$(Q)$(CLANG_FORMAT) -i $(C_FILES)

# .clang-format lists the macros that are loops. A new one must be in the list, too.
LOOPS = grep -hoP '^\#define \K\w*for_each\w*(?=\()' $(C_FILES) | sort -u
LISTED = sed -n 's/^  - //p' .clang-format | sort

.PHONY: check-format
check-format:
	$(Q)! comm -23 <($(LOOPS)) <($(LISTED)) | \
		sed 's/$$/: a loop that .clang-format does not list/' | grep .
	$(Q)$(if $(CLANG_FORMAT),$(CLANG_FORMAT) --dry-run -Werror $(C_FILES))
	@echo "check-format: $(words $(C_FILES)) files are $(CHECKED)"

.PHONY: lint
lint: $(B)/highland.elf $(B)/debug/highland.elf
	$(Q)tools/headers.py $(B) $(CC)
	$(Q)tools/layers.py
	$(Q)tools/init_refs.py
	$(Q)cppcheck -q --error-exitcode=1 --enable=warning,portability --platform=unix32 \
		--inline-suppr --suppressions-list=tools/cppcheck.txt \
		-DCONFIG_PAE=1 -DCONFIG_PAGE_OFFSET=0xC0000000ul \
		-DDEBUG=0 -DUBSAN=0 -I. -Iarch/i386/include \
		arch/i386 lib kernel sched mm thread block vm fs process drivers play init
	$(Q)python3 -m compileall -q tests/qemu tools
	$(Q)tools/prose.py
	$(Q)tools/width.py
	$(Q)tools/kernel_doc.py
	$(Q)tools/references.py
	$(Q)tools/syscalls.py
	$(Q)tools/lab/check.py
	@echo "lint: nothing found"

# --- the book ------------------------------------------------------------------------------------

# docs/*.md as a site that needs no server (tools/book/). A warning is an error.
.PHONY: docs
docs:
	@echo "  BOOK    $(B)/site"
	$(Q)$$(tools/python-with.sh sphinx myst_parser furo) tools/book/main.py --work $(B)/book \
		$(B)/site
	@echo "Open $(B)/site/index.html in a browser, or use make docs-serve."

.PHONY: docs-serve
docs-serve: docs
	$(Q)python3 tools/serve.py $(B)/site $(or $(PORT),8000)

.PHONY: docs-update
docs-update: $(B)/highland.elf
	$(Q)python3 tests/qemu/docs.py --update

.PHONY: clean
clean:
	$(Q)rm -rf build compile_commands.json

.PHONY: help
help:
	@echo "  make                both kernels, build/highland.elf, compile_commands.json"
	@echo "  make run            QEMU, serial console on the terminal, the prompt"
	@echo "                        (Ctrl-A X leaves QEMU)"
	@echo "  make run-iso        the same through GRUB and build/highland.iso"
	@echo "  make selftest       one boot of the self-tests            (FILTER=glob ICOUNT=0|1)"
	@echo "  make debug          QEMU stopped in the kernel, gdb with the commands 'hl ...'"
	@echo "                        (PORT=1234: QEMU only, for a debugger of your own)"
	@echo "  make picture        build/picture.html: memory as pictures, before and after a"
	@echo "                        scene                           (RAM= PAE= SCENE=name)"
	@echo "  make quiz           questions about a boot      (TOPIC=name SEED=n ANSWERS=0|1)"
	@echo "  make disk           build/disk.img, ext2 with programs       (DISK=file SIZE=64M)"
	@echo "                        (FILES=folder: its files, too; make run DISK=build/disk.img)"
	@echo "                        (ROOT=debian: busybox, coreutils and memtester of Debian)"
	@echo "  make user           build/initrd.cpio: programs, which make run and make iso add"
	@echo "  make iso            build/highland.iso"
	@echo "  make usb            the same, and how to write it to a stick"
	@echo ""
	@echo "  make test           tests for each change, 6 minutes; prints 'N passed, N failed'"
	@echo "  make test-all       tests before a merge: all machines and builds, 30 minutes"
	@echo "  make test-long      soak, planted bugs, every machine, hours    (T=minutes)"
	@echo "  make test-host      only the tests without a machine      (T=test BITS=64|32)"
	@echo "  make test-boot      only the boots                        (FILTER=glob)"
	@echo "  make test-matrix    every CPU, mode and build             (FILTER=glob)"
	@echo "  make test-bochs     boots under Bochs, which keeps stale TLB entries"
	@echo "  make userland       Debian's klibc programs for i386, as build/userland.cpio"
	@echo "  make user-record    record tests/user on Debian's kernel again"
	@echo "  make test-fresh     follow the README on fresh systems, as root (FILTER=glob)"
	@echo "  make audit          compare memory, read from outside, with the kernel's reports"
	@echo "  make soak-pressure  programs that need twice the memory       (T=minutes)"
	@echo "  make hostile        random calls of programs, in each mode     (T=minutes SEED=1)"
	@echo "  make soak           stress suites on random machines      (T=minutes SEED=1)"
	@echo "  make mutants        plant bugs; the tests must find each  (MUTANT=glob)"
	@echo "  make fuzz           fuzz allocators, firmware and loader information (T=seconds)"
	@echo ""
	@echo "  make lab            a student's tree of a lab             (LAB=name DIR=folder TERM=n)"
	@echo "  make grade          the points of each step of a lab      (STEP=name LAB=name)"
	@echo "  make grade-all      those of handed-in files (LAB=name DIRS=\"a b\" SEED=n JSON=file)"
	@echo "  make bug            a tree with a planted bug  (SEED=n KIND=fix|test DIR=folder TERM=n)"
	@echo "  make grade-bug      grade such trees           (SEED=n KIND=fix|test DIRS=\"a b\")"
	@echo ""
	@echo "  make web            build/web, a page that runs the kernel and shows its memory"
	@echo "  make web-serve      serve it on 127.0.0.1                 (PORT=8000)"
	@echo "  make test-web       drive it in headless Chromium, and compare with the prompt"
	@echo ""
	@echo "  make bench          cost of each operation, beside Linux's"
	@echo "  make profile        the functions in which a row of it is spent   (ROW=fork_exit_wait)"
	@echo "  make bench-update   accept these costs; make test fails if one grows"
	@echo "  make bench-scaling  how much CPUs that do the same work slow each other down"
	@echo "  make bench-boot     instructions from the entry to the prompt, by RAM"
	@echo "  make bench-plot     both as pictures: docs/bench.svg, bench-nopae.svg"
	@echo ""
	@echo "  make format         clang-format over all C; check-format only checks"
	@echo "  make lint           headers, layers, cppcheck; the words, width and links of text"
	@echo "  make docs           build/site, the book as a site; open build/site/index.html"
	@echo "  make docs-serve     serve it on 127.0.0.1                 (PORT=8000)"
	@echo "  make docs-update    update the book's tables of commands, and its quizzes"
	@echo "  make picture-docs   draw the pictures of the README and the chapters again"
	@echo "  make recording      record the session at the prompt that the README shows"
	@echo "  make release        build/release: image, kernels with symbols, site, sources, sums"
	@echo "  make deps           install the tools that the other targets need"
	@echo "  make clean          remove everything that was built"
	@echo ""
	@echo "  PAE=auto|1|0        which kernel; auto: PAE if the CPU has it     ($(PAE))"
	@echo "  RAM=4G              memory of the machine                         ($(RAM))"
	@echo "  CPUS=2              number of CPUs                                ($(CPUS))"
	@echo "  MACHINE=pc|q35                                                    ($(MACHINE))"
	@echo "  CPU=max             CPU model: 486, pentium, qemu32, max,-nx ...  ($(CPU))"
	@echo "  VMSPLIT=3G|2G|1G    start of the kernel's addresses               ($(VMSPLIT))"
	@echo "  DEBUG=0|1           expensive checks                              ($(DEBUG))"
	@echo "  UBSAN=0|1           stop at undefined behaviour of C              ($(UBSAN))"
	@echo "  TESTS=1|0           with or without self-tests and benchmarks     ($(TESTS))"
	@echo "  SCENE=boot          $(SCENES)"
	@echo "  CMDLINE=\"...\"       boot parameters; 'help params' lists them"
	@echo "  AUTO_DEPS=0         name missing tools, install nothing"
	@echo "  CROSS_COMPILE= CC=  another compiler      V=1  show commands"
