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
 * Pods whose image contains gVisor. Each run has a gVisor of its own, and a pod serves many runs of all callers.
 *
 * @param seccompProfile The seccomp profile of the pods. RuntimeDefault is not possible: it forbids the namespaces that gVisor creates.
 * @param hostUsers Whether the pods share the user namespace of their node. With false, each pod has a user namespace of its own. Then a process that
 *     escapes from gVisor has a user ID that owns nothing on the node. It needs Kubernetes 1.33 and nodes whose runtime supports it.
 * @param maxRuns The number of runs after which a pod is replaced.
 * @param maxAge How long a pod serves, from its first run on. Then it is replaced.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EmbeddedSpec(
        @Default("{}") SeccompProfile seccompProfile,
        @Default("true") Boolean hostUsers,
        @Default("100") @Min(1) @Max(10000) Integer maxRuns,

        @Default("10m")
        @Pattern(Durations.PATTERN)
        @Size(max = Durations.LONGEST_TEXT)
        @ValidationRule(
                value = Durations.AT_LEAST + "1s" + Durations.AND_AT_MOST + "12h" + Durations.RULE_END,
                message = "maxAge must be from 1s to 12h")
        String maxAge) {
    /**
     * Of a PodTemplate with hostUsers: false, with that value. An API server that does not know the field, or has its
     * feature turned off, drops it without an error, and keeps the annotation.
     */
    public static final String HOST_USERS_ANNOTATION = "sandpool.dev/host-users";

    public EmbeddedSpec {
        seccompProfile = requireNonNullElseGet(seccompProfile, SeccompProfile::defaults);
        hostUsers = requireNonNullElse(hostUsers, true);
        maxRuns = requireNonNullElse(maxRuns, 100);
        maxAge = requireNonNullElse(maxAge, "10m");
    }

    @SuppressWarnings("NullAway") // the constructor fills in what is null
    public static EmbeddedSpec defaults() {
        return new EmbeddedSpec(null, null, null, null);
    }

    /**
     * Checks what a runner relies on. It reads a ConfigMap, which the API server does not check as it checks a SandboxPool.
     *
     * @throws IllegalArgumentException with the field and the rule
     */
    public void check() {
        if (maxRuns < 1) {
            throw new IllegalArgumentException("embedded.maxRuns " + maxRuns + " must be at least 1");
        }
        Durations.checkPositive("embedded.maxAge", maxAge);
    }

    /**
     * The seccomp profile of a pod.
     *
     * @param type Localhost: a file on each node. Unconfined: no filter except gVisor's own. PodSecurity baseline and restricted refuse it.
     * @param localhostProfile The file of the profile, below the folder seccomp of the kubelet. If not set: sandpool/embedded.json.
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
