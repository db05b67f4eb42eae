package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/**
 * Whether a sandbox may serve several runs, each in new namespaces and a new memory file system, after it has checked that nothing of the
 * run before is left.
 *
 * @param maxRuns The number of runs of one sandbox. 1: each sandbox is used once.
 * @param maxAge How long a sandbox serves, from its first run on.
 * @param scope Which runs may share a sandbox. Caller: those of one caller, never of another one.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ReuseSpec(
        @Default("1") @Min(1) @Max(10000) Integer maxRuns,

        @Default("5m")
        @Pattern(Durations.PATTERN)
        @Size(max = Durations.LONGEST_TEXT)
        @ValidationRule(
                value = Durations.AT_LEAST + "1s" + Durations.AND_AT_MOST + "12h" + Durations.RULE_END,
                message = "maxAge must be from 1s to 12h")
        String maxAge,

        @Default("Caller") Scope scope) {
    public ReuseSpec {
        maxRuns = requireNonNullElse(maxRuns, 1);
        maxAge = requireNonNullElse(maxAge, "5m");
        scope = requireNonNullElse(scope, Scope.Caller);
    }

    /** Each sandbox is used once. */
    public static ReuseSpec defaults() {
        return new ReuseSpec(1, "5m", Scope.Caller);
    }

    /**
     * Checks what a runner relies on. It reads a ConfigMap, which the API server does not check as it checks a SandboxPool.
     *
     * @throws IllegalArgumentException with the field and the rule
     */
    public void check() {
        if (maxRuns < 1) {
            throw new IllegalArgumentException("reuse.maxRuns " + maxRuns + " must be at least 1");
        }
        Durations.checkPositive("reuse.maxAge", maxAge);
    }

    /** Whose runs may follow each other. There is one choice today. */
    public enum Scope {
        Caller
    }
}
