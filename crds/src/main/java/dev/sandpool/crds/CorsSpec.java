package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.util.List;

/**
 * The pages of other origins that may call a pool from a browser.
 *
 * @param allowedOrigins The origins, such as https://play.example.org, or an asterisk for all. If empty, only the pool's own.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record CorsSpec(@Size(max = 64) List<@Size(max = 255) @Pattern(CorsSpec.ORIGIN) String> allowedOrigins) {
    /** One of them, as a regular expression. */
    public static final String ORIGIN = "^([*]|https?://[^/\\s*?#@]+)$";

    public CorsSpec {
        allowedOrigins = List.copyOf(requireNonNullElse(allowedOrigins, List.of()));
    }

    /** None. */
    public static CorsSpec defaults() {
        return new CorsSpec(List.of());
    }
}
