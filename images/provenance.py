#!/usr/bin/env python3
"""Writes where an image comes from, as the predicate https://slsa.dev/provenance/v1: the source, what was put into it with its hashes, and
the tools. cosign attest makes a signed statement about the image's digest of it.

    provenance.py --image NAME --sbom SBOM.json --out PROVENANCE.json --lock debian.lock --commit 'COMMIT [changed]' [--base BASE]
                  [--source URI] [--builder URI] TOOL=VERSION...

It has no time, so that the same build has the same provenance."""

import argparse
import base64
import hashlib
import json
import os

OWN = "https://sandpool.dev/"
OUR_OWN = ("pkg:generic/sandpool/", "pkg:maven/dev.sandpool/")  # which are made of the source


def materials(sbom):
    """What the SBOM has a hash of. Go's own hash of a module is that of all of its files: in-toto has it as dirHash, in hexadecimal."""
    for component in sbom["components"]:
        digest = {entry["alg"].replace("-", "").lower(): entry["content"] for entry in component.get("hashes", [])}
        for entry in component.get("properties", []):
            if entry["name"] == "sandpool:go:h1":
                digest["dirHash"] = base64.b64decode(entry["value"].removeprefix("h1:")).hex()
        if digest and not component["purl"].startswith(OUR_OWN):
            yield {"uri": component["purl"], "digest": digest}


def file(path, uri):
    with open(path, "rb") as content:
        return {"uri": uri, "digest": {"sha256": hashlib.sha256(content.read()).hexdigest()}}


def main():
    arguments = argparse.ArgumentParser()
    for name in ("--image", "--sbom", "--out", "--lock", "--commit"):
        arguments.add_argument(name, required=True)
    arguments.add_argument("--base", default="")
    arguments.add_argument("--source", default=OWN + "source")
    arguments.add_argument("--builder", default=OWN + "builders/a-checkout")
    arguments.add_argument("tools", nargs="*")
    given = arguments.parse_args()
    with open(given.sbom) as sbom:
        dependencies = list(materials(json.load(sbom)))
    commit, *changed = given.commit.split()[:2] or [None]
    if commit:
        dependencies.insert(0, {"uri": "git+" + given.source, "digest": {"gitCommit": commit}})
    if os.path.isfile(given.base):
        dependencies.append(file(given.base, "file:" + os.path.basename(given.base)))
    dependencies.append(file(given.lock, "file:images/debian.lock"))
    predicate = {
        "buildDefinition": {
            "buildType": OWN + "builds/images/v1",
            "externalParameters": {"image": given.image, "base": os.path.basename(given.base), "source": given.source},
            "internalParameters": {"tools": dict(tool.split("=", 1) for tool in given.tools), "uncommittedChanges": bool(changed) or not commit},
            "resolvedDependencies": dependencies,
        },
        "runDetails": {
            "builder": {"id": given.builder},
            "byproducts": [file(given.sbom, f"file:{given.image}.cdx.json")],
        },
    }
    with open(given.out, "w") as out:
        json.dump(predicate, out, indent=1, sort_keys=True)
        out.write("\n")


main()
