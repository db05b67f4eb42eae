package dev.sandpool.operator;

import dev.sandpool.crds.PoolNames;
import dev.sandpool.crds.SandboxPool;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.api.model.rbac.SubjectBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Maintains the ClusterRoleBinding that lets runners have tokens reviewed. It binds the runners of all current pools
 * that ask for it, so that nothing remains of a deleted pool. Runs in the leading operator only.
 */
final class TokenReviewers implements AutoCloseable {
    /** The name of the binding. The installation creates it, and the operator may change no other one. */
    static final String BINDING = "sandpool-token-reviewers";

    private static final Logger LOG = LoggerFactory.getLogger(TokenReviewers.class);

    private static final Duration EVERY = Duration.ofSeconds(10);

    private final KubernetesClient client;
    private final Set<String> namespaces;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("token-reviewers").factory());

    /** @param namespaces the namespaces of the operator's pools; none: all */
    TokenReviewers(KubernetesClient client, Set<String> namespaces) {
        this.client = client;
        this.namespaces = namespaces;
    }

    /** Starts to update the binding at intervals. Returns at once. */
    void start() {
        var _ = timer.scheduleWithFixedDelay(this::updateSafely, 0, EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }

    private void updateSafely() {
        try {
            update();
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).log("who may have tokens reviewed could not be said; tried again");
        }
    }

    /** Updates the binding if it has changed. Does not overwrite a change that was made since it was read. */
    void update() {
        List<Subject> wanted = pools().flatMap(pool -> reviewer(pool).stream()).toList();
        ClusterRoleBinding binding =
                client.rbac().clusterRoleBindings().withName(BINDING).get();
        if (binding == null) {
            if (!wanted.isEmpty()) {
                LOG.atWarn()
                        .addKeyValue("binding", BINDING)
                        .log("pools want tokens reviewed, and the binding is missing");
            }
            return;
        }
        List<Subject> before = Objects.requireNonNullElse(binding.getSubjects(), List.of());
        List<Subject> after = merged(before, wanted);
        if (!after.equals(before)) {
            LOG.atInfo().addKeyValue("pools", after.size()).log("changing who may have tokens reviewed");
            var _ = client.resource(new ClusterRoleBindingBuilder(binding)
                            .withSubjects(after)
                            .build())
                    .update();
        }
    }

    private Stream<SandboxPool> pools() {
        var pools = client.resources(SandboxPool.class);
        return namespaces.isEmpty()
                ? pools.inAnyNamespace().list().getItems().stream()
                : namespaces.stream().flatMap(namespace -> pools.inNamespace(namespace).list().getItems().stream());
    }

    /** Keeps the subjects of other namespaces, whose pools may belong to another operator. */
    private List<Subject> merged(Collection<Subject> before, Collection<Subject> wanted) {
        Stream<Subject> others = before.stream()
                .filter(subject -> !namespaces.isEmpty() && !namespaces.contains(subject.getNamespace()));
        return Stream.concat(others, wanted.stream())
                .distinct()
                .sorted(Comparator.comparing(Subject::getNamespace).thenComparing(Subject::getName))
                .toList();
    }

    private static List<Subject> reviewer(SandboxPool pool) {
        ObjectMeta meta = pool.getMetadata();
        if (pool.getSpec().authentication().tokenReview() == null || meta.getDeletionTimestamp() != null) {
            return List.of();
        }
        return List.of(new SubjectBuilder()
                .withKind("ServiceAccount")
                .withName(PoolNames.runnerAccount(meta.getName()))
                .withNamespace(meta.getNamespace())
                .build());
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
