#!/usr/bin/env python3
"""Counts the instructions of magpie's hot paths under callgrind, and compares them with those in instructions.txt.

usage: perf/guard/check.py [--update] [--compilers g++,clang++-22] [--jobs N]

The counts are the same again and again on one machine, whatever else it does. A path that takes more than 3 % more
instructions than the file says ends this with status 1, and so does a path that the file does not know. --update writes
the file instead: look at what changes in it before you commit that.
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BASELINE = HERE / "instructions.txt"
TOLERATED = 0.03
NEEDED = {"cmake": "cmake", "ninja": "ninja-build", "valgrind": "valgrind"}
HEAD = """\
# Instructions that each hot path takes, per item, under callgrind. Written by perf/guard/check.py --update.
# compiler  path  instructions
"""


def die(message):
    print(f"perf/guard/check.py: {message}", file=sys.stderr)
    sys.exit(2)


def build(compiler, jobs):
    """A build of its own, for the baseline processor: what is counted depends on no other setting, nor on the CPU."""
    folder = ROOT / "build" / "guard" / compiler
    commands = [
        ["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={compiler}",
         "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS=", "-DMAGPIE_BUILD_TESTS=OFF", "-DMAGPIE_BUILD_EXAMPLES=OFF",
         "-DMAGPIE_BUILD_PERF=ON", "-DMAGPIE_INSTALL=OFF"],
        ["cmake", "--build", folder, "--target", "magpie-paths", "--parallel", str(jobs)],
    ]
    for command in commands:
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            print(done.stdout, file=sys.stderr)
            die(f"the build with {compiler} failed: see above")
    return folder / "perf" / "magpie-paths"


def count(program, path, items):
    """Instructions of one item. The environment is empty, as its size moves the stack, and so some counts."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--collect-atstart=no", program, path],
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")})
        if done.returncode != 0:
            print(done.stdout, file=sys.stderr)
            die(f"{path} failed under valgrind: see above")
        total = re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE)
        if total is None or int(total[1]) == 0:
            die(f"callgrind counted nothing for {path}")
        return int(total[1]) / items


def count_all(compilers, jobs):
    counts = {}
    for compiler in compilers:
        program = build(compiler, jobs)
        listed = subprocess.run([program, "--list"], text=True, check=True, stdout=subprocess.PIPE).stdout
        paths = [(name, int(items)) for name, items in map(str.split, listed.splitlines())]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for (name, _), value in zip(paths, pool.map(lambda p: count(program, *p), paths)):
                counts[compiler, name] = value
    return counts


def read_baseline():
    counts = {}
    if BASELINE.exists():
        for line in BASELINE.read_text().splitlines():
            if line and not line.startswith("#"):
                compiler, path, value = line.split()
                counts[compiler, path] = float(value)
    return counts


def write_baseline(counts):
    width = max(len(path) for _, path in counts)
    rows = [f"{compiler:<12} {path:<{width}} {value:9.1f}\n" for (compiler, path), value in sorted(counts.items())]
    BASELINE.write_text(HEAD + "".join(rows))


def compare(counts, baseline, compilers):
    """Prints a table; gives what is wrong with it."""
    wrong = []
    print(f"{'compiler':<12} {'path':<24} {'before':>9} {'now':>9} {'change':>9}")
    for (compiler, path), now in counts.items():
        before = baseline.get((compiler, path))
        if before is None:
            print(f"{compiler:<12} {path:<24} {'':>9} {now:9.1f}")
            wrong.append(f"{path} ({compiler}) is not in {BASELINE.relative_to(ROOT)}")
            continue
        change = now / before - 1
        verdict = "MORE" if change > TOLERATED else "less" if change < -TOLERATED else ""
        print(f"{compiler:<12} {path:<24} {before:9.1f} {now:9.1f} {100 * change:+8.1f} %  {verdict}")
        if change > TOLERATED:
            wrong.append(f"{path} ({compiler}) takes {now:.1f} instructions instead of {before:.1f}, "
                         f"{100 * change:.1f} % more")
    for compiler, path in baseline:
        if compiler in compilers and (compiler, path) not in counts:
            wrong.append(f"{path} ({compiler}) is in {BASELINE.relative_to(ROOT)}, and was not counted")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write the file")
    parser.add_argument("--compilers", default="g++,clang++-22", help="separated by commas")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    options = parser.parse_args()
    compilers = options.compilers.split(",")
    for tool in [*NEEDED, *compilers]:
        if shutil.which(tool) is None:
            die(f"there is no {tool}; on Debian: apt-get install {NEEDED.get(tool, tool)}")

    counts = count_all(compilers, options.jobs)
    baseline = read_baseline()
    wrong = compare(counts, baseline, compilers)
    if options.update:
        kept = {key: value for key, value in baseline.items() if key[0] not in compilers}
        write_baseline(kept | counts)
        print(f"written: {BASELINE.relative_to(ROOT)}")
        return 0
    for line in wrong:
        print(f"GUARD: {line}", file=sys.stderr)
    if wrong:
        print("If that is meant: perf/guard/check.py --update, and say in the commit why.", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
