package dev.sandpool.runner.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.RunCounts;
import dev.sandpool.runner.sandbox.Outcome;
import org.junit.jupiter.api.Test;

class RunTallyTest {
    @Test
    void ofAllThatWereAnsweredItKnowsWhatWasNotTheProgramsFaultAndWhatTookTooLong() {
        var tally = new RunTally();
        for (Outcome outcome : Outcome.values()) {
            tally.add(outcome);
        }

        assertThat(tally.counts()).isEqualTo(new RunCounts(Outcome.values().length - 6, 6, 3));
    }
}
