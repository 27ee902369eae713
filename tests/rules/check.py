#!/usr/bin/env python3
"""Checks that each rule of magpie's semantics has a test. usage: check.py [--list] [ROOT]

rules.txt lists the rules: a number and a few words that say what it is about, one rule a line. A test names its rules

  - in its name: TEST(timeout, D3_zero_or_past_starts_nothing), also several: TEST(wait, W1_W2_W4_each_returns), or
  - if it is no GoogleTest, in a comment that begins with them: `// rule G9: ...` in C++, `# rules B2, B5: ...` elsewhere.

Prints FILE:LINE: KIND: MESSAGE for each violation and ends with status 1 if there was one. The kinds:

missing    A rule has no test. One that is DISABLED_ is none.
later      A rule is marked `later` in rules.txt (its tests come with the part that it is about), but has a test: take
           the mark away.
unknown    A test names a rule that is not in rules.txt.
list       A line of rules.txt is not understood, or its number stands there twice.

The folders tests/model and tests/lockfree are left out: their names carry the labels of docs/protocols instead.
--list prints each rule with its tests.
"""

import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
LEFT_OUT = {"model", "lockfree", "rules", "layers", "build", "__pycache__"}
CPP = {".cpp", ".hpp"}
OTHERS = {".py", ".sh", ".txt", ".cmake"}
LABEL = r"[A-Z][0-9]{1,2}"
LINE = re.compile(rf"({LABEL})\s+(?:later\s*\((?P<reason>[^()]+)\)\s*:\s*)?(?P<words>(?!later\b)\w.*)")
TEST = re.compile(rf"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)\(\s*\w+,\s*(?P<labels>(?:{LABEL}_)+)(?P<rest>\w*)")
COMMENT = rf"rules?\s+(?P<labels>{LABEL}(?:(?:,\s*|\s+and\s+){LABEL})*)\s*:"
CPP_COMMENT, OTHER_COMMENT = re.compile(rf"^\s*//+\s*{COMMENT}"), re.compile(rf"^\s*#+\s*{COMMENT}")


class Rule:
    def __init__(self, line, words, later):
        self.line, self.words, self.later, self.tests = line, words, later, []


def read_rules(path, where, report):
    rules = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LINE.fullmatch(line.rstrip())
        if match is None:
            report(where, number, "list", f"not understood: {line!r}; NUMBER WORDS, or NUMBER later (REASON): WORDS")
        elif match[1] in rules:
            report(where, number, "list", f"{match[1]} stands there twice")
        else:
            rules[match[1]] = Rule(number, match["words"], match["reason"] is not None)
    return rules


def named_in(path):
    """Gives (line, label, name of the test) for each rule that a file's tests name."""
    text = path.read_text(encoding="utf-8", errors="replace")
    if path.suffix in CPP:
        # Blocks that are commented out hold no tests; the lines keep their numbers.
        text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.DOTALL)
        # clang-format may break a long TEST( after the comma.
        text = re.sub(r"(?m)^(\s*TEST\w*\(\s*\w+,)\s*\n\s*(.*)$", r"\1 \2\n", text)
    for number, line in enumerate(text.split("\n"), 1):
        if path.suffix in CPP and (match := TEST.match(line)):
            name = match["labels"] + match["rest"]
        elif match := (CPP_COMMENT if path.suffix in CPP else OTHER_COMMENT).match(line):
            name = line.strip()
        else:
            continue
        for label in re.findall(LABEL, match["labels"]):
            yield number, label, name


def main():
    arguments = [a for a in sys.argv[1:] if a != "--list"]
    root = Path(arguments[0] if arguments else HERE.parent.parent).resolve()
    violations = []

    def report(path, line, kind, message):
        violations.append((str(path), line, kind, message))

    where = "tests/rules/rules.txt"
    rules = read_rules(root / where, where, report)
    for path in sorted((root / "tests").rglob("*")):
        inside = path.relative_to(root)
        if not path.is_file() or path.suffix not in CPP | OTHERS or LEFT_OUT & set(inside.parts):
            continue
        for line, label, name in named_in(path):
            if label in rules:
                rules[label].tests.append(f"{inside}:{line}: {name}")
            else:
                report(inside, line, "unknown", f"{name} names {label}, which is not in {where}")

    for label, rule in rules.items():
        if not rule.tests and not rule.later:
            report(where, rule.line, "missing", f"{label} has no test: {rule.words}")
        if rule.tests and rule.later:
            report(where, rule.line, "later", f"{label} is marked `later`, but has a test: {rule.tests[0]}")

    if "--list" in sys.argv[1:]:
        for label, rule in rules.items():
            print(f"{label}  {'(later) ' if rule.later else ''}{rule.words}")
            print(*(f"      {test}\n" for test in rule.tests), sep="", end="")
    for path, line, kind, message in sorted(violations):
        print(f"{path}:{line}: {kind}: {message}")
    if not rules:
        sys.exit(f"rules: {root / where} lists no rules; is this the top of the repository?")
    if violations:
        sys.exit(f"rules: {len(violations)} violation(s); what they mean stands at the top of tests/rules/check.py")
    later = sum(rule.later for rule in rules.values())
    print(f"rules: {len(rules) - later} of {len(rules)} rules have a test, {later} come later")


if __name__ == "__main__":
    main()
