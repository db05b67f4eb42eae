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

# What a person wants to see of a cluster on which something failed, while it is still there.
cluster_report() {
  on_cluster -n sandpool get pods -o wide
  on_cluster -n sandpool get events --sort-by=.lastTimestamp | tail -n 20
  on_cluster -n sandpool logs deployment/sandpool-runner --tail=40
} >&2

# deployed: the runner is on the cluster, and the environment tells the tests where. When the script ends badly it says how things
# stand there, and a node that was started for it is stopped.
deployed() {
  if is_own; then
    [[ -n $(pid_of holder) ]] || STARTED_NODE=yes
    trap end_of_tests EXIT
    "$CLUSTER/up"
    export KUBECONFIG=$ADMIN SANDPOOL_OWN_NODE=1
  fi
  make --silent -C "$ROOT" deploy
  SANDPOOL_URL=$("$ROOT/manifests/url")
  export SANDPOOL_URL
}

end_of_tests() {
  local code=$?
  ((code == 0)) || cluster_report || true
  [[ -z ${STARTED_NODE:-} ]] || "$CLUSTER/down"
}
