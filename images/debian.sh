# Sourced: files of Debian packages, fetched once into the cache and unpacked without being installed.

# fetch_debs PACKAGE...: prints the path of each one's .deb of the version that apt would install now.
fetch_debs() {
  local package file
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "The images are assembled from Debian packages, and there is no apt-get and dpkg-deb here."
  mkdir -p "$CACHE/debs" && cd "$CACHE/debs"
  for package in "$@"; do
    file=$(deb_name "$package") || { apt-get update >&2 && file=$(deb_name "$package"); } ||
      fail "apt-get knows no package $package: has apt-get update been run?"
    if [[ ! -f $file ]]; then
      mkdir -p "part.$$" && (cd "part.$$" && apt-get download -q "$package:amd64" >&2 && mv ./*.deb "../$file")
      rm -rf "part.$$"
    fi
    [[ -f $file ]] || fail "The Debian package $package could not be fetched."
    echo "$CACHE/debs/$file"
  done
}

deb_name() { apt-get --print-uris download "$1:amd64" 2>/dev/null | awk 'NR == 1 {print $2} END {exit NR == 0}'; }

# unpack_debs FOLDER PACKAGE...: all of their files, and what a scanner of images needs to know which packages they are.
unpack_debs() {
  local folder=$1 deb debs
  shift
  debs=$(fetch_debs "$@")
  mkdir -p "$folder/var/lib/dpkg/status.d"
  for deb in $debs; do
    dpkg-deb --extract "$deb" "$folder"
    { dpkg-deb --field "$deb"; echo 'Status: install ok installed'; } >"$folder/var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)"
  done
}

# copy_libraries UNPACKED FOLDER: the shared libraries of unpacked packages, all into one folder. Debian has moved them below
# /usr in some releases.
copy_libraries() {
  local library
  for library in "$1"{,/usr}/lib/x86_64-linux-gnu/*.so*; do
    [[ ! -e $library ]] || cp -a "$library" "$2/"
  done
}
