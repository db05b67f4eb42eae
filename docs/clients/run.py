#!/usr/bin/env python3
"""run.py URL PROGRAM [FILE...]: runs a program beside files, and passes its output on as it comes.

Ends with the program's exit code. Ctrl-C cancels the run. Python 3.9 or later; nothing besides the standard library.
"""
import base64
import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
import uuid

MAX_TRIES = 10


def form(options, files, program):
    """The parts in the order that the API demands, and their content type."""
    boundary = uuid.uuid4().hex
    parts = [('name="options"', json.dumps(options).encode())]
    parts += [(f'name="file"; filename="{os.path.basename(file)}"', read(file)) for file in files]
    parts.append(('name="program"', read(program)))
    lines = [
        f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + body + b"\r\n" for head, body in parts
    ]
    return b"".join(lines) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def post(url, body, content_type):
    """The answer, whose body is a line of JSON for each event. A runner that is busy says when to try again."""
    headers = {"Content-Type": content_type, "Accept": "application/x-ndjson"}
    for _ in range(MAX_TRIES):
        try:
            return urllib.request.urlopen(urllib.request.Request(url + "/v1/runs", body, headers))
        except urllib.error.HTTPError as refusal:
            problem = json.load(refusal)
            seconds = refusal.headers.get("Retry-After")
            if seconds is None:
                sys.exit(f"{refusal.code} {problem['title']}: {problem['detail']}")
            print(f"busy ({problem['title']}), trying again in {seconds} s", file=sys.stderr)
            time.sleep(int(seconds))
    sys.exit(f"still busy after {MAX_TRIES} tries")


def follow(events):
    """Passes output on, and returns the exit code."""
    streams = {"stdout": sys.stdout.buffer, "stderr": sys.stderr.buffer}
    for line in events:
        if not line.strip():
            continue  # sent every 15 quiet seconds
        event = json.loads(line)
        if event["event"] in streams:
            stream = streams[event["event"]]
            stream.write(event["text"].encode() if "text" in event else base64.b64decode(event["base64"]))
            stream.flush()
        elif event["event"] == "exit":
            if event["outcome"] == "exited":
                return event["exitCode"]
            sys.exit(event["outcome"])
        elif event["event"] == "problem":
            sys.exit(f"{event['status']} {event['title']}: {event['detail']}")
    sys.exit("the connection ended before the run did")


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    url, program, files = sys.argv[1], sys.argv[2], sys.argv[3:]
    run = str(uuid.uuid4())
    options = {"id": run, "arguments": ["hello"], "environment": {"WHERE": "Sandpool"}, "cpuTime": "2s", "memory": "64Mi"}

    def cancel(_signal, _frame):
        # The answer then ends with the event "problem".
        urllib.request.urlopen(urllib.request.Request(f"{url}/v1/runs/{run}", method="DELETE")).close()

    with post(url, *form(options, files, program)) as answer:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, cancel)
        sys.exit(follow(answer))


main()
