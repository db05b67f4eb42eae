package dev.sandpool.runner;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.runner.RunRecord.Api;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunRequest;
import dev.sandpool.runner.sandbox.SandboxLimits;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.websocket.WsCloseCodes;
import io.helidon.websocket.WsListener;
import io.helidon.websocket.WsSession;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run over a WebSocket: options, the program, its standard input and signals come in messages; events go back. The messages come in the
 * connection's thread, the run is in one of its own.
 */
final class LiveRun implements WsListener {
    private static final Logger LOG = LoggerFactory.getLogger(LiveRun.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    // As long as others have to show that they send something.
    private static final Duration FIRST_MESSAGE_TIME = Duration.ofSeconds(5);

    // For the client's word that it is over; then the socket is closed.
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private final RunDesk desk;
    private final LiveClient client = new LiveClient();
    private final StringBuilder text = new StringBuilder();
    private final ClientConnection connection;
    private RunDesk.@Nullable Entry entry;
    private volatile @Nullable RunAttempt attempt;

    /** Made for each connection, in its thread. */
    LiveRun(RunDesk desk) {
        this.desk = desk;
        this.connection = ClientConnection.current();
    }

    @Override
    public Optional<Headers> onHttpUpgrade(HttpPrologue prologue, Headers headers) {
        // A client that goes without a word, as most do, is not reported by Helidon.
        connection.upgraded(client::leave);
        entry = desk.open(Api.LIVE, headers, connection.remotePeer());
        return Optional.empty();
    }

    @Override
    public void onOpen(WsSession session) {
        var _ = desk.clock()
                .schedule(
                        () -> {
                            if (attempt == null) {
                                connection.abort();
                            }
                        },
                        FIRST_MESSAGE_TIME.toSeconds(),
                        TimeUnit.SECONDS);
    }

    @Override
    public void onMessage(WsSession session, String part, boolean last) {
        text.append(part);
        if (text.length() > RunForm.MOST_OPTION_BYTES) {
            refuse(
                    session,
                    Problem.badRequest("a message is larger than " + RunForm.MOST_OPTION_BYTES + " characters"));
            return;
        }
        if (!last) {
            return;
        }
        String message = text.toString();
        text.setLength(0);
        try {
            RunAttempt run = attempt;
            if (run == null) {
                begin(session, message);
            } else {
                obey(run, message);
            }
        } catch (BadInputException e) {
            refuse(session, e.problem());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void onMessage(WsSession session, BufferData data, boolean last) {
        byte[] bytes = data.readBytes();
        if (attempt == null) {
            refuse(session, Problem.badRequest("the first message must be the options, as JSON, in a text message"));
            return;
        }
        try {
            (client.program().hasEnded() ? client.standardInput() : client.program()).put(bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void onClose(WsSession session, int status, String reason) {
        client.leave();
    }

    @Override
    public void onError(WsSession session, Throwable t) {
        LOG.atDebug().setCause(t).log("a live run's connection broke");
        client.leave();
    }

    private void begin(WsSession session, String options) throws IOException {
        RunDesk.Entry of = entry;
        if (of == null) {
            throw new IllegalStateException("a message before the upgrade");
        }
        var output = new RunEvents(of::id, new Events(session), this::clientIsGone, desk.clock());
        var upload = new Upload(client.program(), client, desk.memory());
        var run = new RunAttempt(
                desk.services(),
                of,
                new Said(of, RunForm.object(JSON, options.getBytes(UTF_8))),
                upload,
                client,
                output);
        attempt = run;
        Thread.ofVirtual().name("live-run").start(() -> run(session, of, run, upload, output));
    }

    private void run(WsSession session, RunDesk.Entry entry, RunAttempt run, Upload upload, RunEvents output) {
        try (entry;
                upload;
                output) {
            Answer answer = run.answer(0);
            entry.ended(answer, run, upload, output);
            entry.finish();
            RunFacts.of(answer, entry.id(), run, output)
                    .ifPresentOrElse(output::ended, () -> output.ended(ProblemReply.of(answer)));
            // What the client still sends is read and dropped until it has seen that: nothing waits for room any more.
            client.stop(new UploadStoppedException("the run is over"));
            isAboutToEnd();
            session.close(WsCloseCodes.NORMAL_CLOSE, "the run is over");
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a live run failed");
            clientIsGone();
        }
    }

    /** The connection will not be there for long, whether or not the client takes its last messages. */
    private void isAboutToEnd() {
        var _ = desk.clock().schedule(connection::abort, LAST_WORDS.toSeconds(), TimeUnit.SECONDS);
    }

    private void clientIsGone() {
        client.leave();
        connection.abort();
    }

    private void obey(RunAttempt run, String message) throws IOException {
        JsonNode told = RunForm.object(JSON, message.getBytes(UTF_8));
        switch (told.path("event").asText()) {
            case "program-end" -> {
                if (!client.program().end()) {
                    throw bad("program-end was said twice");
                }
            }
            case "stdin-end" -> client.standardInput().end();
            case "signal" -> {
                int number = RunFacts.signalNumber(told.path("signal").asText());
                if (number == 0) {
                    throw bad("there is no signal " + told.path("signal"));
                }
                run.signal(number);
            }
            case "cancel" -> run.cancel();
            default -> throw bad("a message must have an event: program-end, stdin-end, signal or cancel");
        }
    }

    private static BadInputException bad(String detail) {
        return new BadInputException(Problem.badRequest(detail));
    }

    private void refuse(WsSession session, Problem problem) {
        isAboutToEnd();
        session.send(RunEvents.line(problem), true);
        client.leave();
        session.close(WsCloseCodes.VIOLATED_POLICY, "see the last message");
    }

    /** Events as text messages. */
    private record Events(WsSession session) implements RunEvents.Channel {
        @Override
        public void send(String event, String json) throws IOException {
            try {
                session.send(json, true);
            } catch (RuntimeException e) { // of several kinds, none of which says more
                throw new IOException("the client did not take an event", e);
            }
        }

        @Override
        public void sendNothing() throws IOException {
            try {
                session.ping(BufferData.empty());
            } catch (RuntimeException e) {
                throw new IOException("the client has gone", e);
            }
        }
    }

    /** What the first message said, and the channels that bring the rest. */
    private final class Said implements Submission, RunInput {
        private final RunDesk.Entry entry;
        private final ObjectNode said;
        private @Nullable Upload upload;
        private Optional<byte[]> standardInput = Optional.empty();

        private Said(RunDesk.Entry entry, ObjectNode said) {
            this.entry = entry;
            this.said = said;
        }

        @Override
        public long mostBytes(SandboxLimits limits) {
            return Long.MAX_VALUE;
        }

        @Override
        public boolean mayTrickle() {
            return true;
        }

        @Override
        public RunRequest read(Upload from, Optional<SandboxLimits> limits) throws NoRunException {
            RunOptions options = OptionReader.read(said, limits);
            if (upload == null && options.id().isPresent()) {
                name(options.id().get());
            }
            upload = from;
            standardInput = options.standardInput();
            return options.request(this);
        }

        /** Nothing is kept of a live run, so none can be told again. */
        private void name(String id) throws NoRunException {
            if (entry.name(id).isPresent()) {
                throw new NoRunException(NamedRun.inUse(id));
            }
        }

        @Override
        public @Nullable WorkingFile nextFile() {
            return null;
        }

        @Override
        public InputStream program() {
            if (upload == null) {
                throw new IllegalStateException("not read yet");
            }
            return upload;
        }

        @Override
        public boolean mayHaveStandardInput() {
            return true;
        }

        @Override
        public InputStream standardInput() {
            return standardInput.<InputStream>map(ByteArrayInputStream::new).orElseGet(client::standardInput);
        }

        @Override
        public void stop() {
            client.standardInput().stop(new UploadStoppedException("the program has ended"));
        }
    }
}
