package dev.sandpool.runner.admission;

import dev.sandpool.crds.CallersSpec;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The admission of runs: a slot for each concurrent run, and behind the slots a bounded queue that is fair between
 * callers. Thread-safe.
 *
 * <p>Guarantees: No more slots are taken than there are. A slot that is released goes at once to a waiting ticket, in
 * the thread that released it, and no newcomer overtakes the queue. Callers take turns as {@link FairQueue} describes;
 * the tickets of one caller are served in the order in which they were drawn. So a caller that waits and holds no slot
 * waits for at most one run of each other caller, however many tickets the others have in the queue. A full queue makes
 * room for a caller with fewer tickets in it: it displaces the youngest ticket of the caller with the most. No caller
 * exceeds the limits on tickets and on their rate. A closed ticket leaves nothing behind, whatever became of it. No
 * wait is longer than the queue timeout.
 */
public final class Admission {
    // The average follows roughly the last dozen runs.
    private static final double WEIGHT_OF_LATEST = 0.15;
    private static final double FIRST_GUESS_SECONDS = 1;
    private static final long LONGEST_RETRY_SECONDS = 60;

    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock. If the queue is not empty, taken >= slots; after a resize, taken may exceed slots for a while.
    private int slots;
    private int depth;
    private Duration timeout;
    private int mostOfOneCaller = Integer.MAX_VALUE;
    private final RateLimit rate;
    private final FairQueue<Ticket> queue = new FairQueue<>();
    private int taken;
    private double averageHoldSeconds = FIRST_GUESS_SECONDS;

    public Admission(int slots, int depth, Duration timeout) {
        this(slots, depth, timeout, System::nanoTime);
    }

    Admission(int slots, int depth, Duration timeout, LongSupplier nanoClock) {
        this.slots = slots;
        this.depth = depth;
        this.timeout = timeout;
        this.rate = new RateLimit(nanoClock);
    }

    /** The state of a ticket. */
    public enum Place {
        /** There was neither a free slot nor room in the queue. */
        REFUSED,
        /** The caller has the maximum number of tickets. */
        TOO_MANY,
        /** The caller has reached its rate limit. */
        TOO_OFTEN,
        /** The ticket was queued, and made room for a caller with fewer tickets in the queue. */
        DISPLACED,
        QUEUED,
        ADMITTED,
        /** The ticket was cancelled while it was queued. */
        CANCELLED,
        TIMED_OUT
    }

    /**
     * The refusal of a slot.
     *
     * @param place the reason
     * @param retryAfterSeconds the estimated time until a slot is free, from how long the latest runs held their slots
     * @param ahead the number of waiting requests: the caller's own if they are the reason, otherwise all; empty if the
     *     queue is not the reason
     */
    public record Refusal(Place place, long retryAfterSeconds, OptionalInt ahead) {}

    /**
     * Changes the size. New slots go to the head of the queue at once. Fewer slots end no run, and a smaller queue
     * removes no ticket.
     */
    public void resize(int newSlots, int newDepth, Duration newTimeout) {
        lock.lock();
        try {
            slots = newSlots;
            depth = newDepth;
            timeout = newTimeout;
            admitWaiting();
        } finally {
            lock.unlock();
        }
    }

    /** Sets the limits of each caller. Tickets that were already drawn keep their places. */
    public void limit(CallersSpec callers) {
        lock.lock();
        try {
            mostOfOneCaller = Objects.requireNonNullElse(callers.concurrency(), Integer.MAX_VALUE);
            Integer perMinute = callers.ratePerMinute();
            if (perMinute == null) {
                rate.unlimited();
            } else {
                rate.limit(perMinute, Objects.requireNonNullElse(callers.burst(), perMinute));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Returns the longest time that a ticket drawn now would wait in the queue. */
    public Duration timeout() {
        return locked(() -> timeout);
    }

    /** Draws a ticket, without waiting. The caller of this method must close it in every case. */
    public Ticket draw(Caller caller) {
        lock.lock();
        try {
            var ticket = new Ticket(caller);
            Place obstacle = obstacle(caller);
            if (obstacle != null) {
                ticket.place = obstacle;
                return ticket;
            }
            rate.take(caller);
            if (taken < slots) {
                taken++;
                ticket.admit();
            } else {
                makeRoom(caller);
                queue.add(caller, ticket);
                ticket.place = Place.QUEUED;
            }
            return ticket;
        } finally {
            lock.unlock();
        }
    }

    private void makeRoom(Caller newcomer) {
        if (queue.size() >= depth) {
            queue.youngestOfTheMost(newcomer).ifPresent(youngest -> {
                youngest.leave(Place.DISPLACED);
                youngest.moved.signalAll();
            });
        }
    }

    /** Returns why a ticket drawn now would get neither a slot nor a place in the queue; empty if it would get one. */
    public Optional<Refusal> refusal(Caller caller) {
        return locked(() -> Optional.ofNullable(obstacle(caller)).map(place -> refusal(caller, place)));
    }

    /** Returns the refusal for a request that has a slot, but no sandbox from the pool. */
    public Refusal overload() {
        return locked(() -> new Refusal(Place.REFUSED, retryAfterSeconds(), OptionalInt.of(queue.size())));
    }

    /** Returns the refusal for a caller with too many uploads that have not begun. */
    public Refusal excess(Caller caller) {
        return locked(() -> refusal(caller, Place.TOO_MANY));
    }

    /** Returns the caller's own limit first, since the server's overload ends by itself. */
    private @Nullable Place obstacle(Caller caller) {
        if (queue.held(caller) + queue.waiting(caller) >= mostOfOneCaller) {
            return Place.TOO_MANY;
        }
        if (rate.wait(caller).isPositive()) {
            return Place.TOO_OFTEN;
        }
        boolean full = taken >= slots
                && queue.size() >= depth
                && queue.youngestOfTheMost(caller).isEmpty();
        return full ? Place.REFUSED : null;
    }

    private Refusal refusal(Caller caller, Place place) {
        return switch (place) {
            case TOO_OFTEN -> new Refusal(place, wholeSeconds(rate.wait(caller).toNanos() / 1e9), OptionalInt.empty());
            case TOO_MANY, DISPLACED -> {
                int own = queue.waiting(caller);
                double seconds = averageHoldSeconds * (own + 1) / Math.max(queue.held(caller), 1);
                yield new Refusal(place, wholeSeconds(seconds), OptionalInt.of(own));
            }
            case REFUSED, TIMED_OUT, QUEUED, ADMITTED, CANCELLED ->
                new Refusal(place, retryAfterSeconds(), OptionalInt.of(queue.size()));
        };
    }

    /** Returns the number of tickets in the queue. */
    public int waiting() {
        return locked(queue::size);
    }

    /** Returns the number of slots that are taken. */
    public int holders() {
        return locked(() -> taken);
    }

    /** Returns the number of callers with tickets in the queue. */
    public int callersWaiting() {
        return locked(queue::callersWaiting);
    }

    /**
     * Estimates, in whole seconds, when a request that is refused now may get a slot, from how long the latest runs
     * held theirs.
     */
    public long retryAfterSeconds() {
        return locked(() -> wholeSeconds(averageHoldSeconds * (queue.size() + 1) / Math.max(slots, 1)));
    }

    private <T> T locked(Supplier<T> question) {
        lock.lock();
        try {
            return question.get();
        } finally {
            lock.unlock();
        }
    }

    private static long wholeSeconds(double seconds) {
        return Math.clamp((long) Math.ceil(seconds), 1, LONGEST_RETRY_SECONDS);
    }

    private void free(Caller caller, long heldNanos) {
        queue.gaveSlotBack(caller);
        averageHoldSeconds += WEIGHT_OF_LATEST * (heldNanos / 1e9 - averageHoldSeconds);
        taken--;
        admitWaiting();
    }

    private void admitWaiting() {
        while (taken < slots && !queue.isEmpty()) {
            taken++;
            queue.next().orElseThrow().admit();
        }
    }

    /** The claim of one request to a slot. */
    public final class Ticket implements AutoCloseable {
        private final Caller caller;
        private final Condition moved = lock.newCondition();
        private Place place = Place.REFUSED;
        private long admittedAt;

        private Ticket(Caller caller) {
            this.caller = caller;
        }

        /** Waits while the ticket is queued, for at most the queue timeout. Never returns {@link Place#QUEUED}. */
        Place await() throws InterruptedException {
            return awaitAtMost(Admission.this.timeout());
        }

        /** Waits while the ticket is queued, for at most {@code atMost} and the queue timeout. */
        public Place awaitAtMost(Duration atMost) throws InterruptedException {
            lock.lock();
            try {
                long left = Math.min(timeout.toNanos(), atMost.toNanos());
                while (place == Place.QUEUED) {
                    left = moved.awaitNanos(left);
                    if (left <= 0 && place == Place.QUEUED) {
                        leave(Place.TIMED_OUT);
                    }
                }
                return place;
            } finally {
                lock.unlock();
            }
        }

        boolean isQueued() {
            return locked(() -> place == Place.QUEUED);
        }

        /** Returns the refusal of a ticket that does not wait any more and has no slot. */
        public Refusal refusal() {
            return locked(() -> Admission.this.refusal(caller, place));
        }

        /** Ends the wait, from any thread. Does nothing if the ticket holds a slot. */
        public void cancel() {
            lock.lock();
            try {
                if (place == Place.QUEUED) {
                    leave(Place.CANCELLED);
                    moved.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }

        /** Releases the slot, or leaves the queue. A second call does nothing. */
        @Override
        public void close() {
            lock.lock();
            try {
                if (place == Place.ADMITTED) {
                    free(caller, System.nanoTime() - admittedAt);
                    place = Place.CANCELLED;
                } else if (place == Place.QUEUED) {
                    leave(Place.CANCELLED);
                }
            } finally {
                lock.unlock();
            }
        }

        private void leave(Place because) {
            queue.remove(caller, this);
            rate.giveBack(caller);
            place = because;
        }

        private void admit() {
            queue.gotSlot(caller);
            place = Place.ADMITTED;
            admittedAt = System.nanoTime();
            moved.signalAll();
        }
    }
}
