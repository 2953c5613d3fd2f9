# SPDX-License-Identifier: MIT
"""The text on a guest's screen: screenshots are read glyph by glyph."""

import re
import struct
import zlib
from pathlib import Path

HEIGHT = 16
# The letter A as all VGA fonts of 8 x 16 pixels have it: by it the font in the video BIOS is found.
LETTER_A = bytes.fromhex("000010386cc6c6fec6c6c6c600000000")


class Image:
    """A picture in QEMU's format, PPM: rows of pixels of three bytes."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        if not head:
            raise ValueError(f"{path}: expected a PPM file with 8 bits a colour")
        self.width, self.height = int(head[1]), int(head[2])
        self._pixels = data[head.end():]

    def pixel(self, x, y):
        at = 3 * (y * self.width + x)
        return self._pixels[at:at + 3]

    def cell(self, x, y):
        """(glyph as 16 bytes, colour of its foreground or None) of the 8 x 16 pixels at a place.

        The background is the colour of the corner on the top right, where no glyph but full ones has a pixel.
        """
        rows = [self._pixels[3 * ((y + i) * self.width + x):3 * ((y + i) * self.width + x + 8)] for i in range(HEIGHT)]
        back = rows[0][21:24]
        glyph, front = bytearray(), None
        for row in rows:
            bits = 0
            for i in range(0, 24, 3) if row != back * 8 else ():
                bits |= (row[i:i + 3] != back) << 7 - i // 3
                front = row[i:i + 3] if row[i:i + 3] != back else front
            glyph.append(bits)
        return bytes(glyph), front

    def png(self):
        """The picture as a PNG file, which people can look at."""
        rows = b"".join(b"\0" + self._pixels[3 * y * self.width:3 * (y + 1) * self.width] for y in range(self.height))

        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0))
                + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def kernel_font():
    """The glyphs that the kernel draws on a framebuffer, by what they mean."""
    text = re.sub(r", /\* (\w\w) \*/\n\t  ([^}]+) \},", r", \2 }, /* \1 */", Path("drivers/font.c").read_text())
    rows = re.findall(r"^\t\{ ([^}]+) \}, /\* (\w\w) \*/", text, re.M)
    return {bytes(int(byte, 16) for byte in glyph.split(", ")): chr(int(code, 16))
            for glyph, code in rows if 0x20 <= int(code, 16) < 0x7f}


def bios_font(rom):
    """The glyphs of the text mode, out of the video BIOS, which sits at 0xc0000."""
    base = rom.find(LETTER_A) - ord("A") * HEIGHT
    if base < 0:
        raise ValueError("the video BIOS has no font of 8 x 16 pixels that is known")
    return {rom[base + code * HEIGHT:base + (code + 1) * HEIGHT]: chr(code) for code in range(0x20, 0x7f)}


def read_text(image, font):
    """The lines of text of a screenshot; '\x7f' is a glyph that is not in the font.

    A text mode has cells that are 9 pixels wide, of which the ninth is blank.
    """
    width = 9 if (image.width, image.height) == (720, 400) else 8
    lines = []
    for y in range(0, image.height - HEIGHT + 1, HEIGHT):
        line = ""
        for x in range(0, image.width - width + 1, width):
            glyph, _ = image.cell(x, y)
            # The cursor is an underline, and most often that of a blank.
            line += font.get(glyph) or (" " if not any(glyph[:13]) else "\x7f")
        lines.append(line.rstrip())
    return lines
