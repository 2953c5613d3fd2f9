# SPDX-License-Identifier: MIT
"""Results of tests that the kernel signed: tests/kernel/graded.c explains the signatures."""

import hashlib
import re
import secrets
from dataclasses import dataclass, field

_LINE = re.compile(r"^ *# graded (.*) ([0-9a-f]{32})\r?$", re.M)


def new_key():
    """A random value for grade_key=."""
    return secrets.token_hex(16)


class Chain:
    """The secrets of a boot, one for each signed line."""

    def __init__(self, key):
        self._secret = self._hash(bytes.fromhex(key), b"start", 32)

    @staticmethod
    def _hash(key, data, size):
        return hashlib.blake2s(data, key=key, digest_size=size).digest()

    def sign(self, text):
        """The signature of the next line, if that line has this text. Does not use the line up."""
        return self._hash(self._secret, text.encode(), 16).hex()

    def step(self):
        self._secret = self._hash(self._secret, b"next", 32)


@dataclass
class Signed:
    """The signed lines of a boot.

    results are the texts whose signature is right, in order, without the lines "end N". forged are the texts
    whose signature is wrong. complete says that an end line followed the last result, and that its number is
    right.
    """

    results: list = field(default_factory=list)
    forged: list = field(default_factory=list)
    complete: bool = False


def read(log, key):
    """Finds the signed lines in the console's text. A forged line does not disturb the lines behind it."""
    chain, signed, in_run = Chain(key), Signed(), 0
    for text, signature in _LINE.findall(log):
        if signature != chain.sign(text):
            signed.forged.append(text)
            continue
        chain.step()
        end = re.fullmatch(r"end (\d+)", text)
        if end:
            signed.complete = int(end[1]) == in_run
            in_run = 0
        else:
            signed.results.append(text)
            signed.complete = False
            in_run += 1
    return signed
