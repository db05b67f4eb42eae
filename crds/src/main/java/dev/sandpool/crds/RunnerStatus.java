package dev.sandpool.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The state of one runner, as it reports it.
 *
 * @param name The name of its pod, which is the key of the entry.
 * @param life A random id of the runner's process. It changes when the container restarts.
 * @param lifeSince When the process started, in RFC 3339.
 * @param revision The revision whose sandboxes run programs. While the runner tries a new one, it is the one before.
 * @param warm Warm sandboxes.
 * @param warmOfRevision Warm sandboxes of the revision in target.
 * @param warmWanted The desired number of warm sandboxes, from warm.min to warm.max. With isolation Embedded it includes those that run, and the upper
 *     bound is the larger of warm.max and workers.
 * @param warmReason The reason for warmWanted, as of its last change.
 * @param kept Sandboxes that served a caller and wait for the next run of that caller. They do not count as warm.
 * @param target The revision of the runner's latest settings.
 * @param running Programs that are running.
 * @param starting Sandboxes that are starting.
 * @param queued Requests that wait for a worker.
 * @param capacity The number of programs that it runs at once.
 * @param runs The runs of this process.
 * @param startFailure Why sandboxes do not start. Not set while they do.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunnerStatus(
        @Required String name,
        @Required String life,
        @Required String lifeSince,
        @Nullable String revision,
        @Nullable String target,
        int warm,
        int warmOfRevision,
        int warmWanted,
        @Nullable String warmReason,
        int kept,
        int running,
        int starting,
        int queued,
        int capacity,
        RunCounts runs,
        @Nullable StartFailure startFailure) {
    public RunnerStatus {
        runs = Objects.requireNonNullElse(runs, RunCounts.NONE);
    }

    /**
     * Why sandboxes do not start.
     *
     * @param revision The revision whose sandboxes do not start.
     * @param reason One word: ImagePull, Quota, Forbidden, Unschedulable, ApiServer, Attach, Protocol, Deadline, EndedEarly,
     *     SeccompProfile, UserNamespaces or RefusedFact.
     * @param message The error, for example of the image pull.
     * @param since When it began, in RFC 3339.
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record StartFailure(
            @Required String revision,
            @Required String reason,
            @Required String message,
            @Required String since) {}
}
