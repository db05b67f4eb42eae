package dev.sandpool.runner.http;

import dev.sandpool.runner.admission.MemoryBudget;
import dev.sandpool.runner.run.UploadStoppedException;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderValues;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;

/** The connection of one client, with {@link ClientBytes} between the socket and Helidon's parser. */
public final class ClientConnection implements ConnectionContext {
    private static final ScopedValue<ClientConnection> CURRENT = ScopedValue.newInstance();
    // A close with unread bytes in the socket resets the connection. A client that still writes while it is refused
    // would then not read the response. Go's server waits for half a second too.
    private static final Duration LINGER = Duration.ofMillis(500);
    private static final long MOST_LINGERED_BYTES = 32L << 20;
    // The largest response is 270 MB. A client slower than 2 MB/s would occupy memory and disk for too long.
    private static final Duration ANSWER = Duration.ofMinutes(2);

    private final ConnectionContext helidons;
    private final ClientBytes bytes;
    private final RequestHead head;
    private final RequestReader reader;
    // Changes with the monitor held. So no request begins between the check that there is none and the close.
    private volatile boolean handling;
    private volatile boolean receiving;
    private volatile boolean ending;
    private volatile boolean upgraded;

    ClientConnection(ConnectionContext helidons, RequestHead head, MemoryBudget budget) {
        this.helidons = helidons;
        this.bytes = new ClientBytes(this::next, budget);
        this.head = head;
        this.reader = new RequestReader(this::forParser);
    }

    /** Returns the connection whose request the current thread handles. */
    public static ClientConnection current() {
        return CURRENT.get();
    }

    /** Notes that the connection speaks another protocol from now on, which has its own time limits. */
    public void upgraded() {
        reader.upgraded();
        upgraded = true;
    }

    public boolean isUpgraded() {
        return upgraded;
    }

    /** Runs the connection in this thread, to its end. */
    void serve(ScopedValue.CallableOp<@Nullable Void, InterruptedException> connection) throws InterruptedException {
        try {
            ScopedValue.where(CURRENT, this).call(connection);
        } finally {
            bytes.close();
            head.isOver();
        }
    }

    public ClientBytes bytes() {
        return bytes;
    }

    /**
     * Sends bytes at once.
     *
     * @throws CloseConnectionException if the client does not take them
     */
    public void send(byte[] what) {
        try {
            dataWriter().writeNow(BufferData.create(what));
        } catch (RuntimeException e) { // of several types, none of which gives more information
            throw new CloseConnectionException("the client does not take what is sent", e);
        }
    }

    /** Sets the time in which the client must have taken the response that begins now. */
    void mustTakeAnswer() {
        head.mustComeWithin(ANSWER);
    }

    /** Reads and drops what still comes, for up to half a second, so that the client can read its response. */
    public void linger() {
        head.mustComeWithin(LINGER);
        try {
            long dropped = 0;
            for (byte[] next = bytes.get(); next != null && dropped < MOST_LINGERED_BYTES; next = bytes.get()) {
                dropped += next.length;
            }
        } catch (UploadStoppedException | CloseConnectionException e) {
            // The client has gone, or the time is up. In both cases there is nothing to wait for.
        }
        head.isWhole();
    }

    /** Closes the socket, from any thread. Reads and writes on it fail. */
    public void abort() {
        try {
            helidons.serverSocket().close();
        } catch (UncheckedIOException e) {
            // It is already closed.
        }
    }

    /**
     * Closes the socket unless a request is being handled. For a client that has sent no request, or only a part of
     * one, for too long.
     */
    synchronized void abortIfIdle() {
        if (!handling && !upgraded) {
            abort();
        }
    }

    /**
     * Closes the socket. If a request is being handled or has begun to arrive, {@link #handle} does so after the
     * response.
     */
    synchronized void abortIfUnused() {
        ending = true;
        if (isUnused()) {
            abort();
        }
    }

    private boolean isUnused() {
        return !handling && !upgraded && !receiving && !bytes.isReady();
    }

    /** Closes the socket if the client has not completed in time what it began to send, or not taken its response. */
    void abortIfLate() {
        if (head.isLate()) {
            abort();
        }
    }

    /** Returns whether the current request is HTTP/1.0, whose connections end with the response. */
    public boolean speaksHttp10() {
        return reader.isHttp10();
    }

    /** Wraps each request. Ends the connection when it cannot be reused, which Helidon leaves to the client. */
    public void handle(FilterChain chain, RoutingRequest request, RoutingResponse response) {
        if (speaksHttp10() || request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        begin();
        head.isWhole();
        try {
            chain.proceed();
        } finally {
            end();
            reader.requestIsOver();
            head.isOver();
        }
        if (!request.content().consumed()) {
            linger();
            throw new CloseConnectionException("the request was refused before its end");
        }
        if (!head.hasRoomFor(bytes.held())) {
            linger();
            throw new CloseConnectionException("too much was sent before the answer");
        }
        if (response.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
            throw new CloseConnectionException("the last request of this connection");
        }
        if (ending && isUnused()) {
            throw new CloseConnectionException("the server ends");
        }
    }

    private synchronized void begin() {
        handling = true;
    }

    private synchronized void end() {
        // A request that was sent before this response came has begun to arrive, here or with the read-ahead.
        receiving = reader.available() > 0 || bytes.isReady();
        handling = false;
    }

    /**
     * Returns bytes for the parser. While no request is handled, they belong to a head and perhaps the beginning of its
     * body.
     */
    private byte @Nullable [] forParser() {
        byte[] part = bytes.get();
        if (part != null && !handling && !head.hasRoomFor(part)) {
            throw RequestException.builder()
                    .type(DirectHandler.EventType.OTHER)
                    .status(Status.SERVICE_UNAVAILABLE_503)
                    .setKeepAlive(false)
                    .message("too many large headers are being received")
                    .build();
        }
        return part;
    }

    @SuppressWarnings(
            "removal") // removed in Helidon's next major version; there is no other way to set how much to read
    private byte @Nullable [] next(int atMost) {
        DataReader before = helidons.dataReader();
        if (before.available() > 0) { // bytes that Helidon read to detect the protocol
            return before.readBytes(before.available());
        }
        // Bypasses Helidon's reader. Its steps of 8 KiB need eight times the system calls and thread switches, which
        // are the main cost of a run in gVisor.
        BufferData piece = BufferData.create(atMost);
        try {
            int length = helidons.serverSocket().read(piece);
            if (length < 0) {
                return null;
            }
            receiving = true;
            byte[] bytes = new byte[length];
            piece.read(bytes);
            return bytes;
        } catch (UncheckedIOException e) {
            throw new CloseConnectionException("the connection broke", e);
        }
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public ListenerContext listenerContext() {
        return helidons.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return helidons.executor();
    }

    @Override
    public DataWriter dataWriter() {
        return helidons.dataWriter();
    }

    @Override
    public Router router() {
        return helidons.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return helidons.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return helidons.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return helidons.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return helidons.localPeer();
    }

    @Override
    public boolean isSecure() {
        return helidons.isSecure();
    }

    @Override
    public String socketId() {
        return helidons.socketId();
    }

    @Override
    public String childSocketId() {
        return helidons.childSocketId();
    }
}
