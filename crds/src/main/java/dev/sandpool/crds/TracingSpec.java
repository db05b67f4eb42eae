package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/**
 * Where runners send traces, and of which runs.
 *
 * @param endpoint An OTLP receiver over HTTP, such as http://collector.observability:4318. The path /v1/traces is added. The NetworkPolicy
 *     of the runners allows a Service of this cluster, if its port equals the port of its pods, or an IP address. Another name needs a
 *     policy of your own.
 * @param samplePercent The percentage of runs that are traced, of those whose request carries no sampling decision.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TracingSpec(
        @Required @Size(min = 1, max = 512) @Pattern(TracingSpec.ENDPOINT)
        String endpoint,

        @Default("100") @Min(0) @Max(100) Integer samplePercent) {
    static final String ENDPOINT =
            "^https?://([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|[[][0-9A-Fa-f:.]+[]])(:[0-9]{1,5})?(/[-A-Za-z0-9._~/]*)?$";

    public TracingSpec {
        samplePercent = requireNonNullElse(samplePercent, 100);
    }
}
