package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/**
 * Pods whose image has gVisor in it: each run has a gVisor sandbox of its own, and a pod serves many runs, of any callers. A change of
 * seccompProfile makes a new revision; the others runners take up as they are.
 *
 * @param seccompProfile The system calls that a pod may make.
 * @param maxRuns The most runs of one pod, which is replaced then.
 * @param maxAge The longest that a pod serves, from its first run on; then it is replaced.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EmbeddedSpec(
        @Default("{}") SeccompProfile seccompProfile,
        @Default("100") @Min(1) @Max(10000) Integer maxRuns,

        @Default("10m")
        @Pattern(Durations.PATTERN)
        @Size(max = Durations.LONGEST_TEXT)
        @ValidationRule(
                value = Durations.AT_LEAST + "1s" + Durations.AND_AT_MOST + "12h" + Durations.RULE_END,
                message = "maxAge must be from 1s to 12h")
        String maxAge) {
    public EmbeddedSpec {
        seccompProfile = requireNonNullElseGet(seccompProfile, SeccompProfile::defaults);
        maxRuns = requireNonNullElse(maxRuns, 100);
        maxAge = requireNonNullElse(maxAge, "10m");
    }

    @SuppressWarnings("NullAway") // the constructor fills in what is null
    public static EmbeddedSpec defaults() {
        return new EmbeddedSpec(null, null, null);
    }

    /**
     * The seccomp profile of a pod, as pods have it. RuntimeDefault is none of the choices: it forbids the namespaces that gVisor makes.
     *
     * @param type Localhost: a file on each node. Unconfined: no filter around gVisor's own, which PodSecurity's levels baseline and restricted
     *     refuse.
     * @param localhostProfile The profile's file, below the folder seccomp of each node's kubelet. Left out: sandpool/embedded.json.
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @ValidationRule(
            value = "!has(self.localhostProfile) || self.type == 'Localhost'",
            message = "localhostProfile needs the type Localhost",
            fieldPath = ".localhostProfile")
    public record SeccompProfile(
            @Default("Localhost") Type type,

            // No component begins with a dot, so none is "..".
            @Nullable @Size(min = 1, max = 253) @Pattern("^[a-zA-Z0-9_][-._a-zA-Z0-9]*(/[a-zA-Z0-9_][-._a-zA-Z0-9]*)*$")
            String localhostProfile) {
        private static final String STANDARD_PROFILE = "sandpool/embedded.json";

        public SeccompProfile {
            type = requireNonNullElse(type, Type.Localhost);
        }

        static SeccompProfile defaults() {
            return new SeccompProfile(Type.Localhost, null);
        }

        /** As a pod says it; null of another type than Localhost. */
        public @Nullable String file() {
            return type == Type.Localhost ? requireNonNullElse(localhostProfile, STANDARD_PROFILE) : null;
        }

        /** The types, in Kubernetes' own words. */
        public enum Type {
            Localhost,
            Unconfined
        }
    }
}
