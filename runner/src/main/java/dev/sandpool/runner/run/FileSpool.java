package dev.sandpool.runner.run;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.sandbox.FileSink;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The files that a program left, until they are answered. One thread at a time writes, then reads. Names are in memory:
 * out of the budget of all runs, and when that is used up, as far as each run has room of its own. A file whose name
 * has no room is left out.
 */
public final class FileSpool implements FileSink, AutoCloseable {
    private static final int BYTES_PER_CHARACTER = 2;
    private static final int BYTES_PER_NAME = 128;
    // For runs that find the budget used up: some hundred short names.
    private static final long OWN_ROOM = 64 * 1024;

    private final SpooledBytes content;
    private final MemoryBudget budget;
    private final List<SpooledFile> files = new ArrayList<>();
    private final List<OmittedFiles> omitted = new ArrayList<>();
    // Those without a name, by reason.
    private final Map<String, Long> counted = new TreeMap<>();
    private String name = "";
    private boolean isKept;
    private long borrowed;
    private long ownRoom = OWN_ROOM;
    private long from;
    private long namesLength;
    private @Nullable IOException failure;

    /**
     * A file of the spool.
     *
     * @param from where its bytes begin
     */
    public record SpooledFile(String name, long from, long bytes, boolean truncated) {}

    FileSpool(SpooledBytes content, MemoryBudget budget) {
        this.content = content;
        this.budget = budget;
    }

    @Override
    public void begin(String next) {
        name = next;
        from = content.length();
        isKept = makeRoom(next);
        if (!isKept) {
            count(OmittedFiles.TOO_MANY, 1);
        }
    }

    private boolean makeRoom(String next) {
        long needed = (long) next.length() * BYTES_PER_CHARACTER + BYTES_PER_NAME;
        if (budget.tryTake(needed)) {
            borrowed += needed;
        } else if (needed <= ownRoom) {
            ownRoom -= needed;
        } else {
            return false;
        }
        namesLength += next.length();
        return true;
    }

    private void count(String reason, long more) {
        counted.merge(reason, more, Long::sum);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (!isKept) {
            return;
        }
        try {
            content.append(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    @Override
    public void end(boolean truncated) {
        if (isKept) {
            files.add(new SpooledFile(name, from, content.length() - from, truncated));
        }
    }

    @Override
    public void omitted(OmittedFiles left) {
        if (!left.name().isEmpty() && makeRoom(left.name())) {
            omitted.add(left);
        } else {
            count(left.reason(), left.count());
        }
    }

    public List<SpooledFile> files() {
        return Collections.unmodifiableList(files);
    }

    /** Returns what was left out: first files with names, then numbers of files. */
    public List<OmittedFiles> omitted() {
        List<OmittedFiles> all = new ArrayList<>(omitted);
        counted.forEach((reason, count) -> all.add(new OmittedFiles(reason, count, "")));
        return all;
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
        budget.giveBack(borrowed);
        borrowed = 0;
        content.close();
    }
}
