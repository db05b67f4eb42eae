package dev.sandpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FilePatternTest {
    private static final Path GOLDEN = Path.of("golden/patterns.txt");

    record Case(boolean isMatch, String pattern, String path) {}

    static List<Case> golden() throws IOException {
        return Files.readAllLines(GOLDEN).stream()
                .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                .map(line -> line.split("\t", -1))
                .map(fields -> new Case(fields[0].equals("yes"), fields[1], fields[2]))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("golden")
    void aPatternMatchesWhatTheGoldenFileSays(Case wanted) {
        assertThat(new FilePattern(wanted.pattern()).matches(wanted.path())).isEqualTo(wanted.isMatch());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    ../a    | has an empty component, or one that is . or ..
                    /a      | has an empty component, or one that is . or ..
                    a/      | has an empty component, or one that is . or ..
                    play    | begins with play, which is the program
                    a**     | has ** that is not a whole component
                    ***     | has ** that is not a whole component
                    **/a/** | has ** more than once
                    """)
    void aPatternThatBreaksARuleIsRefusedWithTheRule(String pattern, String rule) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FilePattern(pattern))
                .withMessage("file pattern \"" + pattern + "\" " + rule);
    }

    @Test
    void aMatchTakesTimeInProportionToItsLengthsOnly() {
        // With a naive matcher this takes longer than the universe has.
        assertThat(new FilePattern("**/" + "a*".repeat(100) + "b").matches("a".repeat(250)))
                .isFalse();
    }
}
