package dev.sandpool.runner.api;

import dev.sandpool.crds.CorsSpec;
import dev.sandpool.runner.config.HostNames;
import dev.sandpool.runner.config.Setting;
import dev.sandpool.runner.run.Problem;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The rules for requests of browsers. They refuse requests of pages of other origins, unless the pool allows them, and
 * requests under a name that is not the runner's. A browser sends simple requests, a POST or a form, without a
 * preflight, so only their headers show which page sent them. Clients that are no browsers lack these headers and are
 * not checked.
 */
final class PageRules {
    private static final String EVERYBODY = "*";

    private PageRules() {}

    /**
     * The headers that say where a request comes from and where it goes.
     *
     * @param hosts each header Host
     * @param forwardedHosts each header X-Forwarded-Host: a page of another origin cannot set it without a preflight
     * @param origins each header Origin
     * @param fetchSites each header Sec-Fetch-Site, which no page can set
     */
    record Said(List<String> hosts, List<String> forwardedHosts, List<String> origins, List<String> fetchSites) {}

    /** Returns why a request is refused; empty if it is not. */
    static Optional<Problem> refusal(Said said, HostNames names, CorsSpec cors) {
        for (String host : said.hosts) {
            if (!names.has(host)) {
                return Optional.of(new Problem(
                        "unknown-host",
                        403,
                        "Unknown host",
                        "this runner is not asked by that Host; " + Setting.HOSTS.variable() + " can name it"));
            }
        }
        return isAllowed(said, cors)
                ? Optional.empty()
                : Optional.of(new Problem(
                        "other-origin",
                        403,
                        "Other origin",
                        "the page that asks is of another origin, which the pool does not allow"));
    }

    private static boolean isAllowed(Said said, CorsSpec cors) {
        if (cors.allowedOrigins().contains(EVERYBODY)) {
            return true;
        }
        if (!said.origins.isEmpty() && cors.allowedOrigins().containsAll(said.origins)) {
            return true;
        }
        if (said.fetchSites.isEmpty()) {
            return said.origins.stream().allMatch(origin -> isOurs(origin, said));
        }
        // Then it has no effect if a proxy rewrites Host: the browser itself has compared the origins.
        return said.fetchSites.stream().allMatch("same-origin"::equals)
                || (said.fetchSites.stream().allMatch("none"::equals) && said.origins.isEmpty());
    }

    /**
     * Returns whether the origin has the name of this runner. Ignores the scheme, since there may be a proxy with TLS.
     */
    private static boolean isOurs(String origin, Said said) {
        try {
            var uri = new URI(origin);
            if (uri.getHost() == null) {
                return false; // for example null
            }
            String authority = authority(uri.getRawAuthority(), uri.getScheme());
            return said.hosts.stream().anyMatch(host -> authority.equals(authority(host, uri.getScheme())))
                    || said.forwardedHosts.stream()
                            .anyMatch(host -> authority.equals(authority(host, uri.getScheme())));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static String authority(String host, String scheme) {
        String lower = host.strip().toLowerCase(Locale.ROOT);
        String port = scheme.equalsIgnoreCase("https") ? ":443" : ":80";
        return lower.endsWith(port) ? lower.substring(0, lower.length() - port.length()) : lower;
    }
}
