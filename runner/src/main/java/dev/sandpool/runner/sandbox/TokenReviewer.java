package dev.sandpool.runner.sandbox;

import java.util.List;
import java.util.Optional;

/** Asks the cluster whose a bearer token is. */
public interface TokenReviewer {
    /** The cluster could not be asked, or did not want to say. */
    final class NotReviewedException extends Exception {
        private static final long serialVersionUID = 1;

        public NotReviewedException(String message) {
            super(message);
        }
    }

    /**
     * The name of the user whose token it is; empty if it is nobody's.
     *
     * @param audiences of which the token must name one; none: the API server's own
     */
    Optional<String> review(String token, List<String> audiences) throws NotReviewedException;
}
