package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/**
 * The queue before each runner's workers.
 *
 * @param depth How many requests may wait for a worker of one runner. One more is answered by 503 at once. No more
 *     than fit into half of the runner's heap, at 256 KiB each: 512 with 512Mi of memory.
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
