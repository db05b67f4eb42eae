package dev.sandpool.runner.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
    void whatIsOpenTelemetrysIsKeptForItsSdk() {
        var target = TraceTarget.read(
                Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318/base/",
                        "OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret",
                        "OTEL_TRACES_SAMPLER_ARG", "0.25",
                        "HOME", "/root"),
                errors::add);

        assertThat(errors).isEmpty();
        assertThat(target.orElseThrow().variables())
                .containsOnlyKeys(
                        "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_TRACES_SAMPLER_ARG");
        assertThat(target.orElseThrow().inWords()).isEqualTo("https://collector:4318/base/ traces-ratio=0.25");
    }

    @Test
    void anEndpointOfTracesIsTakenBeforeTheOther() {
        assertThat(TraceTarget.read(
                                Map.of(
                                        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                                        "http://[::1]:1/x",
                                        "OTEL_EXPORTER_OTLP_ENDPOINT",
                                        "http://a"),
                                errors::add)
                        .orElseThrow()
                        .endpoint())
                .isEqualTo(URI.create("http://[::1]:1/x"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"collector:4317", "http://", "grpc://a:1", "http://a b"})
    void anEndpointThatIsNoneIsToldWithItsRule(String endpoint) {
        for (String variable : List.of("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")) {
            errors.clear();
            assertThat(TraceTarget.read(Map.of(variable, endpoint), errors::add))
                    .isEmpty();
            assertThat(errors)
                    .singleElement()
                    .asString()
                    .startsWith(variable + "=" + endpoint + ": must be a URL such as");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://user:secret@a", "http://a/?key=secret", "http://a b?key=secret"})
    void anEndpointThatMayHoldASecretIsToldWithoutIt(String endpoint) {
        assertThat(TraceTarget.read(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint), errors::add))
                .isEmpty();
        assertThat(errors)
                .singleElement()
                .asString()
                .startsWith("OTEL_EXPORTER_OTLP_ENDPOINT: must be a URL such as")
                .doesNotContain("secret");
    }

    @Test
    void whereNothingIsExportedThereIsNoTarget() {
        assertThat(TraceTarget.read(
                        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a", "OTEL_TRACES_EXPORTER", "none"), errors::add))
                .isEmpty();
        assertThat(errors).isEmpty();
    }

    @Test
    void aRatioIsToldOnlyOfOurOwnSampler() {
        assertThat(TraceTarget.read(
                                Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a", "OTEL_TRACES_SAMPLER", "always_off"),
                                errors::add)
                        .orElseThrow()
                        .inWords())
                .isEqualTo("http://a");
    }
}
