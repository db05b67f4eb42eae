package dev.sandpool.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.Answer;
import dev.sandpool.e2e.run.Programs;
import dev.sandpool.e2e.run.RunnerService;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** Traces that leave a runner in gVisor for a receiver outside of the cluster: this machine, which the project's own node can reach. */
@EnabledIfEnvironmentVariable(named = "SANDPOOL_OWN_NODE", matches = "1")
class TracesIT {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLERS_SPAN = "00f067aa0ba902b7";

    private final BlockingQueue<ResourceSpans> received = new LinkedBlockingQueue<>();

    @Test
    void aRunIsASpanOfItsCallersTraceWithOneForEachStep() throws Exception {
        HttpServer receiver = HttpServer.create(new InetSocketAddress(addressTowardsTheNode(), 0), 0);
        receiver.createContext("/v1/traces", this::receive);
        receiver.start();
        try (TestPool pool = TestPool.applied("traces", "workers: 1, warm: {min: 1, max: 1}")) {
            pool.patch("{\"runner\":{\"tracing\":{\"endpoint\":\"http://%s:%d\"}}}"
                    .formatted(
                            receiver.getAddress().getAddress().getHostAddress(),
                            receiver.getAddress().getPort()));
            // Not what is told of the pool before: its runner sends no spans.
            pool.awaitObserved();
            pool.await("Ready", "True");
            pool.awaitReason("Progressing", "UpToDate");
            TestPool.patiently().until(() -> pool.runners().size() == 1);
            RunnerService service = pool.service();
            byte[] hello = Programs.staticC("hello");
            TestPool.patiently().until(() -> {
                service.get("/healthz");
                return pool.warm() == 1;
            });

            Answer answer = Answer.of(service.send(HttpRequest.newBuilder(service.request(hello), (name, value) -> true)
                    .header("traceparent", "00-" + TRACE + "-" + CALLERS_SPAN + "-01")
                    .build()));
            assertThat(answer.exitCode()).isZero();

            TestPool.patiently().until(() -> !received.isEmpty());
            ResourceSpans spans = received.take();
            assertThat(spans.getResource().getAttributesList())
                    .extracting(attribute ->
                            attribute.getKey() + "=" + attribute.getValue().getStringValue())
                    .contains(
                            "service.name=sandpool-runner",
                            "sandpool.pool=traces",
                            "k8s.pod.name="
                                    + pool.runners().getFirst().getMetadata().getName());
            List<Span> run = spans.getScopeSpans(0).getSpansList();
            assertThat(run).extracting(Span::getName).contains("queue", "claim", "send", "run");
            assertThat(run)
                    .extracting(
                            span -> HexFormat.of().formatHex(span.getTraceId().toByteArray()))
                    .containsOnly(TRACE);
            assertThat(run)
                    .filteredOn(span -> span.getKind() == Span.SpanKind.SPAN_KIND_SERVER)
                    .singleElement()
                    .extracting(span ->
                            HexFormat.of().formatHex(span.getParentSpanId().toByteArray()))
                    .isEqualTo(CALLERS_SPAN);
        } finally {
            receiver.stop(0);
        }
    }

    /** The address of this machine that the node sees: the one from which packets to it leave. */
    private static InetAddress addressTowardsTheNode() throws IOException {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(RunnerService.deployed().base().getHost(), 4318)); // sends nothing
            return socket.getLocalAddress();
        }
    }

    private void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            ExportTraceServiceRequest.parseFrom(new GZIPInputStream(exchange.getRequestBody()))
                    .getResourceSpansList()
                    .forEach(received::add);
            exchange.sendResponseHeaders(200, -1);
        }
    }
}
