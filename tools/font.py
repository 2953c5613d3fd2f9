#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes drivers/font.c from a console font of 8 x 16 pixels in the format PSF 1.

	apt-get download fonts-spleen; dpkg-deb -x fonts-spleen_*.deb spleen
	tools/font.py spleen/usr/share/consolefonts/spleen-8x16.psfu.gz >drivers/font.c

The glyphs are put into the order of code page 437, which is that of the VGA's own font: so a cell of the
screen means the same on both. A character that the font lacks gets the glyph of the question mark.
"""

import gzip
import sys

HEIGHT = 16
# The glyphs of 0x01 to 0x1f and of 0x7f, which Python's codec takes for control characters.
LOW = "☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"

HEAD = """\
/* SPDX-License-Identifier: BSD-2-Clause */
#include <drivers/font.h>

/*
 * The glyphs of Spleen, 8 x 16 pixels, in the order of code page 437. Made by tools/font.py from
 * spleen-8x16.psfu; Spleen is at https://github.com/fcambus/spleen.
 *
 * Copyright (c) 2018-2020, Frederic Cambus
 * All rights reserved.
 *
 * Redistribution and use in source and binary forms, with or without modification, are permitted
 * provided that the following conditions are met:
 *
 *   * Redistributions of source code must retain the above copyright notice, this list of
 *     conditions and the following disclaimer.
 *   * Redistributions in binary form must reproduce the above copyright notice, this list of
 *     conditions and the following disclaimer in the documentation and/or other materials provided
 *     with the distribution.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR
 * IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
 * FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR
 * CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
 * DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY,
 * WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY
 * WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */

/* clang-format off */
const u8 font[256][FONT_HEIGHT] = {
"""


def read_psf1(data):
    """Unicode character -> its 16 bytes."""
    if data[:2] != b"\x36\x04" or not data[2] & 2 or data[3] != HEIGHT:
        sys.exit("font: expected a PSF 1 font with a table of characters and 16 bytes a glyph")
    count = 512 if data[2] & 1 else 256
    table = data[4 + count * HEIGHT:]
    glyphs, at = {}, 0
    for number in range(count):
        bitmap = data[4 + number * HEIGHT:4 + (number + 1) * HEIGHT]
        in_sequence = False
        while True:
            word = int.from_bytes(table[at:at + 2], "little")
            at += 2
            if word == 0xffff:
                break
            in_sequence |= word == 0xfffe
            if not in_sequence:
                glyphs.setdefault(chr(word), bitmap)
    return glyphs


def characters():
    """The character of each of the 256 cells."""
    codes = [bytes([i]).decode("cp437") for i in range(256)]
    codes[1:32] = LOW
    codes[0], codes[0x7f], codes[0xff] = " ", "⌂", " "
    return codes


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with gzip.open(sys.argv[1]) as file:
        glyphs = read_psf1(file.read())
    lines, missing = [], []
    for code, character in enumerate(characters()):
        if character not in glyphs:
            missing.append(character)
        bitmap = glyphs.get(character, glyphs["?"])
        rows = [f"{byte:#04x}" for byte in bitmap]
        lines.append(f"\t{{ {', '.join(rows[:8])}, /* {code:02x} */\n\t  {', '.join(rows[8:])} }},")
    print(HEAD + "\n".join(lines) + "\n};")
    if missing:
        print(f"font: no glyphs for {' '.join(missing)}", file=sys.stderr)


if __name__ == "__main__":
    main()
