package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The part of a pool's spec that runners obey without a restart. The operator writes it and runners use it, both as it is here. A new setting
 * is a component of this record and a line of {@link #of}. Runners of other versions read the JSON, so no name in it changes.
 *
 * @param workers the maximum number of concurrent runs of a runner
 * @param warmMin as in {@link WarmSpec}
 * @param warmMax as in {@link WarmSpec}
 * @param queueDepth as in {@link QueueSpec}
 * @param startTimeout as in {@link LimitsSpec}
 * @param queueTimeout as in {@link LimitsSpec}
 * @param reuse as in {@link SandboxPoolSpec}, as the following are
 * @param embedded null where gVisor is not embedded
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PoolRules(
        int workers,
        int warmMin,
        int warmMax,
        int queueDepth,
        String startTimeout,
        String queueTimeout,
        ReuseSpec reuse,
        @Nullable EmbeddedSpec embedded,
        List<LauncherSpec> launchers,
        CallersSpec callers,
        AuthenticationSpec authentication,
        CorsSpec cors) {
    /** An operator that is older than the runner does not write every field. */
    public PoolRules {
        reuse = requireNonNullElseGet(reuse, ReuseSpec::defaults);
        launchers = List.copyOf(requireNonNullElse(launchers, List.of()));
        callers = requireNonNullElseGet(callers, CallersSpec::defaults);
        authentication = requireNonNullElseGet(authentication, AuthenticationSpec::defaults);
        cors = requireNonNullElseGet(cors, CorsSpec::defaults);
    }

    /** Returns the rules of a pool with this spec. */
    public static PoolRules of(SandboxPoolSpec spec) {
        return new PoolRules(
                spec.workers(),
                spec.warm().min(),
                spec.warm().max(),
                spec.queue().depth(),
                spec.limits().startTimeout(),
                spec.limits().queueTimeout(),
                spec.reuse(),
                spec.embeddedGvisor().orElse(null),
                spec.launchers(),
                spec.callers(),
                spec.authentication(),
                spec.cors());
    }

    /**
     * Checks what a runner relies on. It reads a ConfigMap, which the API server does not check as it checks a SandboxPool.
     *
     * @throws IllegalArgumentException with the field and the rule
     */
    public void check() {
        atLeast(1, "workers", workers);
        atLeast(1, "warmMin", warmMin);
        if (warmMax < warmMin) {
            throw new IllegalArgumentException("warmMax " + warmMax + " must be at least warmMin " + warmMin);
        }
        atLeast(0, "queueDepth", queueDepth);
        Durations.checkPositive("startTimeout", startTimeout);
        Durations.checkPositive("queueTimeout", queueTimeout);
        reuse.check();
        if (embedded != null) {
            embedded.check();
        }
    }

    private static void atLeast(int least, String field, int value) {
        if (value < least) {
            throw new IllegalArgumentException(field + " " + value + " must be at least " + least);
        }
    }
}
