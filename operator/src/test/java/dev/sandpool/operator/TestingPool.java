package dev.sandpool.operator;

import dev.sandpool.crds.RunnerStatus;
import dev.sandpool.crds.SandboxPool;
import dev.sandpool.crds.SandboxPoolStatus;
import dev.sandpool.operator.cluster.Refusal;
import dev.sandpool.operator.plan.ObservedPool;
import dev.sandpool.operator.plan.PoolPlan;
import io.fabric8.kubernetes.api.model.PodTemplate;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A pool in a cluster that does at once what a plan says, and otherwise what a test says. */
public final class TestingPool {
    private final Map<String, PodTemplate> templates = new LinkedHashMap<>();
    private final Map<String, RunnerStatus> entries = new LinkedHashMap<>();
    private final Set<String> pods = new HashSet<>();
    private SandboxPool pool;
    private SandboxPoolStatus status = SandboxPoolStatus.unknown();
    private Optional<Deployment> deployment = Optional.empty();
    private Optional<String> account = Optional.of("uid-of-the-account");
    private boolean runnersReady = true;
    private List<String> troubles = List.of();
    private List<String> stuck = List.of();
    private List<Refusal> refused = List.of();
    private long swept;
    private Instant now = Samples.NOW;

    public TestingPool(String spec) {
        pool = Samples.pool(spec);
    }

    public TestingPool spec(String spec) {
        return spec(Samples.IMAGE, spec);
    }

    public TestingPool spec(String image, String spec) {
        long generation = pool.getMetadata().getGeneration() + 1;
        pool = Samples.pool(image, spec);
        pool.getMetadata().setGeneration(generation);
        return this;
    }

    public String wanted() {
        return Samples.revision(pool);
    }

    public SandboxPoolStatus status() {
        return status;
    }

    /** They have pods, and have reported. */
    public TestingPool runners(TestingRunner... runners) {
        Arrays.stream(runners).forEach(runner -> {
            pods.add(runner.name());
            entries.put(runner.name(), runner.entry());
        });
        return this;
    }

    /** Those whose process has not reported yet. */
    public TestingPool podsOf(String... runners) {
        pods.addAll(List.of(runners));
        return this;
    }

    public TestingPool gone(String runner) {
        pods.remove(runner);
        return this;
    }

    public TestingPool deployed(int replicas, int updated, int ready) {
        deployment = Optional.of(deployment
                .map(DeploymentBuilder::new)
                .orElseGet(() -> new DeploymentBuilder()
                        .withNewMetadata()
                        .endMetadata()
                        .withNewSpec()
                        .withReplicas(pool.getSpec().replicas())
                        .endSpec())
                .editMetadata()
                .withGeneration(1L)
                .endMetadata()
                .withNewStatus()
                .withObservedGeneration(1L)
                .withReplicas(replicas)
                .withUpdatedReplicas(updated)
                .withReadyReplicas(ready)
                .endStatus()
                .build());
        return this;
    }

    public TestingPool deploymentSays(String type, String status, String reason, String message) {
        deployment = deployment.map(before -> new DeploymentBuilder(before)
                .editStatus()
                .addNewCondition()
                .withType(type)
                .withStatus(status)
                .withReason(reason)
                .withMessage(message)
                .endCondition()
                .endStatus()
                .build());
        return this;
    }

    /** The Deployment has been changed, and its controller has not seen it yet. */
    public TestingPool changedDeployment() {
        deployment = deployment.map(before -> new DeploymentBuilder(before)
                .editMetadata()
                .withGeneration(2L)
                .endMetadata()
                .build());
        return this;
    }

    public TestingPool withoutAccount() {
        account = Optional.empty();
        return this;
    }

    public TestingPool template(PodTemplate template) {
        templates.put(template.getMetadata().getName(), template);
        return this;
    }

    public TestingPool withoutTemplate(String name) {
        templates.remove(name);
        return this;
    }

    public TestingPool runnersReady(boolean ready) {
        runnersReady = ready;
        return this;
    }

    public TestingPool troubles(String... words) {
        troubles = List.of(words);
        return this;
    }

    public TestingPool stuck(String... names) {
        stuck = List.of(names);
        return this;
    }

    /** A Service that is refused for good, with this sentence; none when it is empty. */
    public TestingPool refused(String why) {
        refused = why.isEmpty() ? List.of() : List.of(new Refusal("Service " + Samples.POOL, why, false));
        return this;
    }

    public TestingPool swept(long count) {
        swept = count;
        return this;
    }

    public TestingPool at(Instant time) {
        now = time;
        return this;
    }

    public Set<String> templates() {
        return templates.keySet();
    }

    public ObservedPool seen() {
        pool.setStatus(withEntries());
        return new ObservedPool(
                pool,
                deployment,
                account,
                List.copyOf(templates.values()),
                Set.copyOf(pods),
                runnersReady,
                troubles,
                swept,
                stuck,
                refused);
    }

    public PoolPlan plan() {
        return PoolPlan.of(seen(), Samples.INSTALLATION, now);
    }

    /** All that a reconciliation does. */
    public PoolPlan act() {
        PoolPlan plan = plan();
        plan.desired().forEach(object -> {
            if (object instanceof PodTemplate template) {
                template(template);
            } else if (object instanceof Deployment wanted) {
                deployment = Optional.of(new DeploymentBuilder(wanted)
                        .editMetadata()
                        .withGeneration(1L)
                        .endMetadata()
                        .withStatus(deployment.map(Deployment::getStatus).orElse(null))
                        .build());
            }
        });
        plan.obsolete()
                .forEach(template -> templates.remove(template.getMetadata().getName()));
        entries.keySet().retainAll(pods);
        status = plan.status();
        swept = 0;
        return plan;
    }

    /** A reconciliation of which every write is refused but the status. */
    public PoolPlan write() {
        PoolPlan plan = plan();
        status = plan.status();
        return plan;
    }

    private SandboxPoolStatus withEntries() {
        return status.with(new ArrayList<>(entries.values()), status.conditions());
    }
}
