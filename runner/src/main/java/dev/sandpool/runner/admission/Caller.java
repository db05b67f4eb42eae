package dev.sandpool.runner.admission;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The caller of a request. Fairness, limits and the reuse of sandboxes are per caller.
 *
 * @param key the same for all requests of one caller, and for no other caller; bounded, and never a token
 */
public record Caller(String key) {
    private static final String ADDRESS = "address:";
    private static final int LONGEST_NAME = 128;
    // The owner of an IPv6 address usually controls at least its /64 network.
    private static final int IPV6_PREFIX_BYTES = 8;

    /** Returns the caller of a token from the pool's own Secret. */
    static Caller ofToken(String name) {
        return new Caller("token:" + bounded(name));
    }

    /** Returns the caller that the cluster has authenticated. */
    static Caller ofUser(String name) {
        return new Caller("user:" + bounded(name));
    }

    /** Returns the caller that the proxy in front of this runner has named. */
    public static Caller ofHeader(String value) {
        return new Caller("header:" + bounded(value));
    }

    public static Caller ofAddress(SocketAddress peer) {
        return new Caller(ADDRESS
                + (peer instanceof InetSocketAddress inet && inet.getAddress() != null
                        ? network(inet.getAddress())
                        : "unknown"));
    }

    /** Returns the part of an address that identifies a caller. */
    static String network(InetAddress address) {
        return address instanceof Inet6Address
                ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), IPV6_PREFIX_BYTES)) + "/64"
                : address.getHostAddress();
    }

    /**
     * Returns whether a token or a proxy names the caller, so that all requests with this key belong to one. Many
     * callers that do not trust each other may share one address.
     */
    public boolean isNamed() {
        return !key.startsWith(ADDRESS);
    }

    private static String bounded(String name) {
        return name.length() <= LONGEST_NAME
                ? name
                : "sha256:" + Sha256.of(name).inHex();
    }
}
