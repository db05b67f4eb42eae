package dev.sandpool.runner;

import dev.sandpool.runner.config.RunnerConfig;
import dev.sandpool.runner.config.Setting;
import dev.sandpool.runner.dashboard.PoolSnapshot;
import dev.sandpool.runner.sandbox.PoolOwner;
import dev.sandpool.runner.sandbox.kubernetes.KubernetesPool;
import dev.sandpool.runner.sandbox.local.FixedPool;
import dev.sandpool.runner.sandbox.local.LocalSandboxes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Creates the kind of pool that the settings ask for. */
final class Backends {
    private Backends() {}

    static PoolOwner owner(RunnerConfig config) {
        return switch (config.backend()) {
            case RunnerConfig.Local local -> local(local);
            case RunnerConfig.Kubernetes kubernetes ->
                KubernetesPool.of(
                        kubernetes.pool(),
                        kubernetes.namespace(),
                        kubernetes.podName().orElseGet(Backends::hostName),
                        kubernetes.podUid());
        };
    }

    private static PoolOwner local(RunnerConfig.Local local) {
        try {
            var sandboxes = new LocalSandboxes(
                    new LocalSandboxes.Settings(local.contained(), local.rootfs(), local.runsc()),
                    local.pool().revision().limits());
            sandboxes.tryOne(local.pool().revision());
            return new FixedPool(sandboxes, local.pool());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot prepare local sandboxes", e);
        }
    }

    static PoolSnapshot.Names names(RunnerConfig config) {
        return switch (config.backend()) {
            case RunnerConfig.Local _ -> new PoolSnapshot.Names("local", "local");
            case RunnerConfig.Kubernetes kubernetes ->
                new PoolSnapshot.Names(kubernetes.pool(), kubernetes.podName().orElseGet(Backends::hostName));
        };
    }

    /** Returns the host name. In a pod it is the pod's name, unless the pod's spec sets another one. */
    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("this host has no name: set " + Setting.POD_NAME.variable(), e);
        }
    }
}
