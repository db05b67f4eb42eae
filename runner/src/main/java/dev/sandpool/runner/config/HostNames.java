package dev.sandpool.runner.config;

import static dev.sandpool.runner.config.Setting.HOSTS;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The names under which a runner accepts requests. A page can make its own name resolve to this machine's loopback
 * address (DNS rebinding). For its browser, the runner then has the same origin as the page, but the header Host still
 * has the page's name.
 *
 * @param others names in addition to those of the loopback address
 */
public record HostNames(boolean any, Set<String> others) {
    /** Accepts every name, as in a cluster: a Service has many names, and proxies add more. */
    public static final HostNames ANY = new HostNames(true, Set.of());

    private static final String EVERY = "*";
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}");
    private static final Pattern LOOPBACK = Pattern.compile("(.+\\.)?localhost|127(\\.\\d{1,3}){3}|::1");
    private static final Pattern HOST = Pattern.compile("(?:\\[([^\\[\\]]*)]|([^:\\[\\]]*))(?::\\d*)?");

    public HostNames {
        others = Set.copyOf(others);
    }

    /**
     * Returns the names of the setting. Without it, a runner on the loopback address accepts only loopback names, and
     * any other runner accepts every name.
     */
    static HostNames local(Settings settings, ListenAddress listen) {
        if (!settings.isSet(HOSTS)) {
            return isLoopback(listen.host()) ? new HostNames(false, Set.of()) : ANY;
        }
        List<String> names = Stream.of(settings.text(HOSTS).split(","))
                .map(name -> name.strip().toLowerCase(Locale.ROOT))
                .filter(name -> !name.isEmpty())
                .toList();
        if (names.contains(EVERY)) {
            return ANY;
        }
        if (!names.stream().allMatch(name -> NAME.matcher(name).matches())) {
            settings.reject(HOSTS, "must be names or addresses without ports, separated by commas, or *");
            return new HostNames(false, Set.of());
        }
        return new HostNames(false, Set.copyOf(names));
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false; // listening there fails with the reason
        }
    }

    /**
     * Returns whether requests may come under that name.
     *
     * @param host the value of the header, with or without a port
     */
    public boolean has(String host) {
        if (any) {
            return true;
        }
        var parts = HOST.matcher(host.strip().toLowerCase(Locale.ROOT));
        if (!parts.matches()) {
            return false;
        }
        String name = parts.group(1) == null ? parts.group(2).replaceAll("\\.$", "") : parts.group(1);
        return LOOPBACK.matcher(name).matches() || others.contains(name);
    }

    @Override
    public String toString() {
        return any
                ? EVERY
                : Stream.concat(Stream.of("loopback"), others.stream().sorted()).collect(Collectors.joining(","));
    }
}
