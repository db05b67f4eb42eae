package dev.sandpool.runner.sandbox;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;

/** Beside what the HTTP half says about itself: who speaks to the API server, and what the protocol is made of. */
@AnalyzeClasses(packages = "dev.sandpool", importOptions = ImportOption.DoNotIncludeTests.class)
class LayeringTest {
    private static final Set<String> SPEAK_KUBERNETES = Set.of(
            "AttachTransport",
            "ClusterTokenReviewer",
            "KubernetesPool",
            "KubernetesSandboxes",
            "PodApi",
            "PodReaper",
            "PodVerdict",
            "PoolStatusApi",
            "RevisionReader",
            "RunnerIdentity",
            "SandboxPod",
            "SandboxPodTemplate",
            "SettingsWatch",
            "SuccessionWatch");

    private static final DescribedPredicate<JavaClass> ALLOWED = DescribedPredicate.describe(
            "are named as speaking to Kubernetes",
            type -> SPEAK_KUBERNETES.contains(outermost(type).getSimpleName()));

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(LayeringTest::outermost).orElse(type);
    }

    @ArchTest
    static final ArchRule onlyNamedClassesKnowTheKubernetesClient = noClasses()
            .that(DescribedPredicate.not(ALLOWED))
            .and()
            .resideOutsideOfPackage("dev.sandpool.crds..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8..");

    @ArchTest
    static final ArchRule theProtocolKnowsOnlyTheJdk = noClasses()
            .that()
            .resideInAPackage("dev.sandpool.protocol..")
            .should()
            .dependOnClassesThat()
            .resideOutsideOfPackages("dev.sandpool.protocol..", "java..", "org.jspecify..");
}
