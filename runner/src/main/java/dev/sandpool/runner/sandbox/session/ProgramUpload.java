package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sandpool.protocol.Bytes;
import dev.sandpool.protocol.Frame;
import dev.sandpool.protocol.FrameWriter;
import dev.sandpool.protocol.Protocol;
import dev.sandpool.protocol.Start;
import dev.sandpool.runner.sandbox.Deadline;
import dev.sandpool.runner.sandbox.Launchers;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunInput;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.SandboxLimits;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Sends START, the files and the program to the sandbox. Not thread-safe. */
final class ProgramUpload {
    // The inner side acts first: contained interrupts, then kills, and its report still arrives in time.
    static final Duration INTERRUPT_BEFORE = Duration.ofMillis(500);
    static final Duration KILL_BEFORE = Duration.ofMillis(250);

    // With the frame's header and the attach channel's byte, this fills one WebSocket frame of 64 KiB. One byte more
    // would need a second frame.
    private static final int PIECE_BYTES = Protocol.MAX_PAYLOAD_BYTES - Protocol.HEADER_BYTES - 1;

    // Programs that open ten thousand files at once are common exercises. In gVisor an open file costs the sandbox 3
    // KiB, a socket 10 KiB.
    private static final long MAX_OPEN_FILES = 16_384;

    // The size of the memory file system and the pod's memory limit what a program writes, so its largest file needs no
    // limit.
    private static final long MAX_FILE_BYTES = Long.MAX_VALUE;

    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME", "/tmp");

    private final FrameWriter down;
    private final Inbox inbox;
    private final ProgramRequest request;
    private final SandboxLimits limits;
    private final Deadline deadline;
    private final Start.Flags flags;
    private final boolean sendsFiles;
    private final long keepBytes;
    private final ProgramFrames programFrames;
    private final ProgramCache.Upload program;
    private boolean complete;

    /**
     * @param inbox its news make the rest of the upload pointless
     * @param cache what the sandbox has cached of the program before
     */
    ProgramUpload(FrameWriter down, Inbox inbox, RunParameters order, ProgramCache cache) {
        this.down = down;
        this.inbox = inbox;
        this.request = order.request();
        this.limits = order.limits();
        this.deadline = order.deadline();
        this.flags = order.flags();
        this.sendsFiles = order.sendsFiles();
        this.keepBytes = flags.reuse() ? ProgramCache.maxBytes(limits.binaryBytes()) : 0;
        this.programFrames = new ProgramFrames(down, flags.zstd());
        this.program = cache.begin(programFrames, keepBytes);
    }

    /** Returns whether the whole program has been sent. */
    boolean isComplete() {
        return complete;
    }

    /**
     * Sends everything, or what contained still wants of it.
     *
     * @param progress called when the program is complete
     * @return why it cannot be sent; null if it was sent, or if contained has sent something that makes the rest
     *     pointless
     * @throws IOException if the way down broke
     */
    @Nullable
    RunResult send(Runnable progress) throws IOException {
        if (!request.outputFiles().isEmpty() && !sendsFiles) {
            return new RunResult.OutputFilesUnsupported();
        }
        Start start;
        try {
            start = start();
        } catch (IllegalArgumentException e) {
            return new RunResult.FailedToStart("fork/exec /tmpfs/play: argument list too long");
        }
        down.write(start);
        if (!request.outputFiles().isEmpty()) {
            down.write(request.outputFiles().request(limits.fileBytes()));
        }
        if (!request.input().mayHaveStandardInput()) {
            down.write(new Frame.StdinEnd());
        }
        RunResult failure = sendFiles();
        if (failure != null) {
            return failure;
        }
        try (programFrames) {
            return sendProgram(progress);
        }
    }

    private Start start() {
        Duration left = deadline.left();
        var resources = new Start.ResourceLimits(limits.pids(), MAX_OPEN_FILES, MAX_FILE_BYTES);
        var times = new Start.Times(
                notNegative(left.minus(INTERRUPT_BEFORE)),
                notNegative(left.minus(KILL_BEFORE)),
                limits.cpuTime().orElse(Duration.ZERO));
        var sizes = new Start.Sizes(
                limits.binaryBytes(), keepBytes, limits.fileBytes(), limits.outputBytes(), limits.memoryBytes());
        return new Start(
                flags,
                new Start.Limits(times, sizes, resources),
                request.arguments().stream().map(ProgramUpload::bytes).toList(),
                environment());
    }

    private List<Bytes> environment() {
        Map<String, String> environment = new TreeMap<>(ENVIRONMENT);
        environment.putAll(request.environment());
        return environment.entrySet().stream()
                .map(variable -> bytes(variable.getKey() + "=" + variable.getValue()))
                .toList();
    }

    private static Bytes bytes(String text) {
        return Bytes.view(text.getBytes(ISO_8859_1));
    }

    private @Nullable RunResult sendFiles() throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        long sent = 0;
        while (!inbox.hasNews()) {
            RunInput.WorkingFile file;
            try {
                file = request.input().nextFile();
            } catch (IOException | RuntimeException e) {
                return new RunResult.UploadFailed(e);
            }
            if (file == null) {
                return null;
            }
            down.write(new Frame.File(file.executable(), file.path()));
            int length = 1;
            while (length > 0 && !inbox.hasNews()) {
                try {
                    length = file.content().readNBytes(piece, 0, piece.length);
                } catch (IOException | RuntimeException e) {
                    return new RunResult.UploadFailed(e);
                }
                if (length > limits.fileBytes() - sent) {
                    return new RunResult.FilesTooLarge(limits.fileBytes());
                }
                down.writeFileData(piece, 0, length);
                sent += length;
            }
        }
        return null;
    }

    private @Nullable RunResult sendProgram(Runnable progress) throws IOException {
        InputStream source;
        try {
            source = request.input().program();
        } catch (IOException | RuntimeException e) {
            return new RunResult.UploadFailed(e);
        }
        Launchers.Look look = request.launchers().look();
        byte[] piece = new byte[PIECE_BYTES];
        long sent = 0;
        while (!inbox.hasNews()) {
            int length;
            try {
                // Waits for full pieces, although the first one then waits for its last bytes: the program starts after
                // the last piece anyway, and each message costs work at each hop (measured: messages of 8 KiB add 100
                // ms to a run of 2.5 MB).
                length = source.readNBytes(piece, 0, piece.length);
            } catch (IOException | RuntimeException e) {
                // A caller's stream may throw anything, also unchecked exceptions of a server. Each failure is the
                // caller's.
                return new RunResult.UploadFailed(e);
            }
            if (length == 0) {
                program.end();
                complete = true;
                down.write(new Frame.ProgramEnd(look.command()));
                progress.run();
                return null;
            }
            if (length > limits.binaryBytes() - sent) {
                return new RunResult.ProgramTooLarge(limits.binaryBytes());
            }
            look.at(piece, 0, length);
            program.add(piece, length);
            sent += length;
        }
        return null;
    }

    private static Duration notNegative(Duration duration) {
        return duration.isNegative() ? Duration.ZERO : duration;
    }
}
