package dev.sandpool.runner;

import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** {@code POST /run}. The way to an answer is {@link RunAttempt}'s; here it is written down. */
final class RunHandler implements Handler {
    private static final HeaderName SERVER_TIMING = HeaderNames.create("Server-Timing");
    private static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");

    private static final Header BEARER = HeaderValues.createCached(HeaderNames.WWW_AUTHENTICATE, "Bearer");

    // The largest answer is 270 MB. Who takes it slower than 2 MB a second is holding our disk rather than reading.
    private static final Duration ANSWER_TIME = Duration.ofMinutes(2);

    /** What answers are kept and timed with. */
    record Means(Path spoolDirectory, MemoryBudget memory, ScheduledExecutorService clock) {}

    private final RunAttempt.Services services;
    private final Means means;
    private final RunnerMetrics metrics;

    RunHandler(RunAttempt.Services services, Means means, RunnerMetrics metrics) {
        this.services = services;
        this.means = means;
        this.metrics = metrics;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        if (!request.prologue().method().equals(Method.POST)) {
            response.header(HeaderValues.create(SERVER_TIMING, new RunPhases().serverTiming()));
            GoReply.error(request, response, 400, "expected a POST");
            return;
        }
        try (var output = new OutputSpool(means.spoolDirectory, means.memory)) {
            var attempt =
                    new RunAttempt(services, request, ClientConnection.current().bytes(), output);
            Answer answer = attempt.answer();
            metrics.ran(answer.outcome(), attempt.phases());
            metrics.bytesIn(attempt.uploadedBytes());
            response.header(HeaderValues.create(SERVER_TIMING, attempt.phases().serverTiming()));
            send(answer, output, request, response);
        }
    }

    private void send(Answer answer, OutputSpool output, ServerRequest request, ServerResponse response) {
        switch (answer) {
            case Answer.Ran ran -> json(ResponseJson.ran(ran.exitCode(), output), request, response);
            case Answer.Failed failed -> json(ResponseJson.failed(failed.error()), request, response);
            case Answer.Refused refused -> {
                refused.retryAfterSeconds()
                        .ifPresent(seconds -> response.header(HeaderValues.create(HeaderNames.RETRY_AFTER, seconds)));
                if (refused.status() == 401) {
                    response.header(BEARER);
                }
                GoReply.error(request, response, refused.status(), refused.text());
            }
            case Answer.Nothing _ -> throw new CloseConnectionException("the client has gone");
        }
    }

    private void json(ResponseJson json, ServerRequest request, ServerResponse response) {
        response.header(JSON).header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, json.length()));
        GoReply.prepare(request, response);
        ClientConnection client = ClientConnection.current();
        var tooSlow = means.clock.schedule(client::abort, ANSWER_TIME.toMillis(), TimeUnit.MILLISECONDS);
        try (OutputStream body = response.outputStream()) {
            json.writeTo(body);
            metrics.bytesOut(json.length());
        } catch (IOException | UncheckedIOException | SocketWriterException | ServerConnectionException e) {
            throw new CloseConnectionException("the client did not take its answer", e);
        } finally {
            tooSlow.cancel(false);
        }
    }
}
