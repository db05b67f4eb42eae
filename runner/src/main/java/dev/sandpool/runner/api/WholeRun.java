package dev.sandpool.runner.api;

import dev.sandpool.runner.api.request.V1Request;
import dev.sandpool.runner.http.ClientRequests;
import dev.sandpool.runner.http.JsonReply;
import dev.sandpool.runner.run.ActiveRun;
import dev.sandpool.runner.run.AnswerCache;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.CompletedRun.Api;
import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.run.RunService;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/** A run whose response is one JSON object at its end. */
final class WholeRun {
    private static final HeaderName SERVER_TIMING = HeaderNames.create("Server-Timing");
    // Its JSON is at most six times as long.
    private static final int MAX_KEPT_OUTPUT = AnswerCache.MAX_BYTES / 8;

    private final RunService runs;
    private final RunExchange exchange;

    WholeRun(RunService runs, RunExchange exchange) {
        this.runs = runs;
        this.exchange = exchange;
    }

    void serve() {
        try (var run = ClientRequests.open(runs, Api.RUNS, exchange.request());
                var output = runs.spool(run);
                var body = exchange.body();
                var upload = exchange.upload(body, runs.memory())) {
            var idempotent = new IdempotentRun(run, upload);
            var source = new V1Request(exchange.head(), idempotent, run::optionMemory);
            CompletedRun completed = runs.run(run, source, upload, output);
            exchange.isAbout(run);
            exchange.header(
                    HeaderValues.create(SERVER_TIMING, completed.phases().serverTiming()));
            switch (completed.answer()) {
                case RunAnswer.Ended _ ->
                    answer(
                            completed,
                            run,
                            idempotent,
                            output.files().lengthWithNames(),
                            to -> RunJson.write(completed, output, source.options(), to));
                case RunAnswer.Repeated _ -> {
                    locate(run);
                    JsonReply.send(runs, exchange.request(), exchange.response(), idempotent.answer());
                }
                case RunAnswer.Refused _, RunAnswer.Invalid _, RunAnswer.ClientGone _ ->
                    exchange.refuse(completed.answer());
            }
        }
    }

    /** Sends the answer. Caches it if the client chose an id and it is not too long. */
    private void answer(
            CompletedRun completed, ActiveRun run, IdempotentRun idempotent, long fileBytes, JsonReply.Body json) {
        if (idempotent.isNamed()) {
            locate(run);
        }
        long bytes = completed.stdoutBytes() + completed.stderrBytes() + fileBytes;
        if (!idempotent.isNamed() || bytes > MAX_KEPT_OUTPUT) {
            idempotent.finish(completed, Optional.empty());
            stream(json);
            return;
        }
        long length = keep(completed, idempotent, json);
        exchange.header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, length));
        // From the spool again: the cache may forget the answer before a slow client has it.
        stream(json);
    }

    private static long keep(CompletedRun completed, IdempotentRun idempotent, JsonReply.Body json) {
        var whole = new ByteArrayOutputStream();
        try {
            json.writeTo(whole);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read what was printed", e);
        }
        byte[] answer = whole.toByteArray();
        idempotent.finish(completed, Optional.of(answer));
        return answer.length;
    }

    private void locate(ActiveRun run) {
        exchange.header(HeaderValues.create(HeaderNames.LOCATION, ApiPath.RUN.with(run.id())));
    }

    private void stream(JsonReply.Body json) {
        JsonReply.send(runs, exchange.request(), exchange.response(), json);
    }
}
