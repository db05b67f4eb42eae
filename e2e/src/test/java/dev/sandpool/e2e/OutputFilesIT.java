package dev.sandpool.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.e2e.cluster.TestPool;
import dev.sandpool.e2e.run.RunnerService;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** Files that a program writes come back, from pods that serve one run, several of a caller, or a gVisor each. */
class OutputFilesIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LIMITS = "workers: 2, warm: {min: 1, max: 2}, limits: {files: 8Mi, runTimeout: 10s}";

    /** What holds for sandboxes of each kind. */
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    @Timeout(300)
    abstract static class EachKind {
        private TestPool pool;
        private RunnerService service;

        abstract TestPool make();

        @BeforeAll
        void begin() {
            pool = make();
            service = pool.service();
        }

        @AfterAll
        void end() {
            if (pool != null) { // it could not be made
                pool.close();
            }
        }

        private HttpResponse<byte[]> post(String query, String accept, String... lines) {
            HttpRequest request = HttpRequest.newBuilder(service.base().resolve("/v1/runs" + query))
                    .timeout(Duration.ofSeconds(60))
                    .header("Accept", accept)
                    .POST(BodyPublishers.ofString("#!/bin/sh\n" + String.join("\n", lines) + "\n"))
                    .build();
            // A pool that has just been made may have no sandbox yet.
            HttpResponse<byte[]> answer = Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .pollDelay(Duration.ZERO)
                    .until(() -> service.send(request), came -> came.statusCode() != 503);
            assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
            return answer;
        }

        private JsonNode run(String query, String... lines) throws IOException {
            return JSON.readTree(post(query, "application/json", lines).body());
        }

        private static Set<String> names(JsonNode files) {
            return StreamSupport.stream(files.spliterator(), false)
                    .map(file -> file.path("name").asText())
                    .collect(Collectors.toSet());
        }

        @Test
        void namesAndPatternsComeBack() throws IOException {
            JsonNode run = run(
                    "?outputFiles=out/%2A%2A&outputFiles=log&outputFiles=none",
                    "mkdir -p out/a",
                    "echo 1 >out/1",
                    "printf '\\377' >out/a/2",
                    "echo done >log",
                    "echo other >other",
                    "exit 3");

            assertThat(run.path("exitCode").asInt()).isEqualTo(3);
            assertThat(names(run.path("files"))).isEqualTo(Set.of("log", "out/1", "out/a/2"));
            assertThat(run.path("files").path(0)).isEqualTo(JSON.readTree("""
                    {"name":"log","bytes":5,"truncated":false,"text":"done\\n"}"""));
            assertThat(run.path("omittedFiles")).isEqualTo(JSON.readTree("""
                    [{"reason":"missing","name":"none"}]"""));
        }

        @Test
        void nothingButTheProgramsOwnFilesIsRead() throws IOException {
            JsonNode run = run(
                    "?outputFiles=%2A%2A&outputFiles=etc/passwd&outputFiles=proc/1/environ",
                    "ln -s /etc etc",
                    "ln -s /proc proc",
                    "ln -s /proc/self/mem mem",
                    "ln -s /usr/local/bin/contained contained",
                    "mkfifo pipe",
                    "echo own >own");

            assertThat(names(run.path("files"))).isEqualTo(Set.of("own"));
            Set<String> reasons = new HashSet<>();
            run.path("omittedFiles")
                    .forEach(file -> reasons.add(file.path("reason").asText()));
            assertThat(reasons).isEqualTo(Set.of("not-a-file"));
            assertThat(names(run.path("omittedFiles")))
                    .isEqualTo(Set.of("etc", "proc", "mem", "contained", "pipe", "etc/passwd", "proc/1/environ"));
        }

        @Test
        void filesUpToTheLimitComeWholeAndMoreIsNamed() throws IOException {
            JsonNode run = run(
                    "?outputFiles=large&outputFiles=more",
                    "head -c 7000000 /dev/zero | tr '\\0' x >large",
                    "head -c 2000000 /dev/zero >more");

            JsonNode large = run.path("files").path(0);
            assertThat(large.path("bytes").asInt()).isEqualTo(7_000_000);
            assertThat(large.path("text").asText()).isEqualTo("x".repeat(7_000_000));
            assertThat(run.path("omittedFiles")).isEqualTo(JSON.readTree("""
                    [{"reason":"too-large","name":"more"}]"""));
        }

        @Test
        void theFilesOfAProgramThatTimedOutComeBack() throws IOException {
            JsonNode run = run("?outputFiles=early&runTimeout=2s", "echo so far >early", "sleep 60");

            assertThat(run.path("outcome").asText()).isEqualTo("timed-out");
            assertThat(run.at("/files/0/text").asText()).isEqualTo("so far\n");
        }

        @Test
        void eventsHaveThemAfterTheOutput() throws IOException {
            HttpResponse<byte[]> answer = post(
                    "?outputFiles=%2A",
                    "application/x-ndjson", "echo printed", "head -c 200000 /dev/zero | tr '\\0' y >file");

            List<JsonNode> events = new ArrayList<>();
            for (String line : new String(answer.body(), UTF_8).lines().toList()) {
                events.add(JSON.readTree(line));
            }
            List<JsonNode> pieces = events.stream()
                    .filter(event -> event.path("event").asText().equals("file"))
                    .toList();
            String text =
                    pieces.stream().map(piece -> piece.path("text").asText()).collect(Collectors.joining());
            assertThat(text).isEqualTo("y".repeat(200_000));
            assertThat(pieces.getLast().path("last").asBoolean()).isTrue();
            assertThat(events.stream()
                            .map(event -> event.path("event").asText())
                            .distinct())
                    .containsExactly("started", "stdout", "file", "exit");
        }

        @Test
        void theNextRunHasNoneOfThem() throws IOException {
            for (String name : Arrays.asList("first", "second", "third")) {
                JsonNode run = run("?outputFiles=%2A%2A", "mkdir -p d", "echo x >d/" + name);

                assertThat(names(run.path("files"))).isEqualTo(Set.of("d/" + name));
            }
            assertThat(run("", "echo x >file").has("files")).isFalse();
        }
    }

    @Nested
    class OfOneRun extends EachKind {
        @Override
        TestPool make() {
            return TestPool.made("files", LIMITS);
        }
    }

    @Nested
    class UsedAgain extends EachKind {
        @Override
        TestPool make() {
            return TestPool.made("files-reuse", LIMITS + ", reuse: {maxRuns: 100, maxAge: 10m}");
        }
    }

    @Nested
    @EnabledIfEnvironmentVariable(
            named = TestPool.EMBEDDED_IMAGE,
            matches = ".+",
            disabledReason = "no image with an embedded gVisor was made")
    class Embedded extends EachKind {
        @Override
        TestPool make() {
            return TestPool.embedded(
                    TestPool.LENIENT_NAMESPACE,
                    "files-embedded",
                    LIMITS + ", embedded: {seccompProfile: {type: Unconfined}, maxRuns: 10000, maxAge: 12h}");
        }
    }
}
