package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;

/**
 * The number of sandboxes that each runner keeps warm, as runs need it, from min to max. It begins with max.
 *
 * @param min The lower bound. A change of revision keeps at least this many. Below it, new sandboxes are started even while programs run,
 *     and share the CPU with them.
 * @param max The upper bound of sandboxes that are warm or starting. A change of revision needs one more.
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
