package dev.sandpool.runner.run;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.admission.Caller;
import org.junit.jupiter.api.Test;

class ActiveRunsTest {
    private static final Caller ANNA = Caller.ofHeader("anna");
    private static final Caller BEN = Caller.ofHeader("ben");

    private final ActiveRuns runs = new ActiveRuns();

    @Test
    void callersDoNotShareIds() throws InterruptedException {
        var running = runs.begin(ANNA, "y", new RunCancellation()).orElseThrow();

        assertThat(runs.cancel(BEN, "y")).isFalse();
        assertThat(runs.begin(BEN, "y", new RunCancellation())).isPresent();
        assertThat(runs.begin(ANNA, "y", new RunCancellation())).isEmpty();
        assertThat(runs.isUnderWay(ANNA, "y")).isTrue();
        running.close();
        assertThat(runs.isUnderWay(ANNA, "y")).isFalse();
        assertThat(runs.begin(ANNA, "y", new RunCancellation())).isPresent();
    }

    @Test
    void whoeverEndsARunWaitsForItsEnd() throws InterruptedException {
        var cancellation = new RunCancellation();
        var run = runs.begin(ANNA, "x", cancellation).orElseThrow();
        cancellation.endBy(run::close);

        assertThat(runs.cancel(ANNA, "x")).isTrue();
        assertThat(cancellation.reason()).contains(RunCancellation.Reason.ASKED_FOR);
    }
}
