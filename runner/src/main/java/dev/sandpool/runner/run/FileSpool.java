package dev.sandpool.runner.run;

import dev.sandpool.runner.sandbox.FileSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The files that a program left, until they are answered. One thread at a time writes, then reads. */
public final class FileSpool implements FileSink, AutoCloseable {
    private final SpooledBytes content;
    private final List<SpooledFile> files = new ArrayList<>();
    private final List<OmittedFiles> omitted = new ArrayList<>();
    private String name = "";
    private long from;
    private long namesLength;
    private @Nullable IOException failure;

    /**
     * A file of the spool.
     *
     * @param from where its bytes begin
     */
    public record SpooledFile(String name, long from, long bytes, boolean truncated) {}

    FileSpool(SpooledBytes content) {
        this.content = content;
    }

    @Override
    public void begin(String next) {
        name = next;
        from = content.length();
        namesLength += next.length();
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            content.append(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void end(boolean truncated) {
        files.add(new SpooledFile(name, from, content.length() - from, truncated));
    }

    @Override
    public void omitted(OmittedFiles left) {
        omitted.add(left);
        namesLength += left.name().length();
    }

    public List<SpooledFile> files() {
        return Collections.unmodifiableList(files);
    }

    public List<OmittedFiles> omitted() {
        return Collections.unmodifiableList(omitted);
    }

    /** Returns the bytes of one file. */
    public InputStream input(SpooledFile file) throws IOException {
        return content.input(file.from(), file.bytes());
    }

    /** Returns the number of bytes of all files. */
    long length() {
        return content.length();
    }

    /** Returns the number of bytes of all files and characters of all names. */
    public long lengthWithNames() {
        return length() + namesLength;
    }

    Optional<IOException> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public void close() {
        content.close();
    }
}
