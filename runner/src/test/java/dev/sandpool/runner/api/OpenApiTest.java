package dev.sandpool.runner.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.sandpool.runner.FakeSandboxes;
import dev.sandpool.runner.RunningServer;
import dev.sandpool.runner.api.request.RunOptions;
import dev.sandpool.runner.sandbox.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That the document says of this runner what is so; schemathesis asks the runner itself. */
class OpenApiTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/sandpool/runner");
    private static final Pattern PROBLEM = Pattern.compile("new Problem\\(\\s*\"([a-z-]+)\"");
    private static final Pattern ROUTE = Pattern.compile("\\.(get|post|delete|put|any)\\(\\s*\"(/v1[^\"]*)\"");

    private final JsonNode document = document();

    private static JsonNode document() {
        try (InputStream in = Objects.requireNonNull(OpenApi.class.getResourceAsStream(OpenApi.RESOURCE))) {
            return new YAMLMapper().readTree(in);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String code() throws IOException {
        var all = new StringBuilder();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> !file.startsWith(SOURCES.resolve("sandbox")))
                    .toList()) {
                all.append(Files.readString(file)).append('\n');
            }
        }
        return all.toString();
    }

    private Set<String> methods(String path) {
        var methods = new TreeSet<String>();
        document.at("/paths").path(path).fieldNames().forEachRemaining(name -> {
            if (!name.equals("parameters")) {
                methods.add(name.toUpperCase(Locale.ROOT));
            }
        });
        return methods;
    }

    @Test
    void everyPathBelowV1StandsInItWithItsMethods() {
        var described = new HashSet<String>();
        document.at("/paths").fieldNames().forEachRemaining(described::add);
        for (ApiPath path : ApiPath.values()) {
            assertThat(methods(path.template())).as(path.template()).isEqualTo(path.methods());
            described.remove(path.template());
        }
        assertThat(described).containsExactlyInAnyOrder("/run", "/health", "/openapi.yaml");
    }

    @Test
    void everyRouteInTheCodeIsOneOfThese() throws IOException {
        var routes = ROUTE.matcher(code());
        var seen = new HashSet<String>();
        while (routes.find()) {
            seen.add(routes.group(2));
            assertThat(ApiPath.of(routes.group(2).replaceAll("\\{.*}", "x")))
                    .as(routes.group(2))
                    .isPresent();
        }
        assertThat(seen).contains("/v1/runs");
    }

    @Test
    void everyProblemInTheCodeStandsInIt() throws IOException {
        var known = new HashSet<String>();
        document.at("/components/schemas/Problem/properties/type/enum")
                .forEach(type -> known.add(type.textValue().replace("/problems/", "")));
        var problems = PROBLEM.matcher(code());
        var used = new TreeSet<String>();
        while (problems.find()) {
            used.add(problems.group(1));
        }
        for (Outcome outcome : Outcome.values()) {
            outcome.problem().ifPresent(used::add);
        }
        assertThat(used).contains("bad-option", "program-too-large", "unsupported-encoding");
        assertThat(known).containsAll(used);
    }

    @Test
    void everyOutcomeOfARunStandsInIt() {
        var described = new TreeSet<String>();
        document.at("/components/schemas/Outcome/enum").forEach(outcome -> described.add(outcome.textValue()));
        var used = new TreeSet<String>();
        for (Outcome outcome : Outcome.values()) {
            outcome.runOutcome().ifPresent(used::add);
        }
        assertThat(described).isEqualTo(used);
    }

    @Test
    void everyStatusOfAnOutcomeIsAmongTheResponses() {
        JsonNode responses = document.at("/paths/~1v1~1runs/post/responses");
        for (Outcome outcome : Outcome.values()) {
            if (outcome != Outcome.CLIENT_GONE) {
                assertThat(responses.has(Integer.toString(outcome.status())))
                        .as(outcome.name())
                        .isTrue();
            }
        }
    }

    @Test
    void theGuideToTheApiHasThemAllToo() throws IOException {
        String guide = Files.readString(Path.of("..", "docs", "api.md"));
        for (Outcome outcome : Outcome.values()) {
            outcome.runOutcome().ifPresent(name -> assertThat(guide).contains("`" + name + "`"));
            outcome.problem().ifPresent(name -> assertThat(guide).contains("`" + name + "`"));
        }
        assertThat(RunOptions.names()).allSatisfy(name -> assertThat(guide).contains("`" + name + "`"));
    }

    @Test
    void everyOptionStandsInItTwice() throws IOException {
        var inBody = new TreeSet<String>();
        document.at("/components/schemas/Options/properties").fieldNames().forEachRemaining(inBody::add);
        var inQuery = new TreeSet<String>();
        document.at("/paths/~1v1~1runs/post/parameters").forEach(parameter -> {
            if (parameter.path("in").textValue().equals("query")) {
                inQuery.add(parameter.path("name").textValue());
            }
        });
        assertThat(inQuery).isEqualTo(inBody);
        assertThat(inBody).isEqualTo(new TreeSet<>(RunOptions.names()));
    }

    @Test
    void itIsServedAndNeedNotBeSentTwice() throws IOException {
        try (var server = new RunningServer(new FakeSandboxes(FakeSandboxes.printing("", 0)))) {
            var reply = server.ask("GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.header("content-type")).isEqualTo("application/yaml");
            assertThat(reply.body()).startsWith("openapi: 3.1.0\n");
            var again = server.ask(
                    "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\nIf-None-Match: " + reply.header("etag") + "\r\n\r\n");
            assertThat(again.status()).isEqualTo(304);
            assertThat(again.body()).isEmpty();
            assertThat(server.ask("POST /openapi.yaml HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
                            .status())
                    .isEqualTo(405);
        }
    }

    @Test
    void whatDoesNotExistBelowV1IsAProblem() throws IOException {
        try (var server = new RunningServer(new FakeSandboxes(FakeSandboxes.printing("", 0)))) {
            var unknown = server.ask("GET /v1/nothing HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(unknown.status()).isEqualTo(404);
            assertThat(unknown.header("content-type")).isEqualTo("application/problem+json");
            assertThat(unknown.body()).contains("/problems/not-found");
            var method = server.ask("PUT /v1/runs HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
            assertThat(method.status()).isEqualTo(405);
            assertThat(method.header("allow")).isEqualTo("GET, POST, OPTIONS");
        }
    }
}
