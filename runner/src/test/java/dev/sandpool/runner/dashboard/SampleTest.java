package dev.sandpool.runner.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SampleTest {
    private final Sample sample = new Sample();

    @Test
    void nothingHasNoPercentiles() {
        assertThat(sample.percentile(50)).isEmpty();
    }

    @Test
    void oneValueIsAllOfThem() {
        sample.add(7);

        assertThat(sample.percentile(50)).hasValue(7);
        assertThat(sample.percentile(95)).hasValue(7);
    }

    @Test
    void fewValuesAreToldExactlyInAnyOrder() {
        for (int value = 100; value >= 1; value--) {
            sample.add(value);
        }

        assertThat(sample.percentile(50)).hasValue(50);
        assertThat(sample.percentile(95)).hasValue(95);
        assertThat(sample.percentile(100)).hasValue(100);
    }

    @Test
    void ofManyValuesAFairChoiceIsKept() {
        for (int value = 0; value < 100 * Sample.MOST; value++) {
            sample.add(value % 1000);
        }

        // Eight standard deviations of a median of 512.
        assertThat(sample.percentile(50).orElseThrow()).isBetween(320.0, 680.0);
    }
}
