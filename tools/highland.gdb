# Commands for `make debug`. They read the kernel's own structures, so they work in both kernels.

define hl-page
	set $page = &mem_map[$arg0]
	printf "frame %#x: state %d order %d zone %d compound %d number %d, %u references, a %#x b %#x\n", $arg0, \
		($page->flags >> 4) & 15, $page->flags & 15, ($page->flags >> 8) & 3, \
		($page->flags >> 10) & 1, $page->number, $page->refcount, $page->a, $page->b
end
document hl-page
hl-page PFN: the descriptor of a frame.
end

define hl-zones
	set $i = 0
	while $i < 3
		printf "%-8s from %#lx: %lu spanned, %lu present, %lu managed, %lu free\n", zones[$i].name, \
			zones[$i].start_pfn, zones[$i].spanned_pages, zones[$i].present_pages, \
			zones[$i].managed_pages, zones[$i].free_pages
		set $i = $i + 1
	end
end
document hl-zones
hl-zones: the zones and what is free in them.
end

define hl-ptwalk
	set $shift = sizeof(pteval_t) == 8 ? 21 : 22
	set $pde = swapper_pg_dir[((unsigned long)$arg0) >> $shift].val
	printf "pde %#llx\n", (unsigned long long)$pde
	if ($pde & 1) && !($pde & 0x80)
		set $table = (pteval_t *)((unsigned long)($pde & 0xfffff000) + vm_offset)
		set $index = (((unsigned long)$arg0) >> 12) & ($shift == 21 ? 511 : 1023)
		printf "pte %#llx\n", (unsigned long long)$table[$index]
	end
end
document hl-ptwalk
hl-ptwalk ADDR: how an address is translated.
end

# The direct map begins where the directory lies, less its physical address.
set $unused = 0
define hl-offset
	set vm_offset = (unsigned long)swapper_pg_dir & 0xc0000000
end

hbreak kernel_main
continue
