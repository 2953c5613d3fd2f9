# SPDX-License-Identifier: MIT
"""ACPI tables of one's own for a guest: damaged, contradictory, or untrue, as firmware's may be.

QEMU's machine with acpi=off has no tables. Those that are built here are handed to the BIOS as QEMU
hands its own: three files of the firmware configuration device, of which the third is a script that
says where the BIOS is to put the others and which pointers and checksums it has to fill in (QEMU's
docs/specs/fw_cfg, hw/acpi/bios-linker-loader).
"""

import struct
from pathlib import Path

FOLDER = Path("build/test/acpi")
TABLES, RSDP = "etc/acpi/tables", "etc/acpi/rsdp"
ALLOCATE, ADD_POINTER, ADD_CHECKSUM = 1, 2, 3  # commands of the script, 128 bytes each
HIGH, F_SEGMENT = 1, 2  # where to allocate
LAPIC_ADDRESS, IOAPIC_ADDRESS = 0xfee00000, 0xfec00000


def cpu(apic_id, flags=1):
    return struct.pack("<BBBBI", 0, 8, apic_id & 255, apic_id, flags)


def x2apic_cpu(apic_id, flags=1):
    return struct.pack("<BBHIII", 9, 16, 0, apic_id, flags, apic_id)


def ioapic(address=IOAPIC_ADDRESS, base=0, number=0):
    return struct.pack("<BBBBII", 1, 12, number, 0, address, base)


def line(irq, gsi, flags=0):
    return struct.pack("<BBBBIH", 2, 10, 0, irq, gsi, flags)


def hpet(address, space=0):
    return struct.pack("<IBBBBQBHB", 0x8086a201, space, 64, 0, 0, address, 0, 100, 0)


def fadt(timer_port):
    body = bytearray(80)
    struct.pack_into("<I", body, 76 - 36, timer_port)
    body[91 - 36] = 4
    return bytes(body)


def lapic_address(address):
    return struct.pack("<BBHQ", 5, 12, 0, address)


LINES = [line(0, 2), line(5, 5, 13), line(9, 9, 13), line(10, 10, 13), line(11, 11, 13)]  # as QEMU has them


class Firmware:
    """Tables, and the script that puts them in place."""

    def __init__(self):
        self._tables, self._pointers, self._checksums, self._listed = bytearray(), [], [], []

    @staticmethod
    def _command(number, *fields):
        return (struct.pack("<I", number) + b"".join(fields)).ljust(128, b"\0")

    @staticmethod
    def _file(name):
        return name.encode().ljust(56, b"\0")

    def _checksum(self, name, at, start, size):
        self._checksums.append(self._command(ADD_CHECKSUM, self._file(name), struct.pack("<III", at, start, size)))

    def _pointer(self, name, at, size):
        self._pointers.append(self._command(ADD_POINTER, self._file(name), self._file(TABLES),
                                            struct.pack("<IB", at, size)))

    def _append(self, signature, body, length=None, damaged=False):
        """Puts a table behind the others; length is what it says of itself."""
        self._tables += bytes(-len(self._tables) % 8)
        at, size = len(self._tables), 36 + len(body)
        self._tables += struct.pack("<4sIBB6s8sI4sI", signature.encode(), size if length is None else length, 1,
                                    0x55 if damaged else 0, b"HIGHLD", b"HIGHLAND", 1, b"HGLD", 1) + body
        if not damaged:
            self._checksum(TABLES, at + 9, at, size)
        return at

    def table(self, signature, body, **kwargs):
        """Adds a table, and an entry for it in the roots."""
        self._listed.append(self._append(signature, body, **kwargs))

    def empty_entry(self):
        self._listed.append(None)

    def madt(self, records, address=LAPIC_ADDRESS, **kwargs):
        self.table("APIC", struct.pack("<II", address, 1) + b"".join(records), **kwargs)

    def _root(self, signature, size, damaged):
        at = self._append(signature, bytes(size * len(self._listed)), damaged=damaged)
        for i, table in enumerate(self._listed):
            if table is None:
                continue
            field = at + 36 + i * size
            self._tables[field:field + 4] = struct.pack("<I", table)
            self._pointer(TABLES, field, size)
        return at

    def arguments(self, name, xsdt=None):
        """QEMU's arguments. xsdt is None for tables of ACPI 1, "good", "damaged", or "pointer" for a damaged one."""
        rsdt = self._root("RSDT", 4, False)
        root = struct.pack("<8sB6sBI", b"RSD PTR ", 0, b"HIGHLD", 2 if xsdt else 0, rsdt)
        self._pointer(RSDP, 16, 4)
        self._checksum(RSDP, 8, 0, 20)
        root += struct.pack("<IQB3s", 36, self._root("XSDT", 8, xsdt == "damaged"), 0, b"") if xsdt else bytes(16)
        if xsdt:
            self._pointer(RSDP, 24, 8)
        if xsdt in ("good", "damaged"):
            self._checksum(RSDP, 32, 0, 36)
        script = b"".join([
            self._command(ALLOCATE, self._file(RSDP), struct.pack("<IB", 16, F_SEGMENT)),
            self._command(ALLOCATE, self._file(TABLES), struct.pack("<IB", 64, HIGH)),
            *self._pointers, *self._checksums])
        FOLDER.mkdir(parents=True, exist_ok=True)
        arguments = []
        for kind, where, data in (("rsdp", RSDP, root), ("tables", TABLES, self._tables),
                                  ("script", "etc/table-loader", script)):
            path = FOLDER / f"{name}.{kind}"
            path.write_bytes(data)
            arguments += ["-fw_cfg", f"name={where},file={path}"]
        return arguments


def _with_madt(*records, **kwargs):
    def build(name):
        firmware = Firmware()
        firmware.madt(records, **kwargs)
        return firmware.arguments(name)
    return build


def _rooted(xsdt, damaged_tables=False, empty=False):
    """Four CPUs; with or without an XSDT, a table that is damaged, empty entries, a very long table."""
    def build(name):
        firmware = Firmware()
        if empty:
            firmware.empty_entry()
        firmware.table("SSDT", bytes(300000))
        firmware.madt([*map(cpu, range(4)), ioapic(), *LINES])
        if damaged_tables:
            firmware.table("HPET", bytes(20), damaged=True)
            firmware.table("SLIC", bytes(20), length=0x7fffffff)
        return firmware.arguments(name, xsdt)
    return build


def _devices(*tables, ioapic_address=IOAPIC_ADDRESS):
    """Four CPUs, an I/O APIC at some address, and other tables."""
    def build(name):
        firmware = Firmware()
        firmware.madt([*map(cpu, range(4)), ioapic(ioapic_address), *LINES])
        for signature, body in tables:
            firmware.table(signature, body)
        return firmware.arguments(name)
    return build


FOUR = [cpu(number) for number in range(4)]
REST = [ioapic(), *LINES]
FOUR_RUN = r"SMP: 4 of 4 CPUs run, by the ACPI MADT"

# CPUs that are listed and do not exist; the second list leaves out two that do exist.
ABSENT = {
    "absent-cpus": (_with_madt(FOUR[0], cpu(9), FOUR[1], cpu(77), *FOUR[2:], *REST),
                    [r"CPU 1 \(APIC 9\) did not start", r"CPU 3 \(APIC 77\) did not start", r"SMP: 4 of 6 CPUs run"]),
    "every-other-id": (_with_madt(*map(cpu, (0, 2, 4, 6)), *REST),
                       [r"CPU 2 \(APIC 4\) did not start", r"CPU 3 \(APIC 6\) did not start", r"SMP: 2 of 4 CPUs run"]),
}

# For a guest with four CPUs: how its tables are built, and what the kernel has to say.
CASES = {
    "boot-cpu-missing": (_with_madt(*FOUR[1:], *REST),
                         [r"the boot CPU, APIC ID 0, is not listed: added", FOUR_RUN]),
    "boot-cpu-last": (_with_madt(*FOUR[::-1], *REST), [FOUR_RUN]),
    "id-255": (_with_madt(*FOUR, cpu(255), *[cpu(255, 0)] * 100, *REST),
               [r"MADT: a CPU with APIC ID 0xff, expected 0 to 0xfe: ignored", FOUR_RUN]),
    "x2apic": (_with_madt(*map(x2apic_cpu, (0, 1, 2, 3, 0x17161514)), *REST),
               [r"APIC ID 0x17161514, expected 0 to 0xfe: ignored", FOUR_RUN]),
    "listed-twice": (_with_madt(*FOUR, *FOUR, *REST), [r"APIC ID 0x3 is listed once more: ignored", FOUR_RUN]),
    "lapic-elsewhere": (_with_madt(*FOUR, *REST, address=0xfe000000),
                        [r"LAPIC: at 0xfe000000 by the firmware's table, at 0xfee00000 by the CPU", FOUR_RUN]),
    "lapic-above-4G": (_with_madt(*FOUR, *REST, lapic_address(0x4fee00000)),
                       [r"LAPIC: at 0x4fee00000 by the firmware's table, at 0xfee00000", FOUR_RUN]),
    "ioapic-absent": (_with_madt(*FOUR, ioapic(0xfec80000), *LINES),
                      [r"I/O APIC: none answers at 0xfec80000 \(version register \w+\): not used", FOUR_RUN]),
    "ioapic-in-ram": (_with_madt(*FOUR, ioapic(0x2000000), *LINES),
                      [r"I/O APIC: at 0x2000000 by the firmware's table, where RAM is: not used", FOUR_RUN]),
    "wrong-lines": (_with_madt(*FOUR, *REST, line(0, 0), line(4, 20), line(1, 30), line(17, 17)),
                    [r"line 0 at input 0 with flags 0, was at input 2 before: ignored",
                     r"line 17 at input 17, expected a line below 16", r"line 1 is at input 30 .*: input 1 is used",
                     FOUR_RUN]),
    "no-length": (_with_madt(*FOUR[:2], b"\0\0", *FOUR[2:], *REST),
                  [r"MADT: the record at 60 has 0 bytes, .*: the last 80 bytes of the table are ignored",
                   r"SMP: 2 of 2 CPUs run"]),
    "short-record": (_with_madt(*FOUR[:2], b"\0\4\2\2", *FOUR[2:], *REST),
                     [r"a record of type 0 at 60 has 4 bytes, expected 8: ignored", FOUR_RUN]),
    "xsdt": (_rooted("good"), [r"ACPI: SSDT 0x\w+ 049404", FOUR_RUN]),
    "xsdt-damaged": (_rooted("damaged", empty=True),
                     [r"bytes of root table XSDT .*: ignored", r"1 of 3 entries of RSDT are empty", FOUR_RUN]),
    "rsdp-damaged": (_rooted("pointer"),
                     [r"the root pointer has 36 bytes and the sum .*: its XSDT is ignored", FOUR_RUN]),
    "tables-damaged": (_rooted(None, damaged_tables=True),
                       [r"the bytes of table HPET .*: ignored", r"table SLIC at \w+ has 2147483647 bytes", FOUR_RUN]),
    "ioapic-at-lapic": (_devices(("HPET", b"short"), ("FACP", fadt(0x40)), ioapic_address=LAPIC_ADDRESS),
                        [r"I/O APIC: at 0xfee00000 by the firmware's table, where the CPUs' own APICs are: not used",
                         r"HPET: its table has 41 bytes, expected 56: not used",
                         r"ACPI timer at port 0x40, expected 0x100 to 0xfffc: not used", r"TSC: \d{3,}\.\d+ MHz, PIT",
                         FOUR_RUN]),
    "ioapic-over-a-page": (_devices(("HPET", hpet(0x70, 1)), ("FACP", b"short"), ("\x1b[2J", b""),
                                    ioapic_address=IOAPIC_ADDRESS + 0xff8),
                           [r"I/O APIC: at 0xfec00ff8 by the firmware's table, expected registers within one page",
                            r"HPET: registers at 0x70 of address space 1, expected memory",
                            r"ACPI timer: its table FACP has 41 bytes, expected at least 116: not used",
                            r"ACPI: \?\[2J 0x", FOUR_RUN]),
    "two-madts": (_devices(("APIC", struct.pack("<II", LAPIC_ADDRESS, 1) + cpu(0))),
                  [r"MADT: the one at 0x\w+ is used, and another one at 0x\w+ is ignored", FOUR_RUN]),
}
