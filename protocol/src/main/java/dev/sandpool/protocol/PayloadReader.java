package dev.sandpool.protocol;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Takes the fields out of one payload. */
final class PayloadReader {
    private final FrameType type;
    private final Bytes payload;
    private final ByteBuffer fields;

    private PayloadReader(FrameType type, byte[] payload) {
        this.type = type;
        this.payload = Bytes.view(payload);
        this.fields = ByteBuffer.wrap(payload);
    }

    /** The frame that takes up the payload from its first to its last byte. */
    static Frame decode(FrameType type, byte[] payload) throws ProtocolException {
        PayloadReader reader = new PayloadReader(type, payload);
        try {
            Frame frame = reader.frame();
            int rest = reader.fields.remaining();
            if (rest > 0) {
                throw new ProtocolException(
                        type + " has " + rest + (rest == 1 ? " byte" : " bytes") + " after its last field");
            }
            return frame;
        } catch (IllegalArgumentException e) {
            // The records know what is valid, and here it is the peer that broke their rules.
            throw new ProtocolException(type + ": " + e.getMessage(), e);
        }
    }

    private Frame frame() throws ProtocolException {
        return switch (type) {
            case START -> start();
            case PROGRAM -> new Frame.Program(everything());
            case PROGRAM_ZSTD -> new Frame.ProgramZstd(everything());
            case PROGRAM_KEPT -> new Frame.ProgramKept(u32());
            case PROGRAM_END -> new Frame.ProgramEnd(strings());
            case STDIN -> new Frame.Stdin(everything());
            case STDIN_END -> new Frame.StdinEnd();
            case KILL -> new Frame.Kill();
            case PING -> new Frame.Ping(everything());
            case FILE -> file();
            case FILE_DATA -> new Frame.FileData(everything());
            case SIGNAL -> new Frame.Signal(u8());
            case COLLECT -> collect();
            case HELLO -> hello();
            case STARTED -> new Frame.Started();
            case STDOUT -> new Frame.Stdout(everything());
            case STDERR -> new Frame.Stderr(everything());
            case EXIT -> exit();
            case STDIN_READ -> new Frame.StdinRead(u32());
            case PONG -> new Frame.Pong(everything());
            case STDOUT_ZSTD -> new Frame.StdoutZstd(everything());
            case STDERR_ZSTD -> new Frame.StderrZstd(everything());
            case OUTPUT_FILE -> new Frame.OutputFile(string().utf8());
            case OUTPUT_FILE_DATA -> new Frame.OutputFileData(everything());
            case OUTPUT_FILE_END -> outputFileEnd();
            case OUTPUT_FILE_OMITTED -> new Frame.OutputFileOmitted(Omission.ofCode(u8()), u32(), string().utf8());
        };
    }

    private Frame.Collect collect() throws ProtocolException {
        Duration within = millis();
        long mostBytes = u64();
        List<FilePattern> patterns = new ArrayList<>();
        for (Bytes pattern : strings()) {
            patterns.add(new FilePattern(pattern.utf8()));
        }
        return new Frame.Collect(within, mostBytes, patterns);
    }

    private Frame.OutputFileEnd outputFileEnd() throws ProtocolException {
        int truncated = u8();
        if (truncated > 1) {
            throw new ProtocolException("OUTPUT_FILE_END of " + truncated + ", not 0 or 1");
        }
        long bytes = u64();
        return new Frame.OutputFileEnd(truncated == 1, new Exit.Tally(bytes, u32()));
    }

    private Start start() throws ProtocolException {
        int flags = u8();
        if ((flags & ~(Protocol.FLAG_REUSE | Protocol.FLAG_ZSTD)) != 0) {
            throw new ProtocolException("START with reserved flags 0x%02x".formatted(flags));
        }
        return new Start(
                new Start.Flags((flags & Protocol.FLAG_REUSE) != 0, (flags & Protocol.FLAG_ZSTD) != 0),
                new Start.Limits(
                        new Start.Times(millis(), millis(), millis()),
                        new Start.Sizes(u64(), u64(), u64(), u64(), u64()),
                        new Start.ResourceLimits(u32(), u32(), u64())),
                strings(),
                strings());
    }

    private Frame.File file() throws ProtocolException {
        int mode = u16();
        boolean executable = mode == Frame.File.EXECUTABLE_MODE;
        if (!executable && mode != Frame.File.PLAIN_MODE) {
            throw new ProtocolException("FILE of mode 0%o, not 0644 or 0755".formatted(mode));
        }
        return new Frame.File(executable, string().utf8());
    }

    private Hello hello() throws ProtocolException {
        int version = u16();
        if (version != Protocol.VERSION) {
            throw new ProtocolException("HELLO of version " + version + ", not " + Protocol.VERSION);
        }
        int count = u16();
        if (count > Protocol.MAX_FACTS) {
            throw new ProtocolException("HELLO with " + count + " facts, at most " + Protocol.MAX_FACTS);
        }
        Map<String, String> facts = LinkedHashMap.newLinkedHashMap(count);
        for (int i = 0; i < count; i++) {
            String key = string().utf8();
            if (facts.putIfAbsent(key, string().utf8()) != null) {
                throw new ProtocolException("HELLO has a fact twice");
            }
        }
        return new Hello(new Facts(facts));
    }

    private Exit exit() throws ProtocolException {
        ExitOutcome outcome = ExitOutcome.ofCode(u8());
        int exitCode = u8();
        int signal = u8();
        Exit.Usage usage = new Exit.Usage(micros(), micros(), micros(), u64());
        long stdoutBytes = u64();
        long stderrBytes = u64();
        Exit.Tally stdout = new Exit.Tally(stdoutBytes, u32());
        Exit.Tally stderr = new Exit.Tally(stderrBytes, u32());
        return new Exit(outcome, exitCode, signal, usage, stdout, stderr, string().utf8());
    }

    private Bytes everything() {
        fields.position(fields.limit());
        return payload;
    }

    private List<Bytes> strings() throws ProtocolException {
        int count = u16();
        // Each takes its length at least, so the count can promise no more than the payload holds.
        require(2 * count);
        List<Bytes> strings = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            strings.add(string());
        }
        return strings;
    }

    private Bytes string() throws ProtocolException {
        int size = u16();
        require(size);
        Bytes string = payload.slice(fields.position(), size);
        fields.position(fields.position() + size);
        return string;
    }

    private Duration millis() throws ProtocolException {
        return Duration.ofMillis(u32());
    }

    private Duration micros() throws ProtocolException {
        return Duration.of(u64(), ChronoUnit.MICROS);
    }

    private int u8() throws ProtocolException {
        require(Byte.BYTES);
        return fields.get() & 0xff;
    }

    private int u16() throws ProtocolException {
        require(Short.BYTES);
        return fields.getShort() & 0xffff;
    }

    private long u32() throws ProtocolException {
        require(Integer.BYTES);
        return fields.getInt() & Unsigned.MAX_U32;
    }

    private long u64() throws ProtocolException {
        require(Long.BYTES);
        long value = fields.getLong();
        if (value < 0) {
            throw new ProtocolException(type + " with the integer " + Long.toUnsignedString(value) + ", over 2^63 - 1");
        }
        return value;
    }

    private void require(int bytes) throws ProtocolException {
        if (fields.remaining() < bytes) {
            throw new ProtocolException(type + " ends inside a field");
        }
    }
}
