package dev.sandpool.runner.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.admission.Caller;
import dev.sandpool.runner.admission.MemoryBudget;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class AnswerCacheTest {
    private static final Caller ANNA = Caller.ofHeader("anna");
    private static final Caller BEN = Caller.ofHeader("ben");

    private final AtomicLong now = new AtomicLong();
    private final MemoryBudget memory = new MemoryBudget(1000);
    private final AnswerCache ids = new AnswerCache(memory, 250, now::get);

    private void keep(Caller caller, String id, int bytes) {
        try (var run = ids.begin(caller, id, new RunCancellation()).orElseThrow()) {
            run.keep(Optional.of(new byte[] {1}), Optional.of(new byte[bytes]));
        }
    }

    private Optional<byte[]> json(Caller caller, String id) {
        return ids.find(caller, id).flatMap(AnswerCache.Kept::json);
    }

    @Test
    void callersDoNotShareIds() throws InterruptedException {
        keep(ANNA, "x", 10);
        var running = ids.begin(ANNA, "y", new RunCancellation()).orElseThrow();

        assertThat(ids.find(BEN, "x")).isEmpty();
        assertThat(ids.cancel(BEN, "y")).isFalse();
        assertThat(ids.begin(BEN, "y", new RunCancellation())).isPresent();
        assertThat(ids.begin(ANNA, "y", new RunCancellation())).isEmpty();
        running.close();
        assertThat(ids.begin(ANNA, "y", new RunCancellation())).isPresent();
    }

    @Test
    void answersAreForgottenInTime() {
        keep(ANNA, "x", 10);
        now.addAndGet(AnswerCache.KEPT_FOR.minus(Duration.ofNanos(1)).toNanos());
        keep(ANNA, "y", 20);

        assertThat(json(ANNA, "x")).isPresent();
        now.incrementAndGet();

        assertThat(json(ANNA, "x")).isEmpty();
        assertThat(json(ANNA, "y")).isPresent();
        assertThat(memory.left()).isEqualTo(980);
    }

    @Test
    void aSecondAnswerOfOneIdTakesThePlaceOfTheFirst() {
        keep(ANNA, "x", 10);
        keep(ANNA, "x", 30);

        assertThat(json(ANNA, "x").orElseThrow()).hasSize(30);
        assertThat(memory.left()).isEqualTo(970);
    }

    @Test
    void whatThereIsNoMemoryForIsKnownWithoutItsAnswer() {
        keep(ANNA, "x", 1001);

        assertThat(ids.find(ANNA, "x")).isPresent();
        assertThat(json(ANNA, "x")).isEmpty();
        assertThat(memory.left()).isEqualTo(1000);
    }

    @Test
    void answersHaveAQuarterOfTheMemoryAndTheNewestAreKept() {
        keep(ANNA, "x", 100);
        keep(ANNA, "y", 150);
        assertThat(memory.left()).isEqualTo(750);

        keep(ANNA, "z", 50);
        assertThat(json(ANNA, "x")).isEmpty();
        assertThat(json(ANNA, "y")).isPresent();
        assertThat(json(ANNA, "z")).isPresent();

        keep(ANNA, "too large", 251);
        assertThat(ids.find(ANNA, "too large")).isPresent();
        assertThat(json(ANNA, "too large")).isEmpty();
        assertThat(json(ANNA, "z")).isPresent();
        assertThat(memory.left()).isEqualTo(800);
    }

    @Test
    void whoeverEndsARunWaitsForItsEnd() throws InterruptedException {
        var cancellation = new RunCancellation();
        var run = ids.begin(ANNA, "x", cancellation).orElseThrow();
        cancellation.endBy(run::close);

        assertThat(ids.cancel(ANNA, "x")).isTrue();
        assertThat(cancellation.reason()).contains(RunCancellation.Reason.ASKED_FOR);
    }
}
