#!/usr/bin/env python3
"""Checks the rules of the house that no compiler knows. usage: check.py [ROOT]

Prints FILE:LINE: RULE: MESSAGE for each violation and ends with status 1 if there was one. The rules:

floor      An include goes down or stays on its floor (floors.txt). The runtime never includes combinators. Every header
           of magpie's has a floor, and every `magpie/...` that is included exists.
private    A header in an include/ folder never includes something from a src/ folder.
unique     No two headers in the repository have the same file name.
order      In runtime/ and combinators/, a memory order that is passed to something has its reason beside it. A reason is
           a `//` comment of at least two words besides the names of orders,
             - on a line of the same statement, or
             - in the comment lines directly above the statement or within it, or
             - in the comment lines directly above a run of consecutive statements with orders: these serve every
               statement of the run whose orders they name ("relaxed: nobody sees it yet").
           A label such as `F2` stands for a reason that another comment of the same file gives: `F2: pairs with ...`.
           A `///` comment documents the declaration; it counts only if it names the order.
default    In runtime/ and combinators/, no .load(), .store(x), .exchange(x), .fetch_*(x) or .compare_exchange_*(x, y)
           leaves its order to the default.
atomic     In runtime/ and combinators/, only base/atomic.hpp names <atomic>, std::atomic*, fences and __atomic_*.
denied     No file contains what a line of denylist.txt describes.
"""

import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SKIPPED = {".git", ".cache", "build", "__pycache__"}
SOURCE_SUFFIXES = {".hpp", ".h", ".cpp", ".ipp"}
HEADER_SUFFIXES = {".hpp", ".h", ".ipp"}
INCLUDE_FOLDERS = ("runtime/include", "combinators/include")
LIBRARY = ("runtime/", "combinators/")
ATOMIC_HOME = "runtime/include/magpie/base/atomic.hpp"
ORDER_NAMES = "relaxed|consume|acquire|release|acq_rel|seq_cst"

violations = []


def report(path, line, rule, message):
    violations.append((path, line, rule, message))


class Source:
    """A C++ file, line by line, with its code and its comments apart. Strings are blanked in the code."""

    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_text(encoding="utf-8", errors="replace")
        self.raw = self.text.split("\n")
        self.code, self.comment, self.column = [], [], []
        self._split()

    def _split(self):
        text, n = self.text, len(self.text)
        code, comment, column = [], [], -1
        state, i = "code", 0

        def end_line():
            nonlocal code, comment, column
            self.code.append("".join(code))
            self.comment.append("".join(comment))
            self.column.append(column)
            code, comment, column = [], [], -1

        while i < n:
            c, pair = text[i], text[i : i + 2]
            if c == "\n":
                if state == "//" and not text[:i].endswith("\\"):
                    state = "code"
                end_line()
            elif state == "code":
                raw_string = re.compile(r'R"([^()\\ ]{0,16})\(').match(text, i) if c == "R" else None
                if pair in ("//", "/*"):
                    state = pair
                    column = len(code)
                    comment.append(pair)
                    i += 2
                    continue
                if raw_string and not (i > 0 and (text[i - 1].isalnum() and text[i - 1] not in "uUL8")):
                    end = text.find(")" + raw_string.group(1) + '"', raw_string.end())
                    end = n if end < 0 else end + len(raw_string.group(1)) + 2
                    code.append('""')
                    for _ in range(text.count("\n", i, end)):
                        end_line()
                    i = end
                    continue
                if c == '"' or (c == "'" and not (i > 0 and text[i - 1].isalnum() and text[i + 1 : i + 2].isalnum())):
                    end = i + 1
                    while end < n and text[end] != c and text[end] != "\n":
                        end += 2 if text[end] == "\\" else 1
                    code.append(c + " " * (min(end, n) - i - 1) + c)
                    i = end + 1 if end < n and text[end] == c else end
                    continue
                code.append(c)
            else:
                comment.append(c)
                if state == "/*" and pair == "*/":
                    comment.append("/")
                    state = "code"
                    i += 2
                    continue
            i += 1
        end_line()


def files_of(root):
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(s for s in subfolders if s not in SKIPPED)
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and name not in SKIPPED:  # .git is a file in a work tree of its own
                yield path.relative_to(root).as_posix()


# --- floor, private, unique ---------------------------------------------------------------------------------------------


def read_floors(path):
    floors = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].split()
        if not line:
            continue
        if len(line) != 2 or not line[0].isdigit():
            sys.exit(f"{path}:{number}: expected 'FLOOR PATH'")
        floors[line[1]] = int(line[0])
    return floors


class House:
    def __init__(self, floors, headers):
        self.floors = floors
        self.by_stem = {}
        for header in headers:
            if header.startswith(LIBRARY):
                self.by_stem.setdefault(Path(header).stem, header)

    def floor(self, path):
        if path in self.floors:
            return self.floors[path]
        if path.endswith(".cpp"):
            header = self.by_stem.get(Path(path).stem)
            if header and header.split("/")[0] == path.split("/")[0]:
                return self.floor(header)
        folder = max((f for f in self.floors if f.endswith("/") and path.startswith(f)), key=len, default=None)
        return None if folder is None else self.floors[folder]


def check_includes(source, house, root):
    path = source.path
    floor = house.floor(path)
    if floor is None:
        report(path, 1, "floor", "this file has no floor: add it, or its folder, to tests/layers/floors.txt")
        return
    for number, line in enumerate(source.raw, 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not match or not source.code[number - 1].lstrip().startswith("#"):
            continue
        quoted, name = match.group(1) == '"', match.group(2)
        candidates = [f"{folder}/{name}" for folder in INCLUDE_FOLDERS]
        if quoted:
            beside = os.path.normpath(os.path.join(os.path.dirname(path), name)).replace(os.sep, "/")
            candidates.insert(0, beside)
        target = next((c for c in candidates if (root / c).is_file()), None)
        if target is None:
            if name.startswith("magpie/"):
                report(path, number, "floor", f"there is no header {name} in {' or '.join(INCLUDE_FOLDERS)}")
            elif quoted:
                report(path, number, "floor", f'"{name}" is not found; a system header is included as <{name}>')
            continue
        if "/include/" in path and "/src/" in "/" + target:
            report(path, number, "private", f"a header that users see includes {target}; move what it needs to include/")
            continue
        if path.startswith("runtime/") and target.startswith("combinators/"):
            report(path, number, "floor", f"the runtime includes {target}; it must not know the combinators")
            continue
        target_floor = house.floor(target)
        if target_floor is None:
            continue  # reported at the target itself
        if target_floor > floor:
            report(path, number, "floor", f"floor {floor} includes {name} of floor {target_floor}; an include only goes down")


def check_unique(headers):
    seen = {}
    for header in headers:
        first = seen.setdefault(Path(header).name, header)
        if first != header:
            report(header, 1, "unique", f"{first} has the same file name; give one of them another")


# --- order, default, atomic ---------------------------------------------------------------------------------------------

ORDER_ARGUMENT = re.compile(
    r"[(,?:]\s*(?:(?:std|magpie|detail)::)*(?:memory_order_|memory_order::)?(" + ORDER_NAMES + r")\b(?=\s*[),:])"
)
LABEL = re.compile(r"\b[A-Z]{1,2}\d{1,2}\b")
NOT_A_REASON = re.compile(r"NOLINT|clang-format (on|off)|IWYU pragma")
CALL = re.compile(r"(?:\.|->)\s*(load|store|exchange|fetch_\w+|compare_exchange_(?:weak|strong))\s*\(")
DEFAULTED_AT = {"load": 0, "compare_exchange_weak": 2, "compare_exchange_strong": 2}
NAMES_ATOMICS = re.compile(
    r"#\s*include\s*<(?:atomic|stdatomic\.h)>|\bstd\s*::\s*atomic\w*|\b__atomic_\w+|\b__sync_\w+|\batomic_(?:thread|signal)_fence\b"
)


def words_of(comment):
    plain = LABEL.sub(" ", re.sub(r"\b(?:memory_order_)?(?:" + ORDER_NAMES + r")\b", " ", comment))
    return re.findall(r"[A-Za-z]+", plain)


class Reasons:
    """Answers for one file whether a line with an order has its reason."""

    def __init__(self, source):
        self.source = source
        self.explained = set()
        for comment in source.comment:
            if len(words_of(comment)) >= 2:
                self.explained.update(LABEL.findall(comment))

    def is_reason(self, comment, orders):
        if not comment.startswith("//") or NOT_A_REASON.search(comment):
            return False
        if comment.startswith("///") and not orders & set(re.findall(ORDER_NAMES, comment)):
            return False
        if len(words_of(comment)) >= 2:
            return True
        labels = set(LABEL.findall(comment))
        return bool(labels) and labels <= self.explained

    def comment_only(self, i):
        if i < 0 or self.source.code[i].strip() or not self.source.comment[i].startswith("//"):
            return False
        # The second line of a comment that began behind code belongs to that code.
        above = i - 1
        while above >= 0 and not self.source.code[above].strip() and self.source.column[above] == self.source.column[i]:
            above -= 1
        continues = above >= 0 and self.source.code[above].strip() and self.source.column[above] == self.source.column[i]
        return not continues

    def block_above(self, i):
        lines = []
        while self.comment_only(i - 1):
            i -= 1
            lines.append(self.source.comment[i])
        return lines[::-1]

    def statement(self, i):
        """First and last line of the statement on line i; comment lines within it do not end it."""
        code = self.source.code

        def ends(line):
            return code[line].rstrip().endswith((";", "{", "}", ":")) or code[line].lstrip().startswith("#")

        first = i
        while first > 0:
            above = first - 1
            while self.comment_only(above):
                above -= 1
            if above < 0 or not code[above].strip() or ends(above):
                break
            first = above
        last = i
        while last + 1 < len(code) and not ends(last) and (code[last + 1].strip() or self.comment_only(last + 1)):
            last += 1
        return first, last

    def missing(self, i, orders_by_line):
        """The orders on line i that have no reason."""
        first, last = self.statement(i)
        orders = orders_by_line[i]
        comments = [self.source.comment[k] for k in range(first, last + 1)] + self.block_above(first)
        if any(self.is_reason(c, orders) for c in comments):
            return set()
        # A run: consecutive statements with orders, under one block of comments that names what it serves.
        while first > 0 and self.source.code[first - 1].strip():
            above_first, above_last = self.statement(first - 1)
            if not any(k in orders_by_line for k in range(above_first, above_last + 1)):
                break
            first = above_first
            block = self.block_above(first)
            if block:
                if any(self.is_reason(c, orders) for c in block):
                    return orders - set(re.findall(r"\b(" + ORDER_NAMES + r")\b", " ".join(block)))
                break
        return orders


def check_orders(source):
    code = "\n".join(source.code)
    orders_by_line = {}
    position = 0
    while match := ORDER_ARGUMENT.search(code, position):
        orders_by_line.setdefault(code.count("\n", 0, match.start(1)), set()).add(match.group(1))
        position = match.end(1)
    reasons = Reasons(source)
    for line in sorted(orders_by_line):
        missing = reasons.missing(line, orders_by_line)
        if missing:
            report(source.path, line + 1, "order", f"no reason beside {', '.join(sorted(missing))}: say what it pairs with and "
                   "what becomes visible, or why nothing more is needed")


def arguments_of(code, opening):
    """How many arguments the call has whose ( is at `opening`; None if it does not end."""
    depth, commas, empty = 0, 0, True
    for c in code[opening:]:
        if c in "([{":
            depth += 1
            empty = empty and depth == 1
        elif c in ")]}":
            depth -= 1
            if depth == 0:
                return 0 if empty else commas + 1
        elif not c.isspace():
            empty = False
            commas += c == "," and depth == 1
    return None


def check_defaults(source):
    code = "\n".join(source.code)
    for match in CALL.finditer(code):
        name = match.group(1)
        if arguments_of(code, match.end() - 1) == DEFAULTED_AT.get(name, 1):
            line = code.count("\n", 0, match.start(1)) + 1
            report(source.path, line, "default", f"{name}() without a memory order: write it out")


def check_atomic_home(source):
    if source.path == ATOMIC_HOME:
        return
    for number, code in enumerate(source.code, 1):
        # Names in <> of an include are code here; only "..." is blanked.
        match = NAMES_ATOMICS.search(code)
        if match:
            report(source.path, number, "atomic", f"{match.group(0).strip()}: only {ATOMIC_HOME} names it; use the policy")


# --- denied -------------------------------------------------------------------------------------------------------------


def read_denylist(path):
    patterns = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            try:
                patterns.append(re.compile(line.strip(), re.IGNORECASE))
            except re.error as error:
                sys.exit(f"{path}:{number}: not a regular expression: {error}")
    return patterns


def check_denied(root, path, patterns):
    data = (root / path).read_bytes()
    if b"\0" in data:
        return
    for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), 1):
        for pattern in patterns:
            match = pattern.search(line)
            if match:
                report(path, number, "denied", f"'{match.group(0)}' (tests/layers/denylist.txt)")


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent.parent).resolve()
    # A tree may bring its own tables; the self-test does.
    tables = root / "tests/layers"
    floors = read_floors(tables / "floors.txt")
    denylist = tables / "denylist.txt"

    paths = list(files_of(root))
    headers = [p for p in paths if Path(p).suffix in HEADER_SUFFIXES]
    house = House(floors, headers)
    checked = 0
    for path in paths:
        if path.startswith(LIBRARY) and Path(path).suffix in SOURCE_SUFFIXES:
            source = Source(root, path)
            check_includes(source, house, root)
            check_orders(source)
            check_defaults(source)
            check_atomic_home(source)
            checked += 1
    check_unique(headers)
    patterns = read_denylist(denylist)
    for path in paths:
        if root / path != denylist:
            check_denied(root, path, patterns)

    for path, line, rule, message in sorted(violations):
        print(f"{path}:{line}: {rule}: {message}")
    if checked == 0:
        sys.exit(f"layers: no source of the library under {root}; is this the top of the repository?")
    if violations:
        sys.exit(f"layers: {len(violations)} violation(s) in {len({v[0] for v in violations})} file(s); "
                 "the rules stand at the top of tests/layers/check.py")
    print(f"layers: {checked} files of the library keep the rules, {len(paths)} files are free of denied words")


if __name__ == "__main__":
    main()
