package dev.sandpool.runner.api.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sandpool.runner.api.RunEvents;
import dev.sandpool.runner.api.request.MultipartRequest;
import dev.sandpool.runner.http.ClientConnection;
import dev.sandpool.runner.run.ActiveRun;
import dev.sandpool.runner.run.BadInputException;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.NoRunException;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.run.RunService;
import dev.sandpool.runner.run.RunSource;
import dev.sandpool.runner.run.Signals;
import dev.sandpool.runner.run.Upload;
import dev.sandpool.runner.run.UploadStoppedException;
import io.helidon.webserver.CloseConnectionException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run over a WebSocket. The options, the program, its standard input and signals come in messages; events go back.
 * The thread of the connection receives the messages, and the run has a thread of its own.
 */
final class LiveRun implements LiveSocket.Messages, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveRun.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    // The same time as other requests have for their first bytes.
    private static final Duration FIRST_MESSAGE_TIME = Duration.ofSeconds(5);

    // The time for the client to close the WebSocket. Then the socket is closed.
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    // The limit of a text message during a run, small enough that it needs no memory from a budget.
    private static final int MOST_LATER_BYTES = 4 * 1024;

    private final RunService runs;
    private final ActiveRun run;
    private final ClientConnection connection;
    private final LiveSocket socket;
    private final LiveClient client;
    private volatile boolean begun;

    private final List<Future<?>> timers = new ArrayList<>();
    // Guarded by timers.
    private boolean isOver;

    // Used by the reading thread only.
    private ByteArrayOutputStream text = new ByteArrayOutputStream();
    private boolean isRefused;

    /** Expects that the caller is known. */
    LiveRun(RunService runs, ActiveRun run, ClientConnection connection, LiveSocket socket) {
        this.runs = runs;
        this.run = run;
        this.connection = connection;
        this.socket = socket;
        this.client = new LiveClient(runs.memory());
    }

    /** Sets the time limit for the first message. */
    void mustBegin() {
        after(FIRST_MESSAGE_TIME, () -> {
            if (!begun) {
                connection.abort();
            }
        });
    }

    /**
     * Runs the task after the time, unless the connection is over by then, so that nothing is held for a connection
     * that has ended.
     */
    private void after(Duration time, Runnable task) {
        synchronized (timers) {
            if (!isOver) {
                timers.add(runs.clock().schedule(task, time.toSeconds(), TimeUnit.SECONDS));
            }
        }
    }

    @Override
    public void text(byte[] piece, boolean last) {
        if (isRefused) {
            return;
        }
        try {
            int most = begun ? MOST_LATER_BYTES : MultipartRequest.MOST_OPTION_BYTES;
            if (text.size() + piece.length > most) {
                throw bad("a text message is larger than " + most + " bytes");
            }
            if (!begun) {
                run.optionMemory().take(piece);
            }
            text.writeBytes(piece);
            if (last) {
                String message = whole();
                text = new ByteArrayOutputStream();
                take(message);
            }
        } catch (BadInputException e) {
            refuse(e.problem());
        } catch (NoRunException e) {
            refuse(e.answer().problem());
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the text is in memory
        }
    }

    private void take(String message) throws IOException {
        if (begun) {
            obey(message);
        } else {
            begin(message);
        }
    }

    /** A character may begin in one fragment and end in another, so the text is decoded when it is complete. */
    private String whole() throws BadInputException {
        try {
            return UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(text.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw bad("a text message is not UTF-8");
        }
    }

    @Override
    public void binary(byte[] piece) {
        if (isRefused) {
            return;
        }
        if (!begun) {
            refuse(Problem.badRequest("the first message must be the options, as JSON, in a text message"));
            return;
        }
        try {
            (client.program().hasEnded() ? client.standardInput() : client.program()).put(ByteBuffer.wrap(piece));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("interrupted while a run takes its input", e);
        }
    }

    /** Ends the run with its connection, however that ended. */
    @Override
    public void close() {
        client.leave();
        synchronized (timers) {
            isOver = true;
            timers.forEach(timer -> timer.cancel(false));
            timers.clear();
        }
        if (!begun) {
            run.optionMemory().close(); // otherwise held for as long as the run
        }
    }

    private void begin(String options) throws IOException {
        var source = new LiveRequest(MultipartRequest.object(JSON, options.getBytes(UTF_8)), run, client);
        var output = new RunEvents(run::id, new Events(socket), this::clientIsGone, runs.clock());
        var upload = new Upload(client.program(), 0, client, runs.memory());
        begun = true;
        Thread.ofVirtual().name("live-run").start(() -> run(source, upload, output));
    }

    private void run(RunSource source, Upload upload, RunEvents output) {
        try (run;
                upload;
                output) {
            CompletedRun completed = runs.run(run, source, upload, output);
            run.finish(); // no answer of a live run is cached
            if (completed.answer() instanceof RunAnswer.Ended) {
                output.ended(completed);
            } else {
                output.ended(completed.answer().problem());
            }
            // What the client still sends is read and dropped until it has seen the end. No thread waits for room any
            // more.
            client.stop(new UploadStoppedException("the run is over"));
            isAboutToEnd();
            socket.close(LiveSocket.NORMAL, "the run is over");
        } catch (CloseConnectionException e) {
            clientIsGone();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a live run failed");
            clientIsGone();
        }
    }

    /** Closes the connection soon, whether or not the client reads its last messages. */
    private void isAboutToEnd() {
        after(LAST_WORDS, connection::abort);
    }

    private void clientIsGone() {
        client.leave();
        connection.abort();
    }

    private void obey(String message) throws IOException {
        JsonNode told = MultipartRequest.object(JSON, message.getBytes(UTF_8));
        switch (told.path("event").asText()) {
            case "program-end" -> {
                if (!client.program().end()) {
                    throw bad("program-end was said twice");
                }
            }
            case "stdin-end" -> client.standardInput().end();
            case "signal" -> {
                int number = Signals.number(told.path("signal").asText());
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

    /** Refuses the run. Further messages are dropped until the client has seen the reason. */
    private void refuse(Problem problem) {
        isRefused = true;
        isAboutToEnd();
        client.leave();
        socket.text(RunEvents.line(problem));
        socket.close(LiveSocket.POLICY, "see the last message");
    }

    /** Sends events as text messages. */
    private record Events(LiveSocket socket) implements RunEvents.Channel {
        @Override
        public void send(String event, String json) throws IOException {
            try {
                socket.text(json);
            } catch (CloseConnectionException e) {
                throw new IOException("the client did not take an event", e);
            }
        }

        @Override
        public void sendNothing() throws IOException {
            try {
                socket.ping();
            } catch (CloseConnectionException e) {
                throw new IOException("the client has gone", e);
            }
        }
    }
}
