package dev.sandpool.runner.sandbox.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.pool.ReplenishPlan.Counts;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplenishPlanTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        // what, idle, outdated, starting, candidate, canary, warmMax, retire, start, startCanary
        "nothing yet,                        0, 0, 0, false, false, 3,  0, 3, false",
        "some on their way,                  1, 0, 1, false, false, 3,  0, 1, false",
        "as wanted,                          3, 0, 0, false, false, 3,  0, 0, false",
        "fewer are wanted,                   5, 0, 0, false, false, 3,  2, 0, false",
        "fewer are wanted than start,        1, 0, 4, false, false, 3,  0, 0, false",
        "a candidate and nothing yet,        0, 0, 0, true,  false, 3,  0, 3, true",
        "a candidate,                        3, 0, 0, true,  false, 3,  0, 0, true",
        "a candidate that is tried,          3, 0, 0, true,  true,  3,  0, 0, false",
        "a candidate while one is missing,   2, 0, 0, true,  true,  3,  0, 1, false",
        "just promoted,                      4, 3, 0, false, false, 3,  1, 1, false",
        "swapping: one starts,               3, 2, 1, false, false, 3,  0, 0, false",
        "swapping: it is warm,               4, 2, 0, false, false, 3,  1, 1, false",
        "swapping: the last,                 4, 1, 0, false, false, 3,  1, 0, false",
        "swapping while runs take them,      1, 1, 0, false, false, 3,  0, 2, false",
        "no swap while a candidate is tried, 3, 2, 0, true,  true,  3,  0, 0, false",
        "smaller while swapping,             5, 3, 0, false, false, 2,  3, 0, false",
        "one only,                           1, 1, 0, false, false, 1,  0, 1, false",
        "one only and its successor,         2, 1, 0, false, false, 1,  1, 0, false",
    })
    void whatIsNext(
            String what,
            int idle,
            int outdated,
            int starting,
            boolean candidate,
            boolean hasCanary,
            int warmMax,
            int retire,
            int start,
            boolean startCanary) {
        assertThat(ReplenishPlan.of(new Counts(idle, outdated, starting, 0, candidate, hasCanary), warmMax))
                .isEqualTo(new ReplenishPlan(retire, start, startCanary));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        // what, idle, outdated, starting, returning, wanted, retire, start
        "all of them run,                0, 0, 0, 2, 2,  0, 0",
        "one runs,                       1, 0, 0, 1, 2,  0, 0",
        "more are wanted than there are, 0, 0, 1, 2, 4,  0, 1",
        "fewer are wanted,               2, 0, 0, 2, 3,  1, 0",
        "fewer are wanted than run,      1, 0, 0, 3, 2,  1, 0",
        "one is worn,                    1, 1, 0, 1, 2,  0, 1",
        "its successor is warm,          2, 1, 0, 1, 2,  1, 0",
    })
    void thoseThatComeBackAreNeitherReplacedNorForgotten(
            String what, int idle, int outdated, int starting, int returning, int wanted, int retire, int start) {
        assertThat(ReplenishPlan.of(new Counts(idle, outdated, starting, returning, false, false), wanted))
                .isEqualTo(new ReplenishPlan(retire, start, false));
    }

    @Test
    void whateverThereIsNothingWantedIsGivenUpAndNeverMoreThanOneTooMuchIsStarted() {
        for (int idle = 0; idle < 7; idle++) {
            for (int outdated = 0; outdated <= idle; outdated++) {
                for (int starting = 0; starting < 7; starting++) {
                    for (int max = 1; max < 5; max++) {
                        var plan = ReplenishPlan.of(new Counts(idle, outdated, starting, 0, false, false), max);
                        int left = idle - plan.retire();
                        assertThat(left).isGreaterThanOrEqualTo(Math.min(idle, max));
                        assertThat(plan.start() == 0 || left + starting + plan.start() <= max + 1)
                                .isTrue();
                    }
                }
            }
        }
    }
}
