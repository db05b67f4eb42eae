#!/usr/bin/env python3
"""Writes what is in an image, as CycloneDX 1.6.

    sbom.py --image IMAGE.tar --out SBOM.json --lock debian.lock --version VERSION [--maven BOM.json] [--jdk RELEASE]
            [--own PATH=NAME[,deb:PACKAGE=VERSION|generic:NAME=VERSION]...]... [--other-base]

It reads the finished image and not what it was made from. Debian's packages are those of its dpkg status, jars those whose SHA-256 Maven's
own list has, Go modules those that Go wrote into the program, and --own names our programs with what is linked into them. A program or a
library that belongs to none of these is an error: so nothing gets into an image unnoticed. On --other-base it may be the base's.

The same image has the same SBOM: it has no time, and its serial number comes from the image's digest."""

import argparse
import gzip
import hashlib
import io
import json
import posixpath
import re
import tarfile
import urllib.parse
import uuid

ELF = b"\x7fELF"
GO_BUILD_INFO = b"\xff Go buildinf:"
GO_INLINE_STRINGS = 2
STATUS = "var/lib/dpkg/status.d/"
JDK = "opt/java/"


def die(words):
    raise SystemExit(f"sbom.py: {words}")


def quoted(text):
    return urllib.parse.quote(text, safe=":")


class Image:
    """The files of an image, its layers one over the other."""

    def __init__(self, path):
        with tarfile.open(path) as tar:
            self.blobs = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
        descriptor = json.loads(self.blobs["index.json"])["manifests"][0]
        self.digest = descriptor["digest"]
        self.name = descriptor["annotations"]["io.containerd.image.name"].split("/")[-1].split(":")[0]
        self.files = {}
        for layer in json.loads(self.blob(self.digest))["layers"]:
            data = self.blob(layer["digest"])
            self.unpack(gzip.decompress(data) if layer["mediaType"].endswith("+gzip") else data)

    def blob(self, digest):
        return self.blobs["blobs/" + digest.replace(":", "/")]

    def unpack(self, layer):
        with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
            for member in tar:
                name = posixpath.normpath(member.name)
                folder, file = posixpath.split(name)
                if file.startswith(".wh."):  # what a layer says of a file that it deletes
                    gone = folder if file == ".wh..wh..opq" else posixpath.join(folder, file[len(".wh."):])
                    self.files = {path: data for path, data in self.files.items() if path != gone and not path.startswith(gone + "/")}
                elif member.isfile():
                    self.files[name] = tar.extractfile(member).read()


def component(kind, name, version, purl, **more):
    return {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl, **more}


def at(*paths):
    return {"evidence": {"occurrences": [{"location": "/" + path} for path in sorted(paths)]}}


def sha256(data):
    return [{"alg": "SHA-256", "content": hashlib.sha256(data).hexdigest()}]


class Lock:
    """What images/lock wrote: Debian's release, and the hashes of packages."""

    def __init__(self, path):
        with open(path) as lines:
            rows = [line.split() for line in lines if not line.startswith("#")]
        self.release = next(row[1] for row in rows if row[0] == "release")
        self.hashes = {(row[0], row[1]): row[4] for row in rows if len(row) == 5}

    def package(self, name, version, architecture, source=None):
        purl = f"pkg:deb/debian/{name}@{quoted(version)}?arch={architecture}&distro=debian-{self.release}"
        found = component("library", name, version, purl)
        if (name, version) in self.hashes:
            found["hashes"] = [{"alg": "SHA-256", "content": self.hashes[name, version]}]
        if source:
            found["properties"] = [{"name": "sandpool:debian:source", "value": source}]
        return found


def debian(image, lock):
    """The packages of the image, and which files they have, by their MD5 as dpkg has it."""
    found, files = [], set()
    for path, data in image.files.items():
        root, status, name = path.rpartition(STATUS)
        if not status or (root and not root.endswith("/")):
            continue
        if name.endswith(".md5sums"):
            files.update(line.split()[0] for line in data.decode().splitlines())
            continue
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", data.decode(), re.MULTILINE))
        # A source says its version only where it is another than the package's.
        source = fields.get("Source", fields["Package"])
        found.append({**lock.package(fields["Package"], fields["Version"], fields["Architecture"], source), **at(path)})
    return found, files


def jars(image, version, maven):
    """The jars of the image as Maven knows them. The program's own jar is the subject of its list, whose hash Maven does not write."""
    paths = {path: hashlib.sha256(data).hexdigest() for path, data in image.files.items()
             if path.endswith(".jar") and not path.startswith(JDK)}
    if not paths:
        return [], []
    if not maven:
        die(f"{image.name} has jars, and no list of Maven says what they are")
    with open(maven) as file:
        bom = json.load(file)
    own = bom["metadata"]["component"]
    known = {known["content"]: entry for entry in bom["components"] for known in entry.get("hashes", []) if known["alg"] == "SHA-256"}
    found = []
    for path, digest in sorted(paths.items()):
        entry = own if path == f"app/{own['name']}.jar" else known.get(digest)
        if not entry:
            die(f"{image.name} has /{path}, which is in no list of Maven")
        found.append({**entry, "hashes": [{"alg": "SHA-256", "content": digest}], **at(path)})
    kept = {entry["bom-ref"] for entry in found}
    return found, [{**edge, "dependsOn": [ref for ref in edge.get("dependsOn", []) if ref in kept]} for edge in bom["dependencies"] if edge["ref"] in kept]


def jdk(image, release):
    """The Java runtime, with its modules."""
    own = image.files.get(JDK + "release")
    if not own:
        return []

    def read(text):
        return dict(re.findall(r'^([A-Z_]+)="(.*)"$', text, re.MULTILINE))

    with open(release) as file:
        built_from = read(file.read())
    runtime = read(own.decode())
    java = runtime["JAVA_VERSION"]
    if built_from["JAVA_VERSION"] != java:
        die(f"{image.name} has Java {java}, and {release} is of {built_from['JAVA_VERSION']}")
    version = built_from.get("JAVA_RUNTIME_VERSION", java)
    purl = f"pkg:generic/openjdk@{quoted(version)}"
    modules = [component("library", module, java, f"{purl}#{module}") for module in runtime["MODULES"].split()]
    return [component("platform", "openjdk", version, purl, cpe=f"cpe:2.3:a:oracle:openjdk:{java}:*:*:*:*:*:*:*",
                      publisher=built_from.get("IMPLEMENTOR", ""), components=modules, **at(JDK + "release"))]


def go_build_info(program):
    """The version of Go and the lines about modules that Go wrote into a program, see Go's debug/buildinfo. None if it is not Go's."""
    start = program.find(GO_BUILD_INFO)
    while start >= 0 and start % 16:
        start = program.find(GO_BUILD_INFO, start + 1)
    if start < 0 or not program[start + 15] & GO_INLINE_STRINGS:
        return None

    def text(position):
        length = shift = 0
        while True:
            byte = program[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return program[position:position + length], position + length

    version, end = text(start + 32)
    modules, _ = text(end)
    return version.decode(), modules[16:-16].decode()  # between two marks of 16 bytes


def go_module(path, version, checksum=None):
    found = component("library", path, version, f"pkg:golang/{path}@{quoted(version)}")
    if checksum:
        found["properties"] = [{"name": "sandpool:go:h1", "value": checksum}]
    return found


def go(image):
    """The modules of the programs in Go. Where the build replaced one by a folder, as it does with gVisor's, it says so."""
    found, paths = [], []
    for path, data in image.files.items():
        info = go_build_info(data) if data.startswith(ELF) else None
        if not info:
            continue
        paths.append(path)
        found.append({**go_module("stdlib", info[0].removeprefix("go")), **at(path)})
        for line in info[1].splitlines():
            kind, *fields = line.split("\t")
            if kind in ("mod", "dep"):
                found.append({**go_module(*(field for field in fields if field)), **at(path)})
            elif kind == "=>":
                found[-1]["pedigree"] = {"notes": "Built from a copy with changes: see e2e/cluster/build and e2e/cluster/programs/gvisor."}
    return found, paths


def own_programs(image, version, lock, programs):
    """Our programs in C, and the libraries that are linked into them."""
    found, edges, paths = [], [], []
    for words in programs:
        path, _, rest = words.partition("=")
        name, *libraries = rest.split(",")
        if path not in image.files:
            die(f"{image.name} has no /{path}")
        paths.append(path)
        program = component("application", name, version, f"pkg:generic/sandpool/{name}@{version}", hashes=sha256(image.files[path]), **at(path))
        linked = []
        for library in libraries:
            kind, _, pair = library.partition(":")
            package, _, number = pair.partition("=")
            linked.append(lock.package(package, number, "amd64") if kind == "deb" else
                          component("library", package, number, f"pkg:generic/{package}@{quoted(number)}"))
        found += [program, *({**library, **at(path)} for library in linked)]
        edges.append({"ref": program["bom-ref"], "dependsOn": sorted(library["bom-ref"] for library in linked)})
    return found, edges, paths


def once(components):
    """Each component once, with all places where it is."""
    found = {}
    for entry in components:
        known = found.setdefault(entry["bom-ref"], entry)
        if known is not entry:
            places = [place["location"][1:] for each in (known, entry) for place in each["evidence"]["occurrences"]]
            found[entry["bom-ref"]] = {**known, **at(*set(places))}
    return [found[ref] for ref in sorted(found)]


def main():
    arguments = argparse.ArgumentParser()
    for name in ("--image", "--out", "--lock", "--version"):
        arguments.add_argument(name, required=True)
    arguments.add_argument("--maven")
    arguments.add_argument("--jdk")
    arguments.add_argument("--own", action="append", default=[])
    arguments.add_argument("--other-base", action="store_true")
    given = arguments.parse_args()

    image, lock = Image(given.image), Lock(given.lock)
    packages, packaged = debian(image, lock)
    java, java_edges = jars(image, given.version, given.maven)
    runtime = jdk(image, given.jdk)
    modules, go_paths = go(image)
    own, own_edges, own_paths = own_programs(image, given.version, lock, given.own)
    for path, data in image.files.items():
        known = path in go_paths or path in own_paths or (runtime and path.startswith(JDK))
        if data.startswith(ELF) and not known and hashlib.md5(data).hexdigest() not in packaged and not given.other_base:
            die(f"{image.name} has /{path}, which belongs to no package and no program that is known")

    components = once(packages + java + runtime + modules + own)
    subject = component("container", image.name, image.digest, f"pkg:oci/{image.name}@{quoted(image.digest)}?arch=amd64")
    edges = {edge["ref"]: edge for edge in java_edges + own_edges}
    below = {ref for edge in edges.values() for ref in edge.get("dependsOn", [])}
    edges[subject["bom-ref"]] = {"ref": subject["bom-ref"], "dependsOn": [entry["bom-ref"] for entry in components if entry["bom-ref"] not in below]}
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, subject['purl'])}",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": "images/sbom.py", "version": given.version}]},
            "component": subject,
        },
        "components": components,
        "dependencies": [edges[ref] for ref in sorted(edges)],
    }
    if given.other_base:  # which may have what nothing here tells of
        document["compositions"] = [{"aggregate": "incomplete", "assemblies": [subject["bom-ref"]]}]
    with open(given.out, "w") as file:
        json.dump(document, file, indent=1, sort_keys=True)
        file.write("\n")


main()
