# Starts a session of `make debug`: see docs/debugging.md. The commands of the session are in
# tools/gdb/.
#
# build/highland.elf holds two kernels that are linked for the same address and whose symbols have
# the same names. The chooser moves one of them there. So this file first runs the chooser, and
# stops at the first instruction of the kernel. The word 16 bytes before it (boot/entry.asm) says
# which kernel it is. tools/debug.sh has set $hl_entry, and has made the folder of the build the
# working directory.

# The entry is a physical address, and paging is off there. A breakpoint of the hardware survives
# the move, which would overwrite one in memory.
set confirm off
hbreak *$hl_entry
continue
delete
if *(unsigned int *)($hl_entry - 16) == 1
	symbol-file pae/kernel.elf
	printf "The PAE kernel was chosen.\n"
else
	symbol-file nopae/kernel.elf
	printf "The non-PAE kernel was chosen.\n"
end
hbreak kernel_main
continue
delete
set confirm on
