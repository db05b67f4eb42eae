package dev.sandpool.runner.config;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;

/** The address of a socket. Port 0 uses any free port. */
public record ListenAddress(String host, int port) {
    private static final int PATIENCE_MILLIS = 500;

    /** Throws an exception with the reason if no socket can listen here now. */
    public void check() {
        var address = new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new IllegalStateException("cannot listen on " + this + ": no such host");
        }
        try (var socket = ServerSocketChannel.open()) {
            socket.bind(address);
        } catch (IOException e) {
            throw new IllegalStateException("cannot listen on " + this + ": " + e.getMessage(), e);
        }
    }

    /**
     * Returns whether a socket listens here, as far as can be determined: one that is too busy to accept counts as
     * listening.
     */
    public boolean isListening() {
        var address = new InetSocketAddress(host, port);
        boolean any = address.getAddress() != null && address.getAddress().isAnyLocalAddress();
        try (var socket = new Socket()) {
            socket.connect(
                    any ? new InetSocketAddress(InetAddress.getLoopbackAddress(), port) : address, PATIENCE_MILLIS);
            return true;
        } catch (ConnectException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
