#!/usr/bin/env python3
"""Documentation quotes code that is compiled and run: a code block under `<!-- from: PATH -->` must stand in that file,
line for line. Relative links must lead somewhere. Where the last column of a table is headed `test`, each name in it must
be that of a test: SUITE.NAME, or compile_fail.NAME.

    quotes.py ROOT
"""

import pathlib
import re
import subprocess
import sys

QUOTE = re.compile(r"<!-- from: (\S+) -->\n+```[a-z+]*\n(.*?)```", re.S)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
TEST = re.compile(r"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST)\(\s*(\w+),\s*(\w+)\s*\)", re.M)
TABLE = re.compile(r"^\|.*\|[ ]*test[ ]*\|\n\|[-| ]+\|\n((?:\|.*\n)+)", re.M)


def tests(root: pathlib.Path) -> set[str]:
    names = {f"compile_fail.{file.stem}" for file in (root / "tests/compile_fail").glob("*.cpp")}
    for file in (root / "tests").rglob("*_test.cpp"):
        names |= {f"{suite}.{name}" for suite, name in TEST.findall(file.read_text())}
    return names


def tests_named(text: str) -> list[str]:
    rows = [row for table in TABLE.findall(text) for row in table.splitlines()]
    return [name for row in rows for name in re.findall(r"`([^`]*)`", row.rstrip("| ").rsplit("|", 1)[-1])]


def all_pages(root: pathlib.Path) -> list[pathlib.Path]:
    """What git keeps or would keep; where there is no git that says so, all but what was built."""
    command = ["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard", "*.md"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True)
        if listed.returncode == 0 and listed.stdout:
            return [root / name for name in listed.stdout.split("\0") if name]
    except FileNotFoundError:
        pass
    return [page for page in root.rglob("*.md") if "build" not in page.relative_to(root).parts]


def main() -> int:
    root = pathlib.Path(sys.argv[1])
    known = tests(root)
    pages = [page for page in all_pages(root) if page.is_file()]
    wrong, quotes, links, named = [], 0, 0, 0
    for page in pages:
        text = page.read_text()
        for path, code in QUOTE.findall(text):
            quotes += 1
            source = root / path
            if not source.is_file():
                wrong.append(f"{page.relative_to(root)}: quotes {path}, which does not exist")
            elif code not in source.read_text():
                wrong.append(f"{page.relative_to(root)}: a block under `from: {path}` does not stand there line for line")
        for name in tests_named(text):
            named += 1
            if name not in known:
                wrong.append(f"{page.relative_to(root)}: there is no test {name}")
        for target in LINK.findall(re.sub(r"```.*?```", "", text, flags=re.S)):
            links += 1
            if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists():
                wrong.append(f"{page.relative_to(root)}: link to {target}, which does not exist")
    for line in wrong:
        print(line)
    print(f"docs: {len(pages)} pages, {quotes} quotes, {links} links, {named} tests named, {len(wrong)} wrong")
    return 1 if wrong or quotes == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
