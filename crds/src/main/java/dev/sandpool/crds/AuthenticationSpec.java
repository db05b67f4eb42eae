package dev.sandpool.crds;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether requests need the header Authorization: Bearer TOKEN.
 *
 * @param tokensSecret A Secret of this namespace with tokens. Each key is the name of a caller, and its value is the token of that caller.
 * @param tokenReview Accepts tokens that the cluster issued, for example for a ServiceAccount.
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
     * How the cluster checks a token.
     *
     * @param audiences A token must have one of these audiences. If not set, the audience of the API server.
     */
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record TokenReviewSpec(@Size(max = 16) List<@Size(min = 1, max = 253) String> audiences) {
        public TokenReviewSpec {
            audiences = List.copyOf(requireNonNullElse(audiences, List.of()));
        }
    }
}
