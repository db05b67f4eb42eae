package dev.sandpool.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
    @Test
    void everyKindOfValueIsRead() throws IOException {
        Json json = JsonReader.read("""
                {"text": "a\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\ud83d\\ude00ö", "number": -12, "large": 1e9, "list": [ ], "none": {},
                 "within": {"list": [true, false, null, [1, "2"]]}}
                """);

        assertThat(json.text("text")).contains("a\"\\/\b\f\n\r\tä😀ö");
        assertThat(json.integer("number")).hasValue(-12);
        assertThat(json.integer("large")).isEmpty();
        assertThat(json.text("number")).isEmpty();
        assertThat(json.field("no")).isEmpty();
        assertThat(json.field("within").orElseThrow().field("list"))
                .hasValueSatisfying(
                        list -> assertThat(((Json.Items) list).all()).hasSize(4));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[",
                "\"",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{a:1}",
                "[1,]",
                "[1 2]",
                "tru",
                "nul",
                "1 2",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u12g4\"",
                "\"a\nb\"",
                "]",
                "}",
                "{\"a\":1}}",
                "'a'"
            })
    void whatIsNoJsonIsSaidToBeNone(String text) {
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> JsonReader.read(text))
                .withMessageContaining("is not JSON: at character");
    }

    @Test
    void depthIsBounded() throws IOException {
        assertThat(JsonReader.read("[".repeat(33) + "]".repeat(33))).isInstanceOf(Json.Items.class);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> JsonReader.read("[".repeat(1_000_000)))
                .withMessageContaining("at most 32 levels");
    }
}
