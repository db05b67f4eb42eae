package dev.sandpool.runner.api;

import static dev.sandpool.runner.sandbox.StandardStream.STDERR;
import static dev.sandpool.runner.sandbox.StandardStream.STDOUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sandpool.runner.sandbox.RunResult;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The answer of {@code POST /v1/runs} as events, while the program runs. */
class StreamedRunTest extends RunsApiFixture {
    @Test
    void outputComesWhileTheProgramRuns() throws Exception {
        var seen = new CountDownLatch(1);
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            byte[] half = bytes("ü");
            output.write(STDOUT, half, 0, 1);
            output.write(STDOUT, half, 1, 1);
            seen.await();
            output.write(STDERR, bytes("late"), 0, 4);
            return new RunResult.Exited(0, FACTS);
        });

        HttpResponse<Stream<String>> answer =
                http.send(request("", "program", "application/x-ndjson"), HttpResponse.BodyHandlers.ofLines());

        Iterator<String> lines = answer.body().iterator();
        assertThat(answer.headers().firstValue("content-type")).contains("application/x-ndjson");
        JsonNode started = JSON.readTree(lines.next());
        assertThat(started.path("event").asText()).isEqualTo("started");
        assertThat(JSON.readTree(lines.next())).isEqualTo(JSON.readTree("{\"event\":\"stdout\",\"text\":\"ü\"}"));
        seen.countDown();
        assertThat(JSON.readTree(lines.next())).isEqualTo(JSON.readTree("{\"event\":\"stderr\",\"text\":\"late\"}"));
        JsonNode exit = JSON.readTree(lines.next());
        assertThat(exit.path("event").asText()).isEqualTo("exit");
        assertThat(exit.path("exitCode").asInt()).isZero();
        assertThat(exit.path("stdout")).isEqualTo(JSON.readTree("{\"bytes\":2,\"truncated\":false}"));
        assertThat(exit.path("id")).isEqualTo(started.path("id"));
        assertThat(lines.hasNext()).isFalse();
    }

    @Test
    void browsersGetEventsOfTheirOwnKind() throws Exception {
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            return new RunResult.Exited(0, FACTS);
        });

        var answer = http.send(request("", "program", "text/event-stream"), HttpResponse.BodyHandlers.ofString());

        assertThat(answer.body())
                .startsWith("event: started\ndata: {\"event\":\"started\"")
                .endsWith("}\n\n");
    }

    @Test
    void whatIsWrongBeforeTheFirstEventHasItsOwnStatus() throws Exception {
        var answer =
                http.send(request("?pids=0", "program", "application/x-ndjson"), HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("content-type")).contains("application/problem+json");
    }

    @Test
    void aReaderWhoGoesAwayEndsTheRun() throws Exception {
        var ended = new CountDownLatch(1);
        sandboxes.programIs((request, output, sandbox) -> {
            sandbox.receive(request);
            output.started();
            try {
                return sandbox.hang();
            } finally {
                ended.countDown();
            }
        });
        HttpResponse<InputStream> answer =
                http.send(request("", "program", "application/x-ndjson"), HttpResponse.BodyHandlers.ofInputStream());

        answer.body().close();

        assertThat(ended.await(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
        await().untilAsserted(() -> assertThat(server.askAdmin("/metrics").body())
                .contains("sandpool_runs_total{outcome=\"client_gone\"} 1.0"));
    }
}
