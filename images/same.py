#!/usr/bin/env python3
"""same.py IMAGE.tar OTHER.tar [PATH]: ends with an error unless both are the same to the byte. With PATH they may differ in this file, if it is
all that their last layers have: then all layers before, and the configuration, have to be the same."""

import io
import json
import sys
import tarfile

FIRST, SECOND, *EXCEPTED = sys.argv[1:]


class Image:
    def __init__(self, path):
        with tarfile.open(path) as tar:
            self.files = {member.name: tar.extractfile(member).read() for member in tar}
        self.digest = json.loads(self.files["index.json"])["manifests"][0]["digest"]
        self.manifest = json.loads(self.blob(self.digest))
        self.config = json.loads(self.blob(self.manifest["config"]["digest"]))
        self.layers = [layer["digest"] for layer in self.manifest["layers"]]

    def blob(self, digest):
        return self.files["blobs/" + digest.replace(":", "/")]

    def content(self, layer):
        with tarfile.open(fileobj=io.BytesIO(self.blob(layer))) as tar:
            return {member.name: (member.mode, member.type, member.linkname, tar.extractfile(member).read() if member.isfile() else b"") for member in tar}


one, other = Image(FIRST), Image(SECOND)
if one.digest == other.digest:
    print(f"{FIRST}: {one.digest}, both times")
    sys.exit()
allowed = len(one.layers) - 1 if EXCEPTED else len(one.layers)
wrong = []
for number, (a, b) in enumerate(zip(one.layers, other.layers)):
    if a == b:
        continue
    before, after = one.content(a), other.content(b)
    different = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    files = sorted(name for name, entry in before.items() if entry[1] == tarfile.REGTYPE)
    if number != allowed or files != EXCEPTED or different != EXCEPTED:
        wrong.append(f"layer {number}: {', '.join(different) or 'the order or the times of its files'}")
for image in one, other:
    for key in ("rootfs", "history"):
        image.config.pop(key, None)
if one.config != other.config:
    wrong.append("the configuration")
if len(one.layers) != len(other.layers):
    wrong.append("the number of layers")
if not wrong and not EXCEPTED:
    wrong.append("the manifest")
if wrong:
    sys.exit(f"same.py: {FIRST} and {SECOND} differ in " + "; ".join(wrong))
print(f"{FIRST}: the same both times but for /{EXCEPTED[0]}")
