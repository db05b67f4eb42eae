"""A stand-in for the API server of a cluster, as far as one runner asks it: it keeps the pool's objects in memory, and each pod that the
runner creates is a contained on this machine, which greets as if gVisor were around it. For training only; nothing of it is in an image."""

import asyncio
import base64
import contextlib
import hashlib
import json
import os
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

HOST = "127.0.0.1"
NAMESPACE, POOL, REVISION = "play", "go", "96974005bb"
CORE = f"/api/v1/namespaces/{NAMESPACE}/"
NOT_FOUND = {"apiVersion": "v1", "kind": "Status", "status": "Failure", "reason": "NotFound", "message": "there is none", "code": 404}
SEEN_AFTER = 0.05  # So much later than a container runs a watch says so.

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10  # opcodes of WebSocket frames
STDIN, STDOUT, ERROR = 0, 1, 3  # channels of an attach stream
PIECE = 32 * 1024  # as an API server passes on what comes up

FRAME = struct.Struct(">BI")
HELLO = 0x81
# What contained finds out in a sandbox pod, but not here. What it counts stays as it is.
FACTS = {
    "kernel": "gvisor", "namespaces": "user,pid,net,mnt,ipc,uts", "interfaces": "lo", "root": "read-only", "token": "absent",
    "tmpfs": "own", "proc": "own", "capabilities": "none", "no-new-privileges": "on",
}


def settings(max_runs):
    """What the operator writes for the runners of a small pool."""
    return {
        "authentication": {}, "callers": {}, "cors": {"allowedOrigins": []}, "launchers": [], "queueDepth": 16, "queueTimeout": "10s",
        "reuse": {"maxAge": "5m", "maxRuns": max_runs, "scope": "Caller"}, "revision": REVISION, "startTimeout": "30s",
        "warmMax": 2, "warmMin": 2, "workers": 2,
    }


def config_map(wanted):
    return {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{POOL}-runner", "namespace": NAMESPACE},
        "data": {"settings.json": json.dumps(wanted)},
    }


def pod_template():
    """What the operator writes for the smallest pool."""
    limits = {
        "binaryBytes": 104857600, "fileBytes": 16777216, "memoryBytes": 104857600, "outputBytes": 104857600, "pids": 1024,
        "runTimeout": "5s",
    }
    container = {
        "name": "contained", "image": "registry.example/sandbox:1", "imagePullPolicy": "IfNotPresent", "stdin": True, "stdinOnce": True,
        "resources": {"limits": {"cpu": "1", "memory": "384Mi"}, "requests": {"cpu": "5m", "memory": "64Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True},
    }
    spec = {
        "activeDeadlineSeconds": 86400, "automountServiceAccountToken": False, "containers": [container],
        "dnsConfig": {"nameservers": ["127.0.0.1"]}, "dnsPolicy": "None", "enableServiceLinks": False,
        "nodeSelector": {"kubernetes.io/arch": "amd64"}, "restartPolicy": "Never", "runtimeClassName": "gvisor",
        "securityContext": {"runAsGroup": 65532, "runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
        "serviceAccountName": f"{POOL}-sandbox", "terminationGracePeriodSeconds": 10,
        "tolerations": [
            {"effect": "NoExecute", "key": "node.kubernetes.io/not-ready", "operator": "Exists", "tolerationSeconds": 300},
        ],
    }
    return {
        "apiVersion": "v1", "kind": "PodTemplate",
        "metadata": {
            "name": f"{POOL}-{REVISION}", "namespace": NAMESPACE, "annotations": {"sandpool.dev/limits": json.dumps(limits)},
        },
        "template": {"metadata": {"labels": {"app.kubernetes.io/name": "sandpool-sandbox", "sandpool.dev/role": "sandbox"}}, "spec": spec},
    }


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def pod_status(running):
    """What the kubelet says of a pod."""
    return {
        "phase": "Running" if running else "Pending", "qosClass": "Burstable", "startTime": now(),
        "hostIP": "10.0.0.1", "podIP": "10.1.0.9", "podIPs": [{"ip": "10.1.0.9"}],
        "conditions": [
            {"type": kind, "status": str(running or kind == "PodScheduled"), "lastProbeTime": None, "lastTransitionTime": now()}
            for kind in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
        ],
        "containerStatuses": [{
            "name": "contained", "image": "registry.example/sandbox:1", "imageID": "sha256:0", "ready": running, "started": running,
            "restartCount": 0, "lastState": {},
            "state": {"running": {"startedAt": now()}} if running else {"waiting": {"reason": "ContainerCreating"}},
        }],
    }


def of_a_pod(hello):
    """The payload of a HELLO with the facts of a sandbox pod."""
    strings, at = [], 4
    while at < len(hello):
        end = at + 2 + int.from_bytes(hello[at:at + 2], "big")
        strings.append(hello[at + 2:end].decode())
        at = end
    facts = dict(zip(strings[::2], strings[1::2])) | FACTS
    words = b"".join(struct.pack(">H", len(word)) + word.encode() for fact in facts.items() for word in fact)
    return hello[:2] + struct.pack(">H", len(facts)) + words


def whole_frames(received):
    """The whole frames at the beginning of what contained has said, as they are passed on, and the rest."""
    frames = b""
    while len(received) >= FRAME.size:
        kind, length = FRAME.unpack_from(received)
        end = FRAME.size + length
        if len(received) < end:
            break
        payload, received = received[FRAME.size:end], received[end:]
        if kind == HELLO:
            payload = of_a_pod(payload)
        frames += FRAME.pack(kind, len(payload)) + payload
    return frames, received


class WebSocket:
    """The server's end of a WebSocket (RFC 6455)."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def accept(self, headers):
        key = headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        lines = [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()}",
        ]
        if "sec-websocket-protocol" in headers:
            lines.append(f"Sec-WebSocket-Protocol: {headers['sec-websocket-protocol']}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        await self.writer.drain()

    async def send(self, opcode, payload):
        length = len(payload)
        size = bytes([length]) if length < 126 else struct.pack(">BH", 126, length)
        self.writer.write(bytes([0x80 | opcode]) + size + payload)
        await self.writer.drain()

    async def messages(self):
        """What the client sends, until it closes."""
        message = b""
        while True:
            first, second = await self.reader.readexactly(2)
            length = second & 0x7F
            if length >= 126:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
            mask = await self.reader.readexactly(4)
            masked = await self.reader.readexactly(length)
            mask = (mask * (length // 4 + 1))[:length]
            payload = (int.from_bytes(masked, "big") ^ int.from_bytes(mask, "big")).to_bytes(length, "big")
            opcode = first & 0x0F
            if opcode == CLOSE:
                await self.send(CLOSE, payload[:2])
                return
            if opcode == PING:
                await self.send(PONG, payload)
            elif opcode in (CONTINUATION, TEXT, BINARY):
                message += payload
                if first & 0x80:
                    yield message
                    message = b""


class Cluster:
    """Use it as a context: a runner with its `environment` finds it, and `configure` is what the operator does when the pool changes."""

    def __init__(self, contained):
        self.contained = contained
        self.objects = {"pods": {}, "configmaps": {}}
        self.events = {"pods": [], "configmaps": []}
        self.version = 0
        self.news = asyncio.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.folder = tempfile.TemporaryDirectory(prefix="sandpool-cluster-")

    def __enter__(self):
        key, certificate, token = (os.path.join(self.folder.name, name) for name in ("key", "ca.crt", "token"))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kube-apiserver",
             "-addext", f"subjectAltName=IP:{HOST}", "-keyout", key, "-out", certificate],
            check=True, stderr=subprocess.DEVNULL)
        with open(token, "w", encoding="ascii") as file:
            file.write("a-token")
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate, key)
        self.thread.start()
        server = self.on_loop(asyncio.start_server(self.serve, HOST, 0, ssl=tls))
        self.environment = {
            "KUBERNETES_SERVICE_HOST": HOST, "KUBERNETES_SERVICE_PORT": str(server.sockets[0].getsockname()[1]),
            "KUBERNETES_CERTS_CA_FILE": certificate, "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN": token,
            "KUBERNETES_AUTH_TRYKUBECONFIG": "false", "SANDPOOL_SANDBOXES": "kubernetes", "SANDPOOL_POOL": POOL,
            "SANDPOOL_NAMESPACE": NAMESPACE, "SANDPOOL_POD_NAME": f"{POOL}-runner-55d8b7c9d-x2x5k", "SANDPOOL_POD_UID": "of-the-runner",
        }
        return self

    def __exit__(self, *_):
        self.on_loop(self.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.folder.cleanup()

    def on_loop(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    async def end(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def configure(self, wanted):
        self.loop.call_soon_threadsafe(self.put, "configmaps", config_map(wanted))

    def put(self, kind, thing):
        name = thing["metadata"]["name"]
        self.tell(kind, "MODIFIED" if name in self.objects[kind] else "ADDED", thing)
        self.objects[kind][name] = thing

    def tell(self, kind, change, thing):
        self.version += 1
        thing["metadata"]["resourceVersion"] = str(self.version)
        self.events[kind].append((self.version, json.dumps({"type": change, "object": thing}).encode()))
        self.news.set()
        self.news = asyncio.Event()

    async def serve(self, reader, writer):
        """One connection."""
        ends = asyncio.IncompleteReadError, ConnectionError, ssl.SSLError, asyncio.CancelledError
        with contextlib.suppress(*ends), contextlib.closing(writer):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                url = urllib.parse.urlsplit(target)
                if "upgrade" in headers:
                    socket = WebSocket(reader, writer)
                    await socket.accept(headers)
                    await (self.attach(socket) if url.path.endswith("/attach") else self.watch(socket, url))
                    return
                code, answer = self.answer(method, url.path, json.loads(body) if body else None)
                data = json.dumps(answer).encode()
                head = f"HTTP/1.1 {code} Answer\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
                writer.write(head.encode() + data)
                await writer.drain()

    def answer(self, method, path, body):
        kind, _, name = path.removeprefix(CORE).partition("/")
        if method == "GET" and kind in self.objects:
            items = list(self.objects[kind].values())
            return 200, {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": str(self.version)}, "items": items}
        if method == "GET" and kind == "podtemplates":
            return 200, pod_template()
        if method == "POST" and kind == "pods":
            return 201, self.create(body)
        if method == "DELETE" and name in self.objects["pods"]:
            pod = self.objects["pods"].pop(name)
            self.tell("pods", "DELETED", pod)
            return 200, pod
        if method == "PATCH":
            return 200, body  # the runner's part of the pool's status
        return 404, NOT_FOUND

    def create(self, pod):
        pod["metadata"] |= {"namespace": NAMESPACE, "uid": f"uid-{self.version}", "creationTimestamp": now()}
        pod["status"] = {"phase": "Pending", "qosClass": "Burstable"}
        self.put("pods", pod)
        self.put("pods", pod | {"spec": pod["spec"] | {"nodeName": "node"}, "status": pod_status(running=False)})
        self.loop.call_later(SEEN_AFTER, self.see_running, pod["metadata"]["name"])
        return pod

    def see_running(self, name):
        if pod := self.objects["pods"].get(name):
            self.put("pods", pod | {"status": pod_status(running=True)})

    async def watch(self, socket, url):
        since = int(urllib.parse.parse_qs(url.query)["resourceVersion"][0])
        passing = asyncio.create_task(self.pass_events(self.events[url.path.removeprefix(CORE)], since, socket))
        try:
            async for _ in socket.messages():
                pass
        finally:
            passing.cancel()

    async def pass_events(self, events, since, socket):
        passed = 0
        while True:
            news = self.news
            for version, event in events[passed:]:
                passed += 1
                if version > since:
                    await socket.send(TEXT, event)
            if passed == len(events):
                await news.wait()

    async def attach(self, socket):
        with tempfile.TemporaryDirectory(dir=self.folder.name) as tmpfs:
            contained = await asyncio.create_subprocess_exec(
                self.contained, "--tmpfs", tmpfs, env={}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            passing = asyncio.create_task(self.pass_up(contained.stdout, socket))
            try:
                async for message in socket.messages():
                    if message[0] == STDIN:
                        contained.stdin.write(message[1:])
                        await contained.stdin.drain()
            finally:
                passing.cancel()
                with contextlib.suppress(ProcessLookupError):
                    contained.kill()
                await contained.wait()

    @staticmethod
    async def pass_up(output, socket):
        held = b""
        while received := await output.read(PIECE):
            frames, held = whole_frames(held + received)
            for at in range(0, len(frames), PIECE):
                await socket.send(BINARY, bytes([STDOUT]) + frames[at:at + PIECE])
        await socket.send(BINARY, bytes([ERROR]) + b'{"metadata":{},"status":"Success"}')
        await socket.send(CLOSE, struct.pack(">H", 1000))
