package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.model.annotation.LabelSelector;
import io.fabric8.kubernetes.model.annotation.StatusReplicas;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The observed state of a pool. The operator writes it, except the entries of runners.
 *
 * @param observedGeneration The generation of the spec that the rest of the status describes; -1 before the operator has seen the pool.
 * @param replicas The number of runners.
 * @param readyReplicas The number of ready runners. A runner is ready when it has had a warm sandbox and serves.
 * @param ready Ready runners and desired runners, such as 2/2.
 * @param selector The selector of the runner pods, for autoscalers.
 * @param warm Warm sandboxes of all runners.
 * @param warmWanted The desired number of warm sandboxes of all runners. The entry of each runner says why. With isolation Embedded it
 *     includes those that run.
 * @param kept Sandboxes that served a caller and wait for the next run of that caller.
 * @param running Programs that are running.
 * @param starting Sandboxes that are starting.
 * @param queued Requests that wait for a worker.
 * @param capacity The number of programs that can run at once: the workers of all ready runners.
 * @param revision The desired revision of the sandboxes: a hash of their pod and limits.
 * @param stableRevision The last revision that every runner used. Runners use it while sandboxes of the desired revision do not start.
 * @param failingRevision The revision whose sandboxes do not start. Not set while all start.
 * @param runs All runs so far, of present and past runners.
 * @param retiredRuns The runs of past runners.
 * @param leaksCleaned The number of leaked sandboxes that the operator has deleted.
 * @param runners One entry for each runner. The runner writes it when something changes, at most every two seconds.
 * @param conditions Ready, Progressing, SandboxesStartable and Degraded; Reconciling or Stalled while one of them is true.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SandboxPoolStatus(
        @Nullable Long observedGeneration,
        @StatusReplicas @Nullable Integer replicas,
        @Nullable Integer readyReplicas,
        @Nullable String ready,
        @LabelSelector @Nullable String selector,
        @Nullable Integer warm,
        @Nullable Integer warmWanted,
        @Nullable Integer kept,
        @Nullable Integer running,
        @Nullable Integer starting,
        @Nullable Integer queued,
        @Nullable Integer capacity,
        @Nullable String revision,
        @Nullable String stableRevision,
        @Nullable String failingRevision,
        @Nullable RunCounts runs,
        @Nullable RunCounts retiredRuns,
        @Nullable Long leaksCleaned,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<RunnerStatus> runners,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Condition> conditions) {
    public SandboxPoolStatus {
        // The API server gives a pool that nobody has looked at the generation -1, so that deployment tools wait.
        observedGeneration = observedGeneration == null || observedGeneration < 0 ? null : observedGeneration;
        runners = List.copyOf(requireNonNullElse(runners, List.of()));
        conditions = List.copyOf(requireNonNullElse(conditions, List.of()));
    }

    /** Of a pool that nobody has looked at yet. */
    public static SandboxPoolStatus unknown() {
        return new SandboxPoolStatus(
                null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                null, List.of(), List.of());
    }

    /** The same, but for the lists. */
    public SandboxPoolStatus with(List<RunnerStatus> itsRunners, List<Condition> itsConditions) {
        return new SandboxPoolStatus(
                observedGeneration,
                replicas,
                readyReplicas,
                ready,
                selector,
                warm,
                warmWanted,
                kept,
                running,
                starting,
                queued,
                capacity,
                revision,
                stableRevision,
                failingRevision,
                runs,
                retiredRuns,
                leaksCleaned,
                itsRunners,
                itsConditions);
    }
}
