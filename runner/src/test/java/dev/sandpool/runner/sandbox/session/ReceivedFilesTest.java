package dev.sandpool.runner.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Omission;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.FileSink;
import dev.sandpool.runner.sandbox.OutputFiles;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** Files that still come when the time for a slow client is up. */
class ReceivedFilesTest {
    private final List<String> calls = new ArrayList<>();
    private final AtomicBoolean timeIsUp = new AtomicBoolean();
    private final ReceivedFiles files =
            new ReceivedFiles(OutputFiles.of(List.of("*")), new Calls(), 100, timeIsUp::get);

    private final class Calls implements FileSink {
        @Override
        public void begin(String name) {
            calls.add("begin " + name);
        }

        @Override
        public void write(byte[] from, int offset, int length) {
            calls.add("write " + new String(from, offset, length, StandardCharsets.UTF_8));
        }

        @Override
        public void end(boolean truncated) {
            calls.add("end " + truncated);
        }

        @Override
        public void omitted(OmittedFiles left) {
            calls.add("omitted " + left.reason() + " " + left.count());
        }
    }

    private static Frame.OutputFileData data(String text) {
        return new Frame.OutputFileData(Bytes.utf8(text));
    }

    private static Frame.OutputFileEnd end(String whole) {
        var crc = new CRC32();
        Bytes.utf8(whole).update(crc);
        return new Frame.OutputFileEnd(false, new Exit.Tally(Bytes.utf8(whole).size(), crc.getValue()));
    }

    @Test
    void theOpenFileIsTruncatedAndLaterOnesAreLeftOutOnce() throws Exception {
        files.begin(new Frame.OutputFile("a"));
        files.add(data("12"));
        timeIsUp.set(true);
        files.add(data("34"));
        files.add(data("56"));
        files.end(end("123456"));
        for (String later : List.of("b", "c")) {
            files.begin(new Frame.OutputFile(later));
            files.add(data("x"));
            files.end(end("x"));
        }
        files.omit(new Frame.OutputFileOmitted(Omission.NO_TIME, 0, ""));
        files.complete();
        files.runEnded();

        assertThat(calls).containsExactly("begin a", "write 12", "end true", "omitted no-time 0");
    }

    @Test
    void aFileOfWhichAllCameIsWhole() throws Exception {
        files.begin(new Frame.OutputFile("a"));
        files.add(data("12"));
        timeIsUp.set(true);
        files.end(end("12"));
        files.complete();

        assertThat(calls).containsExactly("begin a", "write 12", "end false");
    }

    @Test
    void whatIsNotPassedOnIsStillChecked() throws Exception {
        timeIsUp.set(true);
        files.begin(new Frame.OutputFile("a"));
        files.add(data("12"));

        assertThatThrownBy(() -> files.end(end("21"))).isInstanceOf(ProtocolException.class);
        assertThatThrownBy(() -> files.add(data("x".repeat(99)))).isInstanceOf(ProtocolException.class);
    }

    @Test
    void aLostSandboxEndsNoFileTwice() throws Exception {
        files.begin(new Frame.OutputFile("a"));
        timeIsUp.set(true);
        files.add(data("12"));
        files.runEnded();

        assertThat(calls).containsExactly("begin a", "end true", "omitted no-time 0");
    }
}
