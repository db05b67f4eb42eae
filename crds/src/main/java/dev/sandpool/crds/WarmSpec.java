package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/**
 * How many sandboxes each runner keeps ready: as many as runs need, from min to max. It begins with max.
 *
 * @param min The floor: a change of revision never goes below it, and below it new sandboxes are started even while programs run, who
 *     then share their node's processors with the start.
 * @param max The ceiling: at most as many are warm or starting at once, but for one more while a revision is swapped.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record WarmSpec(
        @Default("1") @Min(1) @Max(1000) Integer min,
        @Default("2") @Min(1) @Max(1000) Integer max) {
    public WarmSpec {
        min = requireNonNullElse(min, 1);
        max = requireNonNullElse(max, Math.max(2, min));
    }

    static WarmSpec defaults() {
        return new WarmSpec(1, 2);
    }
}
