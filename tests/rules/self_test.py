#!/usr/bin/env python3
"""Shows that check.py fails when it should, and only then: builds small trees, each with one fault, and checks them."""

import subprocess
import sys
import tempfile
from pathlib import Path

CHECK = Path(__file__).resolve().parent / "check.py"
RULES = "tests/rules/rules.txt"
LIST = "# A comment.\n\nG1  results in order\nG12 what never starts is destroyed\n"
ONE = "TEST(gather, G1_in_order) {\n}\n"
TWO = "TEST_P(gather_on, G12_never_started) {\n}\n"
SUITE = "tests/combinators/gather_test.cpp"
GOOD = {RULES: LIST, SUITE: ONE + TWO}

# name: (files that differ from GOOD, what must be printed; empty: the tree is good)
CASES = {
    "a good tree": ({}, []),
    "two rules in one name": ({SUITE: "TEST(gather, G1_G12_both) {\n}\n"}, []),
    "a name on its own line": ({SUITE: ONE + "TEST(gather,\n     G12_never_started) {\n}\n"}, []),
    "a rule without a test": ({SUITE: ONE}, ["rules.txt:4: missing:", "G12", "what never starts"]),
    "the label must begin the name": ({SUITE: ONE + "TEST(gather, never_started_G12) {\n}\n"}, ["missing:", "G12"]),
    "a longer number is another rule": (
        {SUITE: TWO, "tests/runtime/a_test.cpp": "TEST(gather, G12_again) {\n}\n"}, ["rules.txt:3: missing:", "G1 has"]),
    "a test that is disabled": ({SUITE: ONE + "TEST(gather, DISABLED_G12_never_started) {\n}\n"}, ["missing:", "G12"]),
    "a test in a line comment": ({SUITE: ONE + "// TEST(gather, G12_never_started) {\n"}, ["missing:", "G12"]),
    "a test in a block comment": ({SUITE: ONE + "/*\n" + TWO + "*/\n"}, ["missing:", "G12"]),
    "a comment of a test that must not compile": ({SUITE: ONE, "tests/compile_fail/a.cpp": "// rule G12: this does not compile\n"}, []),
    "a comment of a script": ({SUITE: "", "tests/consumer/run.sh": "# rules G1, G12: seen from outside\n"}, []),
    "a comment that names two": ({SUITE: "// rules G1 and G12: as a program\n"}, []),
    "a comment that merely speaks of a rule": ({SUITE: ONE + "int x;  // rule G12: elsewhere\n// as G12 says\n"}, ["missing:", "G12"]),
    "a test of the protocols": ({SUITE: ONE, "tests/model/a_test.cpp": TWO, "tests/lockfree/b_test.cpp": TWO}, ["missing:", "G12"]),
    "a label of the protocols": ({"tests/lockfree/b_test.cpp": "TEST(deque, F4_one_taker) {\n}\n"}, []),
    "a file that is no test": ({SUITE: ONE, "runtime/src/a.cpp": TWO}, ["missing:", "G12"]),
    "a rule that is not listed": ({SUITE: ONE + TWO + "TEST(gather, G15_new) {\n}\n"}, [SUITE + ":5: unknown:", "G15"]),
    "a rule that is not listed, beside one that is": ({SUITE: ONE + "TEST(gather, G12_Z3_new) {\n}\n"}, [SUITE + ":3: unknown:", "Z3"]),
    "a rule that comes later": ({RULES: LIST + "C6  later (no locks yet): a wait takes nothing\n"}, []),
    "a rule that came": (
        {RULES: LIST.replace("G12 ", "G12 later (not there): ")}, ["rules.txt:4: later:", "G12", SUITE + ":3: G12_never_started"]),
    "later, without a reason": ({RULES: LIST + "C6  later: a wait takes nothing\n"}, ["rules.txt:5: list:"]),
    "a rule of no words": ({RULES: LIST + "C6\n"}, ["rules.txt:5: list:"]),
    "a rule listed twice": ({RULES: LIST + "G1  again\n"}, ["rules.txt:5: list:", "twice"]),
}


def run(files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**GOOD, **files}.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        result = subprocess.run([sys.executable, str(CHECK), folder], capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr


def main():
    failed = 0
    for name, (files, expected) in CASES.items():
        status, output = run(files)
        wrong = status != (1 if expected else 0) or any(e not in output for e in expected)
        # One fault, one report.
        wrong = wrong or (expected and sum(line.startswith("tests/") for line in output.splitlines()) != 1)
        if wrong:
            failed += 1
            print(f"FAILED: {name}: expected {expected or 'no violation'}, got status {status}:\n{output}")
    print(f"{len(CASES) - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
