package dev.sandpool.runner.sandbox;

import java.util.List;
import java.util.Optional;

/** Asks the cluster which user a bearer token belongs to. */
public interface TokenReviewer {
    /** Thrown when the cluster could not be asked or refused to answer. */
    final class NotReviewedException extends Exception {
        private static final long serialVersionUID = 1;

        public NotReviewedException(String message) {
            super(message);
        }
    }

    /**
     * Returns the name of the user that the token belongs to; empty if the token is not valid.
     *
     * @param audiences the token must name one of them; none: the API server's own
     */
    Optional<String> review(String token, List<String> audiences) throws NotReviewedException;
}
