package dev.sandpool.operator.objects;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.RunnerSpec;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TracesAndLogTest {
    @Test
    void whereNothingIsSaidNothingIsTold() {
        assertThat(TracesAndLog.environment(runner("{}"))).isEmpty();
        assertThat(TracesAndLog.egress(runner("{}"), "own")).isEmpty();
    }

    @Test
    void aPercentageIsTheRatioThatOpenTelemetryWants() {
        assertThat(TracesAndLog.environment(runner("{tracing: {endpoint: 'http://c:1', samplePercent: 7}}")))
                .extracting(variable -> variable.getName() + "=" + variable.getValue())
                .containsExactly("OTEL_EXPORTER_OTLP_ENDPOINT=http://c:1", "OTEL_TRACES_SAMPLER_ARG=0.07");
    }

    @ParameterizedTest
    @CsvSource({
        "http://collector:4318,own,4318",
        "http://collector.observability:4318,observability,4318",
        "http://collector.observability.svc/path,observability,80",
        "https://collector.observability.svc.cluster.local,observability,443",
    })
    void aServiceIsReachedInItsNamespace(String endpoint, String namespace, int port) {
        var rule = TracesAndLog.egress(runner("{tracing: {endpoint: '" + endpoint + "'}}"), "own")
                .orElseThrow();

        assertThat(rule.getTo().getFirst().getNamespaceSelector().getMatchLabels())
                .containsEntry("kubernetes.io/metadata.name", namespace)
                .hasSize(1);
        assertThat(rule.getPorts().getFirst().getPort().getIntVal()).isEqualTo(port);
    }

    @ParameterizedTest
    @CsvSource({"http://10.1.2.3:4318,10.1.2.3/32", "http://[fd00::1]:4318,fd00::1/128"})
    void anAddressIsReachedAndNoOther(String endpoint, String block) {
        var rule = TracesAndLog.egress(runner("{tracing: {endpoint: '" + endpoint + "'}}"), "own")
                .orElseThrow();

        assertThat(rule.getTo().getFirst().getIpBlock().getCidr()).isEqualTo(block);
    }

    @ParameterizedTest
    @CsvSource({"https://otlp.example.org", "https://a.b.c", "http://a.b.svc.cluster.locally:1"})
    void aNameOutsideOpensNothing(String endpoint) {
        assertThat(TracesAndLog.egress(runner("{tracing: {endpoint: '" + endpoint + "'}}"), "own"))
                .isEmpty();
    }

    private static RunnerSpec runner(String runner) {
        return Serialization.unmarshal("spec: {image: x, runner: " + runner + "}", SandboxPool.class)
                .getSpec()
                .runner();
    }
}
