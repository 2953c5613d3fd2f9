// SPDX-License-Identifier: MIT
/**
 * The scenes: the text of each step, and the commands that it types. docs/play.md has the verbs.
 * A scene begins on a machine without handles, so its first block is handle 1, and it ends without.
 *
 * @typedef {{text: string, commands: string[]}} Step
 * @type {{name: string, title: string, about: string, steps: Step[]}[]}
 */

const highmem = {
    name: "highmem",
    title: "Fill high memory",
    about: "640 of this machine's 1536 MiB are high memory. The kernel has no address for it. " +
        "So it keeps lowmem for its own data, and gives high memory to pages that it rarely " +
        "touches.",
    steps: [
        {
            text: "Nearly all of memory is free. In the carpet, the large blue part is " +
                "lowmem, and the green part below it is high memory: faint, because it is " +
                "free.",
            commands: ["meminfo"],
        },
        {
            text: "Take nine tenths of high memory. The green part of the carpet gets its strong " +
                "colour, and the blue part stays as it is.",
            commands: ["fill HighMem 90"],
        },
        {
            text: "Take one page more, and map it with kmap(). The first slot lights up, and " +
                "a square in the carpet marks the frame. Only now can the kernel read and " +
                "write it.",
            commands: ["alloc 0 HighMem", "kmap 2"],
        },
        {
            text: "Click the slot: the walk of its address leads to that frame. The other " +
                "frames of strong green have no address.",
            commands: ["kmapinfo slots"],
        },
        {
            text: "Give all of it back. The blocks coalesce with their neighbours, and the " +
                "carpet is faint again.",
            commands: ["release all", "meminfo"],
        },
    ],
};

const pkmap = {
    name: "pkmap",
    title: "Use up pkmap",
    about: "A slot of kmap() stays mapped when its last user is gone, because unmapping it " +
        "would cost a flush of the address cache (TLB) on all CPUs. One flush, much later, " +
        "serves all slots. With PAE there are 512 slots.",
    steps: [
        {
            text: "Take a block of 256 pages of high memory, and map all of them. Each page " +
                "gets a slot, and 256 slots light up.",
            commands: ["alloc 8 HighMem", "kmap 1 all"],
        },
        {
            text: "Undo the mappings. The slots are idle: half lit, without a user, and yet " +
                "the page tables still map their pages.",
            commands: ["kunmap 1 all"],
        },
        {
            text: "Map the same pages again, and undo it. Each page finds its old slot. No " +
                "slot was emptied and no TLB was flushed meanwhile.",
            commands: ["kmap 1 all", "kunmap 1 all"],
        },
        {
            text: "Do the same with 256 other pages. Now no slot is empty any more.",
            commands: ["alloc 8 HighMem", "kmap 2 all", "kunmap 2 all"],
        },
        {
            text: "One page more needs a slot, and there is none. So the kernel empties all " +
                "idle slots together and flushes once: the grid is empty, except for the new " +
                "slot.",
            commands: ["alloc 0 HighMem", "kmap 3"],
        },
        {
            text: "Give everything back. The last slot stays idle until the next flush. The " +
                "statistics have counted one flush for kmap, for 512 mappings.",
            commands: ["release all", "tlbstat"],
        },
    ],
};

const fragment = {
    name: "fragment",
    title: "Fragment",
    about: "The page allocator keeps blocks of 1, 2, 4 and up to 1024 pages. A free block and " +
        "its buddy of the same size coalesce into one of twice the size. A single page that " +
        "is in use prevents that.",
    steps: [
        {
            text: "Most of high memory is free in blocks of order 10: whole rows of the " +
                "carpet. The table below the carpet has the same numbers.",
            commands: ["buddyinfo"],
        },
        {
            text: "Take every page of high memory, and free every other one. Half of it is " +
                "free, but only in blocks of order 0. The lens shows the stripes: move over " +
                "the green part.",
            commands: ["fragment HighMem", "buddyinfo"],
        },
        {
            text: "Ask for two pages side by side. Although hundreds of MiB are free, there " +
                "are no two, and the request fails.",
            commands: ["alloc 1 HighMem"],
        },
        {
            text: "Free the other half, too. Each page finds its buddy free and coalesces, " +
                "the pair finds its buddy free, and so on, until whole rows are one block " +
                "again.",
            commands: ["release all", "buddyinfo"],
        },
    ],
};

const kmapLocal = {
    name: "kmap-local",
    title: "kmap_local",
    about: "kmap_local_page() maps a page for one thread, in a slot of its CPU. It needs no " +
        "lock. But another thread may run on this CPU at any time, and must not see the slots " +
        "of the first. So they belong to the thread: the scheduler saves and restores them.",
    steps: [
        {
            text: "A thread maps a page with kmap_local_page(), and sleeps. The row of slots " +
                "stays empty: the thread's slot was cleared and saved when the CPU left it.",
            commands: ["alloc 0 HighMem", "kmaplocal 1"],
        },
        {
            text: "Let that thread run. Its slot lights up: the scheduler mapped the page at " +
                "its old address before the thread continued. Whenever the prompt runs, the " +
                "slot is cleared for that time.",
            commands: ["kmaplocal run"],
        },
        {
            text: "The thread maps a second page while it has the first: slots are a stack, " +
                "and the new one is beside the old one.",
            commands: ["alloc 0 HighMem", "kmaplocal 3"],
        },
        {
            text: "Let the thread sleep again. Both slots are cleared, and both mappings are " +
                "saved with the thread.",
            commands: ["kmaplocal sleep"],
        },
        {
            text: "Let it run once more: both pages are at the same addresses as before. No " +
                "other CPU had to be asked at any time.",
            commands: ["kmaplocal run"],
        },
        {
            text: "End the thread's mappings in reverse order, and free the pages.",
            commands: ["kmaplocal sleep", "release all"],
        },
    ],
};

const lowmem = {
    name: "lowmem",
    title: "Lowmem runs out",
    about: "The kernel's own data needs an address at all times, so it must be in lowmem. " +
        "Lowmem can run out while hundreds of MiB of high memory are free.",
    steps: [
        {
            text: "LowFree is what the kernel can use for itself, and HighFree is what it " +
                "cannot.",
            commands: ["meminfo"],
        },
        {
            text: "Take almost all pages of the zones Normal and DMA. The blue part of the " +
                "carpet gets its strong colour, the green part stays faint.",
            commands: ["fill Normal 100", "fill DMA 100"],
        },
        {
            text: "Ask for 1 MiB of the kernel's own memory, side by side. The request fails, " +
                "although 640 MiB are free: kmalloc() returns an address of the direct map, and " +
                "high memory is not in there.",
            commands: ["kmalloc 1M", "buddyinfo"],
        },
        {
            text: "vmalloc() maps single pages side by side, and they may come from high " +
                "memory. So it succeeds where kmalloc() has failed.",
            commands: ["vmalloc 1M", "meminfo"],
        },
        {
            text: "Give everything back. The kernel has its lowmem again.",
            commands: ["release all", "meminfo"],
        },
        {
            text: "What filled lowmem on real machines? Page tables of programs, and bytes in " +
                "sockets. Each line is one of them, in lowmem, and then the same work in high " +
                "memory. It takes a while, and undoes all of it.",
            commands: ["demo lowmem"],
        },
    ],
};

const processes = {
    name: "processes",
    title: "Programs",
    about: "A program has an address space of its own. It gets a page when it touches it, and " +
        "a fork copies none: both share all pages until one of them writes.",
    steps: [
        {
            text: "This program fills 64 MiB and stays in the background. Its pages are in high " +
                "memory, in a colour of their own: the kernel needs no address for them.",
            commands: ["exec /bin/hold 64", "procs"],
        },
        {
            text: "This one fills 64 MiB, too, and forks two children. Each has 64 MiB, but the " +
                "pages are there once: the carpet shows them in the colour of shared pages.",
            commands: ["exec /bin/hold 64 2 0", "procs"],
        },
        {
            text: "The same, but each child writes to half of its memory. Only those pages " +
                "are copied. AnonPages counts pages, and RSS of procs what each program has.",
            commands: ["exec /bin/hold 64 2 50", "procs", "meminfo"],
        },
    ],
};

export const SCENES = [highmem, pkmap, fragment, kmapLocal, lowmem, processes];
