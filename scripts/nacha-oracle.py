#!/usr/bin/env python3
"""achkit 0.2.0 and carta-ach 0.4.5 beside ours: what two other parsers find in a NACHA file.

usage: nacha-oracle.py FILE
Prints a line for each: its name, how many entries it found, and their sum in cents. Fails when achkit finds a fault, or
when one of them finds other sums than the file's control record declares.
"""
import sys

import achkit
from ach.parser import Parser


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        text = file.read()
    result = achkit.validate(text)
    if not result["ok"]:
        sys.exit(f"achkit: {result['errors'][:5]}")
    lines = text.splitlines()
    control = next(line for line in lines if line[0] == "9" and set(line) != {"9"})
    declared = int(control[31:43]) + int(control[43:55])
    parsed = achkit.parse(text)
    entries = [entry for batch in parsed["batches"] for entry in batch["entries"]]
    report("achkit", [entry["amount_cents"] for entry in entries], declared)
    batches = Parser(text).as_dict()["batches"]
    report("ach", [int(e["entry_detail"]["amount"]) for batch in batches for e in batch["entries"]], declared)


def report(name, amounts, declared):
    print(name, len(amounts), sum(amounts))
    if sum(amounts) != declared:
        sys.exit(f"{name}: the control record declares {declared}")


main()
