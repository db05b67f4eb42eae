# Sourced by build: the operator image. No AOT cache: it starts seldom, and the other replica waits warm.

OPERATOR_MAIN=dev.sandpool.operator.OperatorMain
OPERATOR_FLAGS=(-XX:+UseSerialGC -XX:MaxRAMPercentage=50 -XX:+ExitOnOutOfMemoryError -Dfile.encoding=UTF-8)

operator_image() {
  local own=$WORK/operator-own
  java_program "$own" operator
  java_config 8081 SANDPOOL_OPERATOR_LISTEN=0.0.0.0:8081 \
    "${OPERATOR_FLAGS[@]}" -cp "$(class_path "$own" operator /)" "$OPERATOR_MAIN" >"$WORK/operator.json"
  java_image operator "$own"
}
