#!/usr/bin/env python3
"""train.py CONTAINED COMMAND...: starts the command, which is a runner, in a stand-in for its cluster, has it run what it will run all
its life, and ends it: small and large programs, arguments, probes, and what is no program; first in sandboxes that are used once, then
in such that are used again."""

import concurrent.futures
import http.client
import re
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
from cluster import Cluster, settings  # noqa: E402

# Three runs each. Those in sandboxes of their own take longer: a pod is made for each.
ROUNDS_OF_SANDBOXES, ROUNDS_OF_REUSE = 40, 120
PATIENCE = 60
SERVING = re.compile(rb"serving: run http://(\S+) admin http://(\S+)")


class Runner:
    """Use it as a context: after it the runner has ended."""

    def __init__(self, command, environment):
        listen = {"SANDPOOL_LISTEN": "127.0.0.1:0", "SANDPOOL_ADMIN_LISTEN": "127.0.0.1:0"}
        self.log = []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment | listen)
        patience = threading.Timer(PATIENCE, self.process.kill)
        patience.start()
        for line in self.process.stdout:
            self.log.append(line)
            if found := SERVING.search(line):
                self.main, self.admin = (address.decode() for address in found.groups())
                break
        else:
            self.fail(f"did not serve within {PATIENCE} s, or ended")
        patience.cancel()
        # Read as long as it lives, so that it never waits for somebody who reads what it says.
        self.reading = threading.Thread(target=lambda: self.log.extend(self.process.stdout))
        self.reading.start()

    def fail(self, how):
        sys.exit(f"train.py: the runner {how}. It said last:\n{b''.join(self.log[-20:]).decode()}")

    def await_ready(self):
        deadline = time.monotonic() + PATIENCE
        while ask(self.admin, "/readyz")[0] != 200:
            if time.monotonic() > deadline:
                self.fail(f"was not ready within {PATIENCE} s")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        self.process.send_signal(signal.SIGKILL if failure else signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.fail(f"did not end within {PATIENCE} s")
        finally:
            self.reading.join()


def ask(address, path, body=None, headers=()):
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("GET" if body is None else "POST", path, body, dict(headers))
    answer = connection.getresponse()
    return answer.status, answer.read()


def train(runner, program, rounds):
    asked = [
        (200, runner.main, "/run", b"#!/bin/sh\necho $*; echo wrong >&2; exit 3\n", {"X-Argument": "one"}),
        (200, runner.main, "/run", program, {"X-Argument": "--version"}),
        (200, runner.main, "/run", b"no program"),
        (200, runner.main, "/healthz"),
        (404, runner.main, "/nowhere"),
        (200, runner.admin, "/readyz"),
        (200, runner.admin, "/metrics"),
    ]

    def ask_all():
        for expected, *request in asked:
            status, answer = ask(*request)
            if status != expected:
                runner.fail(f"answered {request[1]} with {status}, not {expected}: {answer[:200]!r}")

    # As many at once as there are workers.
    with concurrent.futures.ThreadPoolExecutor(2) as clients:
        try:
            for done in [clients.submit(ask_all) for _ in range(rounds)]:
                done.result()
        except BaseException:
            clients.shutdown(wait=False, cancel_futures=True)  # the first failure is enough
            raise


def main():
    contained, *command = sys.argv[1:]
    with open(contained, "rb") as file:
        program = file.read()
    with Cluster(contained) as cluster:
        cluster.configure(settings(max_runs=1))
        with Runner(command, cluster.environment) as runner:
            runner.await_ready()
            train(runner, program, ROUNDS_OF_SANDBOXES)
            cluster.configure(settings(max_runs=1000))
            train(runner, program, ROUNDS_OF_REUSE)


if __name__ == "__main__":
    main()
