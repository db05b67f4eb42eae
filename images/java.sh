# Sourced by build: what the images of the Java programs have in common. They are laid out like the distroless Java images, with a Java
# runtime that has only what the program's jars use.

JAVA_PACKAGES=(libc6 tzdata)
# Found by no jdeps, because they are reached by name: flight recordings, the operating system's figures, keep-alive
# options of sockets.
EXTRA_MODULES=jdk.jfr,jdk.management,jdk.net

# java_base ROOT: the files below the runtime.
java_base() {
  local root=$1 unpacked=$WORK/java-debs
  unpack_debs "$unpacked" "${JAVA_PACKAGES[@]}"
  mkdir -p "$root"/{app,dev,etc,home,lib,proc,run,sys,tmp} "$root/usr/share" "$root/var/lib"
  ln -s lib "$root/lib64"
  copy_libraries "$unpacked" "$root/lib"
  cp -r "$unpacked/usr/share/zoneinfo" "$root/usr/share/"
  cp -r "$unpacked/var/lib/dpkg" "$root/var/lib/"
  printf '%s\n' root:x:0:0:root:/root:/sbin/nologin nonroot:x:65532:65532:nonroot:/home:/sbin/nologin >"$root/etc/passwd"
  printf '%s\n' root:x:0: nonroot:x:65532: >"$root/etc/group"
  printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >"$root/etc/nsswitch.conf"
  chmod 1777 "$root/tmp"
}

# java_runtime FOLDER JAR...: the modules that the jars use. A matter of the JDK and the list, so it is linked once for both.
java_runtime() {
  local folder=$1 modules key
  shift
  modules=$("$JAVA_HOME/bin/jdeps" --print-module-deps --ignore-missing-deps --multi-release 25 "$@" | tail -n 1)
  [[ $modules != Error* ]] || fail "jdeps: $modules"
  modules+=,$EXTRA_MODULES
  key=$({ cat "$JAVA_HOME/release"; echo "$modules"; } | sha256sum)
  key=$CACHE/java-runtime-${key:0:16}
  if [[ ! -d $key ]]; then
    rm -rf "$key.part"
    "$JAVA_HOME/bin/jlink" --add-modules "$modules" --no-header-files --no-man-pages --strip-java-debug-attributes --output "$key.part"
    mv "$key.part" "$key"
  fi
  cp -r "$key" "$folder"
}

# java_program ROOT NAME: the module NAME's jar, its libraries and the runtime for them, below ROOT.
java_program() {
  local root=$1 name=$2 jars
  jars=("$ROOT/$name/target/$name"-*.jar "$ROOT/$name"/target/lib/*.jar)
  [[ -f ${jars[0]} && -f ${jars[1]} ]] || fail "The jars of the $name are not there: make images builds them first."
  mkdir -p "$root/opt" "$root/app/lib"
  cp "${jars[0]}" "$root/app/$name.jar"
  cp "${jars[@]:1}" "$root/app/lib/"
  java_runtime "$root/opt/java" "${jars[@]}"
}

# class_path ROOT NAME PREFIX: the jar and its libraries, in an order that is always the same.
class_path() {
  printf '%s' "$3app/$2.jar"
  (cd "$1/app/lib" && LC_ALL=C ls) | while read -r jar; do printf ':%s' "$3app/lib/$jar"; done
}

# java_config 'PORT...' 'VARIABLE=VALUE...' WORD...: the image's configuration; the words are java's own arguments.
java_config() {
  python3 - "$@" <<'EOT'
import json, sys
ports, variables, *words = sys.argv[1:]
print(json.dumps({
    "User": "65532:65532",
    "WorkingDir": "/",
    "ExposedPorts": {f"{port}/tcp": {} for port in ports.split()},
    "Env": variables.split(),
    "Entrypoint": ["/opt/java/bin/java", *words],
}))
EOT
}

# java_image NAME FOLDER...: the module's image, of java_program's FOLDER, what is to be a layer of its own, and the configuration NAME.json,
# on BASE or else Debian's files.
java_image() {
  local base=$WORK/java-base
  if [[ -n ${BASE:-} ]]; then base=$BASE; elif [[ ! -d $base ]]; then java_base "$base"; fi
  "$HERE/oci.py" --name "localhost/sandpool-$1:dev" --config "$WORK/$1.json" --out "$OUT/$1.tar" --base "$base" "${@:2}"
  TOOLS+=("jdk=$("$JAVA_HOME/bin/java" --version | sed -n 2p)" "maven=$(mvn --batch-mode --version | sed -nE '1{s/\x1b\[[0-9;]*m//g;p}')")
  describe "$1" --maven "$ROOT/$1/target/libraries.json" --jdk "$JAVA_HOME/release"
}
