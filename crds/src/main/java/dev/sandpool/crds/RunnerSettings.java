package dev.sandpool.crds;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import org.jspecify.annotations.Nullable;

/**
 * The operator's settings for the runners of a pool, in the ConfigMap {@link PoolNames#settings} under the key {@link #KEY}, as JSON. Runners apply
 * a change without a restart.
 *
 * @param revision the revision to use; its PodTemplate is {@link PoolNames#podTemplate}
 * @param stableRevision the last one that every runner used; a runner starts with it while it tries the other
 * @param rules in the JSON its fields are beside the revision
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunnerSettings(
        String revision,
        @Nullable String stableRevision,

        @JsonUnwrapped @JsonProperty(RunnerSettings.NO_FIELD)
        PoolRules rules) {
    public static final String KEY = "settings.json";

    // Jackson reads a field with the name of the component too. With this name a later operator may write a field
    // "rules", which this runner ignores like every unknown one.
    static final String NO_FIELD = "(unwrapped)";
}
