# SPDX-License-Identifier: MIT
"""How the commands of `make debug` read a kernel that gdb has stopped.

A stopped kernel cannot run a report of its own: a CPU may hold the lock that the report needs. So gdb reads
the kernel's structures. Everything has one source: variables, members and enumerations come from the debug
information, by their names. Macros are not in it, so their values come from the header that defines them.
Nothing here knows an offset or the size of a structure. Hence the commands are the same in both paging modes,
for every split of the address space, and with DEBUG=1.

A command raises gdb.GdbError if it cannot answer. gdb prints such an error as one line.
"""

import bisect
import functools
import re
from pathlib import Path

import gdb

TREE = Path(__file__).resolve().parents[2]
PAGE = 4096
COMMANDS = {}  # by name


# --- names --------------------------------------------------------------------------------------------

def variable(name, file=None):
    """A variable of the kernel. `file` is the source that defines it, if it is static there."""
    symbol = None if file else gdb.lookup_global_symbol(name)
    try:
        return symbol.value() if symbol else gdb.parse_and_eval(f"'{file}'::{name}" if file else name)
    except gdb.error:
        raise gdb.GdbError(f"There is no variable {name}. Are the kernel's symbols loaded? "
                           "`make debug` loads them.") from None


def kind(name):
    """A type of the kernel, such as "struct page"."""
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        raise gdb.GdbError(f"There is no type {name}. Are the kernel's symbols loaded? "
                           "`make debug` loads them.") from None


@functools.cache
def constant(header, name):
    """The value of a macro that is a plain number."""
    found = re.search(rf"^#define\s+{name}\s+\(?(-?(?:0x[0-9a-fA-F]+|\d+))[uUlL]*\)?(?:\s|$)",
                      (TREE / header).read_text(), re.M)
    if not found:
        raise gdb.GdbError(f"{header} has no macro {name} that is a number")
    return int(found[1], 0)


def enumerators(name):
    """The numbers of an enumeration by their names."""
    return {field.name: field.enumval for field in kind(name).fields()}


def enumerator(name, number):
    """The name of a number in an enumeration; the number itself if it has none."""
    return next((key for key, value in enumerators(name).items() if value == number), str(number))


# --- values -------------------------------------------------------------------------------------------

def address_of(name):
    """Address of a variable, a function or a symbol of the linker."""
    try:
        return int(gdb.parse_and_eval(f"(unsigned long)&{name}"))
    except gdb.error:
        raise gdb.GdbError(f"There is no symbol {name}. Are the kernel's symbols loaded? "
                           "`make debug` loads them.") from None


def array(value):
    """All elements of an array, which one transfer reads."""
    value.fetch_lazy()
    low, high = value.type.range()
    return [value[index] for index in range(low, high + 1)]


def read(address, size):
    """Bytes at an address of the kernel."""
    return bytes(gdb.selected_inferior().read_memory(address, size))


def plain_hex(number):
    """As %#lx prints it."""
    return hex(number) if number else "0"


def page_offset():
    """First address of the direct map: the kernel's address there, less its physical address."""
    return address_of("kernel_start") - address_of("kernel_phys")


def is_pae():
    """Whether an entry of a page table has 64 bits."""
    return kind("pteval_t").sizeof == 8


# --- CPUs ---------------------------------------------------------------------------------------------

def cpus():
    """Numbers of the CPUs that have per-CPU data. The boot CPU always has."""
    return [cpu for cpu, offset in enumerate(array(variable("per_cpu_offset"))) if cpu == 0 or int(offset)]


def per_cpu(value, cpu):
    """A CPU's copy of a per-CPU variable."""
    place = int(value.address) + int(variable("per_cpu_offset")[cpu])
    return gdb.Value(place).cast(value.type.pointer()).dereference()


# --- code ---------------------------------------------------------------------------------------------

def function_at(address):
    """A function and the distance from its start, as the kernel's reports name a place in the code."""
    inside = any(address_of(f"{part}_start") <= address < address_of(f"{part}_end") for part in ("text", "init_text"))
    at = bisect.bisect_right(_symbols(), (address, "~")) - 1
    if not inside or at < 0:
        return hex(address)
    start, name = _symbols()[at]
    return f"{name}+{plain_hex(address - start)}"


@functools.lru_cache(maxsize=1)
def _symbols():
    """Address and name of each function, in order of address: the records of kernel/symbols.c."""
    read = gdb.selected_inferior().read_memory
    size, pairs = int(variable("symbol_bytes")), read(address_of("symbol_pairs"), 256).tobytes()
    spelled = [chr(code) for code in range(128)]
    for first, second in zip(pairs[::2], pairs[1::2]):
        spelled.append(spelled[first] + spelled[second])
    table = read(address_of("symbol_names"), size).tobytes() if size else b""
    address, symbols = int(variable("symbol_base")), []
    for high, low, name in re.findall(rb"(?s)([\x00-\x1f])(.)([\x20-\xff]*)", table):
        address += high[0] << 8 | low[0]
        if name:
            symbols.append((address, "".join(spelled[code] for code in name)))
    return symbols


# --- arguments ----------------------------------------------------------------------------------------

def number_of(text, expected):
    """The value of an expression of C, and its size in bytes. An array, a structure or a function counts as its
    address."""
    try:
        value = gdb.parse_and_eval(text)
        if value.type.strip_typedefs().code in (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC, gdb.TYPE_CODE_STRUCT,
                                                gdb.TYPE_CODE_UNION):
            value = value.address
        return int(value), value.type.sizeof
    except gdb.MemoryError as error:
        raise gdb.GdbError(f"'{text}': {error}; expected {expected}") from None
    except gdb.error as error:
        raise gdb.GdbError(f"'{text}': {str(error).rstrip('.')}; expected {expected}") from None
    except (OverflowError, ValueError, TypeError):
        raise gdb.GdbError(f"'{text}': expected {expected}") from None


def address_argument(text):
    """An address of 32 bits. A register is a signed number to gdb, so an address may seem to be negative."""
    expected = "an address of 32 bits such as 0xc0100000"
    address, size = number_of(text, expected)
    if address < 0 and size == 4:
        address += 1 << 32
    if not 0 <= address <= 0xffffffff:
        raise gdb.GdbError(f"'{text}': expected {expected}")
    return address


# --- commands -----------------------------------------------------------------------------------------

class Command(gdb.Command):
    """A command `hl NAME`. Its class has the texts of `hl` and `help`, and the method run()."""

    name = arguments = summary = ""
    needs_argument = False
    completes = gdb.COMPLETE_NONE

    def __init__(self):
        # gdb takes the help from the object. A command with a method complete() completes by itself.
        self.__doc__ = f"{self.usage()}: {self.summary}.\n\n{self.__doc__}".rstrip()
        own = {} if hasattr(self, "complete") else {"completer_class": self.completes}
        super().__init__(f"hl {self.name}", gdb.COMMAND_DATA, **own)
        COMMANDS[self.name] = self

    def usage(self):
        """The command with its arguments."""
        return f"hl {self.name} {self.arguments}".rstrip()

    def invoke(self, text, from_tty):
        """Called by gdb with the rest of the line."""
        text = text.strip()
        self.dont_repeat()
        if self.needs_argument and not text:
            raise gdb.GdbError(f"hl {self.name}: expected an argument: {self.usage()}")
        if text and not self.arguments:
            raise gdb.GdbError(f"hl {self.name}: '{text}', expected no argument")
        try:
            self.run(text)
        except gdb.MemoryError as error:
            raise gdb.GdbError(f"hl {self.name}: {error}: the kernel has not mapped it, or has not set it up yet") \
                from None
        except gdb.GdbError as error:
            raise gdb.GdbError(f"hl {self.name}: {error}" if not str(error).startswith("hl ") else str(error)) \
                from None

    def run(self, text):
        """Prints the report."""
        raise NotImplementedError


class Prefix(gdb.Command):
    """Highland's commands. `hl` alone lists them, and `help hl where` describes one."""

    def __init__(self):
        super().__init__("hl", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)

    def invoke(self, text, from_tty):
        """Called by gdb if no command of the list follows."""
        if text.strip():
            raise gdb.GdbError(f"hl: '{text.split()[0]}', expected one of: {', '.join(sorted(COMMANDS))}")
        for name in sorted(COMMANDS):
            print(f"{COMMANDS[name].usage():<20}{COMMANDS[name].summary}")
