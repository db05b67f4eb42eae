# Sourced by the scripts of the development node: its names, its programs, its processes.
source "$(dirname "${BASH_SOURCE[0]}")/../../scripts/common.sh"
CLUSTER=$ROOT/e2e/cluster

# One node a machine: the namespace and the addresses are fixed, so the state's place is too, and any clone can stop it.
NETNS=sandpool
HOST_IP=10.99.0.1
NODE_IP=10.99.0.2
NODE_NAME=sandpool
STATE=/var/lib/sandpool-node
CGROUP=sandpool-node
ADMIN=$STATE/admin.kubeconfig
URL=http://$NODE_IP:30080
COMPONENTS=(etcd containerd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)
# Parts that only "node start" starts.
OPTIONAL=(kube-router)

# Inside the node's own mount namespace these are folders of $STATE, so the programs use their usual places, the
# machine's own containerd or kubelet is not met, and every mount is gone with the last process.
PRIVATE=(/run/containerd /var/lib/containerd /var/lib/kubelet /var/lib/cni /var/log/pods /var/log/containers)
CONTAINERD_SOCKET=$STATE/private/run/containerd/containerd.sock

PROGRAMS=(etcd containerd runc gvisor kubernetes)
declare -A MODULE=([etcd]=go.etcd.io/etcd/server/v3 [containerd]=github.com/containerd/containerd/v2
  [runc]=github.com/opencontainers/runc [gvisor]=gvisor.dev/gvisor [kubernetes]=k8s.io/kubernetes [kwok]=sigs.k8s.io/kwok
  [vulnerabilities]=golang.org/x/vuln
  [helm]=helm.sh/helm/v4 [health]=sigs.k8s.io/cli-utils [krew]=sigs.k8s.io/krew [cosign]=github.com/sigstore/cosign/v3
  [kube-router]=github.com/cloudnativelabs/kube-router/v2 [prometheus-operator]=github.com/prometheus-operator/prometheus-operator)

# Compiling is most of a cold build. No debug information, which would be stripped anyway, is 8 % less of it.
GO_BUILD=(build -buildvcs=false -trimpath -gcflags=all=-dwarf=false)
KUBERNETES_PROGRAMS=(kube-apiserver kube-controller-manager kube-proxy kube-scheduler kubelet kubectl)

# What a program is built from.
source_of() {
  if [[ $1 == kubernetes && -n $KUBERNETES ]]; then echo "$CLUSTER/programs/kubernetes-$KUBERNETES"; else echo "$CLUSTER/programs/$1"; fi
}

version_of() { awk -v m="${MODULE[$1]}" '{sub(/^require /, "")} $1 == m && $2 ~ /^v/ {print substr($2, 2)}' "$(source_of "$1")/go.mod"; }

# The place of a program's build: its version, and what it was built from.
program_dir() {
  local hash
  hash=$(cd "$(source_of "$1")" && { find -L . -type f | LC_ALL=C sort | xargs sha256sum; echo "${GO_BUILD[*]}"; } | sha256sum)
  echo "$CACHE/$1-$(version_of "$1")-${hash:0:12}"
}

# The programs are built with a Go of at least that version. An older one that fetches newer ones by itself will do.
go_wanted() { awk '$1 == "go" {print $2}' "$CLUSTER/programs/gvisor/go.mod"; }
has_go() { command -v go >/dev/null && (cd "$CLUSTER/programs/gvisor" && go env GOVERSION) >/dev/null 2>&1; }

need_root() {
  [[ $(uname -s) == Linux ]] || fail "The development node needs Linux; set KUBECONFIG to a cluster that has a RuntimeClass gvisor instead."
  ((EUID == 0)) || fail "The development node needs root: run this with sudo, or set KUBECONFIG to a cluster that has a RuntimeClass gvisor."
}

kubectl() { "$(program_dir kubernetes)/kubectl" --kubeconfig "$ADMIN" --cache-dir "$STATE/kubectl" "$@"; }

# Every process of the node, and of the pods on it, is in a control group of its own name. That, not a number in a file
# that may since have been given to somebody else, says what is ours.
node_groups() { find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d -name "$CGROUP"; }

node_processes() {
  local groups
  mapfile -t groups < <(node_groups)
  ((${#groups[@]} == 0)) || find "${groups[@]}" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un
}

is_ours() { [[ -n ${1:-} ]] && grep -qs "/$CGROUP/" "/proc/$1/cgroup"; }

# pid_of NAME: the process id of a part of the node, nothing when it does not run.
pid_of() {
  local pid name
  pid=$(cat "$STATE/pids/$1" 2>/dev/null) && is_ours "$pid" || return 1
  name=$(tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | head -n 1)
  [[ ${name##*/} == "$1" ]] && echo "$pid"
}

# in_node COMMAND...: runs it in the node's network and mount namespaces. Not `ip netns exec`, which mounts a fresh /sys
# that lacks the control groups.
in_node() { nsenter --net="/run/netns/$NETNS" --mount="/proc/$(pid_of holder)/ns/mnt" -- "$@"; }

ctr() { in_node "$(program_dir containerd)/ctr" --namespace k8s.io "$@"; }

node_ready() {
  [[ $(kubectl get node "$NODE_NAME" --request-timeout=2s -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}') == True ]]
}

healthy() {
  local name
  for name in holder "${COMPONENTS[@]}"; do pid_of "$name" >/dev/null || return 1; done
  node_ready 2>/dev/null
}

# minors: those that KUBERNETES may be beside none, which is the default.
minors() { (cd "$CLUSTER/programs" && printf '%s\n' kubernetes-*) | sed 's/kubernetes-//'; }

# Another minor version of Kubernetes than the default: the one that was asked for, or else that of the node that is up.
KUBERNETES=${KUBERNETES:-}
asked=$KUBERNETES
[[ $(KUBERNETES='' version_of kubernetes) != "$KUBERNETES".* ]] || KUBERNETES=
[[ -z $KUBERNETES || -d $CLUSTER/programs/kubernetes-$KUBERNETES ]] ||
  fail "The node cannot be built with KUBERNETES=$KUBERNETES: beside the default there are $(minors | paste -sd ' ')."
# By nothing but bash: this is read where there are few programs, too.
running_kubernetes() {
  local pid
  [[ -e $STATE/kubernetes && -e $STATE/pids/holder ]] || return 0
  # Empty where the machine lost its power, and not everybody may read it.
  { read -r pid <"$STATE/pids/holder"; } 2>/dev/null || return 0
  [[ ! -e /proc/$pid/cgroup || $(<"/proc/$pid/cgroup") != *"/$CGROUP/"* ]] || echo "$(<"$STATE/kubernetes")"
}
RUNNING_KUBERNETES=$(running_kubernetes)
[[ -n $asked ]] || KUBERNETES=$RUNNING_KUBERNETES
