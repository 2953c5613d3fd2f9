# SPDX-License-Identifier: MIT
"""Mappings above the direct map: `hl kmap` and `hl vmalloc`, and the users of such an address for `hl where`."""

import gdb
import frames
from address import Layout, Where, frame_mask, is_present
from kernel import PAGE, Command, array, constant, enumerators, function_at, kind, plain_hex, variable
from threads import all_threads, thread_name

SLOTS = "mm/kmap_slots.h"
AREAS = "mm/vmap_area.h"


# --- kmap ---------------------------------------------------------------------------------------------

def _users(slot):
    """Number of users of a slot of kmap(); 0: idle; less than 0: empty."""
    return int(slot["count"]) - constant(SLOTS, "KMAP_IDLE")


def _users_text(slot):
    users = _users(slot)
    return f"{users} user{'s' * (users != 1)}"


def _is_held(slot):
    return _users(slot) > 0 and int(slot["since"]) != 0


def _held_ms(slot):
    ticks = int(variable("sched_ticks")) - int(slot["since"]) & 0xffffffff
    return ticks * (1000 // constant("arch/i386/include/asm/time.h", "HZ"))


def _slots():
    """(address, slot, entry) of each slot of kmap()."""
    entries = variable("pkmap_ptes")
    if not int(entries):
        raise gdb.GdbError("kmap() cannot be used yet: pkmap_ptes is NULL until kmap_init()")
    slots, base = array(variable("kmap_slots"))[:-1], Layout().pkmap
    table = entries.cast(kind("pte_t").array(len(slots) - 1).pointer()).dereference()
    return [(base + number * PAGE, slot, int(entry["val"]))
            for number, (slot, entry) in enumerate(zip(slots, array(table)))]


def _holders(slots):
    """Prints the holders of slots, one line for each pair of call and thread."""
    groups = {}
    for _, slot, _ in slots:
        if _is_held(slot):
            groups.setdefault((int(slot["caller"]), int(slot["thread"])), []).append(slot)
    for (caller, thread), held in groups.items():
        print(f"  {len(held)} slot{'s' if len(held) > 1 else ''} held by '{thread_name(thread)}' since "
              f"{function_at(caller - 1)}, for {max(map(_held_ms, held))} ms at most")


def _local_slots():
    """(address, last use) of each kmap_local slot of any CPU that maps a page."""
    space = Layout()
    first = (space.local_start - space.fixmap) // PAGE
    entries = array(variable("fixmap_ptes"))
    uses = variable("last_use", "arch/i386/kmap_local.c")
    for index in range(first, (space.local_end - space.fixmap) // PAGE):
        if is_present(int(entries[index]["val"])):
            yield space.fixmap + index * PAGE, uses[index]


def _state_text(pfn):
    """The words of the kernel for the state of a frame."""
    number = int(enumerators("enum page_state")[frames.state(frames.frame(pfn))])
    return variable("page_state_names")[number].string()


def _windows():
    """(address, CPU, window, frame) of each window to page tables that shows a frame."""
    space = Layout()
    entries = array(variable("fixmap_ptes"))
    for number in range(space.windows * space.nr_cpus):
        address = space.windows_start + number * PAGE
        entry = int(entries[(address - space.fixmap) // PAGE]["val"])
        if is_present(entry):
            yield address, *divmod(number, space.windows), (entry & frame_mask()) >> 12


class Kmap(Command):
    """The slots of kmap() that map a page, with their users, and the slots of kmap_local_page() in use, as
`kmapinfo slots` prints them, and the windows to page tables. The kmap_local mappings of a thread that does
not run are saved with it."""

    name, summary = "kmap", "slots of kmap() and kmap_local_page(), and their users"

    def run(self, text):
        slots = _slots()
        held = sum(_users(slot) > 0 for _, slot, _ in slots)
        idle = sum(_users(slot) == 0 for _, slot, _ in slots)
        print(f"kmap slots: {held} held, {idle} idle, {len(slots) - held - idle} empty")
        _holders(slots)
        saved = [thread for thread in all_threads() if int(thread["kmaps"]["nr"])]
        mappings = sum(int(thread["kmaps"]["nr"]) for thread in saved)
        print(f"kmap_local slots: {len(list(_local_slots()))} in use; {mappings} mapping{'s' * (mappings != 1)} saved "
              f"with {len(saved)} thread{'s' * (len(saved) != 1)}")
        for address, slot, entry in slots:
            if not is_present(entry):
                continue
            line = f"{address:08x} frame {plain_hex((entry & frame_mask()) >> 12)}"
            if _is_held(slot):
                print(f"{line} {_users_text(slot)}, since {function_at(int(slot['caller']) - 1)}, "
                      f"{_held_ms(slot)} ms")
            else:
                print(f"{line} {_users_text(slot)}, not noted yet" if _users(slot) > 0 else f"{line} idle")
        for address, use in _local_slots():
            print(f"  {address:08x} maps frame {plain_hex(frames.pfn_of(use['page']))} for "
                  f"{function_at(int(use['caller']))}")
        for thread in sorted(saved, key=lambda thread: int(thread["id"])):
            for number in range(int(thread["kmaps"]["nr"])):
                use, cpu = thread["kmaps"]["use"][number], int(thread["cpu"])
                if int(use["page"]):
                    print(f"  saved with '{thread['name'].string()}': frame {plain_hex(frames.pfn_of(use['page']))}, "
                          f"at {Layout().local_address(cpu, number):08x} when it runs on CPU {cpu}")
        for address, cpu, window, pfn in _windows():
            print(f"{address:08x} frame {plain_hex(pfn)}, {_state_text(pfn)}, in window {window} of CPU {cpu}")


# --- vmalloc ------------------------------------------------------------------------------------------

def ranges(tree):
    """The nodes of a range tree, the lowest first, as pointers."""
    nodes, below = [], tree["root"]
    while nodes or int(below):
        while int(below):
            nodes.append(below)
            below = below["child"][0]
        node = nodes.pop()
        yield node
        below = node["child"][1]


def _areas():
    """The ranges of the vmalloc area."""
    member = next(field for field in kind("struct vmap_area").fields() if field.name == "node")
    for node in ranges(variable("tree", "mm/vmap_area.c")):
        place = gdb.Value(int(node) - member.bitpos // 8)
        yield place.cast(kind("struct vmap_area").pointer()).dereference()


def _purpose(area):
    flags = int(area["flags"])
    name = next((name for name, macro in (("vmalloc", "VM_ALLOC"), ("vmap", "VM_MAP"))
                 if flags & constant(AREAS, macro)), "ioremap")
    return name + (" unpurged" if flags & constant(AREAS, "VM_LAZY") else "")


class Vmalloc(Command):
    """Each range includes the guard page at its end. "unpurged" is a range whose addresses wait for a flush."""

    name, summary = "vmalloc", "ranges of the vmalloc area, as vmallocinfo prints them"

    def run(self, text):
        if not int(variable("tree", "mm/vmap_area.c")["end"]):
            raise gdb.GdbError("there is no vmalloc area yet: vmalloc_init() sets its borders")
        for area in _areas():
            start, end = int(area["node"]["start"]), int(area["node"]["end"])
            size = f"phys={int(area['phys']):#010x}" if int(area["flags"]) & constant(AREAS, "VM_IOREMAP") \
                else f"pages={(end - start) // PAGE - 1}"
            print(f"0x{start:08x}-0x{end:08x} {end - start:8} {function_at(int(area['caller']))} {size} "
                  f"{_purpose(area)}")


# --- users of an address ------------------------------------------------------------------------------

def users_of(address):
    """Lines about the code that mapped an address above the direct map."""
    space = Layout()
    if space.pkmap <= address < space.fixmap:
        slot = variable("kmap_slots")[(address - space.pkmap) // PAGE]
        if int(slot["caller"]):
            now = _users_text(slot) if _users(slot) > 0 else "idle" if _users(slot) == 0 else "empty"
            yield (f"{now}; the first user was {function_at(int(slot['caller']) - 1)}, "
                   f"thread '{thread_name(int(slot['thread']))}'")
    elif space.local_slot(address):
        use = variable("last_use", "arch/i386/kmap_local.c")[(address - space.fixmap) // PAGE]
        if int(use["page"]):
            yield (f"last mapped to frame {plain_hex(frames.pfn_of(use['page']))} for "
                   f"{function_at(int(use['caller']))}")
    elif space.direct and space.vmalloc <= address < space.vmalloc_end:
        for area in _areas():
            start, end = int(area["node"]["start"]), int(area["node"]["end"])
            if start <= address < end:
                yield f"{_purpose(area)} range 0x{start:08x}-0x{end:08x} of {function_at(int(area['caller']))}"
    for thread in all_threads():
        if int(thread["stack"]) <= address < int(thread["stack_end"]):
            yield f"stack of thread '{thread['name'].string()}'"


Where.users = users_of
