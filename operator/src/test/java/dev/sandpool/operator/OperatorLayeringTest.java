package dev.sandpool.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static java.util.Map.entry;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.Map;

/** Which package of the operator may use which others, and which of them may use the API server's client and other libraries. */
@AnalyzeClasses(packages = "dev.sandpool", importOptions = DoNotIncludeTests.class)
class OperatorLayeringTest {
    private static final String MAIN = "main";
    private static final String HELIDON = "io.helidon..";
    private static final String FRAMEWORK = "io.javaoperatorsdk..";
    private static final String MICROMETER = "io.micrometer..";

    /** Below {@code dev.sandpool.operator}, from the top down: each package, and all that it may use. */
    private static final Map<String, List<String>> MAY_USE = Map.ofEntries(
            entry(MAIN, List.of("pool", "objects", "sweep", "cluster", HELIDON, FRAMEWORK, MICROMETER)),
            entry("pool", List.of("plan", "objects", "sweep", "cluster", FRAMEWORK, MICROMETER)),
            entry("plan", List.of("objects", "cluster")),
            entry("objects", List.of()),
            entry("sweep", List.of("cluster", FRAMEWORK, MICROMETER)),
            entry("cluster", List.of()));

    @ArchTest
    static final ArchRule aPackageUsesOnlyWhatIsBelowIt = layers();

    @ArchTest
    static final ArchRule whatDecidesIsAFunctionOfValues = noClasses()
            .that()
            .resideInAnyPackage("dev.sandpool.operator.plan", "dev.sandpool.operator.objects")
            .or()
            .haveSimpleName("SweepPolicy")
            .or()
            .haveSimpleName("SeenSandbox")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8.kubernetes.client..");

    private static ArchRule layers() {
        var layers = layeredArchitecture().consideringOnlyDependenciesInLayers();
        for (String library : List.of(HELIDON, FRAMEWORK, MICROMETER)) {
            layers = layers.optionalLayer(library).definedBy(library);
        }
        for (String name : MAY_USE.keySet()) {
            layers = layers.layer(name).definedBy("dev.sandpool.operator" + (name.equals(MAIN) ? "" : "." + name));
        }
        for (var rule : MAY_USE.entrySet()) {
            layers = rule.getValue().isEmpty()
                    ? layers.whereLayer(rule.getKey()).mayNotAccessAnyLayer()
                    : layers.whereLayer(rule.getKey())
                            .mayOnlyAccessLayers(rule.getValue().toArray(String[]::new));
        }
        return layers.ensureAllClassesAreContainedInArchitectureIgnoring("dev.sandpool.crds..", "dev.sandpool.log..");
    }
}
