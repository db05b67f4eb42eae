package dev.sandpool.runner;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may know what. */
@AnalyzeClasses(packages = "dev.sandpool.runner", importOptions = DoNotIncludeTests.class)
class LayeringTest {
    private static final String HTTP = "dev.sandpool.runner";
    private static final String SANDBOX = "dev.sandpool.runner.sandbox";

    @ArchTest
    static final ArchRule sandboxesKnowNothingOfHttp = noClasses()
            .that()
            .resideInAPackage(SANDBOX)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(HTTP, "io.helidon..");

    @ArchTest
    static final ArchRule httpKnowsNothingOfFramesAndPods = noClasses()
            .that()
            .resideInAPackage(HTTP)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("dev.sandpool.protocol..", "io.fabric8..");

    @ArchTest
    static final ArchRule helidonIsKnownWhereHttpIsSpokenOnly = classes()
            .that()
            .resideInAPackage(HTTP)
            .and(DescribedPredicate.describe("use Helidon", LayeringTest::usesHelidon))
            .should()
            .haveNameMatching(
                    ".*\\.(AdminEndpoints|Callers|Client.*|Cors|Go.*|JsonReply|MainEndpoints|OpenApi|PoolEndpoints|Request(Body|Line|Reader)|EventStream|Live(Handler|Run|Socket|Upgrader)|ProblemReply|Run(Desk|Endpoints|Exchange|s?Handler|nerServer)|StreamedRun|UiFiles|Upload|WholeRun)(\\$.*)?");

    private static boolean usesHelidon(JavaClass type) {
        return type.getDirectDependenciesFromSelf().stream()
                .anyMatch(dependency ->
                        dependency.getTargetClass().getPackageName().startsWith("io.helidon"));
    }
}
