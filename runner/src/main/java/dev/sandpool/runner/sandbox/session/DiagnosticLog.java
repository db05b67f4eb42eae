package dev.sandpool.runner.sandbox.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What contained writes to its standard error, for a person: logged at debug, its end kept for explanations. Hostile like all else. */
public final class DiagnosticLog {
    private static final Logger LOG = LoggerFactory.getLogger(DiagnosticLog.class);

    private static final int KEPT_CHARS = 1000;

    // An honest contained says a line or two. All of it crosses the API server, so a talkative one is cut off.
    private static final long MAX_BYTES = 256 * 1024;

    private final String sandbox;
    private final StringBuilder kept = new StringBuilder();
    private long bytes;

    public DiagnosticLog(String sandbox) {
        this.sandbox = sandbox;
    }

    /** False when so much came that the transport should be given up. */
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

    /** Another sandbox speaks from now on: what the one before said neither explains its end nor counts against it. */
    public synchronized void nextSandbox() {
        bytes = 0;
        kept.setLength(0);
    }

    /** The last that it said; empty when it said nothing. */
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
