package dev.sandpool.protocol;

/** One frame; what a record holds is valid, whichever side made it. */
public sealed interface Frame {
    /** A frame from the runner to contained. */
    sealed interface Down extends Frame permits Start, Program, ProgramEnd, Stdin, StdinEnd, Kill, Ping {}

    /** A frame from contained to the runner. */
    sealed interface Up extends Frame permits Hello, Started, Stdout, Stderr, Exit, StdinRead, Pong {}

    /** The next bytes of the program. */
    record Program(Bytes bytes) implements Down {
        public Program {
            requireSomeBytes(bytes);
        }
    }

    /** The program is complete: start it. */
    record ProgramEnd() implements Down {}

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
