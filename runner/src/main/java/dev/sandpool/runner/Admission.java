package dev.sandpool.runner;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One slot for each run at once, and a bounded queue behind them.
 *
 * <p>Guarantees: no ticket gets a slot while as many are taken as there are; slots are given in the order in which tickets were drawn
 * (a newcomer never overtakes the queue); a slot that comes free goes to the head of the queue at once, in the thread that freed
 * it; a ticket that is closed, whatever became of it, leaves nothing behind. No wait is longer than the queue timeout.
 */
final class Admission {
    // The average follows the last dozen runs or so.
    private static final double WEIGHT_OF_LATEST = 0.15;
    private static final double FIRST_GUESS_SECONDS = 1;
    private static final long LONGEST_RETRY_SECONDS = 60;

    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by lock. If the queue is not empty, taken >= slots: more than there are, for a while after a resize.
    private int slots;
    private int depth;
    private Duration timeout;
    private final ArrayDeque<Ticket> queue = new ArrayDeque<>();
    private int taken;
    private double averageHoldSeconds = FIRST_GUESS_SECONDS;

    Admission(int slots, int depth, Duration timeout) {
        this.slots = slots;
        this.depth = depth;
        this.timeout = timeout;
    }

    enum Place {
        /** Neither a slot nor a place in the queue was free. */
        REFUSED,
        QUEUED,
        ADMITTED,
        /** Cancelled while it was queued. */
        CANCELLED,
        TIMED_OUT
    }

    /**
     * From now on it is so large. More slots go to the head of the queue at once; fewer end nobody's run, and nobody who is in the
     * queue is sent away.
     */
    void resize(int newSlots, int newDepth, Duration newTimeout) {
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

    /** How long a ticket that is drawn now would wait in the queue. */
    Duration timeout() {
        lock.lock();
        try {
            return timeout;
        } finally {
            lock.unlock();
        }
    }

    /** Draws a ticket, without waiting. Close it in any case. */
    Ticket draw() {
        lock.lock();
        try {
            var ticket = new Ticket();
            if (taken < slots) {
                taken++;
                ticket.admit();
            } else if (queue.size() < depth) {
                queue.add(ticket);
                ticket.place = Place.QUEUED;
            }
            return ticket;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a ticket drawn now would be refused. */
    boolean isFull() {
        lock.lock();
        try {
            return taken >= slots && queue.size() >= depth;
        } finally {
            lock.unlock();
        }
    }

    int waiting() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    int holders() {
        lock.lock();
        try {
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** When one who is refused now may find a slot, in whole seconds, from how long the latest runs held theirs. */
    long retryAfterSeconds() {
        lock.lock();
        try {
            double seconds = averageHoldSeconds * (queue.size() + 1) / Math.max(slots, 1);
            return Math.clamp((long) Math.ceil(seconds), 1, LONGEST_RETRY_SECONDS);
        } finally {
            lock.unlock();
        }
    }

    private void free(long heldNanos) {
        averageHoldSeconds += WEIGHT_OF_LATEST * (heldNanos / 1e9 - averageHoldSeconds);
        taken--;
        admitWaiting();
    }

    private void admitWaiting() {
        while (taken < slots && !queue.isEmpty()) {
            taken++;
            queue.remove().admit();
        }
    }

    /** One request's claim to a slot. */
    final class Ticket implements AutoCloseable {
        private final Condition moved = lock.newCondition();
        private Place place = Place.REFUSED;
        private long admittedAt;

        /** Waits while it is queued, at most the queue timeout; never {@link Place#QUEUED}. */
        Place await() throws InterruptedException {
            lock.lock();
            try {
                long left = timeout.toNanos();
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

        /** Ends the wait, from any thread; does nothing to a ticket that holds a slot. */
        void cancel() {
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
                    free(System.nanoTime() - admittedAt);
                    place = Place.CANCELLED;
                } else if (place == Place.QUEUED) {
                    leave(Place.CANCELLED);
                }
            } finally {
                lock.unlock();
            }
        }

        private void leave(Place because) {
            queue.remove(this);
            place = because;
        }

        private void admit() {
            place = Place.ADMITTED;
            admittedAt = System.nanoTime();
            moved.signalAll();
        }
    }
}
