#!/usr/bin/env python3
"""Which lines and branches of magpie's core no test takes.

    summarize.py [--missing FILE] [--lines-least PERCENT] [--branches-least PERCENT] ROOT FOLDER

FOLDER holds what llvm-cov exports of each program, as NAME.lcov and NAME.text (which is JSON). A line is taken if it runs in
any program, in any instantiation of what it is a part of. A branch is one outcome of a condition in the source, true or false,
and is taken if any instantiation has it. Conditions that the compiler knows are none, nor are the ways of exceptions.

Prints a table by folder, and the files with the most that is missing; --missing writes all of it, a line each, as
FILE:LINE: what. Ends with status 1 below one of the limits.
"""

import argparse
import collections
import json
import pathlib
import sys

FOLDERS = ("runtime", "combinators")


class Tally:
    def __init__(self):
        self.lines, self.lines_taken, self.branches, self.branches_taken = 0, 0, 0, 0

    def add(self, lines, branches):
        self.lines += len(lines)
        self.lines_taken += sum(1 for count in lines.values() if count > 0)
        self.branches += 2 * len(branches)
        self.branches_taken += sum((yes > 0) + (no > 0) for yes, no in branches.values())

    def row(self, name):
        return (
            f"| {name} | {self.lines_taken:,} of {self.lines:,} | {percent(self.lines_taken, self.lines):.1f} % "
            f"| {self.branches_taken:,} of {self.branches:,} | {percent(self.branches_taken, self.branches):.1f} % |"
        )


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def inside(root, name):
    path = pathlib.Path(name)
    if not path.is_relative_to(root):
        return None
    path = path.relative_to(root)
    return str(path) if path.parts[0] in FOLDERS else None


def read_lines(root, path, lines):
    file = None
    for record in path.read_text().splitlines():
        if record.startswith("SF:"):
            file = inside(root, record[3:])
        elif record.startswith("DA:") and file:
            number, count = record[3:].split(",")[:2]
            lines[file][int(number)] = max(int(count), lines[file].get(int(number), 0))


def read_branches(root, path, branches):
    for data in json.loads(path.read_text())["data"]:
        for entry in data["files"]:
            file = inside(root, entry["filename"])
            if not file:
                continue
            for line, column, _, _, yes, no, *_ in entry["branches"]:
                old = branches[file].get((line, column), (0, 0))
                branches[file][line, column] = (old[0] + yes, old[1] + no)


def missing(file, lines, branches):
    found = [(n, "not run") for n, count in lines.items() if count == 0]
    for (line, column), (yes, no) in branches.items():
        if lines.get(line, 1) == 0:
            continue  # said already
        if yes == 0 or no == 0:
            what = "never asked" if yes == no else "never true" if yes == 0 else "never false"
            found.append((line, f"{what}, the condition in column {column}"))
    return [f"{file}:{line}: {what}" for line, what in sorted(found)]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--missing", type=pathlib.Path)
    parser.add_argument("--lines-least", type=float, default=0)
    parser.add_argument("--branches-least", type=float, default=0)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    root = arguments.root.resolve()

    lines, branches = collections.defaultdict(dict), collections.defaultdict(dict)
    for path in arguments.folder.glob("*.lcov"):
        read_lines(root, path, lines)
        read_branches(root, path.with_suffix(".text"), branches)
    whole, rooms, lists = Tally(), collections.defaultdict(Tally), {}
    for file in sorted(lines.keys() | branches.keys()):
        for tally in (whole, rooms[str(pathlib.Path(file).parent)]):
            tally.add(lines[file], branches[file])
        lists[file] = missing(file, lines[file], branches[file])

    print("| folder | lines | | branches | |\n|---|---|---|---|---|")
    for name, tally in sorted(rooms.items()):
        print(tally.row(name))
    print(whole.row("**all**"))
    print("\nMost is missing in:")
    for file, found in sorted(lists.items(), key=lambda item: -len(item[1]))[:12]:
        if found:
            print(f"  {len(found):4} {file}")
    if arguments.missing:
        arguments.missing.write_text("\n".join(entry for found in lists.values() for entry in found) + "\n")

    low = percent(whole.lines_taken, whole.lines) < arguments.lines_least
    low = low or percent(whole.branches_taken, whole.branches) < arguments.branches_least
    if low:
        print(f"\nLess than {arguments.lines_least:g} % of the lines or {arguments.branches_least:g} % of the branches.")
    return 1 if low or not whole.lines else 0


if __name__ == "__main__":
    sys.exit(main())
