package dev.sandpool.runner;

import dev.sandpool.runner.sandbox.KubernetesSandboxes;
import dev.sandpool.runner.sandbox.LocalSandboxes;
import dev.sandpool.runner.sandbox.Sandboxes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** Makes the kind of sandboxes that the settings ask for. */
final class Backends {
    private Backends() {}

    static Sandboxes sandboxes(RunnerConfig config) {
        return switch (config.backend()) {
            case RunnerConfig.Local local -> local(local, config);
            case RunnerConfig.Kubernetes kubernetes -> kubernetes(kubernetes, config);
        };
    }

    private static Sandboxes local(RunnerConfig.Local local, RunnerConfig config) {
        try {
            return new LocalSandboxes(
                    new LocalSandboxes.Settings(local.contained(), local.rootfs(), local.runsc()),
                    config.sandboxLimits());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot prepare local sandboxes", e);
        }
    }

    private static Sandboxes kubernetes(RunnerConfig.Kubernetes kubernetes, RunnerConfig config) {
        return new KubernetesSandboxes(
                new KubernetesSandboxes.Settings(
                        kubernetes.namespace(),
                        kubernetes.podTemplate(),
                        kubernetes.podName().orElseGet(Backends::hostName),
                        kubernetes.podUid()),
                config.sandboxLimits());
    }

    /** In a pod that is the pod's name, unless its spec says otherwise. */
    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            throw new IllegalStateException("this host has no name: set " + Setting.POD_NAME.variable(), e);
        }
    }
}
