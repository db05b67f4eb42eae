package dev.sandpool.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Required;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The state of one runner, as it reports it.
 *
 * @param name The name of its pod, which is the entry's key.
 * @param life A random name of its process. Sandboxes of an earlier life have lost the stream that they served.
 * @param lifeSince When that process began, RFC 3339.
 * @param revision The revision of the sandboxes that it starts for runs. It differs from the pool's while that is being tried.
 * @param warm Sandboxes that wait for a program.
 * @param warmOfRevision Of these, the ones of the pool's revision as this runner knows it, which the field target names.
 * @param warmWanted How many are to wait for a program now, from warm.min to warm.max as runs come. With isolation Embedded those that run are
 *     among them.
 * @param warmReason Why so many, as it was when that number changed last.
 * @param kept Sandboxes that have served a caller and wait for that one's next run. They are not warm: no other caller gets them.
 * @param target The revision that this runner was last told to use.
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
     * @param revision The revision of which none starts.
     * @param reason One word: ImagePull, Quota, Forbidden, Unschedulable, ApiServer, Attach, Protocol, Deadline, EndedEarly,
     *     SeccompProfile, UserNamespaces or RefusedFact.
     * @param message What was said, such as the image pull's own error.
     * @param since Since when for this reason, RFC 3339.
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record StartFailure(
            @Required String revision,
            @Required String reason,
            @Required String message,
            @Required String since) {}
}
