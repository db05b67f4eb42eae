package dev.sandpool.runner.sandbox;

import dev.sandpool.crds.EmbeddedSpec;
import dev.sandpool.crds.ReuseSpec;
import java.time.Duration;
import java.util.Optional;

/** Settings of a pool, with what a test does not care about filled in. */
public final class TestSettings {
    public static final SandboxLimits LIMITS =
            new SandboxLimits(1, 0, 1, 1, 1, Optional.empty(), Duration.ofSeconds(5));

    private TestSettings() {}

    static Revision revision(String name) {
        return new Revision.LimitsOnly(name, LIMITS);
    }

    /** Of revision {@code a}. */
    public static PoolSettings of(int workers, int warm) {
        return of("a", workers, 1, warm);
    }

    public static PoolSettings of(String revision, int workers, int warmMin, int warmMax) {
        return of(revision, Optional.empty(), workers, warmMin, warmMax);
    }

    /** The same, whose sandboxes serve their caller so often. */
    public static PoolSettings reusing(PoolSettings settings, int maxRuns, String maxAge) {
        var rules = settings.rules();
        return new PoolSettings(
                settings.revision(),
                settings.stable(),
                settings.workers(),
                settings.warmMin(),
                settings.warmMax(),
                settings.queueDepth(),
                settings.startTimeout(),
                settings.queueTimeout(),
                new PoolSettings.Rules(
                        new ReuseSpec(maxRuns, maxAge, ReuseSpec.Scope.Caller),
                        rules.embedded(),
                        rules.launchers(),
                        rules.callers(),
                        rules.authentication(),
                        rules.cors()));
    }

    /** One whose pods start a gVisor sandbox for each run. */
    public static Revision embeddedRevision(String name) {
        return new EmbeddedRevision(name, LIMITS);
    }

    private record EmbeddedRevision(String name, SandboxLimits limits) implements Revision {
        @Override
        public boolean isEmbedded() {
            return true;
        }
    }

    /** The same, whose pods have an embedded gVisor and serve so often. */
    public static PoolSettings embedded(PoolSettings settings, int maxRuns, String maxAge) {
        var rules = settings.rules();
        return new PoolSettings(
                embeddedRevision(settings.revision().name()),
                settings.stable(),
                settings.workers(),
                settings.warmMin(),
                settings.warmMax(),
                settings.queueDepth(),
                settings.startTimeout(),
                settings.queueTimeout(),
                new PoolSettings.Rules(
                        rules.reuse(),
                        new EmbeddedSpec(EmbeddedSpec.defaults().seccompProfile(), true, maxRuns, maxAge),
                        rules.launchers(),
                        rules.callers(),
                        rules.authentication(),
                        rules.cors()));
    }

    public static PoolSettings of(String revision, Optional<String> stable, int workers, int warmMin, int warmMax) {
        return new PoolSettings(
                revision(revision),
                stable.map(TestSettings::revision),
                workers,
                warmMin,
                warmMax,
                8,
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                PoolSettings.Rules.DEFAULTS);
    }
}
