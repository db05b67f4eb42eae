# Sourced: which cluster is meant. With KUBECONFIG it is that one, if it can run gVisor pods; else the development node.
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/cluster/lib.sh"

is_own() { [[ -z ${KUBECONFIG:-} || $KUBECONFIG == "$ADMIN" ]]; }

# The user's own kubectl, or the one that was built with the development node.
kubectl_program() {
  type -P kubectl || type -P "$(program_dir kubernetes)/kubectl" || fail "There is no kubectl here: install it, or build one with make cluster-up."
}

on_cluster() {
  local command
  is_own && { kubectl "$@"; return; }
  command=$(kubectl_program)
  "$command" "$@"
}

# image_name IMAGE: the name by which the cluster takes it.
image_name() {
  local tag registry=${REGISTRY:-localhost}
  tag=$(unique_tag "$1")
  # Images that were loaded by hand have the names of their tars.
  [[ ${REGISTRY:-} != localhost ]] || tag=dev
  echo "${registry%/}/sandpool-$1:$tag"
}

# rendered FOLDER OLD=NAME:TAG...: prints the objects of a folder of manifests/, with other images in the place of the old ones.
rendered() {
  local work=$ROOT/target/kustomization command image name
  command=$(kubectl_program)
  rm -rf "$work"
  mkdir -p "$work"
  # Besides containers, images are named in a variable of the operator's and in pools.
  cp "$ROOT/manifests/base/images.yaml" "$work/base.yaml"
  cp "$ROOT/manifests/dev/playground/images.yaml" "$work/pool.yaml"
  {
    printf '%s\n' 'apiVersion: kustomize.config.k8s.io/v1beta1' 'kind: Kustomization' "resources: [../../manifests/$1]" \
      'configurations: [base.yaml, pool.yaml]' 'images:'
    for image in "${@:2}"; do
      name=${image#*=} # a registry's port is a part of it
      echo "- {name: '${image%%=*}', newName: '${name%:*}', newTag: '${name##*:}'}"
    done
  } >"$work/kustomization.yaml"
  "$command" kustomize "$work"
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
  on_cluster -n sandpool get sandboxpools -o yaml --ignore-not-found
  on_cluster get pods -o wide -n sandpool-system
  on_cluster get pods -o wide -n sandpool
  on_cluster -n sandpool get events --sort-by=.lastTimestamp | tail -n 20
  on_cluster -n sandpool-system logs -l app.kubernetes.io/name=sandpool-operator --prefix --tail=40
  on_cluster -n sandpool logs -l sandpool.dev/pool=playground,sandpool.dev/role=runner --prefix --tail=40
} >&2

# deployed: operator and pool are on the cluster, and the environment tells the tests where. When the script ends badly it says how things
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
  if [[ -f $ROOT/target/images/sandbox-embedded.tar ]]; then
    SANDPOOL_EMBEDDED_IMAGE=$(image_name sandbox-embedded)
    export SANDPOOL_EMBEDDED_IMAGE
  fi
}

# tests_on_cluster OPTION-OF-MAVEN...: runs the tests on the cluster. The operator and the pool playground must be deployed.
tests_on_cluster() {
  ! is_own || make --silent -C "$ROOT" sample-images
  # So that no test's time is that of a compiler.
  ! is_own || "$CLUSTER/build" kube-router
  loud_step "Maven: tests on the cluster" "$ROOT/scripts/maven" -Pe2e -pl e2e -am -DskipTests "$@" verify
}

end_of_tests() {
  local code=$?
  ((code == 0)) || cluster_report || true
  [[ -z ${STARTED_NODE:-} ]] || "$CLUSTER/down"
}
