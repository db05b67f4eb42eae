# Sourced by build: the sandbox image, laid out like the busybox:glibc world that programs of a Go playground know.

SANDBOX_PACKAGES=(busybox-static libc6 libgcc-s1 libstdc++6 tzdata)

# sandbox_folders ROOT: what a program finds there besides programs and libraries.
sandbox_folders() {
  local root=$1
  mkdir -p "$root"/{bin,dev,etc,home,lib,proc,root,run,sbin,sys,tmp,tmpfs} "$root"/usr/{bin,lib,local/bin,sbin,share} "$root/var/lib"
  # All of glibc in /lib, which is also /lib64: both paths of the loader, and one place for the libraries.
  ln -s lib "$root/lib64"
  printf '%s\n' root:x:0:0:root:/root:/bin/sh nobody:x:65534:65534:nobody:/:/bin/false sandbox:x:65532:65532:sandbox:/tmp:/bin/sh >"$root/etc/passwd"
  printf '%s\n' root:x:0: nogroup:x:65534: sandbox:x:65532: >"$root/etc/group"
  printf '%s\n' 'passwd: files' 'group: files' 'hosts: files' >"$root/etc/nsswitch.conf"
  echo sandbox >"$root/etc/hostname"
  printf '%s\n' '127.0.0.1 localhost sandbox' '::1 localhost' >"$root/etc/hosts"
  : >"$root/.dockerenv"
  chmod 1777 "$root/tmp" "$root/tmpfs"
  chmod 700 "$root/root"
}

sandbox_base() {
  local root=$1 unpacked=$WORK/sandbox-debs applet
  unpack_debs "$unpacked" "${SANDBOX_PACKAGES[@]}"
  sandbox_folders "$root"
  copy_libraries "$unpacked" "$root/lib"
  cp "$(find "$unpacked" -name busybox -type f -perm -100)" "$root/bin/busybox"
  # Every applet both in /bin, as busybox images have it, and where busybox itself would install it.
  for applet in $("$root/bin/busybox" --list); do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
  done
  for applet in $("$root/bin/busybox" --list-full); do
    [[ -e $root/$applet ]] || ln -s /bin/busybox "$root/$applet"
  done
  cp -r "$unpacked/usr/share/zoneinfo" "$root/usr/share/"
  cp -r "$unpacked/var/lib/dpkg" "$root/var/lib/"
}

sandbox_image() {
  local base=$WORK/sandbox-base own=$WORK/sandbox-own contained=$ROOT/contained/target/contained
  [[ -x $contained ]] || fail "There is no $contained: make build makes it."
  sandbox_base "$base"
  install -D -m 755 "$contained" "$own/usr/local/bin/contained"
  cat >"$WORK/sandbox.json" <<'EOT'
{"User": "65532:65532", "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
 "WorkingDir": "/", "Entrypoint": ["/usr/local/bin/contained"], "OpenStdin": true, "StdinOnce": true}
EOT
  "$HERE/oci.py" --name "localhost/sandpool-sandbox:dev" --config "$WORK/sandbox.json" --out "$OUT/sandbox.tar" "$base" "$own"
  describe sandbox --own "$(own_contained usr/local/bin/contained)"
  # The same files for runsc without Kubernetes.
  rm -rf "$OUT/sandbox-rootfs"
  cp -a "$own/." "$base/"
  mv "$base" "$OUT/sandbox-rootfs"
}
