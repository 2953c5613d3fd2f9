# SPDX-License-Identifier: MIT
"""The pages about the kernel's functions, written from the headers.

A header gives one page in reStructuredText. It has the essay at the head of the header, or of the source
beside it, and for each kernel-doc comment the declaration, the parameters, "Context:" and "Return:".
A page for each layer (tools/layers.py) lists the headers of its folders.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import kernel_doc
import layers
import tree

DOC = re.compile(r"^/\*\*\n \* ((?:struct |union |enum )?\w+(?:\(\))?(?:,\s(?:\* )?\w+\(\))*) - (?:(?!\*/).)*\*/\n",
                 re.S | re.M)
ESSAY = re.compile(r"^/\*\n(?: \*[^\n]*\n)+ \*/\n", re.M)
FIRST_CODE = re.compile(r"^(?!#|/\*| \*|//|\s)\S", re.M)
TYPE = re.compile(r"(?:struct|union|enum) \w+")


@dataclass
class Comment:
    """A kernel-doc comment, cut into its parts; each is a text without the stars."""

    names: list
    brief: str
    body: str
    context: str = ""
    returns: str = ""
    parameters: list = field(default_factory=list)


def plain(comment):
    """The text of a comment without its stars."""
    return "\n".join(re.sub(r"^ ?\*? ?", "", line).rstrip() if not line.startswith(" *\t") else line[2:].rstrip()
                     for line in comment.strip().removeprefix("/**").removeprefix("/*").removesuffix("*/").split("\n"))


def read(comment):
    """A Comment from the text of one."""
    text = plain(comment).strip("\n")
    head, text = re.match(r"(?s)(.*?) - (.*)", text).groups()
    names = [name.strip() for name in head.replace("\n", " ").split(",")]
    brief, text = re.match(r"(?s)(.*?)(?=\n@|\n\n|\n(?:Context|Return): |\Z)(.*)", text).groups()
    pieces = re.split(r"(?m)^(?=@\w+(?:, @\w+)*: )|^(?=Context: |Return: )|\n\n", text.strip("\n"))
    found = Comment(names, brief, "")
    last = None
    for piece in pieces:
        piece = piece.rstrip()
        at = re.match(r"((?:@\w+(?:, )?)+): (.*)", piece, re.S)
        part = re.match(r"(Context|Return): (.*)", piece, re.S)
        if at and last != "body":
            found.parameters.append((at[1].replace("@", ""), at[2]))
        elif part:
            setattr(found, {"Context": "context", "Return": "returns"}[part[1]], part[2])
            last = "body"
        elif piece:
            found.body += piece.strip("\n") + "\n\n"
            last = "body"
    return found


def essay(path):
    """The comment at the head of a header, or else of the source beside it."""
    sources = [path, path.with_suffix(".c"),
               *(other for other in Path("arch/i386").rglob(f"{path.stem}.c") if "include/asm" in str(path))]
    for source in sources:
        if source.exists():
            text = source.read_text()
            end = FIRST_CODE.search(text)
            found = ESSAY.search(text)
            if found and (not end or found.start() < end.start()):
                return plain(found[0]).strip("\n")
    return ""


def declarations(text):
    """{where a comment ends: the declaration that follows}, of functions, macros and types."""
    found = {start: re.sub(r"\s+", " ", f"{kind}{name}({words})") for kind, name, words, start in
             kernel_doc.functions(text)}
    for match in re.finditer(r"^#define (\w+(?:\([^)]*\))?)|^((?:struct|union|enum) \w+)", text, re.M):
        found.setdefault(match.start(), match[1] or match[2])
    return {start: re.sub(r"\b(?:static|inline|extern|__(?!be|le)[a-z]\w*(?:\(\d[^)]*\))?) ", "", words)
            for start, words in found.items()}


def name_of(signature):
    """The name that a declaration declares."""
    return re.sub(r"\(.*", "", signature).split()[-1].lstrip("*")


# --- comments as reStructuredText ----------------------------------------------------------------

TOKEN = re.compile(r"`([^`\n]+)`|@(\w+)|(\b\w+\(\))|((?<![\w/])[\w/]*\w\.(?:c|h|asm|py|md|sh)\b)")


def inline(text):
    """A line of a comment; names of code become literals, which links.py may turn into links."""
    out, at = "", 0
    for match in TOKEN.finditer(text):
        code = next(filter(None, match.groups()))
        out += re.sub(r"([\\*_`|])", r"\\\1", text[at:match.start()]) + rf"\ ``{code}``\ "
        at = match.end()
    return out + re.sub(r"([\\*_`|])", r"\\\1", text[at:])


def rest(text, indent=""):
    """A text of a comment: paragraphs, lists, and drawings, which begin with a tab or four blanks."""
    out = []
    kind = ""
    for line in text.split("\n"):
        new = "drawing" if re.match(r"\t|    ", line) and kind != "item" else "item" if re.match(r"- |\d+\. ", line) \
            else "item" if kind == "item" and line.startswith("  ") else "text" if line.strip() else ""
        if new == "drawing" and kind != "drawing":
            out += ["", "::", ""]
        elif new and new != kind or re.match(r"- |\d+\. ", line):
            out += [""]
        out.append("    " + line.expandtabs(8).removeprefix("        ") if new == "drawing" else inline(line))
        kind = new or (kind if kind in ("drawing", "item") else "")
    return "\n".join(f"{indent}{line}".rstrip() for line in out).strip("\n") + "\n"


def sentence(text):
    """The line behind the names as a sentence."""
    begins = TOKEN.match(text) or re.match(r"\w+[(_]", text)
    return (text if begins else text[:1].upper() + text[1:]) + ("" if text.endswith(("?", ".")) else ".")


def entry(comment, signatures, where, chapters, functions):
    """One function, macro or type, or some that share a comment."""
    if TYPE.fullmatch(signatures[0]):
        kind, name = signatures[0].split()
        directive = f"c:{kind}:: {name}" if name not in functions else f"describe:: {signatures[0]}"
        lines = [f".. {directive}", ""]
    else:
        directive = ".. c:function:: " if re.match(r"[\w ]+[ *]\w+\(", signatures[0]) else ".. c:macro:: "
        lines = [directive + f"\n{' ' * len(directive)}".join(signatures), ""]
    lines += [rest(sentence(comment.brief), "   ")]
    lines += [rest(comment.body, "   ")] if comment.body.strip() else []
    is_type = TYPE.fullmatch(signatures[0])
    lines += ["   :Members:"] if is_type and comment.parameters else []
    for parameter, text in comment.parameters:
        for name in parameter.split(", "):
            begin = f"      - **{name}** – " if is_type else f"   :param {name}: "
            lines.append(begin + inline(" ".join(text.split())))
    for name, text in (("Context", comment.context), ("returns", comment.returns)):
        if text:
            lines.append(f"   :{name}: " + inline(" ".join(text.split())))
    lines.append(f"   :Source: ``{where}``")
    mentioned = sorted({page for name in map(name_of, signatures) for page in chapters.get(name, ())})
    if mentioned:
        lines.append("   :Chapters: " + ", ".join(f":doc:`/{page}`" for page in mentioned))
    return "\n".join(lines) + "\n"


def title(text):
    return f"{text}\n{'=' * len(text)}\n"


def included_as(path):
    return str(path).removeprefix("arch/i386/include/")


def header(path, chapters):
    """(names that the page explains, its text), or None for a header without kernel-doc comments."""
    text = path.read_text()
    follows = declarations(text)
    functions = {name_of(words) for words in follows.values() if not TYPE.fullmatch(words)}
    bodies, seen = [], set()
    for match in DOC.finditer(text):
        comment = read(match[0])
        # A comment may describe the next declarations, too. With an #if there may be two of a function.
        after = [follows[start] for start in sorted(follows) if start >= match.end()][:len(comment.names)]
        signatures = [words for words in after if words not in seen] if match.end() in follows else []
        seen.update(signatures)
        if signatures:
            where = f"{path}:{text.count(chr(10), 0, match.end()) + 1}"
            bodies.append(entry(comment, signatures, where, chapters, functions))
    if not bodies:
        return None
    return ({name_of(words) for words in seen if not TYPE.fullmatch(words)},
            "\n".join([title(included_as(path)), rest(essay(path)), f"Source: ``{path}``\n", *bodies]))


def pages(chapters):
    """{name of a page: its text}, and {name of code: its page}."""
    out, known, contents = {}, {}, []
    by_layer = {}
    for name in tree.files("*.h"):
        if not name.startswith(("tests/", "labs/", "user/")):
            by_layer.setdefault(layers.layer_of(name), []).append(Path(name))
    for number, paths in sorted(by_layer.items()):
        layer, folders, about = layers.LAYERS[number]
        slug = "api/" + layer.replace(" ", "-")
        listed = []
        for path in sorted(paths, key=included_as):
            made = header(path, chapters)
            if made:
                page = "api/" + included_as(path).removesuffix(".h")
                out[page + ".rst"] = made[1]
                known.update(dict.fromkeys(made[0], page))
                listed.append(f"   /{page}")
        if listed:
            about = f"{about[0].upper()}{about[1:]}. Folders: " + ", ".join(f"``{folder}/``" for folder in folders)
            out[slug + ".rst"] = "\n".join([title(layer[0].upper() + layer[1:]), about + ".\n", ".. toctree::",
                                            "   :maxdepth: 2\n", *listed, ""])
            contents.append(f"   /{slug}")
    out["api/index.rst"] = "\n".join([
        title("Functions"), "The functions, macros and types of the headers, by layer, from the ground up. "
        "Each text is the comment in the header.\n", ".. toctree::", "   :maxdepth: 2\n", *contents, ""])
    return out, known
