package dev.sandpool.runner;

import dev.sandpool.runner.sandbox.OutputSink;
import dev.sandpool.runner.sandbox.ProgramRequest;
import dev.sandpool.runner.sandbox.RunResult;
import dev.sandpool.runner.sandbox.StandardStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;

/**
 * A program for {@link HeapIT}: a server and its clients in a JVM with a small heap. Eight runs at once print 100 MiB each, then
 * eight programs of 100 MiB are sent at once, by length and by one huge chunk each; every byte is checked at the other end.
 */
final class HeapProbe {
    private static final int CLIENTS = 8;
    private static final int SIZE = 100 << 20;
    private static final int PIECE = 1 << 16;

    private HeapProbe() {}

    public static void main(String[] arguments) throws Exception {
        var sandboxes = new FakeSandboxes(HeapProbe::run);
        sandboxes.runTimeoutIs(Duration.ofMinutes(2));
        try (var server =
                new RunningServer(sandboxes, "--workers=8", "--run-timeout=2m", "--spool-directory=" + arguments[0])) {
            atOnce(seed -> download(server.server.port(), seed));
            atOnce(seed ->
                    upload(server.server.port(), seed, head -> head + "Content-Length: " + SIZE + "\r\n\r\n", ""));
            atOnce(seed -> upload(
                    server.server.port(),
                    seed,
                    head -> head + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(SIZE) + "\r\n",
                    "\r\n0\r\n\r\n"));
        }
        System.out.println("all right");
        System.exit(0);
    }

    private interface Client {
        void run(int seed) throws IOException;
    }

    private interface Head {
        String of(String start);
    }

    private static void atOnce(Client client) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int seed = 1; seed <= CLIENTS; seed++) {
                int own = seed;
                Callable<Void> task = () -> {
                    client.run(own);
                    return null;
                };
                all.add(threads.submit(task));
            }
            for (Future<?> one : all) {
                one.get();
            }
        }
    }

    /** Prints as much as it is told, and on the other stream the checksum of its own bytes. */
    private static RunResult run(ProgramRequest request, OutputSink output, FakeSandboxes.FakeSandbox sandbox)
            throws IOException {
        var crc = new CRC32();
        byte[] piece = new byte[PIECE];
        InputStream program = request.input().program();
        for (int read = program.read(piece); read >= 0; read = program.read(piece)) {
            crc.update(piece, 0, read);
        }
        int seed = Integer.parseInt(request.arguments().get(0));
        int size = Integer.parseInt(request.arguments().get(1));
        for (int done = 0; done < size; done += PIECE) {
            output.write(StandardStream.STDOUT, piece(seed, done), 0, Math.min(PIECE, size - done));
        }
        byte[] told = Long.toHexString(crc.getValue()).getBytes(StandardCharsets.US_ASCII);
        output.write(StandardStream.STDERR, told, 0, told.length);
        return FakeSandboxes.EXIT_0;
    }

    private static void download(int port, int seed) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            write(socket, head(seed, SIZE) + "Content-Length: 1\r\n\r\nx");
            InputStream in = socket.getInputStream();
            skipTo(in, "\"stdout\": \"");
            InputStream stdout = Base64.getDecoder().wrap(new UntilQuote(in));
            for (int done = 0; done < SIZE; done += PIECE) {
                byte[] got = stdout.readNBytes(Math.min(PIECE, SIZE - done));
                if (!Arrays.equals(got, piece(seed, done))) {
                    throw new IOException("client " + seed + " got other bytes than its own at " + done);
                }
            }
        }
    }

    private static void upload(int port, int seed, Head head, String tail) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            write(socket, head.of(head(seed, 0)));
            OutputStream out = socket.getOutputStream();
            var crc = new CRC32();
            for (int done = 0; done < SIZE; done += PIECE) {
                byte[] piece = piece(seed, done);
                crc.update(piece);
                out.write(piece);
            }
            write(socket, tail);
            InputStream in = socket.getInputStream();
            skipTo(in, "\"stderr\": \"");
            String told =
                    new String(Base64.getDecoder().wrap(new UntilQuote(in)).readAllBytes(), StandardCharsets.US_ASCII);
            if (!told.equals(Long.toHexString(crc.getValue()))) {
                throw new IOException("the program of client " + seed + " arrived changed");
            }
        }
    }

    private static String head(int seed, int output) {
        return "POST /run HTTP/1.1\r\nHost: x\r\nX-Argument: " + seed + "\r\nX-Argument: " + output + "\r\n";
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void skipTo(InputStream in, String text) throws IOException {
        var last = new StringBuilder();
        while (last.indexOf(text) < 0) {
            int c = in.read();
            if (c < 0) {
                throw new IOException("no answer but: " + last);
            }
            last.append((char) c);
        }
    }

    private static byte[] piece(int seed, int at) {
        byte[] piece = new byte[PIECE];
        int state = seed * 31 + at / PIECE;
        for (int i = 0; i < PIECE; i++) {
            state = state * 1_103_515_245 + 12_345;
            piece[i] = (byte) (state >>> 16);
        }
        return piece;
    }

    /** The text of a JSON string, which has no escapes. */
    private static final class UntilQuote extends InputStream {
        private final InputStream in;
        private final byte[] buffer = new byte[PIECE];
        private int at;
        private int end;
        private boolean ended;

        UntilQuote(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0];
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (at == end && !ended) {
                at = 0;
                end = Math.max(in.read(buffer), 0);
            }
            int count = 0;
            while (!ended && count < length && at < end) {
                ended = buffer[at] == '"';
                into[offset + count] = buffer[at++];
                count += ended ? 0 : 1;
            }
            return count == 0 ? -1 : count;
        }
    }
}
