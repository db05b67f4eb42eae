package dev.sandpool.runner.admission;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Whom proxies name in a header. What a client has sent itself stands before what they add: as further elements of the last line, or as
 * a line of its own.
 */
final class ForwardedNames {
    // With a port, as some proxies add it: a client has as many ports as it likes.
    private static final Pattern IPV4 = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,3}){3})(?::\\d{1,5})?");
    private static final Pattern IPV6 =
            Pattern.compile("\\[([0-9A-Fa-f:.]{2,45})](?::\\d{1,5})?|([0-9A-Fa-f:.]{2,45})");

    private ForwardedNames() {}

    /**
     * The name that the first of so many proxies has added; where fewer have, the first that any has. An address stands for its network, as that
     * of a connection does.
     *
     * @param lines of the header, in their order
     * @return empty if nobody is named
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
            return name; // no address
        }
    }
}
