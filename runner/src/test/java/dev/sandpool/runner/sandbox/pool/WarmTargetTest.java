package dev.sandpool.runner.sandbox.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.ManualTimer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WarmTargetTest {
    private static final Duration START = Duration.ofMillis(1400);
    private static final int MAX = 20;

    private final ManualTimer timer = new ManualTimer();
    private final WarmTarget target = new WarmTarget(timer);

    /** Each number that was wanted, in order; none twice in a row. */
    private final List<Integer> wanted = new ArrayList<>();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // runs per minute | start | min | max | wanted | reason
                "0    | 1.4s | 1 | 20 | 1  | 0.0 runs/min x 1.4 s to start a sandbox, and 1 to spare",
                "4    | 1.4s | 1 | 20 | 1  | 4.0 runs/min x 1.4 s to start a sandbox, and 1 to spare",
                "12   | 1.4s | 1 | 20 | 2  | 12 runs/min x 1.4 s to start a sandbox, and 1 to spare",
                "120  | 1.4s | 1 | 20 | 5  | 120 runs/min x 1.4 s to start a sandbox, and 2 to spare",
                "120  | 5s   | 1 | 20 | 13 | 120 runs/min x 5.0 s to start a sandbox, and 3 to spare",
                "1200 | 1.4s | 1 | 20 | 20 | 1200 runs/min x 1.4 s to start a sandbox, and 5 to spare, but at most warm.max",
                "0    | 1.4s | 3 | 20 | 3  | 0.0 runs/min x 1.4 s to start a sandbox, and 1 to spare, but at least warm.min",
                "1e12 | 1h   | 1 | 20 | 20 | 1000000000000 runs/min x 3600.0 s to start a sandbox, and 7745967 to spare, but at most warm.max",
            })
    void needFollowsRateAndStart(double perMinute, String start, int min, int max, int sandboxes, String reason) {
        Duration took = Duration.parse("PT" + start.toUpperCase(Locale.ROOT));
        assertThat(WarmTarget.Need.of(perMinute / 60, took, min, max))
                .isEqualTo(new WarmTarget.Need(sandboxes, reason));
    }

    private void look() {
        target.adjust(1, MAX);
        if (wanted.isEmpty() || wanted.getLast() != target.wanted()) {
            wanted.add(target.wanted());
        }
    }

    /** Arrivals at even intervals, looked at after each as the pool does, and each second. */
    private void arrive(Duration every, Duration during) {
        for (Duration at = Duration.ZERO; at.compareTo(during) < 0; at = at.plus(every)) {
            target.arrived();
            look();
            pass(every);
        }
    }

    private void pass(Duration time) {
        Duration left = time;
        while (left.isPositive()) {
            Duration step = left.compareTo(Duration.ofSeconds(1)) < 0 ? left : Duration.ofSeconds(1);
            timer.advance(step);
            look();
            left = left.minus(step);
        }
    }

    @Test
    void itBeginsWithTheMostAndStaysThereWhileNothingIsKnown() {
        look();
        target.started(START);
        pass(Duration.ofHours(1));
        assertThat(wanted).containsExactly(MAX);
        assertThat(target.reason()).isEqualTo("warm.max, until runs have been seen for 5 minutes");
    }

    @Test
    void steadyRunsBringItToTheirNumberAndThereItStays() {
        target.started(START);
        look();
        arrive(Duration.ofMillis(500), Duration.ofMinutes(40));
        assertThat(target.wanted()).isEqualTo(5);
        assertThat(wanted).isSortedAccordingTo((a, b) -> b - a).startsWith(MAX, MAX - 1);
        assertThat(target.reason()).endsWith(" runs/min x 1.4 s to start a sandbox, and 2 to spare");
        int changes = wanted.size();
        arrive(Duration.ofMillis(500), Duration.ofHours(1));
        assertThat(wanted).hasSize(changes);
    }

    @Test
    void silenceBringsItDownOneByOne() {
        target.started(START);
        look();
        arrive(Duration.ofSeconds(1), Duration.ofSeconds(10));
        pass(WarmTarget.HOLD.minusSeconds(12)); // since the first arrival
        assertThat(wanted).containsExactly(MAX);
        pass(Duration.ofSeconds(4));
        assertThat(wanted).containsExactly(MAX, MAX - 1);
        assertThat(target.reason()).startsWith("on the way to 1: ");
        pass(WarmTarget.STEP.multipliedBy(MAX));
        assertThat(wanted).hasSize(MAX).isSortedAccordingTo((a, b) -> b - a).endsWith(2, 1);
        pass(Duration.ofHours(3));
        assertThat(wanted).hasSize(MAX);
    }

    @Test
    void aBurstIsAnsweredAtOnceAndRememberedForAWhile() {
        target.started(START);
        look();
        arrive(Duration.ofMinutes(1), Duration.ofMinutes(30));
        assertThat(target.wanted()).isEqualTo(1);
        wanted.clear();
        for (int i = 0; i < 30; i++) {
            target.arrived();
            look();
        }
        assertThat(wanted).containsExactly(1, 2, 3, 4, 5, 6);
        pass(WarmTarget.HOLD.minusSeconds(10));
        assertThat(target.wanted()).isEqualTo(6);
        wanted.clear();
        for (int burst = 0; burst < 20; burst++) { // one every four minutes: within the memory
            for (int i = 0; i < 30; i++) {
                target.arrived();
                look();
            }
            pass(Duration.ofMinutes(4));
        }
        assertThat(wanted).containsExactly(6);
    }

    @Test
    void aSlowerNodeNeedsMore() {
        target.started(START);
        look();
        arrive(Duration.ofMillis(500), Duration.ofMinutes(40));
        for (int i = 0; i < 30; i++) {
            target.started(Duration.ofSeconds(5));
        }
        look();
        assertThat(target.wanted()).isEqualTo(13);
    }

    @Test
    void otherSettingsBeginAnew() {
        target.started(START);
        look();
        arrive(Duration.ofMinutes(1), Duration.ofMinutes(30));
        assertThat(target.wanted()).isEqualTo(1);
        target.adjust(1, 4);
        assertThat(target.wanted()).isEqualTo(4);
        target.adjust(3, 3);
        assertThat(target.wanted()).isEqualTo(3);
        assertThat(target.reason()).isEqualTo("warm.min and warm.max are the same");
    }

    @Test
    void itSaysWhenToLookAgain() {
        assertThat(target.adjust(1, 3)).isEmpty();
        target.started(START);
        target.arrived();
        assertThat(target.adjust(1, 3)).contains(WarmTarget.HOLD);
        timer.advance(WarmTarget.HOLD);
        assertThat(target.adjust(1, 3)).contains(WarmTarget.STEP);
        timer.advance(WarmTarget.STEP);
        assertThat(target.adjust(1, 3)).isEmpty();
        assertThat(target.wanted()).isEqualTo(1);
    }
}
