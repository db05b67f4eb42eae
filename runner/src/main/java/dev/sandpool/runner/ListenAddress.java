package dev.sandpool.runner;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;

/** Where a socket listens; port 0 takes any. */
record ListenAddress(String host, int port) {
    /** Fails, with the reason, if nobody can listen here now. */
    void check() {
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

    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }
}
