# The programs of user/bin and tests/user, and the archive with them, which a loader passes as a
# module. They are linked with user/libc and nothing else.

USER_LIBC_C  := $(sort $(wildcard user/libc/*.c))
USER_BIN_C   := $(sort $(wildcard user/bin/*.c))
USER_TESTS_C := $(sort $(wildcard tests/user/*.c))

CFLAGS_USER := $(CC_TARGET) -std=gnu11 -m32 -march=i486 -mtune=generic -Os -g -static -ffreestanding \
	-nostdlib -nostdinc -isystem "$(CC_HEADERS)" -fno-pic -fno-pie -fno-stack-protector \
	-fcf-protection=none -fno-stack-clash-protection -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -fno-common -fwrapv -ffunction-sections -fdata-sections \
	-ffile-prefix-map="$$PWD/"= $(WARN) -Iuser/libc
LDFLAGS_USER := -m elf_i386 -static -nostdlib --build-id=none --gc-sections -z max-page-size=4096 \
	-z noexecstack -s

USER_LIBC_O := $(patsubst user/%.c,$(B)/user/%.o,$(USER_LIBC_C))
USER_BINS   := $(patsubst user/bin/%.c,$(B)/user/root/bin/%,$(USER_BIN_C))
USER_TESTS  := $(patsubst tests/user/%.c,$(B)/user/root/tests/%,$(USER_TESTS_C))
.SECONDARY:

-include $(wildcard $(B)/user/*/*.d)

$(B)/user/libc/%.o: user/libc/%.c $(B)/flags.txt user/build.mk
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CFLAGS_USER) -MD -MP -c -o $@ $<

$(B)/user/bin/%.o: user/bin/%.c $(B)/flags.txt user/build.mk
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CFLAGS_USER) -MD -MP -c -o $@ $<

$(B)/user/tests/%.o: tests/user/%.c $(B)/flags.txt user/build.mk
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CFLAGS_USER) -MD -MP -c -o $@ $<

$(USER_BINS): $(B)/user/root/bin/%: $(B)/user/bin/%.o $(USER_LIBC_O)
	@mkdir -p $(@D)
	$(Q)$(LD) $(LDFLAGS_USER) -o $@ $^

$(USER_TESTS): $(B)/user/root/tests/%: $(B)/user/tests/%.o $(USER_LIBC_O)
	@mkdir -p $(@D)
	$(Q)$(LD) $(LDFLAGS_USER) -o $@ $^

# Programs that use up memory. They are linked with nothing, so that they run on Linux, too.
USER_PRESSURE := $(foreach p,exhaust order pressure verify,$(B)/user/root/tests/$(p))
$(USER_PRESSURE): $(B)/user/root/tests/%: tests/pressure/%.c $(B)/flags.txt user/build.mk
	@mkdir -p $(@D) $(B)/user/pressure
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CFLAGS_USER) -O2 -MD -MP -MF $(B)/user/pressure/$*.d -c -o $(B)/user/pressure/$*.o $<
	$(Q)$(LD) $(LDFLAGS_USER) -o $@ $(B)/user/pressure/$*.o

# The archive: the programs, the files of user/files, and what both kernels expect in a root.
$(B)/initrd.cpio: $(USER_BINS) $(USER_TESTS) $(USER_PRESSURE) $(sort $(wildcard user/files/*)) tools/cpio.py
	$(if $(Q),@echo "  CPIO    $@")
	$(Q)python3 tools/cpio.py $@ bin=$(B)/user/root/bin tests=$(B)/user/root/tests \
		etc=user/files

.PHONY: user
user: $(B)/initrd.cpio

# The benchmark of programs has an archive of its own. It is linked with nothing, since it measures
# the kernel only.
$(B)/user/ubench/bin/ubench: tests/ubench/ubench.c $(B)/flags.txt user/build.mk
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CFLAGS_USER) -O2 -MD -MP -MF $(@D)/../ubench.d -c -o $(@D)/../ubench.o $<
	$(Q)$(LD) $(LDFLAGS_USER) -o $@ $(@D)/../ubench.o

$(B)/ubench.cpio: $(B)/user/ubench/bin/ubench tools/cpio.py
	$(if $(Q),@echo "  CPIO    $@")
	$(Q)python3 tools/cpio.py $@ bin=$(B)/user/ubench/bin

# The program that changes files while the power fails: tests/qemu/power_cut.py.
$(B)/user/power/bin/power: tests/power/power.c $(USER_LIBC_O)
	@mkdir -p $(@D)
	$(if $(Q),@echo "  CC      $@")
	$(Q)$(CC) $(CFLAGS_USER) -MD -MP -MF $(@D)/../power.d -c -o $(@D)/../power.o $<
	$(Q)$(LD) $(LDFLAGS_USER) -o $@ $(@D)/../power.o $(USER_LIBC_O)

$(B)/power.cpio: $(B)/user/power/bin/power tools/cpio.py
	$(if $(Q),@echo "  CPIO    $@")
	$(Q)python3 tools/cpio.py $@ bin=$(B)/user/power/bin

# The lines that tests/user print on Debian's kernel.
.PHONY: user-record
user-record: $(B)/initrd.cpio
	$(Q)tests/user/record.py $(B) $(T_USER)

# Programs of Debian: fetched, checked and unpacked, not installed. Those in the archive are small:
# busybox, and programs that are linked with klibc. build/root has more, for a disk.
.PHONY: userland
userland:
	$(Q)tools/debian.py $(B)/klibc klibc-utils libklibc
	$(Q)tools/debian_root.py $(B)/root
	$(Q)cp $(B)/root/bin/busybox $(B)/klibc/usr/lib/klibc/bin/
	$(Q)python3 tools/cpio.py $(B)/userland.cpio bin=$(B)/klibc/usr/lib/klibc/bin \
		lib=$(B)/klibc/lib etc=user/files
	@echo "  CPIO    $(B)/userland.cpio: make run ARCHIVE=$(B)/userland.cpio"
