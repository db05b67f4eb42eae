package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether requests must say who sends them, by the header {@code Authorization: Bearer TOKEN}. Where neither is said, nobody is asked; where
 * both are, either will do.
 *
 * @param tokensSecret A Secret of this namespace with tokens. Each key names a caller, its value is that caller's token.
 * @param tokenReview Tokens that the cluster itself has issued, a service account's say, are accepted.
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record AuthenticationSpec(
        @Nullable @Size(min = 1, max = 253) @Pattern(PoolNames.OBJECT_NAME)
        String tokensSecret,

        @Nullable TokenReviewSpec tokenReview) {
    /** Nobody is asked. */
    public static AuthenticationSpec defaults() {
        return new AuthenticationSpec(null, null);
    }

    /**
     * How the cluster is asked about a token.
     *
     * @param audiences The audiences of which a token must name one. Left out: the API server's own.
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record TokenReviewSpec(@Size(max = 16) List<@Size(min = 1, max = 253) String> audiences) {
        public TokenReviewSpec {
            audiences = List.copyOf(requireNonNullElse(audiences, List.of()));
        }
    }
}
