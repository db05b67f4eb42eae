package dev.sandpool.runner.api.request;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sandpool.runner.run.NoRunException;
import dev.sandpool.runner.run.RunAnswer;
import dev.sandpool.runner.sandbox.AskedLimits;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** That each option of {@link RunOptions} is read, is part of the digest, and is bounded if it is a limit. */
class RunOptionsTest {
    private static final SandboxLimits LIMITS = new SandboxLimits(
            1 << 20, 1 << 20, 1 << 20, 64 << 20, 10, Optional.of(Duration.ofSeconds(2)), Duration.ofSeconds(5));

    /** A value of each option, in JSON. A new option needs one here. */
    private static final Map<String, String> VALUES = Map.ofEntries(
            entry("id", "\"mine\""),
            entry("arguments", "[\"-v\"]"),
            entry("environment", "{\"A\": \"b\"}"),
            entry("stdin", "\"text\""),
            entry("runTimeout", "\"1s\""),
            entry("cpuTime", "\"1s\""),
            entry("memory", "\"1Mi\""),
            entry("output", "\"1Ki\""),
            entry("pids", "3"),
            entry("interleaved", "true"),
            entry("outputFiles", "[\"out/*.txt\"]"));

    /** More of each limit than {@link #LIMITS} has. */
    private static final Map<String, String> TOO_MUCH = Map.of(
            "runTimeout", "\"6s\"",
            "cpuTime", "\"3s\"",
            "memory", "\"65Mi\"",
            "output", "\"2Mi\"",
            "pids", "11");

    private static RunOptions read(String option, String value) throws NoRunException {
        try {
            var json = (ObjectNode) new ObjectMapper().readTree("{\"" + option + "\": " + value + "}");
            return OptionReader.read(json, Optional.of(LIMITS));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    private static RunOptions nothing() throws NoRunException {
        return OptionReader.read(new ObjectMapper().createObjectNode(), Optional.of(LIMITS));
    }

    @Test
    void theValuesOfThisTestAreOfAllOptions() {
        assertThat(VALUES.keySet()).isEqualTo(RunOptions.names());
    }

    @Test
    void eachOptionMakesAnotherRequestButTheId() throws NoRunException {
        var seen = new HashSet<>();
        for (var option : VALUES.entrySet()) {
            RunOptions read = read(option.getKey(), option.getValue());
            if (option.getKey().equals("id")) {
                assertThat(read.id()).contains("mine");
                assertThat(read.words()).isEqualTo(nothing().words());
            } else {
                assertThat(read.words())
                        .as(option.getKey())
                        .isNotEqualTo(nothing().words());
                assertThat(seen.add(read.words())).as(option.getKey()).isTrue();
                assertThat(read.words())
                        .isEqualTo(read(option.getKey(), option.getValue()).words());
            }
        }
    }

    @Test
    void aQueryCanSayEachOption() throws NoRunException, JsonProcessingException {
        for (var option : VALUES.entrySet()) {
            JsonNode value = new ObjectMapper().readTree(option.getValue());
            String text = switch (value.getNodeType()) {
                case ARRAY -> value.get(0).textValue();
                case OBJECT -> "A=" + value.get("A").textValue();
                default -> value.asText();
            };
            var fromQuery = OptionReader.read(
                    V1Request.fromQuery(option.getKey() + "=" + text.replace("=", "%3D")), Optional.of(LIMITS));
            assertThat(fromQuery.words())
                    .isEqualTo(read(option.getKey(), option.getValue()).words());
            assertThat(fromQuery.id())
                    .isEqualTo(read(option.getKey(), option.getValue()).id());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ["a", "../b"] | file pattern "../b" has an empty component, or one that is . or ..
                    ["/etc/passwd"] | file pattern "/etc/passwd" has an empty component, or one that is . or ..
                    ["a//b"] | file pattern "a//b" has an empty component, or one that is . or ..
                    [""] | file pattern "" has 0 bytes, not 1 to 255
                    ["play"] | file pattern "play" begins with play, which is the program
                    ["a\\nb"] | file pattern "a?b" contains a control character
                    ["a**"] | file pattern "a**" has ** that is not a whole component
                    """)
    void aPatternThatBreaksARuleIsRefusedWithTheRule(String value, String rule) {
        assertRefused(value, "outputFiles breaks a rule: " + rule);
    }

    @Test
    void thereAreNoMorePatternsThanFitIntoAFrame() {
        assertRefused(list(33, "a"), "outputFiles breaks a rule: 33 file patterns, not 1 to 32");
        assertRefused(
                list(16, "a".repeat(129)),
                "outputFiles breaks a rule: file patterns of 2064 bytes together, at most 2048");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"a\"", "{}", "[1]", "[null]", "[\"\\u0000\"]", "[\"\\ud800\"]", "true"})
    void whatIsNoListOfTextsIsRefused(String value) {
        assertRefused(value, "outputFiles must be a list of UTF-8 texts without NUL");
    }

    private static String list(int size, String element) {
        return "[\"" + String.join("\",\"", Collections.nCopies(size, element)) + "\"]";
    }

    private static void assertRefused(String outputFiles, String detail) {
        var refused = catchThrowableOfType(NoRunException.class, () -> read("outputFiles", outputFiles));
        assertThat(refused).isNotNull();
        assertThat(refused.answer()).isInstanceOfSatisfying(RunAnswer.Invalid.class, invalid -> {
            assertThat(invalid.problem().name()).isEqualTo("bad-option");
            assertThat(invalid.problem().detail()).isEqualTo(detail);
        });
    }

    @Test
    void noLimitIsMoreThanThePoolAllows() {
        assertThat(TOO_MUCH).hasSize(AskedLimits.class.getRecordComponents().length);
        TOO_MUCH.forEach((option, value) -> {
            var refused = catchThrowableOfType(NoRunException.class, () -> read(option, value));
            assertThat(refused).as(option).isNotNull();
            assertThat(refused.answer()).isInstanceOfSatisfying(RunAnswer.Invalid.class, invalid -> {
                assertThat(invalid.problem().name()).isEqualTo("bad-option");
                assertThat(invalid.problem().detail())
                        .startsWith(option + " ")
                        .contains("is more than the pool allows");
            });
        });
    }
}
