package dev.sandpool.runner.api.request;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.runner.sandbox.OutputFiles;
import dev.sandpool.runner.sandbox.RunInput;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestDigestTest {
    /** Files by turns of path and content, and a program. */
    private record Input(Deque<RunInput.WorkingFile> files, InputStream program) implements RunInput {
        static Input of(String program, String... files) {
            var all = new ArrayDeque<WorkingFile>();
            for (int i = 0; i < files.length; i += 2) {
                all.add(new WorkingFile(files[i], false, new ByteArrayInputStream(files[i + 1].getBytes(UTF_8))));
            }
            return new Input(all, new ByteArrayInputStream(program.getBytes(UTF_8)));
        }

        @Override
        public @Nullable WorkingFile nextFile() {
            return files.poll();
        }

        @Override
        public boolean mayHaveStandardInput() {
            return false;
        }

        @Override
        public InputStream standardInput() {
            return InputStream.nullInputStream();
        }

        @Override
        public void stop() {}
    }

    private static RunOptions options(List<String> arguments, Map<String, String> environment) {
        return new RunOptions(
                Optional.of("mine"),
                arguments,
                environment,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                OptionalInt.empty(),
                false,
                OutputFiles.NONE);
    }

    private static byte[] value(RunOptions options, RunInput input) throws IOException {
        var digest = new RequestDigest(options);
        RunInput seen = digest.of(input);
        for (var file = seen.nextFile(); file != null; file = seen.nextFile()) {
            file.content().readAllBytes();
        }
        seen.program().readAllBytes();
        return digest.value().orElseThrow();
    }

    private static byte[] value(RunInput input) throws IOException {
        return value(options(List.of(), Map.of()), input);
    }

    @Test
    void namesThatAreNoLatin1AreToldApart() throws Exception {
        assertThat(value(Input.of("p", "\u4f60", "x"))).isEqualTo(value(Input.of("p", "\u4f60", "x")));
        assertThat(value(Input.of("p", "\u4f60", "x"))).isNotEqualTo(value(Input.of("p", "\u597d", "x")));
        assertThat(value(Input.of("p", "\u4f60", "x"))).isNotEqualTo(value(Input.of("p", "?", "x")));
    }

    @Test
    void whatBelongsToOneThingDoesNotPassForPartOfAnother() throws Exception {
        assertThat(value(Input.of("p", "a", "xy", "b", "z"))).isNotEqualTo(value(Input.of("p", "a", "x", "b", "yz")));
        assertThat(value(options(List.of("environment 1", "A=b"), Map.of()), Input.of("p")))
                .isNotEqualTo(value(options(List.of(), Map.of("A", "b")), Input.of("p")));
    }

    @Test
    void noMoreIsReadThanThereWasOfTheOther() throws Exception {
        byte[] kept = value(Input.of("program"));
        var read = new AtomicLong();
        var endless = new InputStream() {
            @Override
            public int read() {
                read.incrementAndGet();
                return 0;
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                read.addAndGet(length);
                return length;
            }
        };

        var digest = new RequestDigest(options(List.of(), Map.of()));
        assertThat(digest.readWhole(new Input(new ArrayDeque<>(), endless), kept))
                .isEmpty();

        assertThat(read.get()).isLessThanOrEqualTo(64 * 1024);
        assertThat(new RequestDigest(options(List.of(), Map.of()))
                        .readWhole(Input.of("program"), kept)
                        .orElseThrow())
                .isEqualTo(kept);
    }
}
