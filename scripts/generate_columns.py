"""Writes docs/columns.md from the docstrings of columns and their methods.

With --check: fails if the result differs from what is checked in.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import featurekit as fk
from featurekit.spec import columns

TARGET = Path(__file__).parent.parent / "docs" / "columns.md"
HEAD = """# Columns

A column is a source and the steps applied to it. What is possible next is a method of
the column that there is: an editor offers `embedding` on ids, `log1p` on numbers.
`fk.preview(column, rows)` shows what a column gives.

Missing, null, NaN and empty are kept apart; what each step does with them stands in its
**Semantics**. All executors (batch conversion, Keras layers, exports, the row path)
give the same bits, and refuse the same rows.

This page is generated from the docstrings by `scripts/generate_columns.py`.
"""
_SECTION = re.compile(
    r"^(Args|Returns|Raises|Semantics|Example|Elsewhere):\n", re.MULTILINE
)
_ARGUMENT = re.compile(r"^(\*{0,2}\w+): ", re.MULTILINE)


def sections(docstring: str) -> Iterator[tuple[str, str]]:
    """The parts of a docstring: the text before the first title has none."""
    pieces = _SECTION.split(inspect.cleandoc(docstring))
    yield "", pieces[0].strip()
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        indented, _, rest = body.partition("\n\n")
        while rest.startswith(" "):  # a section may have empty lines
            more, _, rest = rest.partition("\n\n")
            indented = f"{indented}\n\n{more}"
        yield title, inspect.cleandoc(indented)
        if rest.strip():
            yield "", rest.strip()


def render(title: str, body: str) -> str:
    """A section as Markdown."""
    if not title:
        return body
    if title == "Example":
        return f"```python\n{body}\n```"
    if title in ("Args", "Raises"):
        body = _ARGUMENT.sub(r"- `\1`: ", body).replace("\n    ", "\n  ")
    return f"**{title}**\n\n{body}"


def signature(function: Any) -> str:
    """The arguments as they are written in a call, without types."""
    found = inspect.signature(function)
    empty = inspect.Signature.empty
    plain = [
        one.replace(annotation=empty)
        for one in found.parameters.values()
        if one.name != "self"
    ]
    return str(found.replace(parameters=plain, return_annotation=empty))


def entry(heading: str, documented: Any) -> str:
    """A heading and a docstring."""
    parts = [render(*part) for part in sections(documented.__doc__)]
    return "\n\n".join([heading, *(part for part in parts if part)])


def factories() -> Iterator[tuple[str, Any]]:
    """The functions that begin a column, in the order of their definition."""
    found = [
        (function.__code__.co_firstlineno, name, function)
        for name, function in vars(columns).items()
        if inspect.isfunction(function) and name in fk.__all__
    ]
    for _, name, function in sorted(found):
        yield name, function


def classes() -> Iterator[type]:
    """The kinds of columns that have methods or a meaning of their own."""
    yield from columns.Column.__args__


def methods(cls: type) -> Iterator[tuple[str, Any]]:
    """The steps of a column, each where it is defined first."""
    seen: set[str] = set()
    for base in cls.__mro__[:-1]:
        for name, found in vars(base).items():
            public = inspect.isfunction(found) and not name.startswith("_")
            if public and name not in seen:
                seen.add(name)
                yield name, found


def page() -> str:
    """The whole page."""
    parts = [HEAD.strip(), "## Where columns begin"]
    for name, function in factories():
        parts.append(entry(f"### `fk.{name}{signature(function)}`", function))
    for cls in classes():
        parts.append(entry(f"## {cls.__name__}", cls))
        for name, function in methods(cls):
            parts.append(entry(f"### `.{name}{signature(function)}`", function))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Writes the page, or compares it."""
    text = page()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
        sys.exit("docs/columns.md is old: run scripts/generate_columns.py")


if __name__ == "__main__":
    main()
