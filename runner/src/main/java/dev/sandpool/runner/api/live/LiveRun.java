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
 * One run over a WebSocket: options, the program, its standard input and signals come in messages; events go back. The messages come in the
 * connection's thread, the run is in one of its own.
 */
final class LiveRun implements LiveSocket.Messages, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveRun.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    // As long as others have to show that they send something.
    private static final Duration FIRST_MESSAGE_TIME = Duration.ofSeconds(5);

    // For the client's word that it is over; then the socket is closed.
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    // Of what is said when the run has begun, so that it takes next to nothing and is never refused for want of memory.
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

    // Of the thread that reads.
    private ByteArrayOutputStream text = new ByteArrayOutputStream();
    private boolean isRefused;

    /** Its client is known. */
    LiveRun(RunService runs, ActiveRun run, ClientConnection connection, LiveSocket socket) {
        this.runs = runs;
        this.run = run;
        this.connection = connection;
        this.socket = socket;
        this.client = new LiveClient(runs.memory());
    }

    /** Somebody who opens a WebSocket and says nothing is not waited for. */
    void mustBegin() {
        after(FIRST_MESSAGE_TIME, () -> {
            if (!begun) {
                connection.abort();
            }
        });
    }

    /** Unless the connection is over before: then nothing is to be held for it any more. */
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
            throw new UncheckedIOException(e); // of a text in memory
        }
    }

    private void take(String message) throws IOException {
        if (begun) {
            obey(message);
        } else {
            begin(message);
        }
    }

    /** A character may begin in one fragment and end in another: the text is decoded when all of it is there. */
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

    /** The connection is over, however it ended. */
    @Override
    public void close() {
        client.leave();
        synchronized (timers) {
            isOver = true;
            timers.forEach(timer -> timer.cancel(false));
            timers.clear();
        }
        if (!begun) {
            run.optionMemory().close(); // else held as long as the run
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
            run.finish(); // nothing is kept of it
            if (completed.answer() instanceof RunAnswer.Ended) {
                output.ended(completed);
            } else {
                output.ended(completed.answer().problem());
            }
            // What the client still sends is read and dropped until it has seen that: nothing waits for room any more.
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

    /** The connection will not be there for long, whether or not the client takes its last messages. */
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

    /** What still comes is dropped, until the client has seen why. */
    private void refuse(Problem problem) {
        isRefused = true;
        isAboutToEnd();
        client.leave();
        socket.text(RunEvents.line(problem));
        socket.close(LiveSocket.POLICY, "see the last message");
    }

    /** Events as text messages. */
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
