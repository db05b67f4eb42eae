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
 * One slot for each run at once, and a bounded queue behind them that is fair between callers.
 *
 * <p>Guarantees: no ticket gets a slot while as many are taken as there are; a slot that comes free goes to one who waits at once, in
 * the thread that freed it, and no newcomer overtakes the queue; of those who wait it is given in turn, as {@link FairQueue} says, and
 * each caller's own tickets in the order in which they were drawn. So a caller who waits and holds nothing waits, once slots come
 * free, for one run of each other caller at most, however many these have in the queue. A full queue makes room for a caller who
 * has less in it than another, by the youngest ticket of the one who has the most. No caller has more tickets, nor draws them faster,
 * than the limits say. A ticket that is closed, whatever became of it, leaves nothing behind. No wait is longer than the queue timeout.
 */
public final class Admission {
    // The average follows the last dozen runs or so.
    private static final double WEIGHT_OF_LATEST = 0.15;
    private static final double FIRST_GUESS_SECONDS = 1;
    private static final long LONGEST_RETRY_SECONDS = 60;

    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock. If the queue is not empty, taken >= slots: more than there are, for a while after a resize.
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

    public enum Place {
        /** Neither a slot nor a place in the queue was free. */
        REFUSED,
        /** The caller has as many tickets as one may have. */
        TOO_MANY,
        /** The caller has begun as many runs a minute as one may. */
        TOO_OFTEN,
        /** It was queued, and had to make room for a caller who has less in the queue. */
        DISPLACED,
        QUEUED,
        ADMITTED,
        /** Cancelled while it was queued. */
        CANCELLED,
        TIMED_OUT
    }

    /**
     * What one who gets no slot may want to know.
     *
     * @param place why he gets none
     * @param retryAfterSeconds when he may, from how long the latest runs held their slots
     * @param ahead the caller's own requests that wait if they are what is too much, else all that wait; none where nobody has to wait for
     *     another
     */
    public record Refusal(Place place, long retryAfterSeconds, OptionalInt ahead) {}

    /**
     * From now on it is so large. More slots go to the head of the queue at once; fewer end nobody's run, and nobody who is in the
     * queue is sent away.
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

    /** From now on a caller may have so much, whatever each has already. */
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

    /** How long a ticket that is drawn now would wait in the queue. */
    public Duration timeout() {
        return locked(() -> timeout);
    }

    /** Draws a ticket, without waiting. Close it in any case. */
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

    /** Why a ticket drawn now would get neither a slot nor a place in the queue; empty if it would. */
    public Optional<Refusal> refusal(Caller caller) {
        return locked(() -> Optional.ofNullable(obstacle(caller)).map(place -> refusal(caller, place)));
    }

    /** What one is told whom the pool, not the queue, has no room for. */
    public Refusal overload() {
        return locked(() -> new Refusal(Place.REFUSED, retryAfterSeconds(), OptionalInt.of(queue.size())));
    }

    /** What one is told who has sent too many requests of which nothing has come yet. */
    public Refusal excess(Caller caller) {
        return locked(() -> refusal(caller, Place.TOO_MANY));
    }

    /** The caller's own excess is told first: ours ends by itself. */
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

    public int waiting() {
        return locked(queue::size);
    }

    public int holders() {
        return locked(() -> taken);
    }

    public int callersWaiting() {
        return locked(queue::callersWaiting);
    }

    /** When one who is refused now may find a slot, in whole seconds, from how long the latest runs held theirs. */
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

    /** One request's claim to a slot. */
    public final class Ticket implements AutoCloseable {
        private final Caller caller;
        private final Condition moved = lock.newCondition();
        private Place place = Place.REFUSED;
        private long admittedAt;

        private Ticket(Caller caller) {
            this.caller = caller;
        }

        /** Waits while it is queued, at most the queue timeout; never {@link Place#QUEUED}. */
        Place await() throws InterruptedException {
            return awaitAtMost(Admission.this.timeout());
        }

        /** The same, at most so long too. */
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

        /** For one that waits no more and has no slot. */
        public Refusal refusal() {
            return locked(() -> Admission.this.refusal(caller, place));
        }

        /** Ends the wait, from any thread; does nothing to a ticket that holds a slot. */
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

        /** Frees the slot, or leaves the queue. Does nothing the second time. */
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
