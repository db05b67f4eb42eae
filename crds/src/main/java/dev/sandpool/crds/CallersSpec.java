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
 * Who is one caller, and what one may have of each runner. Slots are given to callers in turn, whatever each has in the queue.
 *
 * @param header The request header that names the caller, as a trusted proxy sets it. Its lines are read as one list, separated by commas, of
 *     which the last element counts. Left out: the address that the request came from. Where authentication is on, the authenticated
 *     identity is the caller, and this is not looked at.
 * @param trustedProxies How many proxies of yours append to the header, one after the other: that element from the end counts. 1, the last,
 *     if left out.
 * @param concurrency The most requests of one caller that may run or wait at once. One more is answered by 429. Left out: no such limit.
 * @param ratePerMinute The most runs a minute of one caller, over time. One more is answered by 429. Left out: no such limit.
 * @param burst How many runs a caller who was quiet may begin at once before ratePerMinute holds. Left out: as many as ratePerMinute.
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
