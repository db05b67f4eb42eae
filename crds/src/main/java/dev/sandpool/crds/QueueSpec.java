package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/**
 * The queue of each runner.
 *
 * @param depth The number of requests that may wait for a worker of one runner. With one more, the new
 *     request is answered with 503, or the youngest request of the caller that has most of the queue with 429. A runner holds at most
 *     as many as fit into 5/32 of its heap at 256 KiB each: 160 with 512Mi of memory.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record QueueSpec(@Default("16") @Min(0) @Max(100000) Integer depth) {
    public QueueSpec {
        depth = requireNonNullElse(depth, 16);
    }

    static QueueSpec defaults() {
        return new QueueSpec(16);
    }
}
