# SPDX-License-Identifier: MIT
"""Tests of the runner itself: whatever goes wrong with a boot must be reported as a failure."""

import contextlib
import fnmatch
import io
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[2] / "tools"))

import bench  # noqa: E402
import boot  # noqa: E402
import editor  # noqa: E402
import headers  # noqa: E402
import ktap  # noqa: E402
import machines  # noqa: E402
import memory_checks  # noqa: E402
import mutants  # noqa: E402
import process  # noqa: E402
import profile_row  # noqa: E402
import programs  # noqa: E402
import run  # noqa: E402
import tiers  # noqa: E402
import ubench  # noqa: E402
from boot_row import BUILDS, PANIC, Row, kernel_file  # noqa: E402

GOOD = """[    0.000000] Highland
KTAP version 1
1..2
    KTAP version 1
    # Subtest: one
    1..2
    # a diagnostic
[    0.100000] a log line
    ok 1 a
    ok 2 b # SKIP no such thing here
ok 1 one
    KTAP version 1
    # Subtest: two
    1..1
    ok 1 c
ok 2 two
# totals: pass:2 fail:0 skip:1
"""


class Ktap(unittest.TestCase):
    def test_good(self):
        results = ktap.parse(GOOD)
        self.assertEqual((results.passed, results.failed, results.skipped), (2, 0, 1))
        self.assertEqual(results.problems, [])

    def problems(self, old, new):
        self.assertIn(old, GOOD)
        return ktap.parse(GOOD.replace(old, new)).problems

    def test_failed_test(self):
        self.assertIn("not ok: two.c", self.problems("    ok 1 c", "    not ok 1 c"))

    def test_missing_test(self):
        self.assertTrue(self.problems("    ok 2 b # SKIP no such thing here\n", ""))

    def test_missing_suite(self):
        self.assertTrue(self.problems("1..2\n    KTAP", "1..3\n    KTAP"))

    def test_suite_that_was_not_run(self):
        text = GOOD.replace("1..2\n    KTAP", "1..3\n    KTAP", 1).replace(
            "# totals", "ok 3 three # SKIP interrupted\n# totals")
        results = ktap.parse(text)
        self.assertEqual((results.problems, results.skipped), ([], 2))

    def test_wrong_number(self):
        self.assertTrue(self.problems("    ok 1 c", "    ok 2 c"))

    def test_cut_short(self):
        for lines in range(len(GOOD.splitlines()) - 1):
            text = "\n".join(GOOD.splitlines()[:lines])
            self.assertTrue(ktap.parse(text).problems, text)

    def test_nothing(self):
        self.assertEqual(ktap.parse("").problems, ["no KTAP plan"])


    def test_suite_and_its_tests_disagree(self):
        self.assertTrue(self.problems("ok 2 two", "not ok 2 two"))


MAP_LOG = """[    0.000000] BIOS-e820: [mem 0x0000000000000000-0x00000000ffffffff] usable
[    0.000000] user: [mem 0x0000000000000345-0x000000000009f456] usable
[    0.000000] user: [mem 0x00000000000a0000-0x00000000000fffff] reserved
[    0.000000] user: [mem 0x0000000000100000-0x00000000001fffff] usable
[    0.000000] user: [mem 0x0000000100000000-0x0000000100ffffff] usable
[    0.000000]   DMA          414 pages =      300 managed +   114 reserved
[    0.000000]   HighMem     4096 pages =     4000 managed +    96 reserved
        managed  300
        managed  4000
"""


class Sums(unittest.TestCase):
    """The runner's own arithmetic about memory maps."""

    def test_whole_pages_of_the_last_table(self):
        self.assertEqual(memory_checks.usable_pages(MAP_LOG, 1 << 52), 0x9e + 0x100 + 0x1000)
        self.assertEqual(memory_checks.usable_pages(MAP_LOG, 1 << 32), 0x9e + 0x100)

    def test_sums_that_agree(self):
        self.assertIsNone(memory_checks.every_page_accounted(1 << 52)(MAP_LOG))

    def test_sums_that_do_not(self):
        check = memory_checks.every_page_accounted(1 << 52)
        for old, new in (("414 pages", "415 pages"), ("114 reserved", "113 reserved"),
                         ("4000 managed", "3999 managed"), ("managed  300", "managed  301"),
                         ("user: [mem 0x0000000000100000", "user: [mem 0x0000000000101000")):
            self.assertIn(old, MAP_LOG)
            self.assertIsNotNone(check(MAP_LOG.replace(old, new)), old)
        self.assertIsNotNone(check(""))
        self.assertIsNotNone(memory_checks.every_page_accounted(1 << 32)(MAP_LOG))


class Table(unittest.TestCase):
    """The rows name kernels that the Makefile builds."""

    def test_builds(self):
        makefile = (Path(__file__).parents[2] / "Makefile").read_text()
        made = re.findall(r"^VARIANT_(\w+) +:= [A-Z_]+=", makefile, re.M)
        images = re.findall(r"\$\(B\)/(\w+)/highland\.elf", makefile)
        self.assertEqual({"3G", *made}, set(BUILDS))
        self.assertEqual({"3G", *images}, set(BUILDS))

    def test_kernel_files(self):
        self.assertEqual(Row("a", "16M", "selftest").kernel, "build/highland.elf")
        self.assertEqual(Row("a", "16M", "selftest", build="debug").kernel,
                         "build/debug/highland.elf")
        with self.assertRaises(AssertionError):
            kernel_file("nosuch")

    def test_all_builds_are_booted(self):
        self.assertEqual({row.build for row in machines.rows()}, set(BUILDS))

    def test_make_test_builds_what_it_boots(self):
        self.assertEqual({row.build for row in machines.rows() if row.tier == "test"}, {"3G", "debug"})

    def test_the_names_in_the_quick_list_exist(self):
        names = [row.name for row in machines.rows()]
        for glob in tiers.QUICK + tiers.NOT_QUICK:
            self.assertTrue(fnmatch.filter(names, glob), glob)


class Mutants(unittest.TestCase):
    """The table of planted bugs fits the tree; planting them is `make mutants`."""

    def mutant(self, **changes):
        row = {"name": "a", "file": "f.c", "right": "\tone();", "wrong": "\ttwo();", "breaks": "",
               "caught": ["pae-64M buddy.*"]}
        return mutants.Mutant(**{**row, **changes})

    def test_the_table_fits_the_tree(self):
        self.assertEqual(mutants.check_table(mutants.load()), [])

    def test_lines_are_whole_and_stand_once(self):
        text = "{\n\tone();\n\t\tone();\n}\n"
        self.assertEqual(self.mutant().planted(text), "{\n\ttwo();\n\t\tone();\n}\n")
        self.assertEqual(self.mutant(wrong="").planted(text), "{\n\t\tone();\n}\n")
        for wrong in ("\tone();\n\tone();\n", "one();\n", ""):
            with self.assertRaises(mutants.TableError):
                self.mutant().planted(wrong)

    def test_rows_that_cannot_be(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "tests/kernel").mkdir(parents=True)
            (root / "tests/kernel/buddy.c").write_text("KTEST(buddy, a_test)\n")
            (root / "f.c").write_text("\tone();\n")
            self.assertEqual(mutants.check_table([self.mutant()], root), [])
            for changes in ({"file": "g.c"}, {"right": "\tthree();"}, {"wrong": "\tone();"}, {"caught": []},
                            {"caught": ["host:test_nothing"]}, {"caught": ["program:nothing"]},
                            {"caught": ["no-such-boot buddy.*"]}, {"caught": ["pae-64M nothing.*"]},
                            {"caught": ["every-report buddy.*"]}):
                self.assertEqual(len(mutants.check_table([self.mutant(**changes)], root)), 1, changes)
            self.assertEqual(len(mutants.check_table([self.mutant(), self.mutant()], root)), 1)

    def test_boots_run_what_is_named(self):
        self.assertEqual(mutants.row_of("pae-64M").cmdline, "selftest")
        self.assertEqual(mutants.row_of("nopae-2G kmap.*").cmdline, "nopae selftest=kmap.* touch_limit=256M")
        self.assertIn('run="selftest e820;zoneinfo', mutants.row_of("map-pae-unsorted e820").cmdline)
        self.assertEqual(mutants.row_of("user-nopae-64M pipes").cmdline, 'nopae run="exec /bin/usertests pipes"')


class Editor(unittest.TestCase):
    """A fault in the files of the editor is found."""

    def complaints(self, old="", new=""):
        texts = [Path(".vscode", name).read_text() for name in ("launch.json", "tasks.json")]
        self.assertTrue(any(old in text for text in texts))
        launch, tasks = (json.loads(text.replace(old, new, 1)) for text in texts)
        return " ".join(editor.complaints(launch, tasks, Path("Makefile").read_text()))

    def test_faults(self):
        self.assertEqual(self.complaints("127.0.0.1", "localhost"), "")
        for old, new, wanted in (("highland.py", "highland.gdb", "no file tools/gdb/highland.gdb"),
                                 ("127.0.0.1:1234", "127.0.0.1:1235", "expected make debug PORT=1235"),
                                 ("make debug", "make degub", "no goal degub"),
                                 ("PAE=1", "PAE=0", "expected make debug PORT=1234 PAE=1"),
                                 ('"command": "make test"', '"command": "make clean"', "no task for make test"),
                                 ("waits for a debugger", "is ready now", "does not print 'is ready now'")):
            with self.subTest(old):
                self.assertIn(wanted, self.complaints(old, new))


class OtherSystems(unittest.TestCase):
    """Systems without apt-get get the command that installs the tools."""

    SYSTEMS = {"fedora": "dnf install", "arch": "pacman -S --needed", "opensuse-tumbleweed": "zypper install",
               "alpine": "apk add", "macos": "brew install"}

    def command(self, *groups, **environment):
        return subprocess.run(["tools/other_systems.sh", *groups], env={**os.environ, **environment}, check=True,
                              capture_output=True, text=True).stdout.strip()

    def test_each_system(self):
        for system, command in self.SYSTEMS.items():
            with self.subTest(system):
                words = self.command("build", "run", "debug", SYSTEM=system)
                self.assertRegex(words, f"^{command} .*gdb.*nasm.*qemu")
        self.assertEqual(self.command("build", SYSTEM="plan9"), "")

    def test_the_table_of_the_page(self):
        rows = dict(re.findall(r"^\| (\w+) \| `(.*install|pacman -S --needed|apk add) .*` \|$",
                               Path("docs/building.md").read_text(), re.M))
        self.assertEqual(sorted(rows.values()), sorted(self.SYSTEMS.values()))
        for line in re.findall(r"^\| (\w+) \| `(.*)` \|$", Path("docs/building.md").read_text(), re.M):
            if line[0] in rows:
                wanted = self.command("build", "run", "debug", SYSTEM=line[0].lower())
                self.assertEqual(sorted(line[1].split()), sorted(wanted.split()))

    def test_a_system_like_another(self):
        with tempfile.TemporaryDirectory() as folder:
            release = Path(folder) / "os-release"
            release.write_text('ID=rocky\nID_LIKE="rhel centos fedora"\n')
            self.assertEqual(self.command("build", OS_RELEASE=str(release)), "dnf install binutils gcc nasm")

    def test_the_message(self):
        """A system that has neither apt-get nor nasm."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("bash", "sort", "tr", "grep", "uname", "gcc", "ld"):
                Path(folder, name).symlink_to(shutil.which(name))
            done = subprocess.run(["tools/deps.sh", "build"], capture_output=True, text=True,
                                  env={"PATH": folder, "SYSTEM": "arch", "AUTO_DEPS": "1"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("This system has no apt-get", done.stderr)
        self.assertRegex(done.stderr, r"As root:\n    pacman -S --needed binutils gcc nasm\n")


class Headers(unittest.TestCase):
    """Which headers a kernel may be built with."""

    def found(self, *others):
        """The complaints about an object for which the compiler read a.c, a.h and `others`."""
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            Path("pae").mkdir()
            Path("pae/a.o").touch()
            Path("a.c").write_text('#include "a.h"\n')
            Path("a.h").write_text("# include <limits.h>\n#include <stdint.h>\n")
            Path("pae/a.d").write_text("pae/a.o: a.c \\\n a.h " + " ".join(others) + "\n\na.h:\n")
            objects, found = headers.check(Path("."), Path(folder, "own").resolve())
            self.assertEqual(objects, 1)
            return found

    def test_own_headers_are_allowed(self):
        self.assertEqual(self.found(), {})

    def test_of_a_c_library(self):
        self.assertEqual(self.found("/usr/include/limits.h", "/usr/include/features.h"),
                         {"a.h": "/usr/include/limits.h"})
        self.assertEqual(self.found("/opt/a\\ blank/limits.h"), {"a.h": "/opt/a blank/limits.h"})

    def test_of_the_compiler(self):
        with tempfile.TemporaryDirectory() as folder:
            own = Path(folder).resolve()
            self.assertEqual(list(headers.foreign([f"{own}/stdint.h", f"{own}/__stddef_null.h"], own)), [])
            self.assertEqual(list(headers.foreign([f"{own}/limits.h"], own)), [f"{own}/limits.h"])
            self.assertEqual(list(headers.foreign(["../x/stdint.h"], own)), ["../x/stdint.h"])


class Boots(unittest.TestCase):
    """With a shell script in QEMU's place."""

    def boot(self, script, **row):
        with tempfile.TemporaryDirectory() as folder:
            fake = Path(folder) / "qemu"
            fake.write_text(f"#!/bin/sh\n{script}\n")
            fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
            logs, boot.LOGS = boot.LOGS, Path(folder)
            silence, boot.SILENCE = boot.SILENCE, 2
            try:
                return boot.boot(Row("fake", "16M", "selftest", qemu=str(fake), **row))
            finally:
                boot.LOGS, boot.SILENCE = logs, silence

    def print_good(self):
        return f"cat <<'END'\n{GOOD}END\n"

    def test_good(self):
        outcome = self.boot(self.print_good() + "exit 33")
        self.assertEqual((outcome.problems, outcome.passed, outcome.failed), ([], 2, 0))

    def test_reset(self):
        outcome = self.boot(self.print_good() + "exit 0")
        self.assertIn("reset", outcome.problems[0])
        self.assertEqual(outcome.failed, 1)

    def test_panic(self):
        self.assertIn("panic", self.boot(self.print_good() + "exit 37").problems[0])

    def test_silence(self):
        outcome = self.boot("echo begin; sleep 60")
        self.assertIn("silent for 2 s", outcome.problems)

    def test_timeout(self):
        outcome = self.boot("while :; do echo x; sleep 0.2; done", timeout=1)
        self.assertIn("no end after 1 s", outcome.problems)

    def test_expected_text_is_missing(self):
        outcome = self.boot("echo something; exit 37", status=PANIC, ktap=False,
                            expect=["something", "something else"])
        self.assertEqual(outcome.problems, ["the console does not show /something else/"])

    def test_expected_panic(self):
        outcome = self.boot("echo Kernel panic: x; exit 37", status=PANIC, ktap=False,
                            expect=["panic: x"])
        self.assertEqual((outcome.problems, outcome.passed), ([], 1))

    def test_check_complains(self):
        outcome = self.boot("exit 33", ktap=False, check=lambda text: "too small")
        self.assertEqual(outcome.problems, ["too small"])

    def test_no_children_are_left(self):
        outcome = self.boot("sleep 77 & echo $!; sleep 77", timeout=1)
        child = int(outcome.text.split()[0])
        # A process that was killed dies when it is given a CPU next; whose child it is then reaps it some time.
        for _ in range(500):
            try:
                if Path(f"/proc/{child}/stat").read_text().split()[2] == "Z":
                    return
            except (FileNotFoundError, ProcessLookupError):
                return
            time.sleep(0.02)
        self.fail("the guest's process group is still alive")


    def test_console_in_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            console = Path(folder) / "com1"
            console.touch()
            ended = process.run(["sh", "-c", f"echo something >{console}; exit 3"], 10, 10, console=console)
        self.assertEqual((ended.output, ended.status, ended.late), (b"something\n", 3, None))

    def test_firmware_that_is_not_there(self):
        rows = [Row("has", "16M", None, firmware=(Path("/"), Path("/"))), Row("needs none", "16M", None),
                Row("lacks", "16M", None, firmware=(Path("/"), Path("/no/such/file")))]
        self.assertEqual([row.name for row in run.without_firmware(rows)], ["lacks"])


class Values(unittest.TestCase):
    """The Makefile checks a user's variables; nothing is built."""

    def make(self, *words):
        return subprocess.run(["make", "-n", "B=build/values", "AUTO_DEPS=0", *words], capture_output=True, text=True,
                              check=False, env={"PATH": os.environ["PATH"], "LC_ALL": "C"})

    def test_impossible_ones_are_named(self):
        for words in (("RAM=",), ("RAM=1",), ("RAM=0M",), ("RAM=4 G",), ("CPUS=",), ("CPUS=0",), ("CPUS=two",),
                      ("CPUS=256",), ("CPU=",), ("CPU=max -smp 9",), ("PAE=",), ("PAE=auto 1",), ("MACHINE=isa",),
                      ("FILTER=",), ("B=a b",), ("DEBUG=2",)):
            done = self.make("run", *words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertIn(f"{words[0]}: expected ", done.stderr)
        for words in (("run", "RAM=1M"), ("run-iso", "RAM=2M"), ("selftest", "RAM=3M")):
            done = self.make(*words)
            self.assertEqual((done.returncode, done.stdout), (2, ""), words)
            self.assertRegex(done.stderr, f"{words[1]}: expected at least [34]M")
        self.assertEqual(self.make("run", "RAM=3M").returncode, 0)
        self.assertIn('"nopae mem=8M" would have no effect', self.make("run-iso", "PAE=0", "CMDLINE=mem=8M").stderr)
        self.assertIn("SEED=x: expected ", self.make("soak", "SEED=x").stderr)
        self.assertIn("T=x: expected ", self.make("soak", "T=x").stderr)
        self.assertIn("FILTER=nomatch: no test", self.make("test-boot", "FILTER=nomatch").stderr)

    def test_no_such_host_test(self):
        for words in (("T=foo",), ("T=",), ("BITS=16",), ("BITS=",)):
            done = self.make("-C", "tests/host", *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("expected", done.stderr)

    def test_command_line_is_passed_as_typed(self):
        for typed, shown in (("it's", r"-append 'it'\''s'"), ("memmap=1M$16M", "-append 'memmap=1M$16M'"),
                             ("memmap=1M$$16M", "-append 'memmap=1M$16M'"), ('run="a;b"', "-append 'run=\"a;b\"'")):
            self.assertIn(shown, self.make("run", f"CMDLINE={typed}").stdout)

    def test_a_cpu_without_local_apic_is_alone(self):
        for cpu, cpus in (("max", 2), ("486", 1), ("486,-pse", 1), ("max,-apic", 1), ("max,apic=off", 1),
                          ("max,-x2apic", 2), ("pentium", 2)):
            self.assertIn(f"-smp {cpus} ", self.make("run", f"CPU={cpu}").stdout, cpu)
        self.assertIn("-smp 3 ", self.make("run", "CPU=486", "CPUS=3").stdout)

    def test_a_compiler_that_is_not_there(self):
        self.assertIn("no program nosuchcc", self.make("all", "CC=nosuchcc").stderr)
        self.assertIn("no program nosuch-gcc", self.make("all", "CROSS_COMPILE=nosuch-").stderr)


class Programs(unittest.TestCase):
    """Tests that are programs of this machine."""

    def run_program(self, script, **row):
        with tempfile.TemporaryDirectory() as folder:
            logs, programs.LOGS = programs.LOGS, Path(folder)
            try:
                return programs.run(programs.Program("fake", ["sh", "-c", script], **row))
            finally:
                programs.LOGS = logs

    def test_results_are_read(self):
        outcome = self.run_program("echo 7 passed, 0 failed, 2 skipped")
        self.assertEqual((outcome.problems, outcome.passed, outcome.failed, outcome.skipped), ([], 7, 0, 2))

    def test_a_failure_counts(self):
        outcome = self.run_program("echo 7 passed, 3 failed; exit 1")
        self.assertEqual((len(outcome.problems), outcome.passed, outcome.failed), (1, 7, 3))

    def test_whatever_else_goes_wrong_is_a_failure(self):
        for script in ("exit 0", "exit 3", "echo 7 passed, 0 failed; exit 1", "echo 7 passed, 1 failed"):
            self.assertEqual(self.run_program(script).failed, 1, script)
        self.assertEqual(self.run_program("exit 1", counted=False).failed, 1)
        self.assertIn("no end after 1 s", self.run_program("sleep 60", timeout=1).problems)

    def test_every_host_test_is_in_the_table(self):
        names = {test.name for test in programs.table(["64"])}
        self.assertIn("host64-test_memblock_random", names)
        self.assertIn("host64-fuzz_slab", names)
        self.assertFalse(any(name.startswith("host32-") for name in names))


class WebServer(unittest.TestCase):
    """The program of `make web-serve`."""

    def test_the_address_a_port_in_use_and_ctrl_c(self):
        with tempfile.TemporaryDirectory() as folder:
            with subprocess.Popen(["tools/serve.py", folder, "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True) as server:
                line = server.stdout.readline()
                self.assertRegex(line, r"^http://127\.0\.0\.1:\d+/; Ctrl-C ends it\n$")
                port = int(re.search(r":(\d+)/", line)[1])
                second = subprocess.run(["tools/serve.py", folder, str(port)], capture_output=True, text=True,
                                        check=False)
                self.assertRegex(second.stderr, rf"^port {port} is in use; PORT=\d+ names another\n$")
                server.send_signal(signal.SIGINT)
                self.assertEqual((server.communicate(timeout=10)[1], server.returncode), ("", 0))


class MakeVariables(unittest.TestCase):
    """make names a wrong value, and what was expected."""

    def make(self, *words):
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
        return subprocess.run(["make", "-n", *words, "clean"], env=environment, capture_output=True, text=True,
                              check=False)

    def test_ports(self):
        for port in ("0", "65536", "99999", "100000", "08000", "-1", "x", "80 81"):
            self.assertIn(f"PORT={port}: expected a number from 1 to 65535.", self.make(f"PORT={port}").stderr)
        for port in ("1", "80", "8000", "59999", "64999", "65499", "65529", "65535"):
            self.assertEqual(self.make(f"PORT={port}").returncode, 0, port)

    def test_no_cpu(self):
        self.assertIn("CPUS=0: expected a number of CPUs from 1 to 255.", self.make("CPUS=0").stderr)


class Runner(unittest.TestCase):
    """The program that runs a tier, on a table of its own."""

    TESTS = ("import sys, time; sys.path.insert(0, 'tests/qemu'); import run, programs, machines\n"
             "machines.rows = lambda: []\n"
             "programs.table = lambda bits: [programs.Program(n, ['sleep', s], 'test', counted=False)\n"
             "    for n, s in (('short', '0'), ('long', '60'), ('later', '60'))]\n"
             "sys.argv[1:] = ['--jobs', '1'] + sys.argv[1:]\n"
             "sys.exit(run.main())\n")

    def test_what_a_program_skipped_is_printed(self):
        outcome = boot.Outcome(programs.Program("fake", []), [])
        outcome.text, outcome.passed, outcome.skipped = "note: half of it\n2 passed, 0 failed, 2 skipped\n", 2, 2
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            run.report_result(outcome, "[1/1]")
        self.assertRegex(printed.getvalue(), r"2 passed .* 2 skipped\n  note: half of it\n$")

    def test_an_interrupt_says_what_was_not_run(self):
        with subprocess.Popen([sys.executable, "-c", self.TESTS], stdout=subprocess.PIPE, text=True) as runner:
            text = runner.stdout.readline()
            runner.send_signal(signal.SIGINT)
            text += runner.stdout.read()
        self.assertIn("Interrupted: 2 of 3 tests", text)
        self.assertIn("not run: later, long", text)
        self.assertIn("1 passed, 0 failed", text)
        self.assertEqual(runner.returncode, 130)

    def test_an_interrupt_that_another_thread_receives(self):
        blocking = self.TESTS.replace("sys.exit(", "import signal; report = run.report_result\n"
                                      "run.report_result = lambda *args: (\n"
                                      "    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]), report(*args))\n"
                                      "sys.exit(")
        with subprocess.Popen([sys.executable, "-c", blocking], stdout=subprocess.PIPE, text=True) as runner:
            runner.stdout.readline()
            runner.send_signal(signal.SIGINT)
            self.assertIn("Interrupted: 2 of 3 tests", runner.stdout.read())

    def test_an_interrupt_names_only_the_first(self):
        tests = self.TESTS.replace("('later', '60'))", "*((f'later{i}', '60') for i in range(9)))")
        with subprocess.Popen([sys.executable, "-c", tests], stdout=subprocess.PIPE, text=True) as runner:
            text = runner.stdout.readline()
            runner.send_signal(signal.SIGINT)
            text += runner.stdout.read()
        self.assertIn("Interrupted: 10 of 11 tests did not end or were not run: "
                      "later0, later1, later2, later3, later4, ...\n", text)

    def test_a_kernel_that_was_not_built(self):
        for build, said in (("3G", "there is no build/highland.elf; run make\n"),
                            ("debug", "there is no build/debug/highland.elf; run make build/debug/highland.elf\n")):
            with tempfile.TemporaryDirectory() as folder:
                tests = self.TESTS.replace("lambda: []", f"lambda: [boot_row.Row('row', '64M', '', build='{build}')]")
                tests = tests.replace("'tests/qemu'", f"{str(Path(__file__).parent)!r}").replace(
                    "import run,", "import boot_row, run,")
                done = subprocess.run([sys.executable, "-c", tests, "--filter", "row"], capture_output=True, text=True,
                                      cwd=folder, check=False)
            self.assertEqual((done.returncode, done.stderr), (2, said))

    def test_a_name_that_no_test_has(self):
        done = subprocess.run([sys.executable, "-c", self.TESTS, "--filter", "nosuch"], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no test is called 'nosuch'", done.stderr)


class Ubench(unittest.TestCase):
    """The figures of programs, and where their instructions are executed."""

    def test_figures_and_refusals_are_read(self):
        rows = ubench.parse("UMEM at=start ram_kib=1\r\nUBENCH name=a iters=8 cycles_total=100\r\n"
                            "UBENCH name=b error=12\r\nUBENCH done\r\n")
        self.assertEqual(rows, {"a": 12.5, "b": None})

    def test_more_and_missing_rows_are_named(self):
        costs = ("instructions",)
        self.assertIsNone(ubench.complaints(100.0, 101.9, costs))
        self.assertIsNone(ubench.complaints(100.0, 200.0, ()))
        for was, now in ((100.0, 102.1), (None, 1.0), (1.0, None)):
            self.assertIsNotNone(ubench.complaints(was, now, costs), (was, now))

    def test_each_row_has_a_group_and_a_place(self):
        os.chdir(Path(__file__).parents[2])
        for row in bench.read_csv(ubench.LINUX):
            self.assertIsNotNone(profile_row.group_of(row["name"]), row["name"])
        self.assertEqual(profile_row.rows_before("mmap", "mmap_write_munmap_16"), 3)
        self.assertEqual(profile_row.rows_before("fork", "fork_exit_wait_64m"), 2)
        self.assertIsNone(profile_row.group_of("nothing"))

    def test_blocks_between_two_reads_are_counted(self):
        blocks = profile_row.Blocks(0)
        listing = ("IN:", "0x08048010:  0f 31  rdtsc", "IN:", "0xc0100000:  90  nop", "0xc0100001:  c3  ret")
        trace = "Trace 0: 0x7f [0000000000000000/{:016x}/000000b0/ff020200] "
        for line in listing:
            blocks.take(line)
        read, behind, kernel = 0x8048010, 0x8048012, 0xc0100000
        # The first read is begun twice, since a page fault ends its block.
        for address in (kernel, read, kernel, read, behind, kernel, kernel, read):
            self.assertTrue(blocks.take(trace.format(address)))
        self.assertFalse(blocks.take(trace.format(behind)))
        self.assertEqual(blocks.counts[0xc0100000], 2)
        self.assertEqual(blocks.sizes[0xc0100000], 2)


class Bench(unittest.TestCase):
    """The complaints about the benchmarks' figures."""

    ROW = {"instructions": 100.0, "invlpg": 1.0, "cr3": 0.002, "cr4": 0.0, "ipis": 0.0, "locked": 2.0,
           "steps": 100.1}

    def wrong(self, **changes):
        return bench.complaints({"a": self.ROW}, "a", {**self.ROW, **changes})

    def test_both_lines_are_read(self):
        rows = bench.parse("BENCH name=a iters=10 cycles_total=1234 invlpg=10 cr3=1 cr4=0 ipis=0\r\n"
                           "OPS name=a iters=4 steps=123.500 cli=2.000 locked=2.250\r\n")
        self.assertEqual(rows, {"a": {"instructions": 123.4, "invlpg": 1.0, "cr3": 0.1, "cr4": 0.0,
                                      "ipis": 0.0, "locked": 2.25, "steps": 123.5, "cli": 2.0}})

    def test_a_little_more_is_no_matter(self):
        self.assertEqual(self.wrong(instructions=101.9), [])

    def test_less_is_no_matter(self):
        self.assertEqual(self.wrong(instructions=99.5, invlpg=0.0, locked=0.0), [])

    def test_more_instructions_are_named(self):
        self.assertEqual(self.wrong(instructions=103.0, steps=103.0), ["instructions: 103, baseline 100"])

    def test_nothing_else_may_grow(self):
        for cost in bench.COSTS[1:]:
            self.assertEqual(len(self.wrong(**{cost: self.ROW[cost] + 0.001})), 1, cost)

    def test_counts_that_differ_are_named(self):
        self.assertEqual(len(self.wrong(steps=120.0)), 1)

    def test_a_row_that_is_new_is_named(self):
        self.assertEqual(bench.complaints({}, "a", self.ROW), ["not in the baseline"])

    def check(self, built, **changes):
        """The output of a check of one row, in a kernel that `built` has built, and the number of worse rows."""
        kept = bench.read_baseline, bench.built_by
        bench.read_baseline = lambda: ("gcc 12 (x) DEBUG=0 UBSAN=0", {mode: {"a": self.ROW} for mode in bench.MODES})
        bench.built_by = lambda: built
        try:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                failed = bench.check({mode: {"a": {**self.ROW, **changes}} for mode in bench.MODES})
        finally:
            bench.read_baseline, bench.built_by = kept
        return printed.getvalue(), failed

    def test_the_same_compiler_compares_all(self):
        more = {"instructions": 110.0, "steps": 110.0}
        self.assertEqual(self.check("gcc 12 (x) DEBUG=0 UBSAN=0"), ("2 passed, 0 failed, 0 skipped\n", 0))
        self.assertEqual(self.check("gcc 12 (x) DEBUG=0 UBSAN=0", **more)[1], 2)

    def test_another_compiler_compares_all_but_instructions(self):
        text, failed = self.check("gcc 13 (y) DEBUG=0 UBSAN=0", instructions=110.0, steps=110.0)
        self.assertRegex(text, r"^note: bench: instructions are not compared: .* by gcc 13 \(y\) .*, the baseline by "
                               r"gcc 12 .*CC=.*make bench-update\n2 passed, 0 failed, 2 skipped\n$")
        self.assertEqual(failed, 0)
        for cost in bench.COSTS[1:]:
            text, failed = self.check("gcc 13 (y) DEBUG=0 UBSAN=0", **{cost: self.ROW[cost] + 1})
            self.assertIn(f"PAE a: {cost}: ", text)
            self.assertEqual(failed, 2)

    def test_other_options_compare_nothing_and_say_so(self):
        text, failed = self.check("gcc 12 (x) DEBUG=1 UBSAN=0", locked=9.0)
        self.assertRegex(text, r"^note: bench: no cost is compared: .*DEBUG=1.*DEBUG=0.*\n"
                               r"0 passed, 0 failed, 2 skipped\n$")
        self.assertEqual(failed, 0)


if __name__ == "__main__":
    unittest.main()
