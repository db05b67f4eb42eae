# Sourced by every script of the project: where things are kept, how a step is told, how a script gives up.
set -euo pipefail
((BASH_VERSINFO[0] >= 5)) || { echo "sandpool: The scripts need bash 5 or later, and this is $BASH_VERSION." >&2 && exit 1; }
shopt -s inherit_errexit # a command that fails inside $(...) ends that as well
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# What takes long to make or to fetch is kept outside the checkout, by version, so that a fresh clone has it at once.
CACHE=${SANDPOOL_CACHE:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/sandpool}

# Variables of these scripts, not of the runner, which refuses what begins with SANDPOOL_ and is unknown to it.
unset_own_variables() { unset SANDPOOL_CACHE SANDPOOL_URL SANDPOOL_EMBEDDED_IMAGE SANDPOOL_OWN_NODE SANDPOOL_PREVIOUS SANDPOOL_LOCAL_URL SANDPOOL_LOCAL_ADMIN_URL SANDPOOL_LOCAL_REUSE_URL SANDPOOL_LOCAL_REUSE_ADMIN_URL; }

fail() {
  echo "sandpool: $*" >&2
  exit 1
}

# The images that go to clusters. The one with gVisor in it is there only where gVisor was built.
IMAGES=(sandbox runner operator)
[[ ! -f $ROOT/target/images/sandbox-embedded.tar ]] || IMAGES+=(sandbox-embedded)

# unique_tag IMAGE: a tag that changes when what make images made does, so that no node takes an older image of the same name for it.
unique_tag() {
  local tar=$ROOT/target/images/$1.tar hash
  [[ -f $tar ]] || fail "There is no $tar: make images makes it."
  hash=$(sha256sum <"$tar")
  echo "${TAG:-dev}-${hash:0:12}"
}

# image_digest IMAGE: the digest of the image that make images made.
image_digest() {
  local tar=$ROOT/target/images/$1.tar
  [[ -f $tar ]] || fail "There is no $tar: make images makes it."
  tar -xOf "$tar" index.json | python3 -c 'import json, sys; print(json.load(sys.stdin)["manifests"][0]["digest"])'
}

# since START: the seconds since then, START being an earlier $EPOCHREALTIME.
since() {
  local now=${EPOCHREALTIME/[.,]/} start=${1/[.,]/}
  printf '%d.%d s' $(((now - start) / 1000000)) $(((now - start) / 100000 % 10))
}

# step WORDS COMMAND...: runs it in a subshell and tells in one line how long it took. What it prints is shown when it fails.
# Not to be used in a condition: there bash would go on after the first command that fails inside COMMAND.
step() {
  local words=$1 start=$EPOCHREALTIME output code=0
  shift
  output=$(mktemp)
  printf '%s ... ' "$words"
  set +e
  (set -e && "$@") >"$output" 2>&1 </dev/null
  code=$?
  set -e
  if ((code)); then
    printf 'failed after %s\n' "$(since "$start")"
    tail -n 60 "$output" >&2
    rm -f "$output"
    fail "$words failed (the lines above say why)."
  fi
  rm -f "$output"
  since "$start" && echo
}

# loud_step WORDS COMMAND...: the same for a command whose output is worth seeing while it runs.
loud_step() {
  local words=$1 start=$EPOCHREALTIME code=0
  shift
  echo "$words ..."
  set +e
  (set -e && "$@") </dev/null
  code=$?
  set -e
  ((code == 0)) || fail "$words failed after $(since "$start")."
  echo "$words: $(since "$start")"
}

# until_true SECONDS COMMAND...: tries it every 50 ms until it succeeds.
until_true() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}

# debian_packages COMMAND=PACKAGE...: installs the packages whose command, or whose file when it begins with /, is missing.
debian_packages() {
  local pair missing=()
  for pair in "$@"; do
    if [[ $pair == /* ]]; then [[ -e ${pair%%=*} ]]; else [[ -n $(PATH=$PATH:/usr/sbin:/sbin type -P "${pair%%=*}") ]]; fi ||
      missing+=("${pair#*=}")
  done
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null ||
    fail "There is no apt-get here: please install by hand what these Debian packages hold: ${missing[*]}."
  ((EUID == 0)) || fail "Only root can install the Debian packages that are missing: ${missing[*]}."
  step "Installing ${missing[*]}" apt_install "${missing[@]}"
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y --no-install-recommends "$@" && return
  apt-get update && apt-get install -y --no-install-recommends "$@"
}

# python_tools FILE: a Python environment with what the lock FILE names, outside the checkout, made once for each content of FILE. pip takes
# no file whose SHA-256 is not in the lock. Prints its folder.
python_tools() {
  local hash folder
  hash=$(sha256sum <"$1")
  folder=$CACHE/$(basename "$1" .txt)-${hash:0:12}
  if [[ ! -f $folder/complete ]]; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || debian_packages /usr/lib/python3/dist-packages/ensurepip=python3-venv >&2
    step "Installing what $(basename "$1") names" install_python_tools "$1" "$folder" >&2
  fi
  echo "$folder"
}

# An environment knows its own path, so it cannot be made elsewhere and moved. What is half made is taken away.
install_python_tools() {
  rm -rf "$2"
  python3 -m venv "$2"
  "$2/bin/pip" install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement "$1"
  touch "$2/complete"
}
