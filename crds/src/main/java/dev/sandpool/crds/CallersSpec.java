package dev.sandpool.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * How callers are identified, and the limits of each caller in each runner.
 *
 * @param header The request header that identifies the caller, as a trusted proxy sets it. Its lines are read as one list, separated by
 *     commas, and the last element counts. If not set, the address of the request identifies the caller. With authentication, the
 *     authenticated identity is the caller and this header is ignored.
 * @param trustedProxies The number of your proxies that append to the header, one after the other. The element at that place from the end
 *     counts. If not set: 1, the last element.
 * @param concurrency The number of requests of one caller that may run or wait. One more is answered with 429. If not set, there is no
 *     limit.
 * @param ratePerMinute The number of runs of one caller in a minute, on average. One more is answered with 429. If not set, there is no
 *     limit.
 * @param burst The number of runs that a caller may begin at once after a pause. If not set, as many as ratePerMinute.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.trustedProxies) || has(self.header)",
        message = "trustedProxies needs header",
        fieldPath = ".trustedProxies")
@ValidationRule(
        value = "!has(self.burst) || has(self.ratePerMinute)",
        message = "burst needs ratePerMinute",
        fieldPath = ".burst")
public record CallersSpec(
        @Nullable @Size(min = 1, max = 64) @Pattern("^[A-Za-z0-9-]+$")
        String header,

        @Nullable @Min(1) @Max(16) Integer trustedProxies,
        @Nullable @Min(1) @Max(100000) Integer concurrency,
        @Nullable @Min(1) @Max(1000000) Integer ratePerMinute,
        @Nullable @Min(1) @Max(1000000) Integer burst) {
    /** No limits, by address. */
    public static CallersSpec defaults() {
        return new CallersSpec(null, null, null, null, null);
    }
}
