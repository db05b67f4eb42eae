package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the operator tells the runners of a pool, in the ConfigMap {@link PoolNames#settings} under the key {@link #KEY}, as JSON. A change is
 * taken up without a restart.
 *
 * @param revision the revision to use; its PodTemplate is {@link PoolNames#podTemplate}
 * @param stableRevision the last one that every runner had taken up; a runner starts with it while it tries the other
 * @param workers runs at once
 * @param warmMin sandboxes that are never gone below on purpose
 * @param warmMax sandboxes that are kept ready
 * @param queueDepth requests that may wait for a worker
 * @param startTimeout as in {@link LimitsSpec}
 * @param queueTimeout as in {@link LimitsSpec}
 * @param reuse as in {@link SandboxPoolSpec}, as the following are
 * @param embedded left out where gVisor is not embedded
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunnerSettings(
        String revision,
        @Nullable String stableRevision,
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
    public static final String KEY = "settings.json";

    /** An operator that is older than the runner does not tell it everything. */
    public RunnerSettings {
        reuse = requireNonNullElseGet(reuse, ReuseSpec::defaults);
        launchers = List.copyOf(requireNonNullElse(launchers, List.of()));
        callers = requireNonNullElseGet(callers, CallersSpec::defaults);
        authentication = requireNonNullElseGet(authentication, AuthenticationSpec::defaults);
        cors = requireNonNullElseGet(cors, CorsSpec::defaults);
    }
}
