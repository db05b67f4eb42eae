#!/usr/bin/env python3
"""train.py PORT PROGRAM: waits until the runner on that port serves, then has it run what it will run all its life:
small and large programs, arguments, health checks, and one that is no program."""

import sys
import time
import urllib.error
import urllib.request

PORT, PROGRAM = sys.argv[1:]


def ask(path, body=None, headers=()):
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data=body, headers=dict(headers))
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


deadline = time.monotonic() + 60
while True:
    try:
        if ask("/run", b"#!/bin/sh\necho ready\n")[0] == 200:
            break
    except OSError:
        pass
    if time.monotonic() > deadline:
        sys.exit("train.py: the runner did not serve within a minute")
    time.sleep(0.2)

with open(PROGRAM, "rb") as file:
    program = file.read()
ROUND = [
    (200, "/run", b"#!/bin/sh\necho $*; echo wrong >&2; exit 3\n", {"X-Argument": "one"}),
    (200, "/run", program, {"X-Argument": "--version"}),
    (200, "/run", b"no program"),
    (200, "/healthz"),
    (404, "/nowhere"),
]
for _ in range(150):
    for expected, *request in ROUND:
        status, answer = ask(*request)
        if status != expected:
            sys.exit(f"train.py: {request[0]} answered {status}, not {expected}: {answer[:200]!r}")
