package dev.sandpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenFramesTest {
    static List<GoldenFrame> good() {
        return GoldenFrame.good();
    }

    static List<GoldenFrame> refused() {
        return GoldenFrame.refused();
    }

    @ParameterizedTest
    @MethodSource("good")
    void bytesReadAsTheText(GoldenFrame golden) throws IOException {
        FrameReader<? extends Frame> reader = golden.reader();

        assertThat(reader.read())
                .isNotNull()
                .extracting(FrameText::of)
                .isEqualTo(golden.text().orElseThrow());
        assertThat(reader.read()).isNull();
    }

    @ParameterizedTest
    @MethodSource("good")
    void theTextIsWrittenAsTheBytes(GoldenFrame golden) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        new FrameWriter(out).write(FrameTextParser.parse(golden.text().orElseThrow()));

        assertThat(HexFormat.of().formatHex(out.toByteArray()))
                .isEqualTo(HexFormat.of().formatHex(golden.bytes().toByteArray()));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void whatMustBeRefusedIs(GoldenFrame golden) {
        assertThatThrownBy(() -> golden.reader().read()).isInstanceOf(ProtocolException.class);
    }

    @Test
    void eachTypeAndOutcomeIsThere() {
        String texts = GoldenFrame.good().stream()
                .map(golden -> golden.text().orElseThrow() + " ")
                .collect(Collectors.joining("\n", "\n", ""));

        assertThat(Arrays.stream(FrameType.values()))
                .allSatisfy(type -> assertThat(texts).contains("\n" + type + " "));
        assertThat(Arrays.stream(ExitOutcome.values()))
                .allSatisfy(outcome -> assertThat(texts).contains("outcome=" + outcome.wireName() + " "));
    }

    @Test
    void namesAreUnique() {
        assertThat(GoldenFrame.all()).extracting(GoldenFrame::name).doesNotHaveDuplicates();
    }
}
