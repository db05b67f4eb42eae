package dev.sandpool.protocol;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/** Puts frames into a buffer, header included; the records have seen to it that each fits. */
final class PayloadWriter {
    private final ByteBuffer buffer;

    PayloadWriter(byte[] buffer) {
        this.buffer = ByteBuffer.wrap(buffer);
    }

    /** Puts the frame at the buffer's beginning and returns its size. */
    int encode(Frame frame) {
        buffer.clear().position(Protocol.HEADER_BYTES);
        FrameType type = payload(frame);
        buffer.put(0, (byte) type.code()).putInt(1, buffer.position() - Protocol.HEADER_BYTES);
        return buffer.position();
    }

    private FrameType payload(Frame frame) {
        return switch (frame) {
            case Start start -> start(start);
            case Frame.Program program -> bytes(FrameType.PROGRAM, program.bytes());
            case Frame.ProgramZstd program -> bytes(FrameType.PROGRAM_ZSTD, program.bytes());
            case Frame.ProgramKept kept -> {
                buffer.putInt((int) kept.bytes());
                yield FrameType.PROGRAM_KEPT;
            }
            case Frame.ProgramEnd end -> {
                strings(end.launcher());
                yield FrameType.PROGRAM_END;
            }
            case Frame.Stdin stdin -> bytes(FrameType.STDIN, stdin.bytes());
            case Frame.StdinEnd _ -> FrameType.STDIN_END;
            case Frame.Kill _ -> FrameType.KILL;
            case Frame.Ping ping -> bytes(FrameType.PING, ping.bytes());
            case Frame.File file -> file(file);
            case Frame.FileData data -> bytes(FrameType.FILE_DATA, data.bytes());
            case Frame.Signal signal -> {
                buffer.put((byte) signal.number());
                yield FrameType.SIGNAL;
            }
            case Frame.Collect collect -> collect(collect);
            case Hello hello -> hello(hello);
            case Frame.Started _ -> FrameType.STARTED;
            case Frame.Stdout stdout -> bytes(FrameType.STDOUT, stdout.bytes());
            case Frame.Stderr stderr -> bytes(FrameType.STDERR, stderr.bytes());
            case Exit exit -> exit(exit);
            case Frame.StdinRead read -> {
                buffer.putInt((int) read.bytes());
                yield FrameType.STDIN_READ;
            }
            case Frame.Pong pong -> bytes(FrameType.PONG, pong.bytes());
            case Frame.StdoutZstd stdout -> bytes(FrameType.STDOUT_ZSTD, stdout.bytes());
            case Frame.StderrZstd stderr -> bytes(FrameType.STDERR_ZSTD, stderr.bytes());
            case Frame.OutputFile file -> {
                string(Bytes.utf8(file.path()));
                yield FrameType.OUTPUT_FILE;
            }
            case Frame.OutputFileData data -> bytes(FrameType.OUTPUT_FILE_DATA, data.bytes());
            case Frame.OutputFileEnd end -> {
                buffer.put((byte) (end.truncated() ? 1 : 0))
                        .putLong(end.total().bytes())
                        .putInt((int) end.total().crc());
                yield FrameType.OUTPUT_FILE_END;
            }
            case Frame.OutputFileOmitted omitted -> {
                buffer.put((byte) omitted.omission().code()).putInt((int) omitted.count());
                string(Bytes.utf8(omitted.path()));
                yield FrameType.OUTPUT_FILE_OMITTED;
            }
        };
    }

    private FrameType collect(Frame.Collect collect) {
        buffer.putInt((int) collect.within().toMillis()).putLong(collect.mostBytes());
        strings(collect.patterns().stream()
                .map(pattern -> Bytes.utf8(pattern.text()))
                .toList());
        return FrameType.COLLECT;
    }

    private FrameType start(Start start) {
        Start.Limits limits = start.limits();
        Start.Times times = limits.times();
        Start.Sizes sizes = limits.sizes();
        buffer.put((byte) start.flags().bits())
                .putInt((int) times.interruptAfter().toMillis())
                .putInt((int) times.killAfter().toMillis())
                .putInt((int) times.cpu().toMillis())
                .putLong(sizes.programBytes())
                .putLong(sizes.keepBytes())
                .putLong(sizes.fileBytes())
                .putLong(sizes.outputBytes())
                .putLong(sizes.memoryBytes())
                .putInt((int) limits.resources().maxProcesses())
                .putInt((int) limits.resources().maxOpenFiles())
                .putLong(limits.resources().maxFileBytes());
        strings(start.arguments());
        strings(start.environment());
        return FrameType.START;
    }

    private FrameType file(Frame.File file) {
        buffer.putShort((short) file.mode());
        string(Bytes.utf8(file.path()));
        return FrameType.FILE;
    }

    private FrameType hello(Hello hello) {
        Map<String, String> facts = hello.facts().values();
        buffer.putShort((short) Protocol.VERSION).putShort((short) facts.size());
        facts.forEach((key, value) -> {
            string(Bytes.utf8(key));
            string(Bytes.utf8(value));
        });
        return FrameType.HELLO;
    }

    private FrameType exit(Exit exit) {
        Exit.Usage usage = exit.usage();
        buffer.put((byte) exit.outcome().code())
                .put((byte) exit.exitCode())
                .put((byte) exit.signal())
                .putLong(Exit.Usage.micros(usage.wall()))
                .putLong(Exit.Usage.micros(usage.user()))
                .putLong(Exit.Usage.micros(usage.system()))
                .putLong(usage.peakMemoryBytes())
                .putLong(exit.stdout().bytes())
                .putLong(exit.stderr().bytes())
                .putInt((int) exit.stdout().crc())
                .putInt((int) exit.stderr().crc());
        string(Bytes.utf8(exit.message()));
        return FrameType.EXIT;
    }

    private FrameType bytes(FrameType type, Bytes bytes) {
        bytes.copyTo(buffer);
        return type;
    }

    private void strings(List<Bytes> strings) {
        buffer.putShort((short) strings.size());
        strings.forEach(this::string);
    }

    private void string(Bytes string) {
        buffer.putShort((short) string.size());
        string.copyTo(buffer);
    }
}
