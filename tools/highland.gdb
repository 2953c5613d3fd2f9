# Commands for `make debug`: see docs/debugging.md. They read the kernel's own structures, by their
# names, so they are the same for both kernels and for every split of the address space.
#
# build/highland.elf holds two kernels that are linked for the same address and whose symbols have
# the same names. The chooser moves one of them there. So this file first runs the chooser, and
# stops at the first instruction of the kernel. The word 16 bytes before it (boot/entry.asm) says
# which kernel it is. tools/debug.sh has set $hl_entry, and has made the folder of the build the
# working directory.

define hl-page
	if $argc != 1
		printf "usage: hl-page PFN, a frame number below %#lx\n", max_pfn
	else
		if (unsigned long long)($arg0) >= max_pfn
			printf "frame %#llx has no descriptor, expected a number below %#lx\n", \
				(unsigned long long)($arg0), max_pfn
		else
			set $hl_page = &mem_map[$arg0]
			printf "frame %#lx: state %u (", (unsigned long)($arg0), \
				($hl_page->flags >> 4) & 15
			output (enum page_state)(($hl_page->flags >> 4) & 15)
			printf "), order %u, zone %u, number %u, %u references, a %#x, b %#x\n", \
				$hl_page->flags & 15, ($hl_page->flags >> 8) & 3, \
				$hl_page->number, $hl_page->refcount, $hl_page->a, $hl_page->b
		end
	end
end
document hl-page
hl-page PFN: the descriptor of a frame.
end

define hl-zones
	set $hl_i = 0
	while $hl_i < sizeof(zones) / sizeof(zones[0])
		if zones[$hl_i].name
			printf "%-8s from %#lx: ", zones[$hl_i].name, zones[$hl_i].start_pfn
			printf "%lu spanned, %lu present, %lu managed, %lu free\n", \
				zones[$hl_i].spanned_pages, zones[$hl_i].present_pages, \
				zones[$hl_i].managed_pages, zones[$hl_i].free_pages
		end
		set $hl_i = $hl_i + 1
	end
end
document hl-zones
hl-zones: the zones, in pages. What the CPUs' own lists hold is not counted as free.
end

define hl-ptwalk
	if $argc != 1
		printf "usage: hl-ptwalk ADDR, an address of 32 bits such as 0xc0100000\n"
	else
		set $hl_addr = (unsigned long)($arg0)
		# An entry is 8 bytes with PAE, and 4 without.
		set $hl_shift = sizeof(pteval_t) == 8 ? 21 : 22
		set $hl_entries = sizeof(pteval_t) == 8 ? 512 : 1024
		set $hl_frame = sizeof(pteval_t) == 8 ? 0xffffffffff000ull : 0xfffff000ull
		# The direct map: where a kernel is linked, less where it is loaded.
		set $hl_offset = (unsigned long)&kernel_start - (unsigned long)&kernel_phys
		set $hl_pde = (unsigned long long)swapper_pg_dir[$hl_addr >> $hl_shift].val
		printf "PD    [%4lu]  %#llx\n", ($hl_addr >> $hl_shift) % $hl_entries, $hl_pde
		set $hl_entry = $hl_pde
		set $hl_low = (1 << $hl_shift) - 1
		if ($hl_pde & 1) && !($hl_pde & 0x80)
			set $hl_index = ($hl_addr >> 12) % $hl_entries
			set $hl_table_at = (unsigned long)($hl_pde & $hl_frame) + $hl_offset
			set $hl_table = (pteval_t *)$hl_table_at
			set $hl_entry = (unsigned long long)$hl_table[$hl_index]
			set $hl_low = 0xfff
			printf "PT    [%4lu]  %#llx\n", $hl_index, $hl_entry
		end
		if $hl_entry & 1
			printf "%08lx is physical %#llx\n", $hl_addr, \
				($hl_entry & $hl_frame & ~(unsigned long long)$hl_low) + \
				($hl_addr & $hl_low)
		else
			printf "%08lx is not mapped\n", $hl_addr
		end
	end
end
document hl-ptwalk
hl-ptwalk ADDR: how the kernel's tables translate an address, as `ptwalk` at the prompt shows it.
end

define hl-cmdline
	if boot_record.cmdline
		printf "%s\n", (char *)(boot_record.cmdline + \
			(unsigned long)&kernel_start - (unsigned long)&kernel_phys)
	else
		printf "The kernel has not taken over the boot record yet.\n"
	end
end
document hl-cmdline
hl-cmdline: the command line that the kernel was started with.
end

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
