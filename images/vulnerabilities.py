#!/usr/bin/env python3
"""vulnerabilities.py CONTROL <FOUND: what govulncheck found, as JSON. Fails if the program calls a vulnerable function, or the control was not found."""
import json
import sys


def objects(text):
    """The JSON objects that follow one another in the text."""
    decoder = json.JSONDecoder()
    at = 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        while at < len(text) and text[at].isspace():
            at += 1


def main():
    control = sys.argv[1]
    summaries, called, present = {}, {}, set()
    for each in objects(sys.stdin.read().lstrip()):
        if "osv" in each:
            summaries[each["osv"]["id"]] = each["osv"].get("summary", "")
        if "finding" in each:
            finding = each["finding"]
            present.add(finding["osv"])
            where = finding["trace"][0]
            if "function" in where:
                called.setdefault(finding["osv"], (where, finding.get("fixed_version", "none")))
    if control not in called:
        sys.exit("The control, a function that the program calls, was not found: the check is broken.")
    del called[control]
    present.discard(control)
    for name, (where, fixed) in sorted(called.items()):
        print(f"{name}: {summaries.get(name, '')}\n  calls {where['package']}.{where['function']} of {where['module']}, fixed in {fixed}")
    print(f"{len(called)} known vulnerabilities are called; {len(present)} are in modules that it is built from.")
    sys.exit(1 if called else 0)


main()
