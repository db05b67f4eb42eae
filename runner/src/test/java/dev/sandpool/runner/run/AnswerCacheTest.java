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
    private final AnswerCache answers = new AnswerCache(memory, 250, now::get);

    private void keep(Caller caller, String id, int bytes) {
        answers.keep(caller, id, Optional.of(new byte[] {1}), Optional.of(new byte[bytes]));
    }

    private Optional<byte[]> json(Caller caller, String id) {
        return answers.find(caller, id).flatMap(AnswerCache.Answer::json);
    }

    @Test
    void callersDoNotShareIds() {
        keep(ANNA, "x", 10);

        assertThat(answers.find(BEN, "x")).isEmpty();
        assertThat(answers.find(ANNA, "x")).isPresent();
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

        assertThat(answers.find(ANNA, "x")).isPresent();
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
        assertThat(answers.find(ANNA, "too large")).isPresent();
        assertThat(json(ANNA, "too large")).isEmpty();
        assertThat(json(ANNA, "z")).isPresent();
        assertThat(memory.left()).isEqualTo(800);
    }
}
