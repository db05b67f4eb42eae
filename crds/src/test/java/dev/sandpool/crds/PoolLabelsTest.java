package dev.sandpool.crds;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PoolLabelsTest {
    private static final String VALUE = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?";

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 10, 62, 63})
    void aNameThatFitsIsItself(int length) {
        String name = "a".repeat(length);

        assertThat(PoolLabels.value(name)).isEqualTo(name).matches(VALUE);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 65, 100, 253})
    void aLongerOneIsCutToALabelsValueWhereverTheCutFalls(int length) {
        for (int at = 40; at < 63; at++) {
            String name = "a".repeat(at) + "-." + "b".repeat(length - at - 2);

            assertThat(PoolLabels.value(name)).matches(VALUE).startsWith("a".repeat(40));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 253})
    void longNamesThatDifferAtTheirEndHaveOtherValues(int length) {
        String beginning = "r".repeat(length - 1);

        assertThat(PoolLabels.value(beginning + "a")).isNotEqualTo(PoolLabels.value(beginning + "b"));
        assertThat(PoolLabels.value(beginning + "a")).isEqualTo(PoolLabels.value(beginning + "a"));
    }
}
