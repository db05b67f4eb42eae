package dev.sandpool.runner.admission;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Whose request it is: what fairness, limits and the reuse of sandboxes go by.
 *
 * @param key the same for all requests of one caller, and for no other's; bounded, and never a token
 */
public record Caller(String key) {
    private static final String ADDRESS = "address:";
    private static final int LONGEST_NAME = 128;
    // Who has an IPv6 address has at least so many bytes of them for himself.
    private static final int IPV6_PREFIX_BYTES = 8;

    /** One whose token is among those that the pool was given. */
    static Caller ofToken(String name) {
        return new Caller("token:" + bounded(name));
    }

    /** One whom the cluster knows. */
    static Caller ofUser(String name) {
        return new Caller("user:" + bounded(name));
    }

    /** One whom the proxy before us has named. */
    public static Caller ofHeader(String value) {
        return new Caller("header:" + bounded(value));
    }

    public static Caller ofAddress(SocketAddress peer) {
        return new Caller(ADDRESS
                + (peer instanceof InetSocketAddress inet && inet.getAddress() != null
                        ? network(inet.getAddress())
                        : "unknown"));
    }

    /** What of an address tells callers apart. */
    static String network(InetAddress address) {
        return address instanceof Inet6Address
                ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), IPV6_PREFIX_BYTES)) + "/64"
                : address.getHostAddress();
    }

    /**
     * Whether those who share the key are one for sure: a token or a proxy names them. Behind one address there can be many, who are strangers to each
     * other.
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
