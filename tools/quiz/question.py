# SPDX-License-Identifier: MIT
"""A quiz: facts that a machine reported, and questions about them. show() prints both, for 80 columns."""

import textwrap
from dataclasses import dataclass, field

WIDTH = 79


class QuizError(Exception):
    """The quiz cannot be made; the text says why, and what to do."""


@dataclass
class Question:
    """`about` has the numbers of the question, for a test that finds the answer in another way."""

    text: str
    answer: str
    reason: str
    about: dict = field(default_factory=dict)


@dataclass
class Quiz:
    """`given` are lines that a reader needs for the answers, printed as they are."""

    given: list
    questions: list


def _paragraph(label, text, indent):
    return textwrap.fill(text, WIDTH, initial_indent=label, subsequent_indent=" " * indent, break_on_hyphens=False)


def show(title, quiz, answers):
    """The page as text. Without `answers` the answers and their reasons are left out."""
    lines = [_paragraph("", title, 0), "", *(f"    {line}".rstrip() for line in quiz.given), ""]
    for number, question in enumerate(quiz.questions, 1):
        lines.append(_paragraph(f"{number}. ", question.text, 3))
        if answers:
            lines.append(_paragraph("   Answer: ", question.answer, 11))
            lines.append(_paragraph("   Reason: ", question.reason, 11))
        lines.append("")
    return "\n".join(lines)
