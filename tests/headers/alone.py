#!/usr/bin/env python3
"""Each header of the library compiles alone, and twice in one file, without a warning.

    alone.py [--jobs N] [--only TEXT] ROOT COMPILER FLAGS...

It is compiled as a file that includes nothing else: what it uses, it includes.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]


def headers(root: pathlib.Path) -> list[str]:
    found = []
    for folder in (root / "runtime/include", root / "combinators/include"):
        found += [str(path.relative_to(folder)) for path in folder.rglob("*.hpp")]
    return sorted(found)


def fault(header: str, command: list[str]) -> str:
    """What the compiler says, or nothing."""
    source = f"#include <{header}>\n#include <{header}>\n"
    run = subprocess.run(command, input=source, capture_output=True, text=True)
    return "" if run.returncode == 0 else f"{header} does not compile alone:\n{run.stderr}"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="")
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("compiler")
    parser.add_argument("flags", nargs="*")
    arguments = parser.parse_args()

    command = [arguments.compiler, *arguments.flags, "-std=c++20", *WARNINGS, "-fsyntax-only"]
    command += [f"-I{arguments.root}/runtime/include", f"-I{arguments.root}/combinators/include", "-x", "c++", "-"]
    names = [name for name in headers(arguments.root) if arguments.only in name]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        faults = [said for said in pool.map(lambda name: fault(name, command), names) if said]
    for said in faults:
        print(said)
    print(f"headers: {len(names)} compiled alone, {len(faults)} do not")
    return 1 if faults or not names else 0


if __name__ == "__main__":
    sys.exit(main())
