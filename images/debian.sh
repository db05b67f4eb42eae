# Sourced: files of Debian packages, fetched into the cache and unpacked without being installed. What the images stand on is pinned by
# debian.lock, so every machine has the same files of it. Of other packages it is what apt would install now. Each file is compared with its
# SHA-256 each time that it is used, so that neither a mirror nor the cache is trusted.
DEBIAN_LOCK=${DEBIAN_LOCK:-$ROOT/images/debian.lock}
# The mirror is apt's, unless DEBIAN_MIRROR names another.
DEBIAN_SNAPSHOT=${DEBIAN_SNAPSHOT:-http://snapshot.debian.org/archive}

# fetch_debs PACKAGE[=VERSION]...: prints the path of each one's .deb.
fetch_debs() {
  local package
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "The images are assembled from Debian packages, and there is no apt-get and dpkg-deb here."
  for package; do fetch_locked "$package" || fetch_newest "$package"; done
}

# locked PACKAGE: its line of the lock, which is version, archive, path in it, and SHA-256.
locked() { awk -v name="$1" '$1 == name {print $2, $3, $4, $5; found = 1} END {exit !found}' "$DEBIAN_LOCK"; }

# Mirrors forget a version some days after there is a newer one. Debian's archive of snapshots has it all the same.
fetch_locked() {
  local line version archive path hash snapshot mirror
  line=$(locked "$1") || return 1
  read -r version archive path hash <<<"$line"
  if cached_deb "${path##*/}" "$hash"; then return; fi
  snapshot=$(locked snapshot)
  mirror=${DEBIAN_MIRROR:-$(apt_mirror "$1")}
  fetch_deb "${path##*/}" "$hash" "$mirror/$archive/$path" "$DEBIAN_SNAPSHOT/$archive/${snapshot%% *}/$path" ||
    fail "The Debian package $1 $version of images/debian.lock could not be fetched, as the lines above say. images/lock takes up the version that Debian has now; DEBIAN_MIRROR and DEBIAN_SNAPSHOT name other servers."
}

# Its SHA-256 is that of apt's index, whose signature apt has verified.
fetch_newest() {
  local line uri file hash
  line=$(known_deb_uri "$1") || exit 1
  read -r uri file hash <<<"$line"
  fetch_deb "$file" "$hash" "$uri" || fail "The Debian package $file could not be fetched, as the lines above say."
}

# apt_mirror PACKAGE: where apt has its archives from, such as debian and debian-security: all before those names.
apt_mirror() {
  local line
  line=$(known_deb_uri "$1")
  line=${line%%/pool/*}
  echo "${line%/*}"
}

# known_deb_uri PACKAGE[=VERSION]: deb_uri, after a look at apt's index where root may take one.
known_deb_uri() {
  deb_uri "$1" || { ((EUID)) || apt-get update >&2; deb_uri "$1"; } ||
    fail "apt-get does not know the package $1, so perhaps apt-get update was never run."
}

# deb_uri PACKAGE[=VERSION]: URI, file and SHA-256 of what apt would download.
deb_uri() {
  if [[ -n ${DEB_URIS[$1]:-} ]]; then echo "${DEB_URIS[$1]}"; else deb_uris "$1" | grep -m 1 .; fi
}

# deb_uris PACKAGE[=VERSION]...: the same, a line for each that apt knows.
deb_uris() {
  local package names=()
  for package; do
    if [[ $package == *=* ]]; then names+=("${package%%=*}:amd64=${package#*=}"); else names+=("$package:amd64"); fi
  done
  apt-get --print-uris download "${names[@]}" 2>/dev/null |
    sed -nE "s/^'([^']+)' ([^ ]+) [0-9]+ SHA256:([0-9a-f]{64})\$/\1 \2 \3/p"
}

# know_deb_uris NAME=VERSION...: asks apt once for all, which reads its whole index each time that it is asked.
declare -A DEB_URIS
know_deb_uris() {
  local package line
  while read -r line; do
    for package; do
      [[ $line != */"${package%%=*}"_*' '* ]] || DEB_URIS[$package]=$line
    done
  done < <(deb_uris "$@")
}

# fetch_deb FILE SHA256 URI...: prints its path in the cache, whose bytes are those, from the first URI that has them.
fetch_deb() {
  local file=$CACHE/debs/$1 hash=$2 uri part
  if cached_deb "$1" "$2"; then return; fi
  shift 2
  part=$file.part.$BASHPID # others may fetch the same
  [[ ! -e $file ]] || echo "sandpool: $file in the cache is not what it should be, and is fetched anew." >&2
  mkdir -p "$CACHE/debs"
  for uri; do
    # apt's own downloader, with apt's proxies. It looks at the hash too.
    /usr/lib/apt/apt-helper -o APT::Sandbox::User= download-file "${uri//+/%2b}" "$part" "SHA256:$hash" >&2 || continue
    has_hash "$part" "$hash" || continue
    mv -f "$part" "$file" || return 1
    echo "$file"
    return
  done
  rm -f "$part" "$part.FAILED"
  return 1
}

# cached_deb FILE SHA256: prints its path in the cache, if it is there and has those bytes.
cached_deb() { has_hash "$CACHE/debs/$1" "$2" && echo "$CACHE/debs/$1"; }

has_hash() { [[ -f $1 ]] && [[ $(sha256sum <"$1") == "$2 "* ]]; }

# unpack_debs FOLDER PACKAGE...: all of their files, and what a scanner of images needs to know which packages they are.
unpack_debs() {
  local folder=$1 deb debs
  shift
  debs=$(fetch_debs "$@")
  for deb in $debs; do
    dpkg-deb --extract "$deb" "$folder"
    write_status "$deb" "$folder"
  done
}

# write_status DEB FOLDER: the package and the MD5 of its files, where distroless images have them.
write_status() {
  local status
  status=$2/var/lib/dpkg/status.d/$(dpkg-deb --field "$1" Package)
  mkdir -p "$(dirname "$status")"
  { dpkg-deb --field "$1"; echo 'Status: install ok installed'; } >"$status"
  dpkg-deb --info "$1" md5sums >"$status.md5sums"
}

# copy_libraries UNPACKED FOLDER: the shared libraries of unpacked packages, all into one folder. Debian has moved them below
# /usr in some releases.
copy_libraries() {
  local library
  for library in "$1"{,/usr}/lib/x86_64-linux-gnu/*.so*; do
    [[ ! -e $library ]] || cp -a "$library" "$2/"
  done
}
