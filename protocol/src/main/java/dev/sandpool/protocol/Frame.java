package dev.sandpool.protocol;

import java.time.Duration;
import java.util.List;

/** One frame; what a record holds is valid, whichever side made it. */
public sealed interface Frame {
    /** A frame from the runner to contained. */
    sealed interface Down extends Frame
            permits Start,
                    Program,
                    ProgramZstd,
                    ProgramEnd,
                    ProgramKept,
                    Stdin,
                    StdinEnd,
                    Kill,
                    Ping,
                    File,
                    FileData,
                    Collect,
                    Signal {}

    /** A frame from contained to the runner. */
    sealed interface Up extends Frame
            permits Hello,
                    Started,
                    Stdout,
                    Stderr,
                    StdoutZstd,
                    StderrZstd,
                    Exit,
                    StdinRead,
                    Pong,
                    OutputFile,
                    OutputFileData,
                    OutputFileEnd,
                    OutputFileOmitted {}

    /** The next bytes of the program. */
    record Program(Bytes bytes) implements Down {
        public Program {
            requireSomeBytes(bytes);
        }
    }

    /**
     * The next bytes of the program, compressed.
     *
     * @param bytes said to be a zstd frame; nothing here has looked into it
     */
    record ProgramZstd(Bytes bytes) implements Down {
        public ProgramZstd {
            requireSomeBytes(bytes);
        }
    }

    /**
     * The next bytes of the program are those that the program before had at the same place, which contained has kept.
     *
     * @param bytes how many, at least 1
     */
    record ProgramKept(long bytes) implements Down {
        public ProgramKept {
            Unsigned.requireU32("bytes", bytes);
            if (bytes == 0) {
                throw new IllegalArgumentException("no byte of the program before");
            }
        }
    }

    /**
     * The program is complete: start it.
     *
     * @param launcher the command that is given the program's path and then its arguments; empty: the program itself is
     *     executed. Its first part is an absolute path
     */
    record ProgramEnd(List<Bytes> launcher) implements Down {
        static final int FIXED_BYTES = 2;

        public ProgramEnd {
            launcher = List.copyOf(launcher);
            long size = FIXED_BYTES + Bytes.sizeOfStrings("part of the launcher", launcher);
            if (size > Protocol.MAX_PAYLOAD_BYTES) {
                throw new IllegalArgumentException("a launcher of " + size + " bytes does not fit into PROGRAM_END");
            }
            if (!launcher.isEmpty() && !launcher.getFirst().startsWith((byte) '/')) {
                throw new IllegalArgumentException("the launcher's first part is not an absolute path");
            }
        }

        /** Without a launcher. */
        public ProgramEnd() {
            this(List.of());
        }
    }

    /**
     * Begins a working file, which lies beside the program when it starts.
     *
     * @param path seen from the program's folder; the rules are in {@code docs/protocol.md}
     */
    record File(boolean executable, String path) implements Down {
        static final int PLAIN_MODE = 0644;
        static final int EXECUTABLE_MODE = 0755;

        /** Everything but the path. */
        static final int FIXED_BYTES = 4;

        public File {
            FilePath.require("file path", path);
        }

        int mode() {
            return executable ? EXECUTABLE_MODE : PLAIN_MODE;
        }
    }

    /** The next bytes of the working file that was begun last. */
    record FileData(Bytes bytes) implements Down {
        public FileData {
            requireSomeBytes(bytes);
        }
    }

    /**
     * Asks for files that the program leaves; only of a contained whose HELLO says that it knows how.
     *
     * @param within how long contained may take to send them after the program's output
     * @param mostBytes of all files together
     */
    record Collect(Duration within, long mostBytes, List<FilePattern> patterns) implements Down {
        /** Everything but the patterns. */
        static final int FIXED_BYTES = 14;

        public Collect {
            Unsigned.requireU32("within", within.toMillis());
            Unsigned.requireU64("mostBytes", mostBytes);
            patterns = List.copyOf(patterns);
            if (patterns.isEmpty() || patterns.size() > Protocol.MAX_PATTERNS) {
                throw new IllegalArgumentException(
                        patterns.size() + " file patterns, not 1 to " + Protocol.MAX_PATTERNS);
            }
            int bytes = patterns.stream()
                    .mapToInt(pattern -> Bytes.utf8(pattern.text()).size())
                    .sum();
            if (bytes > Protocol.MAX_PATTERN_BYTES) {
                throw new IllegalArgumentException(
                        "file patterns of " + bytes + " bytes together, at most " + Protocol.MAX_PATTERN_BYTES);
            }
        }
    }

    /** Sends a signal to the program's process group, if the program runs. */
    record Signal(int number) implements Down {
        /** The last before the real-time signals. */
        public static final int MAX_NUMBER = 31;

        public Signal {
            if (number < 1 || number > MAX_NUMBER) {
                throw new IllegalArgumentException("signal " + number + " is not between 1 and " + MAX_NUMBER);
            }
        }
    }

    /** The next bytes of the program's standard input. */
    record Stdin(Bytes bytes) implements Down {
        public Stdin {
            requireSomeBytes(bytes);
        }
    }

    /** The program's standard input ends here. */
    record StdinEnd() implements Down {}

    /** End the run, or contained when there is none. */
    record Kill() implements Down {}

    /** Asks for a PONG with the same bytes. */
    record Ping(Bytes bytes) implements Down {
        public Ping {
            requireFewBytes(bytes);
        }
    }

    /** The program's {@code execve} succeeded. */
    record Started() implements Up {}

    /** The next bytes of the program's standard output. */
    record Stdout(Bytes bytes) implements Up {
        public Stdout {
            requireSomeBytes(bytes);
        }
    }

    /** The next bytes of the program's standard error. */
    record Stderr(Bytes bytes) implements Up {
        public Stderr {
            requireSomeBytes(bytes);
        }
    }

    /**
     * The next bytes of the program's standard output, compressed.
     *
     * @param bytes as those of {@link ProgramZstd}
     */
    record StdoutZstd(Bytes bytes) implements Up {
        public StdoutZstd {
            requireSomeBytes(bytes);
        }
    }

    /** The next bytes of the program's standard error, compressed as those of {@link StdoutZstd}. */
    record StderrZstd(Bytes bytes) implements Up {
        public StderrZstd {
            requireSomeBytes(bytes);
        }
    }

    /** The program took so many more bytes of its standard input; the window opens by as many. */
    record StdinRead(long bytes) implements Up {
        public StdinRead {
            Unsigned.requireU32("bytes", bytes);
        }
    }

    /** The answer to a PING. */
    record Pong(Bytes bytes) implements Up {
        public Pong {
            requireFewBytes(bytes);
        }
    }

    /**
     * Begins a file that the program left.
     *
     * @param path seen from the program's folder; it keeps the rules for a working file's path
     */
    record OutputFile(String path) implements Up {
        public OutputFile {
            FilePath.require("file path", path);
        }
    }

    /** The next bytes of the file that was begun last. */
    record OutputFileData(Bytes bytes) implements Up {
        public OutputFileData {
            requireSomeBytes(bytes);
        }
    }

    /**
     * Ends a file.
     *
     * @param truncated whether it could not be read to its end
     * @param total the bytes that came, and their checksum
     */
    record OutputFileEnd(boolean truncated, Exit.Tally total) implements Up {
        static final int BYTES = 13;
    }

    /**
     * Files that were left out.
     *
     * @param count how many; 1 if there is a path, 0 if contained does not know
     * @param path of the one file; empty if they are not named
     */
    record OutputFileOmitted(Omission omission, long count, String path) implements Up {
        /** Everything but the path. */
        static final int FIXED_BYTES = 7;

        public OutputFileOmitted {
            Unsigned.requireU32("count", count);
            if (!path.isEmpty()) {
                FilePath.require("file path", path);
            }
            if (omission.hasFiles() != (count > 0)) {
                throw new IllegalArgumentException("omitted as " + omission.wireName() + ": " + count + " files");
            }
            if (!path.isEmpty() && (count != 1 || omission == Omission.BAD_NAME)) {
                throw new IllegalArgumentException("a path of " + count + " files omitted as " + omission.wireName());
            }
        }
    }

    private static void requireSomeBytes(Bytes bytes) {
        if (bytes.isEmpty() || bytes.size() > Protocol.MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException(bytes.size() + " bytes, not 1 to " + Protocol.MAX_PAYLOAD_BYTES);
        }
    }

    private static void requireFewBytes(Bytes bytes) {
        if (bytes.size() > Protocol.MAX_PING_BYTES) {
            throw new IllegalArgumentException(bytes.size() + " bytes, at most " + Protocol.MAX_PING_BYTES);
        }
    }
}
