#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks comments and docs/*.md for words that readers stumble over: tools/prose.py [FILE]..."""

import re
import sys

import text_files

# Each habit, with what to write instead. START is where a sentence or a comment begins.
START = r"(?:¶|@\w+:|\n\s*\n|[.!?:]\s)[\s(*-]*"
HABITS = [(re.compile(pattern), instead) for pattern, instead in (
    (START + r"((?:Who|Whoever|Whatever|What|Whichever)\s[^.?¶]{0,30})(?![^.?¶]*\?)", "a thing as the subject"),
    (r"@\w+:\s+((?:who|what|whatever)\s[^.]{0,20})", "a noun: the caller, the number of"),
    (r"\b((?:[Ff]or|of|to|by|from|and|that|but|as)\s+who(?:ever)?)\b", "the caller that, the thread that"),
    (r"\b(whoever|that\s+which|has\s+it\s+that)\b", "the thing that is meant"),
    (r"\b([Ss]o\s+(?:many|much))\b", "at most N, this many"),
    (r"\b(dear(?:er|est)?)\b", "expensive"),
    (r"\b(stands?|stood|standing)\b(?!\s+for|-)", "is"),
    (r"\b((?:lies?|lay)\s+(?:in|at|on|behind|above|below|beside|beyond|between|outside|within|there|where|side))\b",
     "is"),
    (r"\b((?:is|are|was|were|be|been|being)\s+told)\b", "learns; is notified; the message names"),
    (r"\b([Hh]e|[Hh]is|[Hh]im|[Hh]imself)\b", "it, they, or the thing itself"),
    (r"\b(goes\s+on|comes\s+of|goes\s+with)\b", "continues; results from; belongs to"),
    (r"\b(but\s+for|since\s+long|twice\s+so|of\s+no\s+account)\b", "except; for a long time; twice as; no matter"),
    (r"(?:;|\bso|\binto|¶|,(?=\s+what\s+\w+\(\)))\s+(what\s+(?:is|was|are|has|they|\w+\(\))\s)",
     "a thing as the subject"),
    (START + r"((?:Is|Are)\s+no\s[^.?¶]{0,20})(?![^.?¶]*\?)", "a subject"),
    (START + r"(Also\s+where|Of\s+one|The\s+(?:fewer|more|less)\s[^.¶]{0,40},\s+the\s+(?:fewer|more|less))\b",
     "the plain order of words"),
    (r"\b([Tt]here\s+(?:is|are)\s+hardly|nor\s+does\s+it|delays?\s+none|takes?\s+(?:it|them)\s+away|ill\s+spare)\b",
     "rarely; neither; disables it"),
    (r"\b((?:is|are)\s+believed|forbids?\s+to|settles?\s+it|takes?\s+care\s+that|at\s+more\s+closely|goes\s+now)\b",
     "is trusted; does not allow; decides; ensures"))]
WORDS = 40  # of a sentence in docs
# Strings, which are passed over, and comments, which are a group, by the language of a file.
STRINGS = r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|"
HASH = r"(?<!\S)(#[^\n]*(?:\n[ \t]*#[^\n]*)*)"
C = STRINGS + r"(/\*.*?\*/|//[^\n]*)"
COMMENTS = {".c": C, ".h": C, ".ld": C, ".js": C, ".mjs": C, ".asm": STRINGS + r"(;[^\n]*(?:\n[ \t]*;[^\n]*)*)",
            ".py": r"(\"\"\".*?\"\"\")|" + STRINGS + HASH}
CODE = r"(?m)^(?:    |\t|#).*$|`[^`]*`|<!--[^>]*-->|\]\([^)]*\)"  # in a page: no prose


def prose_of(path, text):
    """The prose of a file in the lines where the file has it; all else is blank, and ¶ begins a part."""
    def blank(match):
        return "x" * match[0].startswith("`") + re.sub(r"[^\n]", " ", match[0])
    if path.suffix == ".md":
        return re.sub(CODE, blank, text).replace("|", "¶")
    out, at = "", 0
    for match in re.finditer(COMMENTS.get(path.suffix, HASH), text, re.S):
        if match.lastindex:
            words = re.sub(r"(?m)^[ \t]*(?:[/*#;\"]+)|\*/$", blank, match[0])
            out += "\n" * text.count("\n", at, match.start()) + "¶" + words[1:]
            at = match.end()
    return out


def complaints(path, text):
    """(line, what is wrong) of a file."""
    prose = prose_of(path, text)
    found = [(match.start(1), f'"{" ".join(match[1].split())}", expected {instead}')
             for pattern, instead in HABITS for match in pattern.finditer(prose)]
    if path.suffix == ".md":
        found += [(match.end(), f"a sentence of {len(match[0].split())} words, expected at most {WORDS}")
                  for match in re.finditer(r"(?:[^.!?:¶\n]|[.!?:](?!\s)|\n(?!\s*(?:\n|- |\d+\. )))+", prose)
                  if len(match[0].split()) > WORDS]
    return sorted((prose.count("\n", 0, at) + 1, what) for at, what in found)


if __name__ == "__main__":
    sys.exit(text_files.check("prose", complaints))
