package dev.sandpool.runner.dashboard;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.run.CompletedRun;
import dev.sandpool.runner.run.RunListener;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends changes of the pool to its viewers as server-sent events. Without viewers, nothing is computed. A viewer that
 * reads too slowly is disconnected and may reconnect, so it neither delays others nor fills the memory.
 */
public final class PoolWatch implements RunListener, AutoCloseable {
    static final int MOST_LISTENERS = 32;
    // Some seconds of a busy runner. All listeners share the bytes, except those of their own runs.
    static final int MOST_PENDING = 256;

    private static final byte[] NOTHING = {};

    /** Ticks each second, until its result is run. */
    public interface Pulse {
        Runnable start(Runnable tick);

        static Pulse of(ScheduledExecutorService clock) {
            return tick -> {
                var ticking = clock.scheduleAtFixedRate(tick, 1, 1, TimeUnit.SECONDS);
                return () -> ticking.cancel(false);
            };
        }
    }

    private final Supplier<PoolSnapshot> pool;
    private final InstantSource time;
    private final Pulse pulse;
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock.
    private final List<Listener> listeners = new ArrayList<>();
    private Runnable stopTicking = () -> {};
    private @Nullable PoolSnapshot told;
    private boolean closed;

    public PoolWatch(Supplier<PoolSnapshot> pool, InstantSource time, Pulse pulse) {
        this.pool = pool;
        this.time = time;
        this.pulse = pulse;
    }

    /**
     * Adds a listener, which receives the state of the pool and then each change. Close it in every case.
     *
     * @param caller the viewer; events of its own runs have their ids
     * @param whenDropped called once, from another thread, if the listener is too slow
     * @return empty if there is the maximum number of listeners, or the runner is ending
     */
    Optional<Listener> listen(Caller caller, Runnable whenDropped) {
        PoolSnapshot now = pool.get();
        lock.lock();
        try {
            if (closed || listeners.size() >= MOST_LISTENERS) {
                return Optional.empty();
            }
            var listener = new Listener(caller, whenDropped);
            listener.tell(poolEvent(now));
            listeners.add(listener);
            if (listeners.size() == 1) {
                told = now;
                stopTicking = pulse.start(this::tick);
            } else if (!now.equals(told)) {
                // A tick may have sent a newer state to the others. The next one sends its state to all.
                told = null;
            }
            return Optional.of(listener);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void ended(CompletedRun run) {
        lock.lock();
        try {
            if (!listeners.isEmpty()) {
                byte[] toOthers = event("run", PoolJson.run(run, false));
                byte[] toItsOwn = event("run", PoolJson.run(run, true));
                tellAll(listener -> PoolJson.isOf(listener.caller, run) ? toItsOwn : toOthers);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Ends all listeners. No new listener is accepted. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            List.copyOf(listeners).forEach(this::leave);
        } finally {
            lock.unlock();
        }
    }

    private void tick() {
        // Outside the lock, since it takes those of the pool.
        PoolSnapshot now = pool.get();
        lock.lock();
        try {
            if (!now.equals(told)) {
                told = now;
                byte[] event = poolEvent(now);
                tellAll(_ -> event);
            }
        } finally {
            lock.unlock();
        }
    }

    private void tellAll(Function<Listener, byte[]> event) {
        for (Listener listener : List.copyOf(listeners)) {
            if (!listener.tell(event.apply(listener))) {
                leave(listener);
                listener.whenDropped.run();
            }
        }
    }

    private void leave(Listener listener) {
        listener.end();
        if (listeners.remove(listener) && listeners.isEmpty()) {
            stopTicking.run();
        }
    }

    private byte[] poolEvent(PoolSnapshot now) {
        return event("pool", PoolJson.pool(now, time.instant()));
    }

    private static byte[] event(String name, byte[] json) {
        byte[] head = ("event: " + name + "\ndata: ").getBytes(StandardCharsets.US_ASCII);
        byte[] event = new byte[head.length + json.length + 2];
        System.arraycopy(head, 0, event, 0, head.length);
        System.arraycopy(json, 0, event, head.length, json.length);
        event[event.length - 2] = '\n';
        event[event.length - 1] = '\n';
        return event;
    }

    /** One viewer. */
    final class Listener implements AutoCloseable {
        private final BlockingQueue<byte[]> pending = new ArrayBlockingQueue<>(MOST_PENDING);
        private final Caller caller;
        private final Runnable whenDropped;
        private volatile boolean over;

        private Listener(Caller caller, Runnable whenDropped) {
            this.caller = caller;
            this.whenDropped = whenDropped;
        }

        /** Returns the next event, with no bytes if none came within {@code atMost}; empty at the end. */
        Optional<byte[]> next(Duration atMost) throws InterruptedException {
            byte[] event = over ? null : pending.poll(atMost.toNanos(), TimeUnit.NANOSECONDS);
            if (over) {
                return Optional.empty();
            }
            return Optional.of(event == null ? NOTHING : event);
        }

        /** From any thread. A second call does nothing. */
        @Override
        public void close() {
            lock.lock();
            try {
                leave(this);
            } finally {
                lock.unlock();
            }
        }

        private boolean tell(byte[] event) {
            return pending.offer(event);
        }

        /** Ends the listener and wakes the thread that waits for its next event. */
        private void end() {
            over = true;
            pending.clear();
            var _ = pending.offer(NOTHING);
        }
    }
}
