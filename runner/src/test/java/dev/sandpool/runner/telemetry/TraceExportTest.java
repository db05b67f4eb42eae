package dev.sandpool.runner.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sandpool.runner.config.RunnerConfig;
import dev.sandpool.runner.config.TraceTarget;
import dev.sandpool.runner.sandbox.Outcome;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Traces over the wire, to a receiver on loopback. */
class TraceExportTest {
    private static final RunnerConfig.Backend BACKEND =
            new RunnerConfig.Kubernetes("go", "ns", Optional.of("go-runner-1"), Optional.empty());

    private final BlockingQueue<ExportTraceServiceRequest> received = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> tokens = new LinkedBlockingQueue<>();
    private final CountDownLatch hanging = new CountDownLatch(1);
    private @Nullable HttpServer receiver;

    @BeforeEach
    void listen() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", this::receive);
        server.createContext("/hangs", this::hang);
        server.start();
        receiver = server;
    }

    @AfterEach
    void listenNoMore() {
        hanging.countDown();
        if (receiver != null) {
            receiver.stop(0);
        }
    }

    @Test
    void whatWaitsIsSentAtTheEnd() throws Exception {
        var spans = RunSpans.to(target("OTEL_EXPORTER_OTLP_ENDPOINT", "/"), BACKEND);
        spans.ended(TestingRun.ended(Outcome.EXITED, TestingRun.parent("01")));
        spans.close();

        ExportTraceServiceRequest request = received.poll(10, TimeUnit.SECONDS);
        assertThat(request).isNotNull();
        assertThat(tokens.poll()).isEqualTo("a secret");
        var resource = request.getResourceSpans(0);
        assertThat(resource.getResource().getAttributesList())
                .extracting(attribute ->
                        attribute.getKey() + "=" + attribute.getValue().getStringValue())
                .contains(
                        "service.name=sandpool-runner",
                        "sandpool.pool=go",
                        "k8s.namespace.name=ns",
                        "k8s.pod.name=go-runner-1",
                        "team=playground");
        List<Span> sent = resource.getScopeSpans(0).getSpansList();
        assertThat(sent).extracting(Span::getName).containsExactly("send", "queue", "claim", "send", "run", "run");
        assertThat(sent.getLast().getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
    }

    @Test
    void aReceiverThatHangsOrIsAwayHoldsUpNoRunAndLittleOfTheEnd() throws Exception {
        var hangs = RunSpans.to(target("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/hangs"), BACKEND);
        // Far more than can wait: what a run would wait for if it ever did never comes.
        for (int run = 0; run < 5000; run++) {
            hangs.ended(TestingRun.ended(Outcome.EXITED, Optional.empty()));
        }
        hangs.close();
        assertThat(received).isEmpty();

        var away = RunSpans.to(
                TraceTarget.read(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"), _ -> {})
                        .orElseThrow(),
                BACKEND);
        away.ended(TestingRun.ended(Outcome.EXITED, Optional.empty()));
        away.close();
    }

    @Test
    void allOfOpenTelemetrysVariablesCount() throws Exception {
        var spans = RunSpans.to(
                target(
                        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                        "/v1/traces",
                        Map.of(
                                "OTEL_SERVICE_NAME", "mine",
                                "OTEL_RESOURCE_ATTRIBUTES", "service.name=other,k8s.pod.name=theirs",
                                "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=a%3Db+c",
                                "OTEL_TRACES_SAMPLER", "always_off")),
                BACKEND);
        spans.ended(TestingRun.ended(Outcome.EXITED, Optional.empty()));
        spans.close();
        assertThat(received).isEmpty();

        spans = RunSpans.to(
                target(
                        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                        "/v1/traces",
                        Map.of(
                                "OTEL_SERVICE_NAME", "mine",
                                "OTEL_RESOURCE_ATTRIBUTES", "service.name=other,k8s.pod.name=theirs",
                                "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=a%3Db+c")),
                BACKEND);
        spans.ended(TestingRun.ended(Outcome.EXITED, Optional.empty()));
        spans.close();
        ExportTraceServiceRequest request = received.poll(10, TimeUnit.SECONDS);
        assertThat(request).isNotNull();
        assertThat(tokens.poll()).isEqualTo("a=b+c");
        assertThat(request.getResourceSpans(0).getResource().getAttributesList())
                .extracting(attribute ->
                        attribute.getKey() + "=" + attribute.getValue().getStringValue())
                .contains("service.name=mine", "sandpool.pool=go", "k8s.pod.name=theirs");
    }

    @ParameterizedTest
    @CsvSource({
        "OTEL_TRACES_SAMPLER_ARG, 2, ratio must be in range",
        "OTEL_TRACES_SAMPLER_ARG, half, otel.traces.sampler.arg=half",
        "OTEL_EXPORTER_OTLP_HEADERS, secret, otel.exporter.otlp.headers",
        "OTEL_EXPORTER_OTLP_HEADERS, a=secret%zz, header: a",
        "OTEL_EXPORTER_OTLP_TIMEOUT, soon, otel.exporter.otlp.timeout=soon",
        "OTEL_EXPORTER_OTLP_PROTOCOL, grpc, GrpcSenderProvider"
    })
    void aBadValueIsToldAndNoSecret(String variable, String value, String told) {
        var target = target("OTEL_EXPORTER_OTLP_ENDPOINT", "", Map.of(variable, value));
        assertThatThrownBy(() -> RunSpans.to(target, BACKEND))
                .isInstanceOf(ConfigurationException.class)
                .satisfies(thrown -> assertThat(thrown.getMessage() + thrown.getCause())
                        .contains(told)
                        .doesNotContain("secret"));
    }

    private TraceTarget target(String variable, String path) {
        return target(
                variable,
                path,
                Map.of(
                        "OTEL_EXPORTER_OTLP_HEADERS",
                        "authorization=a%20secret",
                        "OTEL_RESOURCE_ATTRIBUTES",
                        "team=playground"));
    }

    private TraceTarget target(String variable, String path, Map<String, String> others) {
        int port = receiver == null ? 0 : receiver.getAddress().getPort();
        var variables = new HashMap<>(others);
        variables.put(variable, "http://127.0.0.1:" + port + path);
        return TraceTarget.read(variables, _ -> {}).orElseThrow();
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            received.add(ExportTraceServiceRequest.parseFrom(new GZIPInputStream(exchange.getRequestBody())));
            tokens.add(exchange.getRequestHeaders().getFirst("authorization"));
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private void hang(HttpExchange exchange) {
        try (exchange) {
            var _ = hanging.await(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
