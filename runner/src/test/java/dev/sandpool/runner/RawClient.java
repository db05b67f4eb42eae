package dev.sandpool.runner;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Sends bytes and reads answers, exactly. All text is ISO-8859-1: a character for each byte. */
public final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;

    /** One answer. Header names are in lower case; of several with one name the last is kept. */
    public record Reply(int status, Map<String, String> headers, String body) {
        public String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    public RawClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    public static String post(String body, String... headers) {
        return "POST /run HTTP/1.1\r\nHost: x\r\n"
                + String.join("", Arrays.stream(headers).map(h -> h + "\r\n").toList()) + "Content-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    /** The head of a POST whose body is sent by the test. */
    public static String head(long contentLength, String... headers) {
        return "POST /run HTTP/1.1\r\nHost: x\r\n"
                + String.join("", Arrays.stream(headers).map(h -> h + "\r\n").toList()) + "Content-Length: "
                + contentLength + "\r\n\r\n";
    }

    public RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    public RawClient send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    public Reply ask(String request) throws IOException {
        send(request);
        return reply();
    }

    public Reply reply() throws IOException {
        return reply(true);
    }

    /**
     * Reads one answer.
     *
     * @param withBody false after HEAD
     */
    public Reply reply(boolean withBody) throws IOException {
        String status = line();
        var headers = new TreeMap<String, String>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int length = withBody ? Integer.parseInt(headers.getOrDefault("content-length", "0")) : 0;
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new EOFException("body ends after " + body.length + " of " + length);
        }
        return new Reply(
                Integer.parseInt(status.substring(9, 12)), headers, new String(body, StandardCharsets.ISO_8859_1));
    }

    /** The content of the next frame of a WebSocket. */
    public String frame() throws IOException {
        in.read();
        int length = in.read();
        if (length == 126) {
            length = in.read() << 8 | in.read();
        }
        return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
    }

    /** Whether the server has closed the connection, and sent nothing before. */
    public boolean isClosedByServer() throws IOException {
        try {
            return in.read() < 0;
        } catch (java.net.SocketException e) {
            return true;
        }
    }

    /** Whether the server ends the connection, whatever it sends before. */
    public boolean isEndedByServer() throws IOException {
        try {
            in.transferTo(OutputStream.nullOutputStream());
            return true;
        } catch (java.net.SocketException e) {
            return true;
        }
    }

    /** Whether the server's end of the connection comes next, and is no reset. */
    public boolean endsInPeace() throws IOException {
        return in.read() < 0;
    }

    public void halfClose() throws IOException {
        socket.shutdownOutput();
    }

    /** Ends the connection by a reset. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("connection closed after: " + line);
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }
}
