# Sourced: which cluster is meant. With KUBECONFIG it is that one, if it can run gVisor pods; else the development node.
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/cluster/lib.sh"

is_own() { [[ -z ${KUBECONFIG:-} || $KUBECONFIG == "$ADMIN" ]]; }

# The user's own kubectl, or the one that was built with the development node.
on_cluster() {
  local command
  is_own && { kubectl "$@"; return; }
  command=$(command -v kubectl || type -P "$(program_dir kubernetes)/kubectl") || fail "There is no kubectl here, which KUBECONFIG=$KUBECONFIG needs."
  "$command" "$@"
}

# Why there is no cluster to test on; nothing when there is one, or one can be had.
no_cluster_because() {
  if ! is_own; then
    on_cluster get runtimeclass gvisor >/dev/null 2>&1 || echo "the cluster of KUBECONFIG=$KUBECONFIG does not answer, or has no RuntimeClass gvisor"
  elif [[ $(uname -s) != Linux ]]; then echo "this is not Linux, and KUBECONFIG names no other cluster"
  elif ((EUID)); then echo "this is not root, and KUBECONFIG names no other cluster"
  elif ! command -v go >/dev/null && [[ ! -d $(program_dir kubernetes) ]]; then echo "there is no Go to build the node with, and KUBECONFIG names no other cluster"
  fi
}

# with_cluster COMMAND...: runs it with the runner deployed. A node that was started for it is stopped after it.
with_cluster() {
  if is_own; then
    [[ -n $(pid_of holder) ]] || trap '"$CLUSTER/down"' EXIT
    "$CLUSTER/up"
    export KUBECONFIG=$ADMIN
  fi
  make -C "$ROOT" images deploy
  SANDPOOL_URL=$("$ROOT/manifests/url")
  export SANDPOOL_URL
  loud_step "$@"
}
