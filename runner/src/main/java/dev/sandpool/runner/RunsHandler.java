package dev.sandpool.runner;

import dev.sandpool.runner.RunRecord.Api;
import io.helidon.common.media.type.MediaType;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.common.socket.SocketWriterException;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ServerConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.commons.io.output.CountingOutputStream;

/** {@code POST /v1/runs}: a run with options, whose facts come back, at its end or as it goes on. */
final class RunsHandler implements Handler {
    private static final HeaderName SERVER_TIMING = HeaderNames.create("Server-Timing");
    private static final HeaderName ARGUMENT = HeaderNames.create("X-Argument");
    private static final HeaderName OPTIONS = HeaderNames.create("Sandpool-Options");
    private static final HeaderName RUN = HeaderNames.create("Sandpool-Run");
    private static final Header JSON = HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");
    private static final Header ACCEPT_ENCODING =
            HeaderValues.createCached(HeaderNames.ACCEPT_ENCODING, BodyDecoding.ACCEPTED);
    private static final MediaType LINES = MediaTypes.create("application/x-ndjson");
    private static final MediaType EVENTS = MediaTypes.create("text/event-stream");

    // As on /run: whoever takes an answer slower is holding our disk rather than reading.
    private static final Duration ANSWER_TIME = Duration.ofMinutes(2);
    // In JSON it is at most six times as long.
    private static final int MOST_KEPT_OUTPUT = RunIds.LONGEST_KEPT / 8;
    // Proxies close what is silent for a minute, most of them.
    private static final Duration SIGN_OF_LIFE_EVERY = Duration.ofSeconds(15);

    private final RunDesk desk;

    RunsHandler(RunDesk desk) {
        this.desk = desk;
    }

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        Optional<BodyDecoding> decoding = BodyDecoding.of(request.headers().first(HeaderNames.CONTENT_ENCODING));
        if (decoding.isPresent()) {
            handle(decoding.get(), request, response);
        } else {
            response.header(ACCEPT_ENCODING);
            ProblemReply.send(
                    request,
                    response,
                    new Problem(
                            "unsupported-encoding",
                            415,
                            "Unsupported encoding",
                            "a Content-Encoding must be one of " + BodyDecoding.ACCEPTED));
        }
    }

    private void handle(BodyDecoding decoding, ServerRequest request, ServerResponse response) {
        Optional<MediaType> accepted = request.headers().bestAccepted(MediaTypes.APPLICATION_JSON, LINES, EVENTS);
        if (accepted.isEmpty()) {
            ProblemReply.send(
                    request,
                    response,
                    new Problem(
                            "not-acceptable",
                            406,
                            "Not acceptable",
                            "answers are application/json, application/x-ndjson or text/event-stream"));
        } else if (accepted.get().equals(MediaTypes.APPLICATION_JSON)) {
            whole(decoding, request, response);
        } else if (ClientConnection.current().speaksHttp10()) {
            ProblemReply.send(request, response, Problem.badRequest("events need HTTP/1.1"));
        } else {
            events(
                    decoding,
                    request,
                    response,
                    accepted.get().equals(LINES) ? EventStream.Format.LINES : EventStream.Format.SERVER_SENT);
        }
    }

    // ---- one answer at the end

    private void whole(BodyDecoding decoding, ServerRequest request, ServerResponse response) {
        ClientBytes client = ClientConnection.current().bytes();
        try (var entry = desk.open(Api.RUNS, request);
                var spool = desk.spool();
                var body = decoding.decode(request.content().inputStream());
                var upload = new Upload(body, client, desk.memory())) {
            var output = new OrderedOutput(spool);
            var name = new NamedRun(entry, upload);
            var submission = new RunSubmission(said(request), name);
            var attempt = new RunAttempt(desk.services(), entry, submission, upload, client, output);
            Answer answer = attempt.answer(announced(decoding, request));
            entry.ended(answer, attempt, upload, output);
            about(entry, attempt, response);
            Optional<RunFacts> facts = facts(answer, entry, attempt, output);
            if (facts.isPresent()) {
                boolean interleaved =
                        submission.options().map(RunOptions::interleaved).orElse(false);
                json(facts.get(), output, interleaved, entry, name, request, response);
                return;
            }
            entry.finish();
            if (answer instanceof Answer.Repeated repeated) {
                located(entry, response);
                send(repeated.kept().json().orElseThrow(), request, response);
            } else {
                refuse(answer, request, response);
            }
        }
    }

    private void json(
            RunFacts facts,
            OrderedOutput output,
            boolean interleaved,
            RunDesk.Entry entry,
            NamedRun name,
            ServerRequest request,
            ServerResponse response) {
        if (!name.isNamed()) {
            entry.finish();
            stream(request, response, body -> RunJson.write(facts, output, interleaved, body));
            return;
        }
        located(entry, response);
        if (output.stdoutBytes() + output.stderrBytes() > MOST_KEPT_OUTPUT) {
            name.keep(facts, Optional.empty());
            entry.finish();
            stream(request, response, body -> RunJson.write(facts, output, interleaved, body));
            return;
        }
        var whole = new ByteArrayOutputStream();
        try {
            RunJson.write(facts, output, interleaved, whole);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read what was printed", e);
        }
        name.keep(facts, Optional.of(whole.toByteArray()));
        entry.finish();
        send(whole.toByteArray(), request, response);
    }

    private static void located(RunDesk.Entry entry, ServerResponse response) {
        response.header(HeaderValues.create(HeaderNames.LOCATION, ApiPath.RUN.with(entry.id())));
    }

    private void send(byte[] json, ServerRequest request, ServerResponse response) {
        response.header(HeaderValues.create(HeaderNames.CONTENT_LENGTH, json.length));
        stream(request, response, body -> body.write(json));
    }

    private interface Writing {
        void to(OutputStream body) throws IOException;
    }

    private void stream(ServerRequest request, ServerResponse response, Writing writing) {
        response.header(JSON);
        GoReply.prepare(request, response);
        ClientConnection client = ClientConnection.current();
        var tooSlow = desk.clock().schedule(client::abort, ANSWER_TIME.toMillis(), TimeUnit.MILLISECONDS);
        try (var body = new CountingOutputStream(response.outputStream())) {
            writing.to(body);
            desk.sent(body.getByteCount());
        } catch (IOException | UncheckedIOException | SocketWriterException | ServerConnectionException e) {
            throw new CloseConnectionException("the client did not take its answer", e);
        } finally {
            tooSlow.cancel(false);
        }
    }

    // ---- events

    private void events(
            BodyDecoding decoding, ServerRequest request, ServerResponse response, EventStream.Format format) {
        ClientConnection connection = ClientConnection.current();
        try (var entry = desk.open(Api.RUNS, request);
                var body = decoding.decode(request.content().inputStream());
                var upload = new Upload(body, connection.bytes(), desk.memory())) {
            var stream = new EventStream(format, response, () -> response.header(HeaderValues.create(RUN, entry.id())));
            // A client that takes nothing blocks the run's own thread; the sandbox ends in time, and then so does the
            // connection.
            var output = new RunEvents(entry::id, stream, connection::abort);
            var name = new NamedRun(entry, upload);
            var attempt = new RunAttempt(
                    desk.services(), entry, new RunSubmission(said(request), name), upload, connection.bytes(), output);
            var alive = desk.clock()
                    .scheduleWithFixedDelay(
                            () -> Thread.ofVirtual().name("sign-of-life").start(output::keepAlive),
                            SIGN_OF_LIFE_EVERY.toSeconds(),
                            SIGN_OF_LIFE_EVERY.toSeconds(),
                            TimeUnit.SECONDS);
            Answer answer;
            try {
                answer = attempt.answer(announced(decoding, request));
            } finally {
                alive.cancel(false);
            }
            entry.ended(answer, attempt, upload, output);
            Optional<RunFacts> facts = facts(answer, entry, attempt, output);
            facts.ifPresent(known -> name.keep(known, Optional.empty()));
            entry.finish();
            end(answer, entry, facts, output, stream, request, response);
            desk.sent(stream.bytes());
        }
    }

    private static void end(
            Answer answer,
            RunDesk.Entry entry,
            Optional<RunFacts> facts,
            RunEvents output,
            EventStream stream,
            ServerRequest request,
            ServerResponse response) {
        if (answer instanceof Answer.Repeated) {
            ProblemReply.send(
                    request,
                    response,
                    NamedRun.notKept(entry.id(), "its answer can be had again as application/json, not as events"));
            return;
        }
        if (!stream.isOpen() && facts.isEmpty()) {
            response.header(HeaderValues.create(RUN, entry.id()));
            refuse(answer, request, response);
            return;
        }
        if (!stream.isOpen()) {
            GoReply.prepare(request, response);
        }
        facts.ifPresentOrElse(output::ended, () -> output.ended(problem(answer)));
        try {
            stream.close();
        } catch (IOException e) {
            throw new CloseConnectionException("the client did not take its answer", e);
        }
    }

    // ---- both

    static Optional<RunFacts> facts(Answer answer, RunDesk.Entry entry, RunAttempt attempt, RunOutput output) {
        boolean isOurs = switch (answer) {
            case Answer.Ran _, Answer.Failed _ -> false;
            case Answer.Refused refused -> refused.outcome() != Answer.Outcome.SANDBOX_LOST;
            case Answer.Bad _, Answer.Repeated _, Answer.Nothing _ -> true;
        };
        return isOurs ? Optional.empty() : RunFacts.of(entry.id(), attempt, output.hasStarted());
    }

    private static void refuse(Answer answer, ServerRequest request, ServerResponse response) {
        if (answer instanceof Answer.Nothing) {
            throw new CloseConnectionException("the client has gone");
        }
        OptionalLong retryAfter =
                answer instanceof Answer.Refused refused ? refused.retryAfterSeconds() : OptionalLong.empty();
        ProblemReply.send(request, response, problem(answer), retryAfter);
    }

    static Problem problem(Answer answer) {
        return switch (answer) {
            case Answer.Bad bad -> bad.problem();
            case Answer.Refused refused -> ProblemReply.of(refused);
            case Answer.Ran _, Answer.Failed _, Answer.Repeated _, Answer.Nothing _ ->
                new Problem("internal-error", 500, "Internal error", "internal error");
        };
    }

    private static void about(RunDesk.Entry entry, RunAttempt attempt, ServerResponse response) {
        response.header(HeaderValues.create(RUN, entry.id()));
        response.header(HeaderValues.create(SERVER_TIMING, attempt.phases().serverTiming()));
    }

    /** What comes out of a coding has a size of its own. */
    private static long announced(BodyDecoding decoding, ServerRequest request) {
        return decoding == BodyDecoding.IDENTITY
                ? request.headers().contentLength().orElse(0)
                : 0;
    }

    private static RunSubmission.Said said(ServerRequest request) {
        Map<String, List<String>> query = new LinkedHashMap<>();
        request.query().names().forEach(name -> query.put(name, request.query().all(name)));
        return new RunSubmission.Said(
                request.headers().first(HeaderNames.CONTENT_TYPE).orElse(""),
                query,
                request.headers().first(OPTIONS),
                request.headers().all(ARGUMENT, List::of));
    }
}
