package dev.sandpool.runner.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.CallersSpec;
import dev.sandpool.runner.admission.Admission.Place;
import dev.sandpool.runner.admission.Admission.Refusal;
import dev.sandpool.runner.admission.Admission.Ticket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Several callers at once: who comes next, who makes room, and who has had enough. */
class FairAdmissionTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Caller FLOODER = new Caller("flooder");
    private static final Caller OTHER = new Caller("other");
    private static final Caller THIRD = new Caller("third");

    private final AtomicLong nanos = new AtomicLong();

    @Test
    void theNextSlotIsForTheOneWhoHasNone() throws Exception {
        var admission = new Admission(1, 100, LONG);
        Ticket running = admission.draw(FLOODER);
        List<Ticket> flood = drawn(admission, FLOODER, 16);
        Ticket other = admission.draw(OTHER);

        running.close();

        assertThat(other.await()).isEqualTo(Place.ADMITTED);
        other.close();
        assertThat(flood.getFirst().await()).isEqualTo(Place.ADMITTED);
    }

    @Test
    void oneWhoComesAgainAndAgainTakesTurnsWithTheFlood() throws Exception {
        var admission = new Admission(1, 100, LONG);
        Ticket running = admission.draw(FLOODER);
        List<Ticket> flood = drawn(admission, FLOODER, 16);

        for (int i = 0; i < 8; i++) {
            Ticket other = admission.draw(OTHER);
            running.close();
            assertThat(other.await()).isEqualTo(Place.ADMITTED);
            other.close();
            running = flood.get(i);
            assertThat(running.await()).isEqualTo(Place.ADMITTED);
        }
    }

    @Test
    void whoHoldsFewerSlotsComesFirst() throws Exception {
        var admission = new Admission(3, 100, LONG);
        List<Ticket> held = drawn(admission, FLOODER, 2);
        Ticket others = admission.draw(OTHER);
        drawn(admission, FLOODER, 5);
        drawn(admission, OTHER, 5);
        Ticket third = admission.draw(THIRD);

        held.getFirst().close();
        assertThat(third.await()).isEqualTo(Place.ADMITTED);
        others.close();

        assertThat(admission.holders()).isEqualTo(3);
        assertThat(admission.callersWaiting()).isEqualTo(2);
    }

    @Test
    void aFullQueueMakesRoomForTheOneWhoHasLess() throws Exception {
        var admission = new Admission(1, 3, LONG);
        Ticket running = admission.draw(FLOODER);
        List<Ticket> flood = drawn(admission, FLOODER, 3);

        Ticket other = admission.draw(OTHER);

        assertThat(flood.getLast().await()).isEqualTo(Place.DISPLACED);
        assertThat(flood.getLast().refusal()).isEqualTo(new Refusal(Place.DISPLACED, 3, OptionalInt.of(2)));
        assertThat(admission.waiting()).isEqualTo(3);
        running.close();
        assertThat(other.await()).isEqualTo(Place.ADMITTED);
    }

    @Test
    void equalsDoNotSendEachOtherAway() throws Exception {
        var admission = new Admission(1, 2, LONG);
        try (Ticket _ = admission.draw(THIRD);
                Ticket first = admission.draw(FLOODER);
                Ticket second = admission.draw(OTHER);
                Ticket newcomer = admission.draw(new Caller("newcomer"))) {
            assertThat(newcomer.await()).isEqualTo(Place.REFUSED);
            assertThat(newcomer.refusal()).isEqualTo(new Refusal(Place.REFUSED, 3, OptionalInt.of(2)));
            first.cancel();
            second.cancel();
        }
    }

    @Test
    void aCallerHasNoMoreAtOnceThanTheLimitSays() throws Exception {
        var admission = new Admission(1, 10, LONG);
        admission.limit(new CallersSpec(null, null, 2, null, null));
        Ticket running = admission.draw(FLOODER);
        Ticket waiting = admission.draw(FLOODER);

        try (Ticket third = admission.draw(FLOODER)) {
            assertThat(third.await()).isEqualTo(Place.TOO_MANY);
            assertThat(third.refusal()).isEqualTo(new Refusal(Place.TOO_MANY, 2, OptionalInt.of(1)));
            assertThat(admission.refusal(FLOODER)).isPresent();
            assertThat(admission.refusal(OTHER)).isEmpty();
        }
        running.close();
        assertThat(waiting.await()).isEqualTo(Place.ADMITTED);
        assertThat(admission.refusal(FLOODER)).isEmpty();
    }

    @Test
    void aCallerBeginsNoMoreAMinuteThanTheLimitSays() throws Exception {
        var admission = new Admission(1, 0, LONG, nanos::get);
        admission.limit(new CallersSpec(null, null, null, 6, 2));

        for (int i = 0; i < 2; i++) {
            try (Ticket ticket = admission.draw(FLOODER)) {
                assertThat(ticket.await()).isEqualTo(Place.ADMITTED);
            }
        }
        nanos.addAndGet(Duration.ofMillis(7500).toNanos());
        try (Ticket ticket = admission.draw(FLOODER);
                Ticket other = admission.draw(OTHER)) {
            assertThat(ticket.await()).isEqualTo(Place.TOO_OFTEN);
            assertThat(ticket.refusal()).isEqualTo(new Refusal(Place.TOO_OFTEN, 3, OptionalInt.empty()));
            assertThat(other.await()).isEqualTo(Place.ADMITTED);
        }
        nanos.addAndGet(Duration.ofMillis(2500).toNanos());
        try (Ticket ticket = admission.draw(FLOODER)) {
            assertThat(ticket.await()).isEqualTo(Place.ADMITTED);
        }
    }

    @Test
    void whatNeverRanDoesNotCount() throws Exception {
        var admission = new Admission(1, 10, LONG, nanos::get);
        admission.limit(new CallersSpec(null, null, null, 1, 1));
        try (Ticket _ = admission.draw(OTHER)) {
            Ticket waiting = admission.draw(FLOODER);
            assertThat(admission.refusal(FLOODER)).isPresent();
            waiting.cancel();
            assertThat(admission.refusal(FLOODER)).isEmpty();
        }
    }

    private static List<Ticket> drawn(Admission admission, Caller caller, int count) {
        List<Ticket> tickets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            tickets.add(admission.draw(caller));
        }
        return tickets;
    }
}
