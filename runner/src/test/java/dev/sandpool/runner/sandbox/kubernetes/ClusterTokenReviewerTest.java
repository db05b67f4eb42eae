package dev.sandpool.runner.sandbox.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sandpool.runner.sandbox.TokenReviewer;
import dev.sandpool.runner.sandbox.TokenReviewer.NotReviewedException;
import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the API server says of a token, and what a runner makes of it. */
class ClusterTokenReviewerTest {
    private static final String PATH = "/apis/authentication.k8s.io/v1/tokenreviews";

    private final KubernetesMockServer server = new KubernetesMockServer(false);
    private final TokenReviewer reviewer;

    ClusterTokenReviewerTest() {
        server.init();
        reviewer = new ClusterTokenReviewer(server.createClient());
    }

    @AfterEach
    void stop() {
        server.destroy();
    }

    @Test
    void aUserOfTheClusterIsKnownByName() throws Exception {
        answers(201, review(true, "system:serviceaccount:team:frontend", List.of("sandpool")));

        assertThat(reviewer.review("a.b.c", List.of("sandpool"))).contains("system:serviceaccount:team:frontend");
        assertThat(server.getLastRequest().getBody().readUtf8()).contains("\"token\":\"a.b.c\"", "\"sandpool\"");
    }

    @Test
    void whoIsNotAuthenticatedIsNobody() throws Exception {
        answers(201, review(false, "", List.of()));

        assertThat(reviewer.review("a.b.c", List.of())).isEmpty();
    }

    @Test
    void aTokenForSomebodyElseIsNobodys() throws Exception {
        answers(201, review(true, "somebody", List.of("other")));

        assertThat(reviewer.review("a.b.c", List.of("sandpool"))).isEmpty();
    }

    @Test
    void anApiServerThatRefusesToSayHasNotSaidNo() {
        answers(403, new TokenReview());

        assertThatThrownBy(() -> reviewer.review("a.b.c", List.of()))
                .isInstanceOf(NotReviewedException.class)
                .hasMessage("the API server reviews no token: it said 403");
    }

    private void answers(int status, TokenReview review) {
        server.expect().post().withPath(PATH).andReturn(status, review).always();
    }

    private static TokenReview review(boolean authenticated, String user, List<String> audiences) {
        return new TokenReviewBuilder()
                .withNewStatus()
                .withAuthenticated(authenticated)
                .withAudiences(audiences)
                .withNewUser()
                .withUsername(user)
                .endUser()
                .endStatus()
                .build();
    }
}
