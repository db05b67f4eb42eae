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
 * Where runners send traces, and of how many runs.
 *
 * @param endpoint An OTLP receiver over HTTP, such as http://collector.observability:4318; the path /v1/traces is added. The runners'
 *     NetworkPolicy lets them reach a Service of this cluster, whose port must be its pods' own, or an IP address. For another name it takes a
 *     policy of your own.
 * @param samplePercent How many of the runs are traced whose request brings no decision of its caller's.
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
