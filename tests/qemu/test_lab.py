#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests of the programs that make and grade labs (tools/lab/), without a boot."""

import contextlib
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import unittest
import unittest.mock
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(TOP / "tools/lab")]

# pylint: disable=wrong-import-position
import boots  # noqa: E402
import grade  # noqa: E402
import judge  # noqa: E402
import lint  # noqa: E402
import process  # noqa: E402
import report  # noqa: E402
import seeds  # noqa: E402
import signed  # noqa: E402
import stub  # noqa: E402
import table  # noqa: E402
import tree  # noqa: E402
import trusted  # noqa: E402

C = """\
#include <mm/a.h>

/* A declaration. */
static int twice(int n);

/* Doubles a number. */
static int
twice(int n)
{
	if (n) {
		n *= 2;
	}
	return n;
}

int user(void)
{
	return twice(3);
}
""".replace("static int\ntwice", "static int twice")
PYTHON = '''\
def twice(n):
    """Doubles a number."""
    if n:
        n *= 2

    return n


def user():
    return twice(3)
'''


def lab(**values):
    """A lab with one step for each of the keys `a` and `b`."""
    steps = [table.Step("a", 60, "A."), table.Step("b", 40, "B.", needs=["a"])]
    return table.Lab(**{"name": "x", "title": "X", "number": 1, "files": ["mm/a.c"], "stubs": [], "steps": steps,
                        **values})


class Stubs(unittest.TestCase):
    """Functions are found by their names."""

    def put(self, text, file="mm/a.c", **values):
        return stub.apply(lab(), table.Stub(file, "twice", "a", **values), text)

    def test_panic(self):
        text = self.put(C)
        self.assertIn('/* Doubles a number. */\nstatic int twice(int n)\n{\n\tpanic("lab x, step a: twice() in mm/a.c '
                      'is yours to write");\n}\n\nint user', text)
        self.assertIn("#include <kernel/panic.h>\n#include <mm/a.h>", text)
        self.assertNotIn("n *= 2", text)

    def test_body_and_comment(self):
        text = self.put(C, body="\n\treturn 0;\n", comment="Says what,\nnot how.")
        self.assertIn("/* Says what, not how. */\nstatic int twice(int n)\n{\n\treturn 0;\n}\n", text)
        self.assertNotIn("panic", text)

    def test_python(self):
        text = self.put(PYTHON, "a.py")
        self.assertIn('    """Doubles a number."""\n    raise NotImplementedError("lab x, step a: twice() in a.py is '
                      'yours to write")\n\n\ndef user', text)
        self.assertIn('"""Other."""\n    return 1\n\n\ndef user',
                      self.put(PYTHON, "a.py", comment="Other.", body="\n    return 1\n"))

    def test_gone_and_twice(self):
        for text in (C.replace("twice(int n)\n{", "thrice(int n)\n{"), C + C):
            with self.assertRaisesRegex(table.LabError, "defines twice\\(\\) [02] times, expected once"):
                self.put(text)


class Tables(unittest.TestCase):
    """The tables of this tree, and faults that they could have."""

    def test_the_tables_fit_the_tree(self):
        self.assertEqual(list(lint.faults(TOP, table.names(TOP))), [])

    def faults(self, old, new, file="lab.toml"):
        """The faults of the lab on the buddy system after a change of its table."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name in ("mm", "tests", "labs", "arch"):
                (root / name).symlink_to(TOP / name)
            (root / "labs").unlink()
            (root / "labs/buddy").mkdir(parents=True)
            for path in (TOP / "labs/buddy").iterdir():
                text = path.read_text()
                if path.name == file:
                    self.assertRegex(text, old)
                    text = re.sub(old, new, text, count=1)
                (root / "labs/buddy" / path.name).write_text(text)
            return "\n".join(lint.faults(root, ["buddy"]))

    def test_faults(self):
        for old, new, fault in (
                (r"(?m)^points = \d+", "points = 1", "the points of all steps are"),
                (r'function = "\w+"', 'function = "no_such"', r"defines no_such\(\) 0 times, expected once"),
                (r'tests = "', 'tests = "no_such*,', "no test matches no_such"),
                (r'(?m)^step = "\w+"', 'step = "nothing"', "names the step nothing, which does not exist"),
                (r"(?m)^title = ", "tilte = ", "the key tilte is unknown"),
                (r"(?m)^number = 3", 'number = "3"', "number is '3', expected a int"),
                (r'files = \["[^"]*"', 'files = ["mm/no.c"', "there is no file mm/no.c")):
            self.assertRegex(self.faults(old, new), fault)

    def test_quoted_lines(self):
        for quoted in ("buddy_blocks.c:1: x", "buddy_blocks.c:99999: x", "no_such.c:3: x"):
            self.assertIn(f"README.md: it quotes {quoted[:-3]}, where the tests expect nothing",
                          self.faults("## Hand in", f"`{quoted}`", "README.md"))

    def test_points_of_wrong_solutions(self):
        wrong = table.Wrong("w", "", 0, ["a"], [])
        self.assertEqual(list(lint.wrong_faults(lab(), wrong, TOP)), ["it changes nothing"])
        wrong = table.Wrong("w", "", 100, ["b"], [{"file": "mm/b.c", "right": "x", "wrong": "y"}])
        faults = "\n".join(lint.wrong_faults(lab(), wrong, TOP))
        self.assertRegex(faults, "points is 100, expected 60 when b fails\nit changes mm/b.c, which students do not")

    def test_hidden_steps_are_cut_out(self):
        text = 'title = "x"\n[[step]]\nname = "a"\n[[step]]\nname = "b"\nhidden = true\n[[step]]\nname = "c"\n'
        self.assertEqual(tree.without_hidden(text).count("[[step]]"), 2)
        self.assertNotIn('"b"', tree.without_hidden(text))

    def test_globs_are_those_of_the_kernel(self):
        tests = ["buddy.merges", "buddy_more.merges", "kmap.wraps"]
        self.assertEqual(table.matching("buddy", tests), tests[:1])
        self.assertEqual(table.matching("buddy*,*.wraps", tests), tests)

    def test_targets(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        tree.check_target(folder, TOP)
        tree.check_target(folder / "new", TOP)
        (folder / "a file").touch()
        for target, reason in ((folder, "not an empty folder"), (folder / "a file", "not an empty folder"),
                               (TOP / "new", "inside of this tree")):
            with self.assertRaisesRegex(table.LabError, reason):
                tree.check_target(target, TOP)

    def test_mark(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.assertEqual(tree.mark(folder), {})
        (folder / ".lab").write_bytes(b"lab=buddy\nnothing\n\xff\nterm=7\n")
        self.assertEqual(tree.mark(folder), {"lab": "buddy", "term": "7"})

    def test_unused_names_are_forgiven(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "tests/host").mkdir(parents=True)
        for name, text in (("ops.c", '#include "../../mm/a.c"\n'), ("other.c", '#include "../../mm/a_b.c"\n')):
            (folder / "tests/host" / name).write_text(text)
        tree.write_build_file(lab(), folder, "-more")
        names = re.findall(r"(?m)^CFLAGS-(\S+) \+= .*-Wno-error=unused-function .*-more$",
                           (folder / "lab.mk").read_text())
        self.assertEqual(names, ["mm/a.c", "tests/host/ops.c"])

    def test_left_out(self):
        for name in (".git/config", ".ci/run", "tests/mutants/pages.toml", "labs/buddy/wrong.toml"):
            self.assertTrue(tree.LEFT_OUT.match(name), name)
        for name in (".gitignore", "labs/buddy/lab.toml", "tests/qemu/mutants.py"):
            self.assertFalse(tree.LEFT_OUT.match(name), name)


class Seeds(unittest.TestCase):
    """A seed chooses a memory map, always the same one."""

    def test_maps_keep_most_of_ram(self):
        for ram, mebibytes in (("64M", 64), ("512M", 512), ("2G", 2048)):
            for seed in range(50):
                text = seeds.memory_map(ram, random.Random(seed))
                self.assertEqual(text, seeds.memory_map(ram, random.Random(seed)))
                end = 32 << 10
                total = 0
                for size, start in re.findall(r"(\d+)K\$(\d+)K", text):
                    self.assertGreaterEqual(int(start), end)
                    end = int(start) + int(size)
                    total += int(size)
                self.assertLess(end, mebibytes << 10)
                self.assertLessEqual(total, (mebibytes << 10) // 16 + 6 * 1024)

    def test_words(self):
        step = table.Step("h", 5, "", boots=[table.Boot("x", cmdline="seed={seed}", maps=True)], hidden=True)
        made = [seeds.steps(lab(steps=[step]), seed)[0].boots[0].cmdline for seed in (1, 1, 2)]
        self.assertRegex(made[0], r"^seed=1 memmap=\d+K\$")
        self.assertEqual(made[0], made[1])
        self.assertNotEqual(made[0].split()[1], made[2].split()[1])


class Boots(unittest.TestCase):
    """A result counts only if it is signed."""

    KEY = 32 * "c"

    def console(self, *results, sign=True):
        chain, text = signed.Chain(self.KEY), "    # Subtest: s\n"
        for number, (word, name) in enumerate(results, 1):
            text += f"    # s.{name}\n    # a.c:1: because\n    {word} {number} {name}\n"
            if sign:
                text += f"    # graded {word} s.{name} {chain.sign(f'{word} s.{name}')}\n"
                chain.step()
        return text

    def word(self, text, name="s.a"):
        return boots.parse(text, self.KEY).results[name][0]

    def test_results(self):
        text = self.console(("ok", "a"), ("not ok", "b"))
        self.assertEqual(self.word(text), "ok")
        self.assertEqual(boots.parse(text, self.KEY).results["s.b"], ("not ok", ["a.c:1: because"]))

    def test_forged(self):
        self.assertEqual(self.word(self.console(("ok", "a"), sign=False)), "not ok")
        self.assertEqual(self.word(self.console(("ok", "a"), ("ok", "a"))), "not ok")
        self.assertEqual(self.word(self.console(("not ok", "a")).replace("    not ok", "    ok")), "not ok")

    def test_the_test_that_ran(self):
        text = self.console(("ok", "a")) + "    # s.b\n"
        self.assertEqual(boots.parse(text, self.KEY).running, "s.b")

    def test_a_step_needs_all_its_tests(self):
        machine, seen = table.Machine(), boots.parse(self.console(("ok", "a")), self.KEY)
        plan = boots.Plan([], None)
        plan.alone[machine, "a"] = seen
        for tests, passed in ((["s.a"], True), (["s.a", "s.b"], False)):
            step = table.Step("a", 5, "", boots=[table.Boot("s.*", mode="pae")])
            self.assertEqual(judge.judge_boots(step, plan, lambda globs, tests=tests: tests).passed, passed)

    def test_command_that_repeats(self):
        machine = table.Machine("nopae", "1G", 4, True, "memmap=1M$9M")
        self.assertEqual(judge.again_of(machine, "a.*"), "make selftest 'FILTER=a.*' RAM=1G CPUS=4 ICOUNT=1 PAE=0 "
                                                         "'CMDLINE=memmap=1M$9M'")


class HostPrograms(unittest.TestCase):
    """Groups of a host test, and checkers in Python: only what they signed counts."""

    def verdict(self, sign, word="ok", end=True):
        """The verdict of two steps whose programs print `word s`, signed by the key that they get or not."""
        def run(command, *_, extra):
            chain, lines = signed.Chain(extra["LAB_KEY"] if sign else 32 * "0"), []
            for text in (f"{word} s", "end 1")[:1 + (end and "build" in command[0])]:
                lines.append(f"# graded {text} {chain.sign(text)}")
                chain.step()
            return process.Ended("\n".join(lines).encode(), 0, None, 0, 0)

        step = table.Step("s", 5, "", host=["test_x:s"], python=["check.py"])
        with unittest.mock.patch.object(judge.process, "run", run):
            return judge.judge_host(step), judge.judge_python(step)

    def test_signed(self):
        self.assertTrue(all(verdict.passed for verdict in self.verdict(sign=True)))
        self.assertFalse(self.verdict(sign=True, end=False)[0].passed)

    def test_forged(self):
        self.assertFalse(any(verdict.passed for verdict in self.verdict(sign=False)))
        self.assertFalse(any(verdict.passed for verdict in self.verdict(sign=True, word="not ok")))

    def test_signed_by_another_one_first(self):
        def run(*_, extra):
            lines = [f"# graded {text} {signed.Chain(extra['LAB_KEY']).sign(text)}" for text in ("ok s", "not ok s")]
            return process.Ended("\n".join(lines).encode(), 0, None, 0, 0)

        with unittest.mock.patch.object(judge.process, "run", run):
            self.assertFalse(judge.judge_python(table.Step("s", 5, "", python=["check.py"])).passed)

    def test_command_that_repeats(self):
        self.assertEqual(self.verdict(sign=False)[0].again, "HOST_GROUPS=s make test-host T=test_x BITS=64")


class HandedIn(unittest.TestCase):
    """Files that a student hands in are not trusted."""

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="a blank")))
        (self.folder / "mm").mkdir()
        self.file = self.folder / "mm/a.c"

    def refused(self, reason):
        with self.assertRaisesRegex(trusted.Refused, reason):
            trusted.read_handed_in(self.folder, "mm/a.c")

    def test_files(self):
        self.refused("No such file")
        self.file.mkdir()
        self.refused("it is a folder, expected an ordinary file")
        self.file.rmdir()
        self.file.symlink_to("/etc/passwd")
        self.refused("a.c is a symbolic link")
        self.file.unlink()
        os.mkfifo(self.file)
        self.refused("a device or a pipe")
        self.file.unlink()
        for data, reason in ((b"x" * 2000000, "2000000 bytes, expected at most"), (b"a\0b", "bytes of zero"),
                             (b'asm(".incbin");', "incbin")):
            self.file.write_bytes(data)
            self.refused(reason)
        self.file.write_bytes(b"int x;\n")
        self.assertEqual(trusted.read_handed_in(self.folder, "mm/a.c"), b"int x;\n")

    def test_includes_in_the_text(self):
        for line in ('#include "../labs/buddy/lab.toml"', "#include </etc/passwd.h>", "#include NAME",
                     "??=include <a.c>", "%: include <build/a.h>", '#inc\\\nlude "labs/x.h"',
                     "# /* */ include <a.c>", "#include_next <x>", '#line 1 "/etc/passwd"', '# 1 "/etc/passwd"',
                     '#embed "/etc/passwd"'):
            self.file.write_text(f"int a;\n{line}\n")
            self.refused("expected #include of a header")
        self.file.write_text('#include <mm/page.h>\n#include "a.h" /* why */\n# include <asm/page.h> // x\n')
        trusted.read_handed_in(self.folder, "mm/a.c")

    def test_assembly_that_reads_files(self):
        self.enterContext(contextlib.chdir(self.folder))
        for code, word in ((r'".inc" "bin \"a\""', "incbin"), (r'"x: .INCLUDE \"a\""', "INCLUDE"),
                           (r'".macro m a b; .\\a\\b \"a\"; .endm; m inc bin"', "macro"),
                           (r'".irp a,bin; .inc\\a \"a\"; .endr"', "irp"), ('"nop; .section .a; .long 1"', None)):
            for folder in ("build/pae/mm", "build/host/64/mm"):
                output = self.folder / folder / "a.s"
                output.parent.mkdir(parents=True, exist_ok=True)
                subprocess.run(["gcc", "-S", "-xc", "-", "-o", output], input=f"asm({code});", text=True, check=True)
                if word:
                    with self.assertRaisesRegex(trusted.Refused, rf"^mm/a.c: an asm statement has \.{word}, by which"):
                        trusted.check_assembly()
                else:
                    trusted.check_assembly()
                output.unlink()

    def test_symbols_in_host_tests(self):
        odd = lambda defines, uses: trusted.odd_host_symbol(defines, uses, {"printk", "memset"})  # noqa: E731
        self.assertIsNone(odd({"my_helper", "__odr_asan.my_table"},
                              {"printk", "__asan_report_load4", "__ubsan_handle_add_overflow_abort", "__popcountdi2"}))
        for name in ("host_run", "host_done", "getenv", "environ", "exit", "__asan", "_exit"):
            self.assertRegex(odd(set(), {name}), f"it uses {name} in a host test")
        for name in ("snprintf", "malloc", "_start", "__printf_chk"):
            self.assertRegex(odd({name}, set()), f"it defines {name}, which belongs to the C library")

    def test_folder_that_is_a_link(self):
        (self.folder / "mm").rmdir()
        (self.folder / "mm").symlink_to(TOP / "mm")
        with self.assertRaisesRegex(trusted.Refused, "mm is a symbolic link"):
            trusted.read_handed_in(self.folder, "mm/buddy.c")

    def test_includes(self):
        depends = "build/pae/mm/a.o: mm/a.c lib/types.h \\\n /usr/lib/gcc/include/stdarg.h{}\n\nlib/types.h:\n"
        found = lambda more: list(trusted._foreign_includes(depends.format(more), "/usr/lib/gcc/include"))  # noqa: E731
        self.assertEqual(found(""), [])
        for path in ("/home/teacher/buddy.c", "../solution.c", "build/x.c"):
            self.assertEqual(found(f" {path}"), [path])

    def test_sections(self):
        for name, ordinary in ((".text", True), (".rodata.str1.1", True), ("ktests", False), ("boot_params", False),
                               (".entry", False)):
            self.assertEqual(bool(trusted.ORDINARY_SECTION.match(name)), ordinary, name)


class Reports(unittest.TestCase):
    """Verdicts as text and as JSON."""

    def graded(self, *passed, hidden=False):
        steps = lab().steps
        steps[1].hidden = hidden
        verdicts = [judge.Verdict(step, ok, [] if ok else ["because"]) for step, ok in zip(steps, passed)]
        return report.Graded(lab(steps=steps), judge._without_needs(verdicts), 1.0)

    def test_a_step_that_needs_another(self):
        self.assertEqual([self.graded(*passed).points for passed in ((True, True), (True, False), (False, True))],
                         [100, 60, 0])

    def test_gradescope(self):
        results = report.gradescope(self.graded(True, False, hidden=True))
        self.assertEqual(results["score"], 60)
        self.assertEqual([(test["score"], test["max_score"], test["visibility"]) for test in results["tests"]],
                         [(60, 60, "visible"), (0, 40, "hidden")])

    def test_an_interrupt_gives_no_score(self):
        folders = [self.enterContext(tempfile.TemporaryDirectory()) for _ in range(3)]
        stopping, seen = threading.Event(), []

        def verdicts_of(_, folder):
            seen.append(folder)
            if len(seen) == 2:
                stopping.set()
            return self.graded(True, True).verdicts

        def broken():
            stopping.set()
            raise table.LabError("make was killed")

        out, err = io.StringIO(), io.StringIO()
        with unittest.mock.patch.object(grade.process, "stopping", stopping.is_set), \
                contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            graded = grade.each_folder(lab(), folders, contextlib.nullcontext(), verdicts_of)
            out.truncate(out.seek(0))
            self.assertEqual(grade.finish("-", graded), 130)
            results = json.loads(out.getvalue())
            out.truncate(out.seek(0))
            unbuilt = contextlib.contextmanager(lambda: (yield broken()))
            self.assertEqual(grade.finish("-", grade.each_folder(lab(), folders[:1], unbuilt(), verdicts_of)), 130)
        self.assertEqual(len(seen), 2)
        self.assertEqual([result.get("score") for result in results], [100, None, None])
        self.assertEqual([result["extra_data"].get("incomplete") for result in results], [None, True, True])
        self.assertEqual([result["extra_data"]["folder"] for result in results], folders)
        self.assertNotIn("score", json.loads(out.getvalue()))
        self.assertIn("interrupted: 1 of 3 graded, no points for the rest", err.getvalue())

    def test_a_slow_machine_is_named(self):
        graded = self.graded(True, False)
        graded.verdicts[1].graded = False
        self.assertIn("Please grade again", report.gradescope(graded)["output"])


if __name__ == "__main__":
    unittest.main()
