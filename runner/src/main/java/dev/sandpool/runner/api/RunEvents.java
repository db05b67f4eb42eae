package dev.sandpool.runner.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.sandpool.runner.api.request.Utf8;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.CompletedRun.SandboxUse;
import dev.sandpool.runner.run.Problem;
import dev.sandpool.runner.run.RunOutput;
import dev.sandpool.runner.sandbox.Stream;
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
 * A run as it goes on: an event that it started, one for each piece of output, one for its end. A client that can't be told any more ends the run.
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
    // Events come from the run's thread, signs of life from another.
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable SandboxUse sandbox;
    private boolean started;
    private boolean broken;
    private boolean over;
    // Guarded by this, not by lock, which is held while a client is waited for.
    private @Nullable ScheduledFuture<?> timeUp;
    private @Nullable ScheduledFuture<?> alive;
    private boolean closed;

    /** How events reach the client; each call blocks until the client has been sent it. */
    public interface Channel {
        void send(String event, String json) throws IOException;

        /** A sign of life, which means nothing. */
        void sendNothing() throws IOException;
    }

    /** What of one stream has been told. */
    private static final class Printed {
        private final Utf8 text = new Utf8();
        private long bytes;
    }

    private interface Fields {
        void write(JsonGenerator json) throws IOException;
    }

    /**
     * @param id known when the run starts
     * @param clientGone called, from any thread, when an event could not be sent, or not in time; makes one that is being sent fail
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

    /** All has been sent. */
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
    public void write(Stream stream, byte[] from, int offset, int length) {
        byte[] piece = Arrays.copyOfRange(from, offset, offset + length);
        Printed printed = of(stream);
        printed.bytes += length;
        Optional<String> text = printed.text.decode(piece);
        if (text.isEmpty()) {
            byte[] all = printed.text.take(piece);
            send(stream.label(), json -> json.writeBinaryField("base64", all));
        } else if (!text.get().isEmpty()) {
            send(stream.label(), json -> json.writeStringField("text", text.get()));
        }
    }

    @Override
    public long bytes(Stream stream) {
        return of(stream).bytes;
    }

    private Printed of(Stream stream) {
        return switch (stream) {
            case STDOUT -> stdout;
            case STDERR -> stderr;
        };
    }

    /** What can't be sent is no failure of ours. */
    @Override
    public Optional<IOException> failure() {
        return Optional.empty();
    }

    /** The last event. */
    public void ended(CompletedRun run) {
        mustBeTakenWithin(LAST_EVENTS);
        for (Stream stream : Stream.values()) {
            byte[] rest = of(stream).text.take(new byte[0]);
            if (rest.length > 0) {
                send(stream.label(), json -> json.writeBinaryField("base64", rest));
            }
        }
        sendLast("exit", json -> {
            RunJson.ending(json, run);
            for (Stream stream : Stream.values()) {
                json.writeObjectFieldStart(stream.label());
                RunJson.size(json, run, stream);
                json.writeEndObject();
            }
            RunJson.usage(json, run);
        });
    }

    /** The last event of a run that began and has no outcome. */
    public void ended(Problem problem) {
        mustBeTakenWithin(LAST_EVENTS);
        sendLast("problem", json -> write(problem, json));
    }

    /** A problem as an event. */
    public static String line(Problem problem) {
        try {
            return line("problem", json -> write(problem, json));
        } catch (IOException e) {
            throw new UncheckedIOException(e); // of a text in memory
        }
    }

    private static void write(Problem problem, JsonGenerator json) throws IOException {
        for (var field : problem.json().properties()) {
            json.writeFieldName(field.getKey());
            json.writeRawValue(field.getValue().toString());
        }
    }

    /** Tells proxies between us and the client that the connection is in use, from the program's start to its last event. */
    synchronized void showLifeEvery(Duration time) {
        alive = clock.scheduleWithFixedDelay(
                () -> Thread.ofVirtual().name("sign-of-life").start(this::keepAlive),
                time.toSeconds(),
                time.toSeconds(),
                TimeUnit.SECONDS);
    }

    private void keepAlive() {
        if (!lock.tryLock()) {
            return; // an event is being sent, which is one
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
