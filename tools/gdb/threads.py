# SPDX-License-Identifier: MIT
"""Threads and objects: `hl threads` and `hl slab`."""

import gdb
from kernel import Command, array, cpus, enumerators, kind, per_cpu, variable


def all_threads():
    """All threads, in the order of the kernel's list."""
    head, thread = variable("threads", "sched/thread_list.c"), kind("struct thread")
    offset = next(field.bitpos // 8 for field in thread.fields() if field.name == "all")
    link = head["next"]
    while int(link) not in (0, int(head.address)):
        yield gdb.Value(int(link) - offset).cast(thread.pointer()).dereference()
        link = link["next"]


def thread_name(address):
    """The name of the thread at an address, or "ended"."""
    return next((thread["name"].string() for thread in all_threads() if int(thread.address) == address), "ended")


def _state(thread):
    states, now = enumerators("enum thread_state"), int(thread["state"])
    if int(thread["on_cpu"]):
        return "running"
    if now == states["THREAD_DEAD"]:
        return "dead"
    return "sleeping" if now == states["THREAD_SLEEPING"] and not int(thread["queued"]) else "ready"


class Threads(Command):
    """The first four columns are those of `ps`. A stack ends at the higher address. ESP is the stack pointer of
a thread that does not run; `info registers` has the others."""

    name, summary = "threads", "the threads, with their stacks"

    def run(self, text):
        threads = sorted(all_threads(), key=lambda thread: int(thread["id"]))
        if not threads:
            raise gdb.GdbError("there are no threads yet: thread_adopt() makes the first one")
        print("  PID CPU STATE    NAME             STACK              ESP")
        for thread in threads:
            esp = "" if _state(thread) == "running" else f"{int(thread['esp']):08x}"
            print(f"{int(thread['id']):5} {int(thread['cpu']):3} {_state(thread):<8} {thread['name'].string():<16} "
                  f"{int(thread['stack']):08x}-{int(thread['stack_end']):08x}  {esp}".rstrip())


def _cached(number):
    """Objects of a cache in the lists of all CPUs."""
    lists = [per_cpu(variable("kmem_cache_cpus"), cpu)[number] for cpu in cpus()]
    return sum(int(pair["nr_hot"]) + int(pair["nr_cold"]) for pair in lists)


class Slab(Command):
    """The columns are those of Linux's slabinfo(5). An object that a CPU has cached in its own lists is not
active."""

    name, summary = "slab", "the caches of objects, as slabinfo prints them"

    def run(self, text):
        caches = [cache for cache in array(variable("kmem_caches"))[1:] if int(cache)]
        if not caches:
            raise gdb.GdbError("there are no caches yet: kmem_cache_init() makes the first ones")
        print("slabinfo - version: 2.1\n"
              "# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> "
              ": tunables <limit> <batchcount> <sharedfactor> "
              ": slabdata <active_slabs> <num_slabs> <sharedavail>")
        for cache in caches:
            slabs, objects, empty = int(cache["nr_slabs"]), int(cache["objects"]), int(cache["nr_empty"])
            active = slabs * objects - int(cache["nr_free"]) - _cached(int(cache["number"]))
            print(f"{cache['name'].string():<17} {active:6} {slabs * objects:6} {int(cache['size']):6} {objects:4} "
                  f"{1 << int(cache['order']):4} : tunables {2 * int(cache['hot_limit']):4} {int(cache['batch']):4} "
                  f"{0:4} : slabdata {slabs - empty:6} {slabs:6} {0:6}")
