# Sourced by build: the runner image, laid out like the distroless Java images, with a Java runtime that has only what
# the runner's jars use, and an AOT cache trained with just that runtime, those jars and these flags.

RUNNER_PACKAGES=(libc6 tzdata)
MAIN=dev.sandpool.runner.RunnerMain
# Found by no jdeps, because they are reached by name: flight recordings, the operating system's figures, keep-alive
# options of sockets.
EXTRA_MODULES=jdk.jfr,jdk.management,jdk.net
# The cache is refused unless the flags that it was trained with are given again, so they are written once, here. JDK 25
# saves adapters that it then does not recognize, and warns of each at every start: these are left out.
# Half of the heap is for young objects: a run passes several times its program's size through it, and with the small young
# generation that a small heap begins with each run waited for two or three collections of 12 ms.
JAVA_FLAGS=(-XX:+UnlockDiagnosticVMOptions -XX:-AOTAdapterCaching
  -XX:+UseSerialGC -XX:MaxRAMPercentage=50 -XX:InitialRAMPercentage=50 -XX:NewRatio=1 -XX:MetaspaceSize=64m -XX:+ExitOnOutOfMemoryError
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dfile.encoding=UTF-8)

runner_base() {
  local root=$1 unpacked=$WORK/runner-debs
  unpack_debs "$unpacked" "${RUNNER_PACKAGES[@]}"
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
  modules=$("$JAVA_HOME/bin/jdeps" --print-module-deps --ignore-missing-deps --multi-release 25 "$@" | tail -n 1),$EXTRA_MODULES
  key=$({ cat "$JAVA_HOME/release"; echo "$modules"; } | sha256sum)
  key=$CACHE/java-runtime-${key:0:16}
  if [[ ! -d $key ]]; then
    rm -rf "$key.part"
    "$JAVA_HOME/bin/jlink" --add-modules "$modules" --no-header-files --no-man-pages --strip-java-debug-attributes --output "$key.part"
    mv "$key.part" "$key"
  fi
  cp -r "$key" "$folder"
}

# train FOLDER: the AOT cache of the runtime and the jars below it, which remembers their paths only from there on. What
# it is trained on is the runner as make run starts it, with sandboxes of its own kind, some runs, and an orderly end.
train() {
  local root=$1 port=$((20000 + RANDOM % 20000)) runner answer
  (
    cd "$root"
    unset_own_variables
    export SANDPOOL_CONTAINED=$ROOT/contained/target/contained SANDPOOL_SANDBOXES=local SANDPOOL_RUNSC=none
    export SANDPOOL_LISTEN=127.0.0.1:$port SANDPOOL_ADMIN_LISTEN=127.0.0.1:$((port + 1)) SANDPOOL_WORKERS=2
    exec opt/java/bin/java "${JAVA_FLAGS[@]}" -XX:AOTCacheOutput=app/runner.aot -cp "$(class_path "$root" "")" "$MAIN"
  ) &
  runner=$!
  "$HERE/train.py" "$port" "$ROOT/contained/target/contained" || { kill -9 "$runner"; return 1; }
  kill -TERM "$runner"
  wait "$runner"
  [[ -s $root/app/runner.aot ]]
}

# class_path ROOT PREFIX: the runner's jar and its libraries, in an order that is always the same.
class_path() {
  printf '%s' "$2app/runner.jar"
  (cd "$1/app/lib" && LC_ALL=C ls) | while read -r jar; do printf ':%s' "$2app/lib/$jar"; done
}

runner_config() {
  local root=$1
  python3 - "$(class_path "$root" /)" "$MAIN" "${JAVA_FLAGS[@]}" <<'EOT'
import json, sys
class_path, main, *flags = sys.argv[1:]
print(json.dumps({
    "User": "65532:65532",
    "WorkingDir": "/",
    "ExposedPorts": {"80/tcp": {}, "8081/tcp": {}},
    "Env": ["SANDPOOL_LISTEN=0.0.0.0:80", "SANDPOOL_ADMIN_LISTEN=0.0.0.0:8081", "SANDPOOL_SANDBOXES=kubernetes"],
    "Entrypoint": ["/opt/java/bin/java", *flags, "-XX:AOTCache=/app/runner.aot", "-cp", class_path, main],
}))
EOT
}

runner_image() {
  local base=$WORK/runner-base own=$WORK/runner-own jars
  jars=("$ROOT"/runner/target/runner-*.jar "$ROOT"/runner/target/lib/*.jar)
  [[ -f ${jars[0]} && -f ${jars[1]} ]] || fail "The runner's jars are not there: make images builds them first."
  mkdir -p "$own/opt" "$own/app/lib"
  cp "${jars[0]}" "$own/app/runner.jar"
  cp "${jars[@]:1}" "$own/app/lib/"
  java_runtime "$own/opt/java" "${jars[@]}"
  # The cache remembers the times of what it was made from; in the image they are these.
  find "$own" -exec touch -d @1767225600 {} +
  train "$own"
  if [[ -n ${BASE:-} ]]; then base=$BASE; else runner_base "$base"; fi
  runner_config "$own" >"$WORK/runner.json"
  "$HERE/oci.py" --name "localhost/sandpool-runner:dev" --config "$WORK/runner.json" --out "$OUT/runner.tar" --base "$base" "$own"
}
