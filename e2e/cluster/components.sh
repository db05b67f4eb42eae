# Sourced: how each part of the node is started. The functions print nothing and replace the shell that calls them.

etcd() {
  # The data is worth nothing after the node: not waiting for the disk makes every write of the API server faster.
  exec "$(program_dir etcd)/etcd" --data-dir "$STATE/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379
}

containerd() {
  export PATH=$(program_dir containerd):$(program_dir runc):$(program_dir gvisor):$PATH # the shims are found by it, and by them runc and runsc
  exec "$(program_dir containerd)/containerd" --config "$STATE/containerd.toml"
}

kube-apiserver() {
  # By its address: the node's name is in no DNS.
  exec "$(program_dir kubernetes)/kube-apiserver" --etcd-servers http://127.0.0.1:2379 \
    --bind-address 0.0.0.0 --advertise-address "$NODE_IP" --kubelet-preferred-address-types InternalIP \
    --tls-cert-file "$STATE/pki/apiserver.crt" --tls-private-key-file "$STATE/pki/apiserver.key" \
    --client-ca-file "$STATE/pki/ca.crt" --kubelet-certificate-authority "$STATE/pki/ca.crt" \
    --kubelet-client-certificate "$STATE/pki/kubelet-client.crt" --kubelet-client-key "$STATE/pki/kubelet-client.key" \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$STATE/pki/service-account.pub" \
    --service-account-signing-key-file "$STATE/pki/service-account.key" --service-cluster-ip-range 10.96.0.0/16 \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged=true
}

# One of each, so nobody to elect a leader among; and no client-side rate limits of their own, which on one small node
# would be measured instead of the node.
kube-controller-manager() {
  exec "$(program_dir kubernetes)/kube-controller-manager" --kubeconfig "$STATE/controller-manager.kubeconfig" \
    --service-account-private-key-file "$STATE/pki/service-account.key" --root-ca-file "$STATE/pki/ca.crt" \
    --use-service-account-credentials=true --leader-elect=false --kube-api-qps 500 --kube-api-burst 1000
}

kube-scheduler() {
  exec "$(program_dir kubernetes)/kube-scheduler" --kubeconfig "$STATE/scheduler.kubeconfig" \
    --leader-elect=false --kube-api-qps 500 --kube-api-burst 1000
}

kubelet() {
  exec "$(program_dir kubernetes)/kubelet" --config "$STATE/kubelet.yaml" --kubeconfig "$STATE/kubelet.kubeconfig" \
    --hostname-override "$NODE_NAME" --node-ip "$NODE_IP"
}

kube-proxy() {
  # 0: leaves the kernel's connection tracking as it is, which is the whole machine's.
  exec "$(program_dir kubernetes)/kube-proxy" --kubeconfig "$STATE/proxy.kubeconfig" --hostname-override "$NODE_NAME" \
    --proxy-mode nftables --cluster-cidr 10.244.0.0/16 --conntrack-max-per-core 0 \
    --conntrack-tcp-timeout-established 0 --conntrack-tcp-timeout-close-wait 0
}

# Enforces NetworkPolicies by iptables and ipset, and does nothing else: the routes are the bridge's, and the Services are kube-proxy's.
kube-router() {
  exec "$(program_dir kube-router)/kube-router" --kubeconfig "$ADMIN" --hostname-override "$NODE_NAME" \
    --run-firewall=true --run-router=false --run-service-proxy=false --enable-cni=false \
    --service-cluster-ip-range 10.96.0.0/16 --health-port 20244
}

# Takes away what kube-router leaves when it ends. Others have rules in the same table.
unfilter() {
  in_node "$BASH" -euo pipefail -c '
    iptables-save -t filter | grep -vE "KUBE-(ROUTER|POD-FW|NWPLCY)-" | iptables-restore -T filter
    for set in $(ipset list -name); do case $set in KUBE-SRC-* | KUBE-DST-*) ipset destroy "$set" ;; esac done'
}

# What keeps the node's mount namespace when every other part is stopped, and is the way into it. In it the node's own
# folders lie over the places that its programs use.
holder() {
  local folder
  mount --make-rshared /
  for folder in "${PRIVATE[@]}"; do mount --bind "$STATE/private$folder" "$folder"; done
  exec -a holder sleep infinity
}

# start NAME: in the node's namespaces and control group, its output in a log of its own.
start() {
  local name=$1 enter=(nsenter --net="/run/netns/$NETNS" "--mount=/proc/$(pid_of holder)/ns/mnt")
  launch "$name" "${enter[@]}"
}

launch() {
  local name=$1 hierarchy descriptor
  shift
  (
    # A caller's lock would be held until the node ends.
    for descriptor in /proc/"$BASHPID"/fd/*; do
      descriptor=${descriptor##*/}
      ((descriptor <= 2 || descriptor >= 255)) || exec {descriptor}>&-
    done
    cd "$STATE"
    for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
      [[ -e $hierarchy/$CGROUP/system/cgroup.procs ]] && echo "$BASHPID" >"$hierarchy/$CGROUP/system/cgroup.procs"
    done
    echo "$BASHPID" >"$STATE/pids/$name"
    exec setsid "$@" "$CLUSTER/node" run "$name" >>"$STATE/log/$name.log" 2>&1 </dev/null
  ) &
  until_true 5 pid_of "$name" || fail "$name did not start; its log is $STATE/log/$name.log."
}
