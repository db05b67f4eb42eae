package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The standard error of contained, for people. It is logged at debug, and its end is kept for explanations. It is as
 * hostile as everything else from a sandbox. Thread-safe.
 */
public final class DiagnosticLog {
    private static final Logger LOG = LoggerFactory.getLogger(DiagnosticLog.class);

    private static final int KEPT_CHARS = 1000;

    // An honest contained writes a line or two. All of it passes through the API server, so a higher volume ends the
    // transport.
    private static final long MAX_BYTES = 256 * 1024;

    private final String sandbox;
    private final StringBuilder kept = new StringBuilder();
    private long bytes;

    public DiagnosticLog(String sandbox) {
        this.sandbox = sandbox;
    }

    /** Adds a piece. Returns false when the total exceeds the limit and the transport should be closed. */
    public synchronized boolean add(ByteBuffer more) {
        bytes += more.remaining();
        String text = readable(more);
        LOG.atDebug().addKeyValue("sandbox", sandbox).addKeyValue("text", text).log("contained says");
        kept.append(text);
        if (kept.length() > KEPT_CHARS) {
            kept.delete(0, kept.length() - KEPT_CHARS);
        }
        return bytes <= MAX_BYTES;
    }

    /** Begins a new sandbox: the text of the one before neither explains its end nor counts against its limit. */
    public synchronized void nextSandbox() {
        bytes = 0;
        kept.setLength(0);
    }

    /** Returns the end of the text; empty if there is none. */
    public synchronized String tail() {
        return kept.toString().strip();
    }

    private static String readable(ByteBuffer more) {
        byte[] text = new byte[Math.min(more.remaining(), KEPT_CHARS)];
        more.get(more.limit() - text.length, text);
        for (int i = 0; i < text.length; i++) {
            if (text[i] < ' ' || text[i] > '~') {
                text[i] = text[i] == '\n' ? (byte) ' ' : (byte) '?';
            }
        }
        return new String(text, US_ASCII);
    }
}
