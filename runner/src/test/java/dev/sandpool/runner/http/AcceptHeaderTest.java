package dev.sandpool.runner.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AcceptHeaderTest {
    private static final List<String> OFFERED =
            List.of("application/json", "application/x-ndjson", "text/event-stream");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "'' | application/json",
                "* | application/json",
                "*/* | application/json",
                "application/* | application/json",
                "Application/JSON;charset=utf-8 | application/json",
                "text/event-stream | text/event-stream",
                "application/x-ndjson, application/json;q=0.9 | application/x-ndjson",
                "application/json;q=0, */* | application/x-ndjson",
                "text/*;q=0.5, application/json;q=0.4 | text/event-stream",
                "'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2' | application/json",
                "text/html | none",
                "application/json;q=0 | none",
                "application/json;q=x | none",
                "application/json;q= | none",
                "application/json;q=2 | none",
                "application/json;q=NaN | none",
                "garbage | none",
                "garbage, text/event-stream | text/event-stream",
                "a/b/c | none",
                "/ | none",
                "; | none",
                "\u00ff | none"
            })
    void theBestOfTheOfferedIsTaken(String header, String best) {
        assertThat(AcceptHeader.best(List.of(header), OFFERED).orElse(null)).isEqualTo(best);
    }
}
