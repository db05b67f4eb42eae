package dev.sandpool.runner.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sandpool.runner.admission.Admission.Place;
import dev.sandpool.runner.admission.Admission.Ticket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdmissionTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Caller ANYBODY = new Caller("anybody");

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void slotsThenQueueThenRefusal() throws Exception {
        var admission = new Admission(1, 1, LONG);
        Ticket first = admission.draw(ANYBODY);
        try (Ticket second = admission.draw(ANYBODY);
                Ticket third = admission.draw(ANYBODY)) {
            assertThat(first.await()).isEqualTo(Place.ADMITTED);
            assertThat(third.await()).isEqualTo(Place.REFUSED);
            assertThat(admission.refusal(ANYBODY)).isPresent();
            assertThat(admission.waiting()).isEqualTo(1);

            var waits = threads.submit(second::await);
            first.close();

            assertThat(waits.get()).isEqualTo(Place.ADMITTED);
            assertThat(admission.holders()).isEqualTo(1);
        }
        assertThat(admission.holders()).isZero();
    }

    @Test
    void aNewcomerDoesNotOvertakeTheQueue() throws Exception {
        var admission = new Admission(1, 3, LONG);
        Ticket holder = admission.draw(ANYBODY);
        List<Ticket> queue = List.of(admission.draw(ANYBODY), admission.draw(ANYBODY), admission.draw(ANYBODY));

        for (Ticket next : queue) {
            holder.close();
            try (Ticket newcomer = admission.draw(ANYBODY)) {
                assertThat(next.await()).isEqualTo(Place.ADMITTED);
                newcomer.cancel();
                assertThat(newcomer.await()).isEqualTo(Place.CANCELLED);
            }
            holder = next;
        }
        holder.close();
        assertThat(admission.holders()).isZero();
    }

    @Test
    void whoGivesUpLeavesTheQueueToOthers() throws Exception {
        var admission = new Admission(1, 2, Duration.ofMillis(20));
        try (Ticket _ = admission.draw(ANYBODY);
                Ticket second = admission.draw(ANYBODY)) {
            assertThat(second.await()).isEqualTo(Place.TIMED_OUT);
            assertThat(admission.waiting()).isZero();
        }
    }

    @Test
    void cancellingEndsTheWait() throws Exception {
        var admission = new Admission(1, 2, LONG);
        try (Ticket _ = admission.draw(ANYBODY);
                Ticket second = admission.draw(ANYBODY)) {
            Future<Place> waits = threads.submit(second::await);

            second.cancel();

            assertThat(waits.get()).isEqualTo(Place.CANCELLED);
            assertThat(admission.waiting()).isZero();
        }
    }

    @Test
    void closingTwiceFreesOneSlotOnly() {
        var admission = new Admission(2, 0, LONG);
        Ticket first = admission.draw(ANYBODY);
        Ticket second = admission.draw(ANYBODY);

        first.close();
        first.close();

        assertThat(admission.holders()).isEqualTo(1);
        second.close();
    }

    @Test
    void noMoreThanTheSlotsAreEverHeldAndNothingIsLost() throws Exception {
        var admission = new Admission(3, 1000, LONG);
        var inside = new AtomicInteger();
        var most = new AtomicInteger();
        var admitted = new AtomicInteger();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            all.add(threads.submit(() -> {
                try (Ticket ticket = admission.draw(ANYBODY)) {
                    if (ThreadLocalRandom.current().nextInt(4) == 0) {
                        ticket.cancel();
                    }
                    if (ticket.await() == Place.ADMITTED) {
                        most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                        LockSupport.parkNanos(1000);
                        inside.decrementAndGet();
                        admitted.incrementAndGet();
                    }
                }
                return null;
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        assertThat(most.get()).isBetween(1, 3);
        assertThat(admitted.get()).isGreaterThan(100);
        assertThat(admission.holders()).isZero();
        assertThat(admission.waiting()).isZero();
    }

    @Test
    void retryAfterFollowsTheQueueAndTheSlotsSpeed() throws Exception {
        var admission = new Admission(1, 100, LONG);
        Ticket holder = admission.draw(ANYBODY);
        List<Ticket> queue = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            queue.add(admission.draw(ANYBODY));
        }
        assertThat(admission.retryAfterSeconds()).isEqualTo(10); // the first guess: a second each

        holder.close();
        for (Ticket next : queue) {
            assertThat(next.await()).isEqualTo(Place.ADMITTED);
            next.close(); // at once, so slots turn out to come free fast
        }

        await().untilAsserted(() -> assertThat(admission.retryAfterSeconds()).isEqualTo(1));
    }

    @Test
    void moreSlotsGoToTheQueueAtOnce() throws Exception {
        var admission = new Admission(1, 3, LONG);
        try (Ticket _ = admission.draw(ANYBODY);
                Ticket second = admission.draw(ANYBODY);
                Ticket third = admission.draw(ANYBODY);
                Ticket fourth = admission.draw(ANYBODY)) {
            var waits = threads.submit(second::await);

            admission.resize(3, 3, LONG);

            assertThat(waits.get()).isEqualTo(Place.ADMITTED);
            assertThat(third.await()).isEqualTo(Place.ADMITTED);
            assertThat(admission.waiting()).isEqualTo(1);
            fourth.cancel();
        }
        assertThat(admission.holders()).isZero();
    }

    @Test
    void fewerSlotsEndNobodysRunAndAreWaitedFor() throws Exception {
        var admission = new Admission(3, 3, LONG);
        Ticket first = admission.draw(ANYBODY);
        Ticket second = admission.draw(ANYBODY);
        Ticket third = admission.draw(ANYBODY);

        admission.resize(1, 1, LONG);

        assertThat(admission.holders()).isEqualTo(3);
        try (Ticket waiting = admission.draw(ANYBODY);
                Ticket refused = admission.draw(ANYBODY)) {
            assertThat(refused.await()).isEqualTo(Place.REFUSED);
            assertThat(admission.refusal(ANYBODY)).isPresent();
            first.close();
            second.close();
            assertThat(admission.waiting()).isEqualTo(1);
            third.close();
            assertThat(waiting.await()).isEqualTo(Place.ADMITTED);
        }
        assertThat(admission.holders()).isZero();
    }

    @Test
    void aShorterQueueSendsNobodyAway() throws Exception {
        var admission = new Admission(1, 2, LONG);
        Ticket holder = admission.draw(ANYBODY);
        Ticket second = admission.draw(ANYBODY);
        try (Ticket third = admission.draw(ANYBODY)) {
            admission.resize(1, 0, LONG);
            holder.close();
            assertThat(second.await()).isEqualTo(Place.ADMITTED);
            second.close();
            assertThat(third.await()).isEqualTo(Place.ADMITTED);
        }
    }
}
