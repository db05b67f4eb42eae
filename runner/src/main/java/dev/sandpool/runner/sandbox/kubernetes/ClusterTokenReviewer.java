package dev.sandpool.runner.sandbox.kubernetes;

import dev.sandpool.runner.sandbox.TokenReviewer;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** A token reviewer that uses the API server's TokenReview. */
record ClusterTokenReviewer(KubernetesClient client) implements TokenReviewer {
    @Override
    public Optional<String> review(String token, List<String> audiences) throws NotReviewedException {
        TokenReview asked = new TokenReviewBuilder()
                .withNewSpec()
                .withToken(token)
                .withAudiences(audiences)
                .endSpec()
                .build();
        TokenReviewStatus status;
        try {
            status = client.authentication().v1().tokenReviews().create(asked).getStatus();
        } catch (KubernetesClientException e) {
            // Without the exception's message, which may contain the request and so the token.
            throw new NotReviewedException("the API server reviews no token: "
                    + (e.getCode() == 0 ? "it did not answer" : "it said " + e.getCode()));
        }
        return status == null ? Optional.empty() : user(status, audiences);
    }

    /**
     * Returns the user. An API server whose authenticator does not know audiences returns none. Then its yes does not
     * cover the requested audiences.
     */
    private static Optional<String> user(TokenReviewStatus status, List<String> audiences) {
        boolean forUs = audiences.isEmpty() || !Collections.disjoint(status.getAudiences(), audiences);
        if (!Boolean.TRUE.equals(status.getAuthenticated()) || !forUs || status.getUser() == null) {
            return Optional.empty();
        }
        return Optional.ofNullable(status.getUser().getUsername()).filter(name -> !name.isEmpty());
    }
}
