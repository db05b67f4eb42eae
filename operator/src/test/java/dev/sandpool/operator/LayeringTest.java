package dev.sandpool.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.function.Predicate;

/** Who may know what: what decides is a function of values, what acts is named here. */
@AnalyzeClasses(packages = "dev.sandpool.operator", importOptions = DoNotIncludeTests.class)
class LayeringTest {
    @ArchTest
    static final ArchRule theClientIsKnownWhereSomethingIsAskedOrDone = whoUses(
                    "speak to the API server", type -> isIn(type, "io.fabric8.kubernetes.client"))
            .should()
            .haveNameMatching(
                    named(
                            "ApiServerAddresses|CompactStore|EventRecorder|OperatorMain|PoolReconciler|Refusal|RunnerEntries|SandboxStore|Sweep|TokenReviewers"));

    @ArchTest
    static final ArchRule theFrameworkIsKnownWhereItCallsUs = whoUses(
                    "use the framework",
                    type -> isIn(type, "io.javaoperatorsdk") && !type.isEquivalentTo(ResourceID.class))
            .should()
            .haveNameMatching(named("Leaks|OperatorMain|PoolReconciler"));

    @ArchTest
    static final ArchRule poolsAreNamedAsTheFrameworkNamesThemWhereTheyAreSwept = whoUses(
                    "use ResourceID", type -> type.isEquivalentTo(ResourceID.class))
            .should()
            .haveNameMatching(named("Leaks|OperatorMain|PoolReconciler|SandboxStore|SeenSandbox|Sweep|SweepPolicy"));

    @ArchTest
    static final ArchRule helidonIsKnownToTheServerOnly =
            whoUses("use Helidon", type -> isIn(type, "io.helidon")).should().haveNameMatching(named("OperatorServer"));

    @ArchTest
    static final ArchRule metersAreKnownToMetricsOnly = whoUses("use Micrometer", type -> isIn(type, "io.micrometer"))
            .should()
            .haveNameMatching(named("OperatorMain|OperatorMetrics|OperatorServer"));

    private static GivenClassesConjunction whoUses(String words, Predicate<JavaClass> what) {
        return classes()
                .that(DescribedPredicate.describe(
                        words,
                        type -> type.getDirectDependenciesFromSelf().stream()
                                .map(Dependency::getTargetClass)
                                // A custom resource's base class: a pool is a value all the same.
                                .filter(target ->
                                        !target.getName().equals("io.fabric8.kubernetes.client.CustomResource"))
                                .anyMatch(what)));
    }

    private static boolean isIn(JavaClass type, String packages) {
        return (type.getPackageName() + ".").startsWith(packages + ".");
    }

    /** With what is nested in them. */
    private static String named(String classes) {
        return "dev\\.sandpool\\.operator\\.(" + classes + ")(\\$.*)?";
    }
}
