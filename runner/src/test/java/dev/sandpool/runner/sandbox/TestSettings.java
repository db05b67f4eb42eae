package dev.sandpool.runner.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sandpool.crds.PoolRules;
import java.time.Duration;
import java.util.Optional;

/** Settings of a pool, with what a test does not care about filled in. */
public final class TestSettings {
    private static final YAMLMapper YAML = new YAMLMapper();
    public static final SandboxLimits LIMITS =
            new SandboxLimits(1, 0, 1, 1, 1, Optional.empty(), Duration.ofSeconds(5));

    /** Each sandbox is used once, and every caller is served. */
    public static final PoolRules RULES =
            rules("{workers: 1, warmMin: 1, warmMax: 1, queueDepth: 8, startTimeout: 30s, queueTimeout: 10s}");

    private TestSettings() {}

    private static PoolRules rules(String yaml) {
        try {
            return YAML.readValue(yaml, PoolRules.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(yaml, e);
        }
    }

    /** Returns the rules with some of them changed, which are YAML in flow style, such as {@code workers: 3}. */
    public static PoolRules changed(PoolRules rules, String changes) {
        try {
            ObjectNode all = YAML.valueToTree(rules);
            YAML.readerForUpdating(all).readValue("{" + changes + "}");
            return YAML.treeToValue(all, PoolRules.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(changes, e);
        }
    }

    /** Returns the settings with some of their rules changed, which are YAML in flow style. */
    public static PoolSettings changed(PoolSettings settings, String changes) {
        return new PoolSettings(settings.revision(), settings.stable(), changed(settings.rules(), changes));
    }

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

    public static PoolSettings of(String revision, Optional<String> stable, int workers, int warmMin, int warmMax) {
        return new PoolSettings(
                revision(revision),
                stable.map(TestSettings::revision),
                changed(RULES, "workers: %d, warmMin: %d, warmMax: %d".formatted(workers, warmMin, warmMax)));
    }

    /** The same, whose sandboxes serve their caller so often. */
    public static PoolSettings reusing(PoolSettings settings, int maxRuns, String maxAge) {
        return changed(settings, "reuse: {maxRuns: %d, maxAge: %s}".formatted(maxRuns, maxAge));
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
        return new PoolSettings(
                embeddedRevision(settings.revision().name()),
                settings.stable(),
                changed(settings.rules(), "embedded: {maxRuns: %d, maxAge: %s}".formatted(maxRuns, maxAge)));
    }
}
