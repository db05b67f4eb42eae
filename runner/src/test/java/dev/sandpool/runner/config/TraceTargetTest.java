package dev.sandpool.runner.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceTargetTest {
    private final List<String> errors = new ArrayList<>();

    @Test
    void withoutAnEndpointThereAreNoTraces() {
        assertThat(TraceTarget.read(Map.of("OTEL_SERVICE_NAME", "x"), errors::add))
                .isEmpty();
        assertThat(TraceTarget.read(
                        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a", "OTEL_SDK_DISABLED", "true"), errors::add))
                .isEmpty();
        assertThat(errors).isEmpty();
    }

    @Test
    void allOfThemAreRead() {
        var target = TraceTarget.read(
                Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318/base/",
                        "OTEL_EXPORTER_OTLP_HEADERS", "a=1, b=x%3Dy+z",
                        "OTEL_TRACES_SAMPLER_ARG", "0.25",
                        "OTEL_RESOURCE_ATTRIBUTES", "service.name=other,team=go",
                        "OTEL_SERVICE_NAME", "mine"),
                errors::add);

        assertThat(errors).isEmpty();
        assertThat(target)
                .contains(new TraceTarget(
                        URI.create("https://collector:4318/base/v1/traces"),
                        Map.of("a", "1", "b", "x=y+z"),
                        0.25,
                        Map.of("service.name", "mine", "team", "go")));
        assertThat(target.orElseThrow().inWords()).isEqualTo("https://collector:4318/base/v1/traces traces-ratio=0.25");
    }

    @Test
    void anEndpointOfTracesIsTakenAsItIs() {
        assertThat(TraceTarget.read(Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://[::1]:1/x"), errors::add)
                        .orElseThrow()
                        .endpoint())
                .isEqualTo(URI.create("http://[::1]:1/x"));
    }

    @ParameterizedTest
    @CsvSource({
        "OTEL_EXPORTER_OTLP_ENDPOINT,collector:4317,must be a URL",
        "OTEL_EXPORTER_OTLP_ENDPOINT,http://,must be a URL",
        "OTEL_EXPORTER_OTLP_ENDPOINT,grpc://a:1,must be a URL",
        "OTEL_TRACES_SAMPLER_ARG,2,must be a number from 0 to 1",
        "OTEL_TRACES_SAMPLER_ARG,NaN,must be a number from 0 to 1",
        "OTEL_TRACES_SAMPLER_ARG,half,must be a number from 0 to 1",
    })
    void aBadValueIsToldWithItsRule(String variable, String value, String rule) {
        var _ = TraceTarget.read(
                variable.equals("OTEL_EXPORTER_OTLP_ENDPOINT")
                        ? Map.of(variable, value)
                        : Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a", variable, value),
                errors::add);

        assertThat(errors).singleElement().asString().startsWith(variable + "=" + value + ": " + rule);
    }

    @ParameterizedTest
    @CsvSource({"secret", "=secret", "a=secret%zz"})
    void aBadHeaderIsToldWithoutItsValue(String value) {
        var _ = TraceTarget.read(
                Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a", "OTEL_EXPORTER_OTLP_HEADERS", value), errors::add);

        assertThat(errors)
                .singleElement()
                .asString()
                .startsWith("OTEL_EXPORTER_OTLP_HEADERS: must be")
                .doesNotContain("secret");
    }
}
