package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.V1Request;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.ClientRequests;
import dev.sandpool.runner.http.PlainTextResponse;
import dev.sandpool.runner.http.ProblemReply;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.RunEnding;
import dev.sandpool.runner.run.RunFacts;
import dev.sandpool.runner.run.RunPipeline;
import dev.sandpool.runner.run.RunService;
import dev.sandpool.runner.run.Upload;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/** A run that is answered as it goes on, by events. */
final class StreamedRun {
    // Proxies close what is silent for a minute, most of them.
    private static final Duration SIGN_OF_LIFE_EVERY = Duration.ofSeconds(15);

    private final RunService runs;
    private final RunExchange exchange;
    private final EventStream.Format format;

    StreamedRun(RunService runs, RunExchange exchange, EventStream.Format format) {
        this.runs = runs;
        this.exchange = exchange;
        this.format = format;
    }

    void serve() {
        ClientConnection connection = ClientConnection.current();
        try (var entry = ClientRequests.open(runs, Api.RUNS, exchange.request());
                var body = exchange.body();
                var upload = new Upload(body, connection.bytes(), runs.memory())) {
            var stream = new EventStream(format, exchange.response(), () -> exchange.isAbout(entry));
            // A client that takes nothing blocks the run's own thread, until its time is up and its connection is
            // closed.
            try (var output = new RunEvents(entry::id, stream, connection::abort, runs.clock())) {
                serve(entry, upload, stream, output);
            }
            runs.sent(stream.bytes());
        }
    }

    private void serve(RunService.ActiveRun entry, Upload upload, EventStream stream, RunEvents output) {
        var name = new IdempotentRun(entry, upload);
        var submission = new V1Request(exchange.head(), name, entry::json);
        var attempt = new RunPipeline(
                runs.services(),
                entry,
                submission,
                upload,
                ClientConnection.current().bytes(),
                output);
        RunEnding answer = answer(attempt, output);
        entry.ended(answer, attempt, upload, output);
        Optional<RunFacts> facts = RunFacts.of(answer, entry.id(), attempt, output);
        facts.ifPresent(known -> name.keep(known, Optional.empty()));
        entry.finish();
        if (answer instanceof RunEnding.Repeated) {
            exchange.send(IdempotentRun.notKept(
                    entry.id(), "its answer can be had again as application/json, not as events"));
        } else if (!stream.isOpen() && facts.isEmpty()) {
            exchange.isAbout(entry);
            exchange.refuse(answer);
        } else {
            end(answer, facts, output, stream);
        }
    }

    private RunEnding answer(RunPipeline attempt, RunEvents output) {
        ScheduledFuture<?> alive = runs.clock()
                .scheduleWithFixedDelay(
                        () -> Thread.ofVirtual().name("sign-of-life").start(output::keepAlive),
                        SIGN_OF_LIFE_EVERY.toSeconds(),
                        SIGN_OF_LIFE_EVERY.toSeconds(),
                        TimeUnit.SECONDS);
        try {
            return attempt.answer(exchange.announced());
        } finally {
            alive.cancel(false);
        }
    }

    private void end(RunEnding answer, Optional<RunFacts> facts, RunEvents output, EventStream stream) {
        if (!stream.isOpen()) {
            PlainTextResponse.prepare(exchange.request(), exchange.response());
        }
        facts.ifPresentOrElse(output::ended, () -> output.ended(ProblemReply.of(answer)));
        try {
            stream.close();
        } catch (IOException e) {
            throw new CloseConnectionException("the client did not take its answer", e);
        }
    }
}
