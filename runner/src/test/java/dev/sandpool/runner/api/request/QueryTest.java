package dev.sandpool.runner.api.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.runner.run.NoRunException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryTest {
    @Test
    void parametersAreDecodedInTheirOrder() throws Exception {
        assertThat(Query.parse("b=1&a=x+y%2B&b=%C3%BC&c&&d=1=2&%61=z"))
                .containsExactly(
                        java.util.Map.entry("b", List.of("1", "\u00fc")),
                        java.util.Map.entry("a", List.of("x y+", "z")),
                        java.util.Map.entry("c", List.of("")),
                        java.util.Map.entry("d", List.of("1=2")));
        assertThat(Query.parse("")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=%zz", "a=%", "a=%4", "a=%FF", "a=%C3", "a=%ED%A0%80", "%FF=1", "a=%+1", "a=%c0%80"})
    void whatIsNoUtf8IsRefused(String query) {
        assertThatThrownBy(() -> Query.parse(query)).isInstanceOf(NoRunException.class);
    }
}
