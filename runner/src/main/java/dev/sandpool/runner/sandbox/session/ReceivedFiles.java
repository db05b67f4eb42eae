package dev.sandpool.runner.sandbox.session;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Exit;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.Omission;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.ProtocolException;
import dev.sandpool.runner.sandbox.FileSink;
import dev.sandpool.runner.sandbox.FileSink.OmittedFiles;
import dev.sandpool.runner.sandbox.OutputFiles;
import java.io.IOException;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.zip.CRC32;

/**
 * Checks the files that a sandbox sends, and passes them on. An honest contained keeps all bounds, so a frame that
 * breaks one is a {@link ProtocolException}. When the time for a slow client is up, what comes is still checked, and not
 * passed on.
 */
final class ReceivedFiles {
    private final OutputFiles wanted;
    private final FileSink sink;
    private final long limitBytes;
    private final BooleanSupplier timeIsUp;
    private final Set<String> names = new HashSet<>();
    private final Set<Omission> counted = EnumSet.noneOf(Omission.class);
    private long bytes;
    private int named;
    private boolean isOpen;
    private boolean isPassedOn;
    private boolean saidNoTime;
    private boolean isComplete;
    private final CRC32 crc = new CRC32();
    private long fileBytes;

    /** @param timeIsUp whether the sink may receive no more bytes, because EXIT has to come in time */
    ReceivedFiles(OutputFiles wanted, FileSink sink, long limitBytes, BooleanSupplier timeIsUp) {
        this.wanted = wanted;
        this.sink = sink;
        this.limitBytes = limitBytes;
        this.timeIsUp = timeIsUp;
    }

    void begin(Frame.OutputFile file) throws ProtocolException {
        require(!isOpen, "a file inside another");
        require(wanted.include(file.path()), "a file that was not requested");
        require(names.add(file.path()), "a file twice");
        require(names.size() <= Protocol.MAX_FILES, "more than " + Protocol.MAX_FILES + " files");
        isOpen = true;
        fileBytes = 0;
        crc.reset();
        isPassedOn = !timeIsUp.getAsBoolean();
        if (isPassedOn) {
            sink.begin(file.path());
        } else {
            sayNoTime();
        }
    }

    void add(Frame.OutputFileData data) throws ProtocolException, SinkFailedException {
        Bytes more = data.bytes();
        require(isOpen, "bytes of no file");
        require(more.size() <= limitBytes - bytes, "more than " + limitBytes + " bytes of files");
        bytes += more.size();
        fileBytes += more.size();
        more.update(crc);
        if (isPassedOn && timeIsUp.getAsBoolean()) {
            sink.end(true);
            isPassedOn = false;
        }
        if (isPassedOn) {
            pass(more);
        }
    }

    private void pass(Bytes more) throws SinkFailedException {
        try {
            more.writeTo(sink::write);
        } catch (IOException e) {
            throw new SinkFailedException(e);
        }
    }

    void end(Frame.OutputFileEnd end) throws ProtocolException {
        require(isOpen, "the end of no file");
        require(
                end.total().equals(new Exit.Tally(fileBytes, crc.getValue())),
                "a file whose end has another number of bytes");
        isOpen = false;
        if (isPassedOn) {
            sink.end(end.truncated());
        }
    }

    void omit(Frame.OutputFileOmitted omitted) throws ProtocolException {
        require(!wanted.isEmpty(), "an omitted file that was not requested");
        require(!isOpen, "an omitted file inside another");
        if (omitted.path().isEmpty()) {
            require(counted.add(omitted.omission()), "omitted files counted twice");
        } else {
            named++;
            require(named <= Protocol.MAX_OMITTED_NAMES, "too many names of omitted files");
        }
        if (omitted.omission() == Omission.NO_TIME && omitted.path().isEmpty()) {
            sayNoTime();
        } else {
            sink.omitted(new OmittedFiles(omitted.omission().wireName(), omitted.count(), omitted.path()));
        }
    }

    private void sayNoTime() {
        if (!saidNoTime) {
            saidNoTime = true;
            sink.omitted(new OmittedFiles(Omission.NO_TIME.wireName(), 0, ""));
        }
    }

    /** Called at EXIT, after which no file comes. */
    void complete() throws ProtocolException {
        require(!isOpen, "EXIT inside a file");
        isComplete = true;
    }

    /** Called at the end of a run whose program started. Says that files are missing if EXIT did not come. */
    void runEnded() {
        if (wanted.isEmpty() || isComplete) {
            return;
        }
        if (isOpen && isPassedOn) {
            sink.end(true);
        }
        sayNoTime();
    }

    private static void require(boolean isRight, String lie) throws ProtocolException {
        if (!isRight) {
            throw new ProtocolException("the sandbox sent " + lie);
        }
    }
}
