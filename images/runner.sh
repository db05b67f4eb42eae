# Sourced by build: the runner image, with an AOT cache trained with just its runtime, its jars and these flags.

RUNNER_MAIN=dev.sandpool.runner.RunnerMain
# The cache is refused unless the flags that it was trained with are given again, so they are written once, here. JDK 25
# saves adapters that it then does not recognize, and warns of each at every start: these are left out.
# Half of the heap is for young objects: a run passes several times its program's size through it, and with the small young
# generation that a small heap begins with each run waited for two or three collections of 12 ms.
RUNNER_FLAGS=(-XX:+UnlockDiagnosticVMOptions -XX:-AOTAdapterCaching
  -XX:+UseSerialGC -XX:MaxRAMPercentage=50 -XX:InitialRAMPercentage=50 -XX:NewRatio=1 -XX:MetaspaceSize=64m -XX:+ExitOnOutOfMemoryError
  --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dfile.encoding=UTF-8)

# train FOLDER: the AOT cache of the runtime and the jars below it, which remembers their paths only from there on. What
# it is trained on is the runner as a pool starts it: see train.py.
# With UNTRAINED=yes a stub takes its place: for images that are compared, and not run.
train() {
  local root=$1
  if [[ ${UNTRAINED:-} == yes ]]; then echo untrained >"$root/app/runner.aot" && return; fi
  cd "$root"
  "$HERE/train.py" "$ROOT/contained/target/contained" opt/java/bin/java "${RUNNER_FLAGS[@]}" -XX:AOTCacheOutput=app/runner.aot \
    -cp "$(class_path "$root" runner "")" "$RUNNER_MAIN"
  [[ -s app/runner.aot ]]
}

runner_image() {
  local own=$WORK/runner-own trained=$WORK/runner-trained
  java_program "$own" runner
  # The cache remembers the times of what it was made from; in the image they are these.
  find "$own" -exec touch -d @1767225600 {} +
  (train "$own")
  # No training is like another one, so what it leaves is a layer of its own: all else is the same at each build.
  mkdir -p "$trained/app"
  mv "$own/app/runner.aot" "$trained/app/"
  java_config '80 8081' \
    'SANDPOOL_LISTEN=0.0.0.0:80 SANDPOOL_ADMIN_LISTEN=0.0.0.0:8081 SANDPOOL_SANDBOXES=kubernetes' \
    "${RUNNER_FLAGS[@]}" -XX:AOTCache=/app/runner.aot -cp "$(class_path "$own" runner /)" "$RUNNER_MAIN" >"$WORK/runner.json"
  java_image runner "$own" "$trained"
}
