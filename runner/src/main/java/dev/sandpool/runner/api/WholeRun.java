package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.RunOptions;
import dev.sandpool.runner.api.request.V1Request;
import dev.sandpool.runner.http.ClientBytes;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.ClientRequests;
import dev.sandpool.runner.http.JsonReply;
import dev.sandpool.runner.run.AnswerCache;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.RunEnding;
import dev.sandpool.runner.run.RunFacts;
import dev.sandpool.runner.run.RunOutput;
import dev.sandpool.runner.run.RunPipeline;
import dev.sandpool.runner.run.RunService;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.sandbox.Stream;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** A run that is answered at its end, in one JSON object. */
final class WholeRun {
    private static final HeaderName SERVER_TIMING = HeaderNames.create("Server-Timing");
    // In JSON it is at most six times as long.
    private static final int MOST_KEPT_OUTPUT = AnswerCache.LONGEST_KEPT / 8;

    private final RunService runs;
    private final RunExchange exchange;

    WholeRun(RunService runs, RunExchange exchange) {
        this.runs = runs;
        this.exchange = exchange;
    }

    void serve() {
        ClientBytes client = ClientConnection.current().bytes();
        try (var entry = ClientRequests.open(runs, Api.RUNS, exchange.request());
                var output = runs.spool();
                var body = exchange.body();
                var upload = new Upload(body, client, runs.memory())) {
            var name = new IdempotentRun(entry, upload);
            var submission = new V1Request(exchange.head(), name, entry::json);
            var attempt = new RunPipeline(runs.services(), entry, submission, upload, client, output);
            RunEnding answer = attempt.answer(exchange.announced());
            entry.ended(answer, attempt, upload, output);
            exchange.isAbout(entry);
            exchange.header(HeaderValues.create(SERVER_TIMING, attempt.phases().serverTiming()));
            Optional<RunFacts> facts = RunFacts.of(answer, entry.id(), attempt, output);
            if (facts.isPresent()) {
                boolean interleaved =
                        submission.options().map(RunOptions::interleaved).orElse(false);
                JsonReply.Body json = to -> RunJson.write(facts.get(), output, interleaved, to);
                if (name.isNamed()) {
                    sendNamed(facts.get(), output, name, json, entry);
                } else {
                    entry.finish();
                    stream(json);
                }
                return;
            }
            entry.finish();
            if (answer instanceof RunEnding.Repeated repeated) {
                locate(entry);
                send(repeated.kept().json().orElseThrow());
            } else {
                exchange.refuse(answer);
            }
        }
    }

    /** Keeps it too, whole if it is not too long. */
    private void sendNamed(
            RunFacts facts, RunOutput output, IdempotentRun name, JsonReply.Body json, RunService.ActiveRun entry) {
        locate(entry);
        if (output.bytes(Stream.STDOUT) + output.bytes(Stream.STDERR) > MOST_KEPT_OUTPUT) {
            name.keep(facts, Optional.empty());
            entry.finish();
            stream(json);
            return;
        }
        var whole = new ByteArrayOutputStream();
        try {
            json.writeTo(whole);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read what was printed", e);
        }
        name.keep(facts, Optional.of(whole.toByteArray()));
        entry.finish();
        send(whole.toByteArray());
    }

    private void locate(RunService.ActiveRun entry) {
        exchange.header(HeaderValues.create(HeaderNames.LOCATION, ApiPath.RUN.with(entry.id())));
    }

    private void send(byte[] json) {
        exchange.header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, json.length));
        stream(body -> body.write(json));
    }

    private void stream(JsonReply.Body json) {
        JsonReply.send(runs, exchange.request(), exchange.response(), json);
    }
}
