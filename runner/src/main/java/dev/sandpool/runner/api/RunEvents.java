package dev.sandpool.runner.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sandpool.runner.api.request.Utf8;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.CompletedRun.SandboxUse;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunOutput;
import dev.sandpool.runner.sandbox.FileSink;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The events of a run: one for its start, one for each piece of output, one for its end. A client that cannot receive
 * events any more ends the run.
 */
public final class RunEvents implements RunOutput, AutoCloseable {
    private static final JsonFactory JSON = new JsonFactory();
    private static final Duration LAST_EVENTS = Duration.ofSeconds(10);

    private final Supplier<String> id;
    private final Channel channel;
    private final Runnable clientGone;
    private final ScheduledExecutorService clock;
    private final Printed stdout = new Printed();
    private final Printed stderr = new Printed();
    private final FileEvents files = new FileEvents(this::send);
    // Events come from the thread of the run, keep-alive signals from another one.
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable SandboxUse sandbox;
    private boolean started;
    private boolean broken;
    private boolean over;
    // Guarded by this, not by lock, which is held while a write to the client blocks.
    private @Nullable ScheduledFuture<?> timeUp;
    private @Nullable ScheduledFuture<?> alive;
    private boolean closed;

    /** Sends events to the client. Each call blocks until the event has been sent. */
    public interface Channel {
        void send(String event, String json) throws IOException;

        /** Sends a keep-alive signal without a meaning. */
        void sendNothing() throws IOException;
    }

    /** The part of one stream that was sent. */
    private static final class Printed {
        private final Utf8 text = new Utf8();
        private long bytes;
    }

    /** Sends an event of this run, if the client is still there. */
    interface Sender {
        void send(String event, Fields fields);
    }

    interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    /**
     * @param id known when the run starts
     * @param clientGone called, from any thread, when an event could not be sent, or not in time; it must make a send
     *     under way fail
     */
    public RunEvents(Supplier<String> id, Channel channel, Runnable clientGone, ScheduledExecutorService clock) {
        this.id = id;
        this.channel = channel;
        this.clientGone = clientGone;
        this.clock = clock;
    }

    @Override
    public synchronized void mustBeTakenWithin(Duration time) {
        stopWaiting();
        if (!closed) {
            timeUp = clock.schedule(clientGone, time.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void stopWaiting() {
        if (timeUp != null) {
            timeUp.cancel(false);
        }
    }

    /** Stops the timers. Call it when all has been sent. */
    @Override
    public synchronized void close() {
        closed = true;
        stopWaiting();
        if (alive != null) {
            alive.cancel(false);
        }
    }

    @Override
    public void claimed(SandboxUse use) {
        sandbox = use;
    }

    @Override
    public void started() {
        started = true;
        send("started", json -> {
            json.writeStringField("id", id.get());
            if (sandbox != null) {
                RunJson.sandbox(json, sandbox);
            }
        });
    }

    @Override
    public boolean hasStarted() {
        return started;
    }

    @Override
    public void write(StandardStream stream, byte[] from, int offset, int length) {
        Printed printed = of(stream);
        printed.bytes += length;
        send(stream, printed.text.next(Arrays.copyOfRange(from, offset, offset + length)));
    }

    private void send(StandardStream stream, Utf8.Piece piece) {
        if (!piece.isEmpty()) {
            send(stream.label(), json -> RunJson.content(json, piece));
        }
    }

    @Override
    public FileSink files() {
        return files;
    }

    @Override
    public long bytes(StandardStream stream) {
        return of(stream).bytes;
    }

    private Printed of(StandardStream stream) {
        return switch (stream) {
            case STDOUT -> stdout;
            case STDERR -> stderr;
        };
    }

    /** A failure to send is not a failure of Sandpool. */
    @Override
    public Optional<IOException> failure() {
        return Optional.empty();
    }

    /** Sends the last event. */
    public void ended(CompletedRun run) {
        mustBeTakenWithin(LAST_EVENTS);
        for (StandardStream stream : StandardStream.values()) {
            send(stream, of(stream).text.last(new byte[0]));
        }
        sendLast("exit", json -> {
            RunJson.ending(json, run);
            for (StandardStream stream : StandardStream.values()) {
                json.writeObjectFieldStart(stream.label());
                RunJson.size(json, run, stream);
                json.writeEndObject();
            }
            RunJson.omitted(json, files.omitted());
            RunJson.usage(json, run);
        });
    }

    /** Sends the last event of a run that began and has no outcome. */
    public void ended(Problem problem) {
        mustBeTakenWithin(LAST_EVENTS);
        sendLast("problem", json -> write(problem, json));
    }

    /** Returns a problem as an event. */
    public static String line(Problem problem) {
        try {
            return line("problem", json -> write(problem, json));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // the text is in memory
        }
    }

    private static void write(Problem problem, JsonGenerator json) throws IOException {
        for (var field : problem.json().properties()) {
            json.writeFieldName(field.getKey());
            json.writeRawValue(field.getValue().toString());
        }
    }

    /**
     * Sends keep-alive signals at this interval, from the program's start to its last event, so that proxies do not
     * close the connection.
     */
    synchronized void showLifeEvery(Duration time) {
        alive = clock.scheduleWithFixedDelay(
                () -> Thread.ofVirtual().name("sign-of-life").start(this::keepAlive),
                time.toSeconds(),
                time.toSeconds(),
                TimeUnit.SECONDS);
    }

    private void keepAlive() {
        if (!lock.tryLock()) {
            return; // an event that is being sent serves as one
        }
        try {
            if (started && !broken && !over) {
                channel.sendNothing();
            }
        } catch (IOException e) {
            lose();
        } finally {
            lock.unlock();
        }
    }

    private void sendLast(String event, Fields fields) {
        lock.lock();
        try {
            over = true;
            send(event, fields);
        } finally {
            lock.unlock();
        }
    }

    private void send(String event, Fields fields) {
        lock.lock();
        try {
            if (!broken) {
                channel.send(event, line(event, fields));
            }
        } catch (IOException e) {
            lose();
        } finally {
            lock.unlock();
        }
    }

    private void lose() {
        broken = true;
        clientGone.run();
    }

    private static String line(String event, Fields fields) throws IOException {
        var text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            json.writeStringField("event", event);
            fields.write(json);
            json.writeEndObject();
        }
        return text.toString();
    }
}
