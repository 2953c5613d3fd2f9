# SPDX-License-Identifier: MIT
"""Writes build/test.html: the tests of one run, with all that is needed to look into a failure.

A reader of a red run asks in this order: which tests failed and why, how to repeat one, and where the time
was spent. So the page begins with the totals. Then each failure follows with its complaints, the end of its
console and the command that repeats it. A table of all tests is last: failures first, then the slowest.

The page is one file without scripts, so it can be attached to a mail or kept by a CI service. Python's own
templates suffice, because `make test` must work on a machine without any library.
"""

import html
import os
import platform
import shutil
import subprocess
import time
from pathlib import Path
from string import Template

from boot import shell_line

PAGE = Path("build/test.html")
TAIL = 60  # lines of console to show of a failed test

DOCUMENT = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$headline</title>
<style>
:root { color-scheme: light dark; --line: #8888; --bad: #b3261e; --good: #1b6e3c; --bar: #0072b2; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff9a8f; --good: #7fd6a0; --bar: #56b4e9; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; }
.failed { color: var(--bad); } .ok { color: var(--good); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid var(--line); }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
.bar { display: inline-block; height: .7em; background: var(--bar); }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); font-size: .85rem; }
section.failure { border-left: 4px solid var(--bad); padding-left: 1rem; margin: 2rem 0; }
</style>
</head>
<body>
<h1 class="$verdict" data-passed="$passed" data-failed="$failed" data-skipped="$skipped">$headline</h1>
<p>$tests took $seconds s together on $host. They ended at $ended.</p>
$notes
$failures
<h2>All tests</h2>
<div class="wide"><table>
<thead><tr><th>test</th><th>result</th><th>where it ran</th><th class="number">passed</th>
<th class="number">failed</th><th class="number">skipped</th><th class="number">seconds</th>
<th class="number">of CPU</th><th>time</th></tr></thead>
<tbody>
$rows
</tbody></table></div>
</body>
</html>
""")

ROW = Template("""\
<tr id="row-$id"><td>$name</td><td class="$verdict">$result</td><td>$where</td><td class="number">$passed</td>
<td class="number">$failed</td><td class="number">$skipped</td><td class="number">$seconds</td>
<td class="number">$cpu</td><td><span class="bar" style="width: ${width}rem"></span></td></tr>""")

FAILURE = Template("""\
<section class="failure" id="failure-$id">
<h2>$name failed</h2>
<ul>
$problems
</ul>
<p>The end of its output; <code>$log</code> has all of it.</p>
<pre>$tail</pre>
<p>To repeat it:</p>
<pre>$repeat</pre>
</section>""")


def where(row):
    """The machine of a boot in a few words, or that a program ran on this machine."""
    if not hasattr(row, "cpu"):
        return "a program of this machine"
    words = [row.emulator, row.machine, row.memory, f"-cpu {row.cpu}",
             f"{row.smp} CPU{'s' if row.smp > 1 else ''}", row.mode]
    if row.build != "3G":
        words.append(f"build {row.build}")
    if row.firmware:
        words.append("UEFI")
    elif row.cmdline is None:
        words.append(Path(row.iso or "").name)
    return ", ".join(words)


def host():
    """This machine in a few words."""
    words = [f"{len(os.sched_getaffinity(0))} cores", f"{platform.system()} {platform.release()}"]
    if qemu := shutil.which("qemu-system-x86_64"):
        said = subprocess.run([qemu, "--version"], capture_output=True, text=True, check=False).stdout
        words.append(said.partition("(")[0].replace(" emulator version", "").strip())
    return ", ".join(words)


def _failure(outcome):
    name = outcome.row.name
    tail = "\n".join(outcome.text.splitlines()[-TAIL:])
    return FAILURE.substitute(
        id=html.escape(name), name=html.escape(name), log=html.escape(f"build/test/{name}.log"),
        problems="\n".join(f"<li>{html.escape(problem)}</li>" for problem in outcome.problems),
        tail=html.escape(tail), repeat=html.escape(shell_line(outcome)))


def _row(outcome, slowest):
    name, bad = html.escape(outcome.row.name), bool(outcome.problems)
    result = f'<a href="#failure-{name}">failed</a>' if bad else "ok"
    return ROW.substitute(
        id=name, name=name, verdict="failed" if bad else "ok", result=result,
        where=html.escape(where(outcome.row)), passed=outcome.passed, failed=outcome.failed,
        skipped=outcome.skipped, seconds=f"{outcome.seconds:.1f}", cpu=f"{outcome.cpu_seconds:.1f}",
        width=f"{8 * outcome.seconds / slowest:.2f}")


def _note(what, names):
    return f"<p>{what}: {html.escape(', '.join(names))}.</p>" if names else ""


def page(outcomes, seconds, not_run=(), left_out=()):
    """The page as text.

    outcomes are those of all tests that ended; seconds is how long the run took. not_run and left_out are
    names of tests: those that were interrupted, and those for which this machine lacks something.
    """
    failed = [outcome for outcome in outcomes if outcome.problems]
    ordered = sorted(outcomes, key=lambda outcome: (not outcome.problems, -outcome.seconds))
    slowest = max([outcome.seconds for outcome in outcomes] + [0.1])
    totals = {name: sum(getattr(outcome, name) for outcome in outcomes) for name in ("passed", "failed", "skipped")}
    return DOCUMENT.substitute(
        totals, headline="{passed} passed, {failed} failed, {skipped} skipped".format_map(totals),
        verdict="failed" if failed or not_run else "ok",
        tests=f"{len(outcomes)} test{'' if len(outcomes) == 1 else 's'}", seconds=f"{seconds:.0f}",
        host=html.escape(host()), ended=time.strftime("%Y-%m-%d %H:%M:%S"),
        notes=_note("Interrupted, or not run", not_run) + _note("Left out, for want of a firmware", left_out),
        failures="\n".join(_failure(outcome) for outcome in failed),
        rows="\n".join(_row(outcome, slowest) for outcome in ordered))


def write(*args, path=PAGE):
    """Writes the page; the arguments are those of page()."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(*args), encoding="utf-8")
