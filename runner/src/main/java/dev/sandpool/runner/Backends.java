package dev.sandpool.runner;

import dev.sandpool.runner.sandbox.LocalSandboxes;
import dev.sandpool.runner.sandbox.Sandboxes;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Makes the kind of sandboxes that the settings ask for. */
final class Backends {
    private Backends() {}

    static Sandboxes sandboxes(RunnerConfig config) {
        return switch (config.backend()) {
            case RunnerConfig.Local local -> local(local, config);
            case RunnerConfig.Kubernetes _ -> throw new IllegalStateException("no Kubernetes sandboxes in this build");
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
}
