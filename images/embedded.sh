# Sourced by build: the sandbox image for pools with embedded gVisor. The supervisor and runsc stand on nothing; the files of the sandbox
# image are in /sandbox, as the root of the sandboxes that they start.

# The development node's own: pinned, built from source, stripped.
embedded_runsc() {
  (source "$ROOT/e2e/cluster/lib.sh" && echo "$(program_dir gvisor)/runsc")
}

sandbox-embedded_image() {
  local own=$WORK/embedded-own files=$WORK/embedded-files supervisor=$ROOT/contained/target/supervisor
  [[ -x $supervisor ]] || fail "There is no $supervisor: make build makes it."
  [[ -d $OUT/sandbox-rootfs ]] || fail "There is no $OUT/sandbox-rootfs: images/build sandbox makes it."
  mkdir -p "$own"/{dev,etc,proc,run,sys,tmp} "$files"
  install -D -m 755 "$supervisor" "$own/usr/local/bin/supervisor"
  install -D -m 755 "$(embedded_runsc)" "$own/usr/local/bin/runsc"
  cp -a "$OUT/sandbox-rootfs" "$files/sandbox"
  cat >"$WORK/embedded.json" <<'EOT'
{"User": "65532:65532", "WorkingDir": "/", "Entrypoint": ["/usr/local/bin/supervisor"], "OpenStdin": true, "StdinOnce": true}
EOT
  "$HERE/oci.py" --name "localhost/sandpool-sandbox-embedded:dev" --config "$WORK/embedded.json" --out "$OUT/sandbox-embedded.tar" "$files" "$own"
  describe sandbox-embedded --own "$(own_contained sandbox/usr/local/bin/contained)" --own "usr/local/bin/supervisor=supervisor,$(linked_glibc)"
}
