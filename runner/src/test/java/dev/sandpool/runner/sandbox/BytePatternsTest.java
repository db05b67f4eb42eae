package dev.sandpool.runner.sandbox;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BytePatternsTest {
    private static int search(List<String> patterns, String... pieces) {
        var search =
                new BytePatterns(patterns.stream().map(BytePatternsTest::bytes).toList()).search();
        for (String piece : pieces) {
            byte[] padded = bytes("#" + piece + "#");
            search.add(padded, 1, piece.length());
        }
        return search.seen();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    @ParameterizedTest
    @CsvSource({
        "needle, true",
        "a needle in hay, true",
        "hay and a needle, true",
        "needl, false",
        "needneedle, true",
        "neeedle, false",
        "'', false"
    })
    void oneIsFoundWhereverItIs(String text, boolean found) {
        assertThat(search(List.of("needle"), text)).isEqualTo(found ? 1 : 0);
        assertThat(search(List.of("needle"), text.split(""))).isEqualTo(found ? 1 : 0);
    }

    @Test
    void oneInsideAnotherAndOneBeginningInAnotherAreFound() {
        assertThat(search(List.of("abcdefgh", "cdef", "fghij"), "abcdefghij")).isEqualTo(0b111);
        assertThat(search(List.of("aaaa", "aaab", "baaa"), "aaaabaaa")).isEqualTo(0b111);
    }

    @Test
    void theSamePatternTwiceIsFoundTwice() {
        assertThat(search(List.of("same", "same"), "the same")).isEqualTo(0b11);
    }

    @Test
    void anEmptyOneIsFoundAtOnce() {
        assertThat(search(List.of("", "some"))).isEqualTo(0b01);
        assertThat(search(List.of(""), "text")).isEqualTo(0b1);
        assertThat(search(List.of(), "text")).isZero();
    }

    /** Few different bytes, so that much nearly fits; and pieces of every size, so that patterns lie across their borders. */
    @RepeatedTest(200)
    void itFindsWhatASimpleSearchFinds(RepetitionInfo repetition) {
        var random = new Random(repetition.getCurrentRepetition());
        int letters = 2 + random.nextInt(3);
        List<String> patterns = Stream.generate(() -> text(random, letters, 4 + random.nextInt(9)))
                .limit(1 + random.nextInt(5))
                .toList();
        String text = text(random, letters, random.nextInt(400));

        int expected = IntStream.range(0, patterns.size())
                .filter(i -> text.contains(patterns.get(i)))
                .map(i -> 1 << i)
                .sum();
        assertThat(search(patterns, pieces(random, text))).isEqualTo(expected);
    }

    private static String text(Random random, int letters, int length) {
        return IntStream.range(0, length)
                .mapToObj(i -> String.valueOf((char) ((0xfe + random.nextInt(letters)) & 0xff)))
                .reduce("", String::concat);
    }

    private static String[] pieces(Random random, String text) {
        return text.split("(?<=\\G.{" + (1 + random.nextInt(20)) + "})", -1);
    }

    /** What makes a search quadratic that compares the whole pattern at each place: 25 seconds then. */
    @Test
    @Timeout(10)
    void bytesThatNearlyFitEverywhereTakeNoLonger() {
        byte[] pattern = new byte[256];
        pattern[0] = 1;
        byte[] almost = new byte[64 * 1024];
        var search = new BytePatterns(List.of(pattern)).search();
        for (int i = 0; i < 1600; i++) {
            search.add(almost, 0, almost.length);
        }
        assertThat(search.seen()).isZero();
    }
}
