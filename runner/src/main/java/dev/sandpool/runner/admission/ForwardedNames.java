package dev.sandpool.runner.admission;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Reads the client's name from a header that proxies add. What a client itself has sent comes before what they add: in
 * the same line, or in a line of its own.
 */
final class ForwardedNames {
    // Some proxies add the port. It is removed, since a client can use any number of ports.
    private static final Pattern IPV4 = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,3}){3})(?::\\d{1,5})?");
    private static final Pattern IPV6 =
            Pattern.compile("\\[([0-9A-Fa-f:.]{2,45})](?::\\d{1,5})?|([0-9A-Fa-f:.]{2,45})");

    private ForwardedNames() {}

    /**
     * Returns the name that the first of {@code proxies} proxies has added; if fewer have added one, the first name. An
     * address stands for its network, as for the address of a connection.
     *
     * @param lines the lines of the header, in their order
     * @return empty if there is no name
     */
    static Optional<String> of(List<String> lines, int proxies) {
        List<String> names = lines.stream()
                .flatMap(line -> Stream.of(line.split(",", -1)))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
        return names.isEmpty()
                ? Optional.empty()
                : Optional.of(withoutPort(names.get(Math.max(0, names.size() - proxies))));
    }

    private static String withoutPort(String name) {
        Matcher ipv4 = IPV4.matcher(name);
        if (ipv4.matches()) {
            return ipv4.group(1);
        }
        Matcher ipv6 = IPV6.matcher(name);
        return name.contains(":") && ipv6.matches() ? network(name, ipv6) : name;
    }

    private static String network(String name, Matcher ipv6) {
        try {
            InetAddress address = Inet6Address.ofLiteral(ipv6.group(1) == null ? ipv6.group(2) : ipv6.group(1));
            return Caller.network(address);
        } catch (IllegalArgumentException e) {
            return name; // not an address
        }
    }
}
