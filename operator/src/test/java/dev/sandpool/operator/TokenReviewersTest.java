package dev.sandpool.operator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TokenReviewersTest {
    private final MockCluster cluster = new MockCluster();

    @AfterEach
    void stop() {
        cluster.close();
    }

    @Test
    void boundAreTheRunnersOfPoolsThatAskForIt() {
        bind();
        pool("team", "asks", true);
        pool("team", "does-not", false);
        var reviewers = new TokenReviewers(cluster.client(), Set.of());

        reviewers.update();
        reviewers.update();

        assertThat(bound()).containsExactly("team/asks-sandpool-runner");
        assertThat(cluster.requests("PUT")).hasSize(1);
    }

    @Test
    void whoIsGoneIsBoundNoMore() {
        bind("team/gone-sandpool-runner", "team/asks-sandpool-runner");
        pool("team", "asks", true);

        new TokenReviewers(cluster.client(), Set.of()).update();

        assertThat(bound()).containsExactly("team/asks-sandpool-runner");
    }

    @Test
    void anOperatorOfSomeNamespacesLeavesTheOthersAlone() {
        bind("other/theirs-sandpool-runner", "team/gone-sandpool-runner");
        pool("team", "asks", true);
        pool("other", "not-ours", true);

        new TokenReviewers(cluster.client(), Set.of("team")).update();

        assertThat(bound()).containsExactly("other/theirs-sandpool-runner", "team/asks-sandpool-runner");
    }

    @Test
    void withoutTheBindingNothingIsMade() {
        pool("team", "asks", true);

        new TokenReviewers(cluster.client(), Set.of()).update();

        assertThat(cluster.requests("PUT")).isEmpty();
        assertThat(cluster.client().rbac().clusterRoleBindings().list().getItems())
                .isEmpty();
    }

    private void bind(String... accounts) {
        List<Subject> subjects = List.of(accounts).stream()
                .map(account ->
                        new Subject(null, "ServiceAccount", account.split("/", -1)[1], account.split("/", -1)[0]))
                .toList();
        cluster.client()
                .resource(new ClusterRoleBindingBuilder()
                        .withNewMetadata()
                        .withName(TokenReviewers.BINDING)
                        .endMetadata()
                        .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", TokenReviewers.BINDING)
                        .withSubjects(subjects)
                        .build())
                .create();
    }

    private List<String> bound() {
        return cluster
                .client()
                .rbac()
                .clusterRoleBindings()
                .withName(TokenReviewers.BINDING)
                .get()
                .getSubjects()
                .stream()
                .map(subject -> subject.getNamespace() + "/" + subject.getName())
                .toList();
    }

    private void pool(String namespace, String name, boolean asks) {
        String authentication = asks ? "authentication: {tokenReview: {}}" : "authentication: {}";
        cluster.client()
                .resource(Serialization.unmarshal("""
                        apiVersion: sandpool.dev/v1alpha1
                        kind: SandboxPool
                        metadata: {name: %s, namespace: %s}
                        spec: {image: sandbox, %s}
                        """.formatted(name, namespace, authentication), SandboxPool.class))
                .create();
    }
}
