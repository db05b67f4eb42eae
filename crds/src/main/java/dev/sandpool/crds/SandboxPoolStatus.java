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
 * @param observedGeneration The generation of the spec that the rest of the status is about.
 * @param replicas How many runners there are.
 * @param readyReplicas How many of them are ready: they have had a warm sandbox and serve.
 * @param ready Ready runners of wanted ones, such as 2/2.
 * @param selector What selects the runners' pods, for autoscalers.
 * @param warm Sandboxes that wait for a program, of all runners.
 * @param warmWanted How many are to wait for a program now, of all runners; each runner's entry says why. With isolation Embedded those that run
 *     are among them, since they come back.
 * @param kept Sandboxes that have served a caller and wait for that one's next run, of all runners.
 * @param running Programs that run now, of all runners.
 * @param starting Sandboxes that are being started, of all runners.
 * @param queued Requests that wait for a worker, of all runners.
 * @param capacity How many programs can run at once: the workers of all ready runners.
 * @param revision The revision of the sandboxes that the spec asks for: the hash of their pod and limits.
 * @param stableRevision The last revision that every runner had taken up. Runners fall back on it while the wanted one's do not start.
 * @param failingRevision The revision whose sandboxes do not start; absent while all start.
 * @param runs All runs so far, of present and past runners.
 * @param retiredRuns The runs of past runners.
 * @param leaksCleaned The number of leaked sandboxes that the operator has deleted.
 * @param runners One entry for each runner. The runner writes it when something changes, at most every two seconds.
 * @param conditions Ready, Progressing, SandboxesStartable and Degraded.
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
