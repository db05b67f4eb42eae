# Sourced: files of Debian packages, fetched once into the cache and unpacked without being installed.

# fetch_debs PACKAGE...: prints the path of each one's .deb, of the version that apt would install now.
fetch_debs() {
  local files file part
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "The images are assembled from Debian packages, and there is no apt-get and dpkg-deb here."
  files=$(deb_names "$@") || { ((EUID)) || apt-get update >&2; files=$(deb_names "$@"); } ||
    fail "apt-get does not know all of these packages, so perhaps apt-get update was never run: $*."
  mkdir -p "$CACHE/debs" && cd "$CACHE/debs"
  for file in $files; do
    [[ -f $file ]] && continue
    part=part.$$ && rm -rf "$part" && mkdir "$part"
    (cd "$part" && apt-get download -q "${file%%_*}:amd64" >&2 && mv "$file" ..) || fail "The Debian package $file could not be fetched."
    rm -rf "$part"
  done
  printf "$CACHE/debs/%s\n" $files
}

deb_names() { apt-get --print-uris download "${@/%/:amd64}" 2>/dev/null | awk '{print $2} END {exit NR == 0}'; }

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
