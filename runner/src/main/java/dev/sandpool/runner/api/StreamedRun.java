package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.V1Request;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.http.ClientRequests;
import dev.sandpool.runner.http.PlainTextResponse;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.run.RunService;
import io.helidon.webserver.CloseConnectionException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A run whose response is a stream of events. */
final class StreamedRun {
    // Most proxies close a connection that is silent for a minute.
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
        // A client that reads nothing blocks the thread of the run, until its time is up and its connection is closed.
        Runnable abort = ClientConnection.current()::abort;
        try (var run = ClientRequests.open(runs, Api.RUNS, exchange.request());
                var body = exchange.body();
                var upload = exchange.upload(body, runs.memory())) {
            var stream = new EventStream(format, exchange.response(), () -> exchange.isAbout(run));
            try (var output = new RunEvents(run::id, stream, abort, runs.clock())) {
                output.showLifeEvery(SIGN_OF_LIFE_EVERY);
                var idempotent = new IdempotentRun(run, upload);
                var source = new V1Request(exchange.head(), idempotent, run::optionMemory);
                CompletedRun completed = runs.run(run, source, upload, output);
                switch (completed.answer()) {
                    case RunAnswer.Ended _ -> {
                        idempotent.finish(completed, Optional.empty());
                        end(stream, () -> output.ended(completed));
                    }
                    case RunAnswer.Repeated _ ->
                        exchange.send(IdempotentRun.notKept(
                                run.id(), "its answer can be had again as application/json, not as events"));
                    case RunAnswer.Refused _, RunAnswer.Invalid _, RunAnswer.ClientGone _ -> {
                        if (stream.isOpen()) {
                            end(stream, () -> output.ended(completed.answer().problem()));
                        } else {
                            exchange.isAbout(run);
                            exchange.refuse(completed.answer());
                        }
                    }
                }
            }
            runs.sent(stream.bytes());
        }
    }

    private void end(EventStream stream, Runnable lastEvent) {
        if (!stream.isOpen()) {
            PlainTextResponse.prepare(exchange.request(), exchange.response());
        }
        lastEvent.run();
        try {
            stream.close();
        } catch (IOException e) {
            throw new CloseConnectionException("the client did not take its answer", e);
        }
    }
}
