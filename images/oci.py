#!/usr/bin/env python3
"""Writes an image as one tar that containerd, skopeo (oci-archive) and docker load all take: an OCI layout, with the
manifest.json of docker save beside it, whose paths are those of the layout's own blobs.

    oci.py --name NAME --config CONFIG.json --out OUT.tar [--base DIR_OR_TAR] [--owner PATH=UID]... LAYER_DIR...

The same folders give the same bytes: owners are root's or as --owner says, times are fixed, names are sorted."""

import argparse
import gzip
import hashlib
import io
import json
import os
import tarfile

EPOCH = 1767225600  # 2026-01-01, as in pom.xml
OCI = "application/vnd.oci.image."
GZIP_MAGIC = b"\x1f\x8b"


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layer:
    """A layer's bytes as they are stored, and the digest of what they unpack to."""

    def __init__(self, data):
        self.data = data
        self.zipped = data.startswith(GZIP_MAGIC)
        self.diff_id = sha256(gzip.decompress(data) if self.zipped else data)

    def media_type(self):
        return OCI + "layer.v1.tar" + ("+gzip" if self.zipped else "")


def layer_of(folder, owners):
    """The files of a folder, in the order of their names, as one layer."""
    names = []
    for base, folders, files in os.walk(folder):
        names += [os.path.relpath(os.path.join(base, name), folder) for name in folders + files]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in sorted(names):
            path = os.path.join(folder, name)
            entry = tar.gettarinfo(path, name)
            # Hard links as files of their own: which of two names comes first in a folder is chance.
            if entry.islnk():
                entry.type, entry.linkname, entry.size = tarfile.REGTYPE, "", os.path.getsize(path)
            entry.uid = entry.gid = owners.get(name, 0)
            entry.uname = entry.gname = ""
            entry.mtime = EPOCH
            if entry.isreg():
                with open(path, "rb") as content:
                    tar.addfile(entry, content)
            else:
                tar.addfile(entry)
    return Layer(packed.getvalue())


class Base:
    """The image that this one stands on: a plain folder of files, an OCI layout (folder or tar), or a docker save tar."""

    def __init__(self, path, owners):
        self.path = path
        self.layers, self.config = [], {}
        if os.path.isdir(path) and not os.path.exists(os.path.join(path, "oci-layout")):
            self.layers = [layer_of(path, owners)]
            return
        self.files = self.read_all()
        config, layers = self.docker() if "index.json" not in self.files else self.oci()
        self.config = json.loads(config).get("config") or {}
        self.layers = [Layer(data) for data in layers]

    def read_all(self):
        if os.path.isdir(self.path):
            found = (os.path.join(base, name) for base, _, names in os.walk(self.path) for name in names)
            return {os.path.relpath(name, self.path): open(name, "rb").read() for name in found}
        with tarfile.open(self.path) as tar:
            return {os.path.normpath(m.name): tar.extractfile(m).read() for m in tar if m.isfile()}

    def blob(self, digest):
        data = self.files["blobs/" + digest.replace(":", "/")]
        if sha256(data) != digest:
            raise SystemExit(f"oci.py: {self.path}: blob {digest} is damaged")
        return data

    def oci(self):
        document = json.loads(self.files["index.json"])
        while "manifests" in document:  # an index can name indexes, one image for each kind of machine
            choices = [m for m in document["manifests"] if m.get("platform", {}).get("architecture", "amd64") == "amd64"]
            if not choices:
                raise SystemExit(f"oci.py: {self.path} has no image for amd64")
            document = json.loads(self.blob(choices[0]["digest"]))
        return self.blob(document["config"]["digest"]), [self.blob(layer["digest"]) for layer in document["layers"]]

    def docker(self):
        manifest = json.loads(self.files["manifest.json"])[0]
        return self.files[manifest["Config"]], [self.files[name] for name in manifest["Layers"]]


def merged(base, own):
    """The base's configuration with ours over it: variables by name, all else whole. The base's Cmd would be arguments of ours."""
    base = {key: value for key, value in base.items() if key != "Cmd"}
    variables = dict(pair.split("=", 1) for pair in base.get("Env", []) + own.get("Env", []))
    return {**base, **own, "Env": [f"{name}={value}" for name, value in sorted(variables.items())]}


def write(out, name, config, layers):
    blobs = {}

    def descriptor(data, media_type):
        blobs[sha256(data)] = data
        return {"mediaType": media_type, "digest": sha256(data), "size": len(data)}

    stored = [descriptor(layer.data, layer.media_type()) for layer in layers]
    image = descriptor(
        as_json({
            "architecture": "amd64",
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
        }), OCI + "config.v1+json")
    manifest = descriptor(
        as_json({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "config": image, "layers": stored}),
        OCI + "manifest.v1+json")
    manifest["annotations"] = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name.split(":")[-1]}

    def path(digest):
        return "blobs/" + digest.replace(":", "/")

    docker = {"Config": path(image["digest"]), "RepoTags": [name], "Layers": [path(layer["digest"]) for layer in stored]}
    documents = {
        "oci-layout": {"imageLayoutVersion": "1.0.0"},
        "index.json": {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": [manifest]},
        "manifest.json": [docker],
    }
    files = {file: as_json(document) for file, document in documents.items()}
    files.update({path(digest): data for digest, data in blobs.items()})
    with tarfile.open(out + ".part", "w", format=tarfile.PAX_FORMAT) as tar:
        for file, data in files.items():
            entry = tarfile.TarInfo(file)
            entry.size, entry.mtime, entry.mode = len(data), EPOCH, 0o644
            tar.addfile(entry, io.BytesIO(data))
    os.replace(out + ".part", out)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--name", required=True)
    arguments.add_argument("--config", required=True)
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--base")
    arguments.add_argument("--owner", action="append", default=[])
    arguments.add_argument("layers", nargs="+")
    given = arguments.parse_args()
    owners = {path: int(uid) for path, uid in (pair.split("=") for pair in given.owner)}
    base = Base(given.base, owners) if given.base else None
    layers = (base.layers if base else []) + [layer_of(folder, owners) for folder in given.layers]
    with open(given.config) as config:
        write(given.out, given.name, merged(base.config if base else {}, json.load(config)), layers)


main()
