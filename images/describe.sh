# Sourced: what is written beside an image: its SBOM and its provenance. See docs/supply-chain.md.

# describe IMAGE FLAG...: target/images/IMAGE.cdx.json and IMAGE.provenance.json; the flags are sbom.py's.
describe() {
  local image=$1 version other_base=()
  shift
  version=$(awk -F '[<>]' '$2 == "version" {print $3; exit}' "$ROOT/pom.xml")
  if [[ -n ${BASE:-} && ($image == runner || $image == operator) ]]; then other_base=(--other-base); fi
  # An image that cannot be described is none: make would not build it again.
  {
    "$HERE/sbom.py" --image "$OUT/$image.tar" --out "$OUT/$image.cdx.json" --lock "$DEBIAN_LOCK" --version "$version" "${other_base[@]}" "$@" &&
      "$HERE/provenance.py" --image "$image" --sbom "$OUT/$image.cdx.json" --out "$OUT/$image.provenance.json" --base "${BASE:-}" \
        --lock "$DEBIAN_LOCK" --commit "$(commit)" ${SOURCE:+--source "$SOURCE"} ${BUILDER:+--builder "$BUILDER"} "${TOOLS[@]}"
  } || {
    rm -f "$OUT/$image.tar"
    return 1
  }
}

# commit: what the checkout is at, and whether it differs from that. Nothing where there is no repository.
commit() {
  command -v git >/dev/null && git -C "$ROOT" rev-parse HEAD 2>/dev/null || return 0
  [[ -z $(git -C "$ROOT" status --porcelain 2>/dev/null) ]] || echo changed
}

# linked_glibc: the C library that was linked into our programs, as sbom.py takes it.
linked_glibc() { cat "$ROOT/contained/target/glibc"; }

# own_contained PATH: what sbom.py is to know of contained.
own_contained() { echo "$1=contained,$(<"$ROOT/contained/target/zstd/package"),$(linked_glibc)"; }
