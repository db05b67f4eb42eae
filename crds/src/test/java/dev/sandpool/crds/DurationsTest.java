package dev.sandpool.crds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({
        "500ms,PT0.5S",
        "5s,PT5S",
        "90s,PT1M30S",
        "2m,PT2M",
        "1h,PT1H",
        "0s,PT0S",
        "007s,PT7S",
        "999999h,PT999999H"
    })
    void aNumberAndAUnit(String text, Duration duration) {
        assertThat(Durations.parse(text)).isEqualTo(duration);
        assertThat(text).matches(Durations.PATTERN).hasSizeLessThanOrEqualTo(Durations.LONGEST_TEXT);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "5",
                "s",
                "5 s",
                " 5s",
                "5s\n",
                "-5s",
                "+5s",
                "1.5h",
                "1m30s",
                "5S",
                "5d",
                "5us",
                "1000000s",
                "PT5S",
                "٥s"
            })
    void nothingElse(String text) {
        assertThatThrownBy(() -> Durations.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("\"" + text + "\" is not a duration such as 500ms, 5s, 2m or 1h");
    }

    @Test
    void theLongestTextIsOfSixDigitsAndTheLongestUnit() {
        assertThat("999999ms").matches(Durations.PATTERN).hasSize(Durations.LONGEST_TEXT);
    }
}
