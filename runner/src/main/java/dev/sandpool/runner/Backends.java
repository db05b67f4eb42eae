package dev.sandpool.runner;

import dev.sandpool.runner.sandbox.Sandboxes;
import io.micrometer.core.instrument.MeterRegistry;

/** Makes the kind of sandboxes that the settings ask for. */
final class Backends {
    private Backends() {}

    static Sandboxes sandboxes(RunnerConfig config, MeterRegistry registry) {
        if (config.workers() > 0) {
            throw new IllegalStateException("no sandboxes in this build: " + config.backend() + registry);
        }
        return java.util.Objects.requireNonNull((Sandboxes) null);
    }
}
