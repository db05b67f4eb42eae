package dev.sandpool.runner.api.live;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.webserver.CloseConnectionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The server's end of a WebSocket (RFC 6455). It hands over content in pieces as they arrive, whatever the size of
 * frames and messages. A violation of the protocol ends it with the close code of the RFC. One thread reads; any thread
 * may write.
 */
final class LiveSocket {
    static final int NORMAL = 1000;
    static final int PROTOCOL_ERROR = 1002;
    static final int POLICY = 1008;

    private static final int PIECE = 16 * 1024;
    private static final int MOST_CONTROL_BYTES = 125;
    private static final int FINAL = 0x80;
    private static final int RESERVED = 0x70;
    private static final int OPCODE = 0x0f;
    private static final int MASKED = 0x80;
    private static final int LENGTH = 0x7f;
    private static final int LENGTH_IN_2_BYTES = 126;
    private static final int LENGTH_IN_8_BYTES = 127;
    private static final int CONTINUATION = 0;
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;

    private final DataReader in;
    private final DataWriter out;
    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private boolean closeSent;

    /** Receives the content, in the reading thread. */
    interface Messages {
        /**
         * Receives a piece of a text message, not decoded yet.
         *
         * @param last whether the message ends with this piece
         */
        void text(byte[] piece, boolean last);

        void binary(byte[] piece);
    }

    private static final class NoWebSocketException extends Exception {
        private static final long serialVersionUID = 1;

        NoWebSocketException(String why) {
            super(why);
        }
    }

    LiveSocket(DataReader in, DataWriter out) {
        this.in = in;
        this.out = out;
    }

    /**
     * Reads to the end.
     *
     * @return whether the client has closed the WebSocket; if not, it has violated the protocol and was sent a close
     *     code
     * @throws CloseConnectionException if the client disconnected without closing the WebSocket
     */
    boolean read(Messages messages) {
        try {
            int message = CONTINUATION;
            while (true) {
                int first = octet();
                int opcode = first & OPCODE;
                boolean last = (first & FINAL) != 0;
                if ((first & RESERVED) != 0) {
                    throw new NoWebSocketException("a reserved bit is set");
                }
                if (opcode > BINARY) {
                    if (!control(opcode, last)) {
                        return true;
                    }
                    continue;
                }
                if ((opcode == CONTINUATION) == (message == CONTINUATION)) {
                    throw new NoWebSocketException("a continuation of nothing, or a message within a message");
                }
                message = opcode == CONTINUATION ? message : opcode;
                data(message, last, messages);
                message = last ? CONTINUATION : message;
            }
        } catch (NoWebSocketException e) {
            close(PROTOCOL_ERROR, String.valueOf(e.getMessage()));
            return false;
        } catch (DataReader.InsufficientDataAvailableException e) {
            throw new CloseConnectionException("the client went without a word", e);
        }
    }

    private void data(int opcode, boolean last, Messages messages) throws NoWebSocketException {
        long rest = length();
        byte[] mask = in.readBytes(4);
        int at = 0;
        do {
            byte[] piece = piece(rest);
            rest -= piece.length;
            at = unmask(piece, mask, at);
            if (opcode == TEXT) {
                messages.text(piece, last && rest == 0);
            } else {
                messages.binary(piece);
            }
        } while (rest > 0);
    }

    private byte[] piece(long rest) {
        if (rest == 0) {
            return new byte[0];
        }
        in.ensureAvailable();
        return in.readBytes((int) Math.min(Math.min(rest, PIECE), in.available()));
    }

    /** Handles a control frame. Returns whether more frames may come. */
    private boolean control(int opcode, boolean last) throws NoWebSocketException {
        if (opcode < CLOSE || opcode > PONG) {
            throw new NoWebSocketException("there is no opcode " + opcode);
        }
        long length = length();
        if (!last || length > MOST_CONTROL_BYTES) {
            throw new NoWebSocketException("a control frame is too long, or in fragments");
        }
        byte[] mask = in.readBytes(4);
        byte[] content = in.readBytes((int) length);
        unmask(content, mask, 0);
        if (opcode == CLOSE) {
            close(NORMAL, "");
            return false;
        }
        if (opcode == PING) {
            send(PONG, content);
        }
        return true;
    }

    private long length() throws NoWebSocketException {
        int second = octet();
        if ((second & MASKED) == 0) {
            throw new NoWebSocketException("a client's frame is not masked");
        }
        int length = second & LENGTH;
        return switch (length) {
            case LENGTH_IN_2_BYTES -> number(2);
            case LENGTH_IN_8_BYTES -> number(8);
            default -> length;
        };
    }

    private long number(int octets) throws NoWebSocketException {
        long number = 0;
        for (int i = 0; i < octets; i++) {
            number = number << 8 | octet();
        }
        if (number < 0) {
            throw new NoWebSocketException("a frame has a negative length");
        }
        return number;
    }

    private int octet() {
        return in.read() & 0xff;
    }

    private static int unmask(byte[] piece, byte[] mask, int at) {
        for (int i = 0; i < piece.length; i++) {
            piece[i] ^= mask[at + i & 3];
        }
        return at + piece.length & 3;
    }

    void text(String message) {
        send(TEXT, message.getBytes(UTF_8));
    }

    /** Sends a keep-alive signal. */
    void ping() {
        send(PING, new byte[0]);
    }

    /** Sends the close frame. A second call does nothing. */
    void close(int code, String reason) {
        byte[] words = reason.getBytes(UTF_8);
        BufferData content = BufferData.create(2 + words.length);
        content.writeInt16(code);
        content.write(words);
        send(CLOSE, content.readBytes());
    }

    /** @throws CloseConnectionException if the client does not take it */
    private void send(int opcode, byte[] content) {
        BufferData frame = BufferData.create(10 + content.length);
        frame.write(FINAL | opcode);
        if (content.length < LENGTH_IN_2_BYTES) {
            frame.write(content.length);
        } else if (content.length < 1 << 16) {
            frame.write(LENGTH_IN_2_BYTES);
            frame.writeInt16(content.length);
        } else {
            frame.write(LENGTH_IN_8_BYTES);
            frame.writeInt32(0);
            frame.writeInt32(content.length);
        }
        frame.write(content);
        lock.lock();
        try {
            if (!closeSent) {
                closeSent = opcode == CLOSE;
                out.writeNow(frame);
            }
        } catch (RuntimeException e) { // of several types, none of which gives more information
            throw new CloseConnectionException("the client does not take what is sent", e);
        } finally {
            lock.unlock();
        }
    }
}
