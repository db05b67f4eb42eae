package dev.sandpool.contained;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Omission;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The files of a run, in the order in which they came, and what was left out. That each file begins, has as many bytes as
 * its end says, and ends before the next begins is checked here.
 */
record Collected(Map<String, Bytes> files, List<Frame.OutputFileOmitted> omitted, List<String> truncated) {
    static Collected of(List<Frame.Up> frames) throws IOException {
        Map<String, Bytes> files = new LinkedHashMap<>();
        List<Frame.OutputFileOmitted> omitted = new ArrayList<>();
        List<String> truncated = new ArrayList<>();
        @Nullable String open = null;
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (Frame.Up frame : frames) {
            switch (frame) {
                case Frame.OutputFile file -> {
                    assertThat(open).as("file before %s", file).isNull();
                    open = file.path();
                    content.reset();
                }
                case Frame.OutputFileData data -> {
                    assertThat(open).isNotNull();
                    data.bytes().writeTo(content::write);
                }
                case Frame.OutputFileEnd end -> {
                    assertThat(open).isNotNull();
                    assertThat(end.total()).isEqualTo(tally(content.toByteArray()));
                    assertThat(files.put(String.valueOf(open), Bytes.view(content.toByteArray())))
                            .as("%s came before", open)
                            .isNull();
                    if (end.truncated()) {
                        truncated.add(String.valueOf(open));
                    }
                    open = null;
                }
                case Frame.OutputFileOmitted file -> omitted.add(file);
                default -> {}
            }
        }
        assertThat(open).as("file without an end").isNull();
        return new Collected(files, omitted, truncated);
    }

    private static Exit.Tally tally(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return new Exit.Tally(bytes.length, crc.getValue());
    }

    String text(String name) {
        return files.getOrDefault(name, Bytes.EMPTY).utf8();
    }

    /** How many files were left out for this reason. */
    long count(Omission omission) {
        return omitted.stream()
                .filter(file -> file.omission() == omission)
                .mapToLong(Frame.OutputFileOmitted::count)
                .sum();
    }

    List<String> named(Omission omission) {
        return omitted.stream()
                .filter(file -> file.omission() == omission && !file.path().isEmpty())
                .map(Frame.OutputFileOmitted::path)
                .sorted()
                .toList();
    }
}
