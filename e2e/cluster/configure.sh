# Sourced by up: keys, certificates and configuration files of the node, all below $STATE.

# Elliptic keys: all the certificates take a tenth of the time of one RSA key.
ELLIPTIC=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1)

# certificate NAME SUBJECT [NAMES [KIND OF KEY...]]
certificate() {
  local name=$1 subject=$2 names=${3:-} key=("${@:4}")
  ((${#key[@]})) || key=("${ELLIPTIC[@]}")
  openssl req -new "${key[@]}" -nodes -keyout "$name.key" -subj "$subject" -out "$name.csr"
  openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 365 -out "$name.crt" \
    -extfile <(printf '%s\nextendedKeyUsage=serverAuth,clientAuth' "${names:+subjectAltName=$names}")
}

certificates() {
  mkdir -p "$STATE/pki" && chmod 700 "$STATE/pki" && cd "$STATE/pki"
  openssl req -x509 "${ELLIPTIC[@]}" -nodes -keyout ca.key -out ca.crt -days 365 -subj /CN=sandpool-node
  openssl ecparam -name prime256v1 -genkey -noout -out service-account.key
  openssl ec -in service-account.key -pubout -out service-account.pub
  certificate apiserver /CN=kube-apiserver \
    "IP:127.0.0.1,IP:10.96.0.1,IP:$NODE_IP,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE_NAME" "IP:127.0.0.1,IP:$NODE_IP,DNS:$NODE_NAME"
  certificate kubelet-client /O=system:masters/CN=apiserver-kubelet-client
  # Fabric8's client takes a key in PKCS #8 for an RSA key.
  certificate admin /O=system:masters/CN=admin '' -newkey rsa:2048
  certificate controller-manager /CN=system:kube-controller-manager
  certificate scheduler /CN=system:kube-scheduler
  certificate proxy /CN=system:kube-proxy
}

kubeconfig() {
  local name=$1
  (umask 077 && cat >"$STATE/$name.kubeconfig") <<EOT
apiVersion: v1
kind: Config
current-context: sandpool
contexts: [{name: sandpool, context: {cluster: sandpool, user: $name}}]
clusters:
- name: sandpool
  cluster: {server: "https://$NODE_IP:6443", certificate-authority-data: $(base64 -w0 "$STATE/pki/ca.crt")}
users:
- name: $name
  user: {client-certificate-data: $(base64 -w0 "$STATE/pki/$name.crt"), client-key-data: $(base64 -w0 "$STATE/pki/$name.key")}
EOT
}

container_runtime() {
  printf '[runsc_config]\n  platform = "systrap"\n' >"$STATE/runsc.toml"
  cat >"$STATE/containerd.toml" <<EOT
version = 3
disabled_plugins = ["io.containerd.nri.v1.nri", "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs",
  "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing"]
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "localhost/sandpool-pause:dev"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true # root may lack CAP_SYS_RESOURCE
  netns_mounts_under_state_dir = true # else the pods' network namespaces are left among the machine's own
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "$STATE/cni"
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runsc]
      runtime_type = "io.containerd.runsc.v1"
      pod_annotations = ["dev.gvisor.*"]
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runsc.options]
        TypeUrl = "io.containerd.runsc.v1.options"
        ConfigPath = "$STATE/runsc.toml"
EOT
  mkdir -p "$STATE/cni"
  # ptp without masquerade costs less for each pod (docs/nodes.md), but the machine has no route to pods, and tests have them speak to it.
  cat >"$STATE/cni/10-bridge.conflist" <<'EOT'
{"cniVersion": "0.4.0", "name": "sandpool", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/16"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
EOT
}

kubelet_configuration() {
  cat >"$STATE/kubelet.yaml" <<EOT
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 0.0.0.0
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $STATE/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $STATE/pki/kubelet.crt
tlsPrivateKeyFile: $STATE/pki/kubelet.key
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
volumePluginDir: /var/lib/kubelet/volumeplugins
cgroupDriver: cgroupfs
cgroupRoot: /$CGROUP
failSwapOn: false
failCgroupV1: false # which 1.35 would, and this machine may have nothing else
clusterDomain: cluster.local
clusterDNS: [10.96.0.10]
resolvConf: ""
maxPods: 250
# A Secret that changes reaches its pods within so long, and half of it more; the default is a minute, which tests would wait for.
syncFrequency: 10s
kubeAPIQPS: 500
kubeAPIBurst: 1000
eventRecordQPS: 0
# The images were imported by hand and cannot be pulled again: never collect them.
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi}
EOT
}

# The control group that all of the node lives in: its programs in system/, its pods below kubepods/ (made by the kubelet).
control_groups() {
  local hierarchy file
  if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    mkdir -p "/sys/fs/cgroup/$CGROUP/system"
    for hierarchy in /sys/fs/cgroup "/sys/fs/cgroup/$CGROUP"; do
      for file in $(cat "$hierarchy/cgroup.controllers"); do echo "+$file" >"$hierarchy/cgroup.subtree_control" || true; done
    done
    return
  fi
  for hierarchy in $(awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/self/mounts); do
    mkdir -p "$hierarchy/$CGROUP"
    # A new group of this kind has no processors, and so takes no process, until it is told.
    for file in cpuset.cpus cpuset.mems; do
      [[ ! -e $hierarchy/$file ]] || cat "$hierarchy/$file" >"$hierarchy/$CGROUP/$file"
    done
  done
  mkdir -p "$(awk '$3 == "cgroup" && $4 ~ /(^|,)pids(,|$)/ {print $2}' /proc/self/mounts)/$CGROUP/system"
}

network() {
  make_folder /run/netns # which ip makes a mount of its own
  ip netns add "$NETNS"
  ip link add sandpool0 type veth peer name eth0 netns "$NETNS"
  ip addr add "$HOST_IP/24" dev sandpool0
  ip link set sandpool0 up
  ip -n "$NETNS" addr add "$NODE_IP/24" dev eth0
  ip -n "$NETNS" link set eth0 up
  ip -n "$NETNS" link set lo up
  ip -n "$NETNS" route add default via "$HOST_IP"
  nsenter --net="/run/netns/$NETNS" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
}

# A folder of the machine's that the node needs; down removes those that were not there before.
make_folder() { [[ -d $1 ]] || { echo "$1" >>"$STATE/made" && mkdir -p "$1"; }; }

configure() {
  local folder name
  umask 022
  mkdir -p "$STATE"/{pids,log,etcd}
  echo "$KUBERNETES" >"$STATE/kubernetes"
  network
  control_groups
  for folder in "${PRIVATE[@]}"; do
    mkdir -p "$STATE/private$folder"
    make_folder "$folder" # the mount points must exist outside too
  done
  certificates
  for name in admin controller-manager scheduler proxy kubelet; do kubeconfig "$name"; done
  container_runtime
  kubelet_configuration
}
