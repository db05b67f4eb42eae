package dev.sandpool.protocol;

import org.jspecify.annotations.Nullable;

/** What the header of a frame allows its payload to be, before a byte of it is read. */
enum FrameType {
    START(0x01, Start.FIXED_BYTES, Protocol.MAX_PAYLOAD_BYTES),
    PROGRAM(0x02, 1, Protocol.MAX_PAYLOAD_BYTES),
    PROGRAM_END(0x03, Frame.ProgramEnd.FIXED_BYTES, Protocol.MAX_PAYLOAD_BYTES),
    STDIN(0x04, 1, Protocol.MAX_PAYLOAD_BYTES),
    STDIN_END(0x05, 0, 0),
    KILL(0x06, 0, 0),
    PING(0x07, 0, Protocol.MAX_PING_BYTES),
    FILE(0x08, Frame.File.FIXED_BYTES + 1, Frame.File.FIXED_BYTES + Protocol.MAX_PATH_BYTES),
    FILE_DATA(0x09, 1, Protocol.MAX_PAYLOAD_BYTES),
    SIGNAL(0x0a, 1, 1),
    PROGRAM_KEPT(0x0b, 4, 4),
    PROGRAM_ZSTD(0x0c, 1, Protocol.MAX_PAYLOAD_BYTES),
    COLLECT(0x0d, Frame.Collect.FIXED_BYTES, Protocol.MAX_PAYLOAD_BYTES),
    HELLO(0x81, Facts.FIXED_BYTES, Protocol.MAX_PAYLOAD_BYTES),
    STARTED(0x82, 0, 0),
    STDOUT(0x83, 1, Protocol.MAX_PAYLOAD_BYTES),
    STDERR(0x84, 1, Protocol.MAX_PAYLOAD_BYTES),
    EXIT(0x85, Exit.FIXED_BYTES, Protocol.MAX_PAYLOAD_BYTES),
    STDIN_READ(0x86, 4, 4),
    PONG(0x87, 0, Protocol.MAX_PING_BYTES),
    STDOUT_ZSTD(0x88, 1, Protocol.MAX_PAYLOAD_BYTES),
    STDERR_ZSTD(0x89, 1, Protocol.MAX_PAYLOAD_BYTES),
    OUTPUT_FILE(0x8a, 3, 2 + Protocol.MAX_PATH_BYTES),
    OUTPUT_FILE_DATA(0x8b, 1, Protocol.MAX_PAYLOAD_BYTES),
    OUTPUT_FILE_END(0x8c, Frame.OutputFileEnd.BYTES, Frame.OutputFileEnd.BYTES),
    OUTPUT_FILE_OMITTED(
            0x8d, Frame.OutputFileOmitted.FIXED_BYTES, Frame.OutputFileOmitted.FIXED_BYTES + Protocol.MAX_PATH_BYTES);

    private static final @Nullable FrameType[] BY_CODE = new @Nullable FrameType[256];

    static {
        for (FrameType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;
    private final int minBytes;
    private final int maxBytes;

    FrameType(int code, int minBytes, int maxBytes) {
        this.code = code;
        this.minBytes = minBytes;
        this.maxBytes = maxBytes;
    }

    int code() {
        return code;
    }

    private boolean isUp() {
        return (code & 0x80) != 0;
    }

    /** The type of a frame that may come in this direction with such a length, given as the wire has it. */
    static FrameType ofHeader(int code, int length, Class<? extends Frame> direction) throws ProtocolException {
        FrameType type = BY_CODE[code];
        if (type == null) {
            throw new ProtocolException("unknown frame type 0x%02x".formatted(code));
        }
        if (type.isUp() != (direction == Frame.Up.class)) {
            throw new ProtocolException(type + " in the wrong direction");
        }
        if (Integer.compareUnsigned(length, type.maxBytes) > 0) {
            throw new ProtocolException(
                    type + " of " + Integer.toUnsignedString(length) + " bytes, at most " + type.maxBytes);
        }
        if (length < type.minBytes) {
            throw new ProtocolException(type + " of " + length + " bytes, at least " + type.minBytes);
        }
        return type;
    }
}
