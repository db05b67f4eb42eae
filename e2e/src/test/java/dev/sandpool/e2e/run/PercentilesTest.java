package dev.sandpool.e2e.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PercentilesTest {
    @Test
    void eachPercentileIsAMeasuredValueOfTheNearestRank() {
        List<Double> millis =
                IntStream.rangeClosed(1, 200).mapToObj(i -> (double) (201 - i)).toList();

        assertThat(Percentiles.of(millis)).isEqualTo(new Percentiles(1, 100, 190, 198, 200));
        assertThat(Percentiles.of(List.of(7.0))).isEqualTo(new Percentiles(7, 7, 7, 7, 1));
    }

    @Test
    void withoutMeasurementsThereAreNoPercentiles() {
        assertThat(Percentiles.of(List.of()).median()).isNaN();
    }
}
