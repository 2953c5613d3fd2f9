#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks about a real boot of Highland, and answers.

    tools/quiz.py TOPIC [-s SEED] [-c]

It boots a machine that the seed selects, types commands at its prompt, and prints what the kernel
reported and some questions about it. With -c it prints the answers, and the reason of each.
"""

import argparse
import importlib
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "quiz"))
import session as sessions  # noqa: E402
from question import QuizError, show  # noqa: E402

TOPICS = {"walk": "translate addresses by the entries of real page tables",
          "buddy": "split and coalesce blocks; find a buddy",
          "zones": "compute watermarks and reserves; which zone serves a request?",
          "kmap": "count the slots of kmap(); when is a flush due?"}


def module_of(topic):
    return importlib.import_module(topic)


def play(topic, seed, kernel, also=None):
    """(title, Quiz) of a topic and a seed. also(session, quiz) may look at the machine before it ends."""
    module, rng = module_of(topic), sessions.seeded(topic, seed)
    session = sessions.start(rng, module.RAMS, kernel)
    with session.guest:
        quiz = module.make(session, rng)
        if also:
            also(session, quiz)
    return f"Quiz {topic}, seed {seed}: a machine with {session}. Read {module.READ} before it.", quiz


def seed_number(text):
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r}: expected a whole number")
    return int(text)


def main():
    parser = argparse.ArgumentParser(prog="tools/quiz.py", description=__doc__.split("\n\n", maxsplit=1)[0],
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="topics:\n" + "\n".join(f"  {name:<8}{text}" for name, text in
                                                                    TOPICS.items()))
    parser.add_argument("topic", choices=TOPICS, metavar="TOPIC", help=", ".join(TOPICS))
    parser.add_argument("-s", "--seed", default=1, type=seed_number, help="another seed asks about another machine")
    parser.add_argument("-c", "--compute", action="store_true", help="print the answers and their reasons, too")
    parser.add_argument("-k", "--kernel", default=sessions.KERNEL, help="the kernel to boot (build/highland.elf)")
    if len(sys.argv) == 1:
        parser.print_help()
        return 2
    args = parser.parse_args()
    try:
        title, quiz = play(args.topic, args.seed, args.kernel)
    except (QuizError, TimeoutError, EOFError) as error:
        print(f"quiz: {error}", file=sys.stderr)
        return 2
    text = show(title, quiz, args.compute)
    if not args.compute:
        text += f"tools/quiz.py {args.topic} -s {args.seed} -c has the answers.\n"
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:  # `| head` has read enough; Python flushes once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
