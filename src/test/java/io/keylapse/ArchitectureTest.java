package io.keylapse;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;

/** The allowed dependencies between packages, and other rules for all classes. */
@AnalyzeClasses(packages = "io.keylapse", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    private static final Set<String> PACKAGES = Set.of(
            "app",
            "client",
            "http",
            "lifecycle",
            "check",
            "expiry",
            "sync",
            "blacklist",
            "audit",
            "notice",
            "security",
            "projection",
            "registry",
            "active",
            "background",
            "history",
            "key");

    private static final Set<String> LOCALIZED = Set.of(
            "String.format",
            "String.formatted",
            "String.toLowerCase",
            "String.toUpperCase",
            "PrintStream.format",
            "PrintStream.printf",
            "PrintWriter.format",
            "PrintWriter.printf",
            "Formatter.<init>",
            "Scanner.<init>",
            "DateTimeFormatter.ofPattern",
            "DateTimeFormatterBuilder.toFormatter",
            "SimpleDateFormat.<init>",
            "DecimalFormat.<init>",
            "DecimalFormatSymbols.getInstance",
            "NumberFormat.getInstance",
            "NumberFormat.getIntegerInstance",
            "NumberFormat.getNumberInstance",
            "NumberFormat.getPercentInstance",
            "NumberFormat.getCompactNumberInstance",
            "MessageFormat.<init>",
            "MessageFormat.format",
            "ResourceBundle.getBundle",
            "Collator.getInstance",
            "BreakIterator.getWordInstance",
            "Locale.getDefault");

    @ArchTest
    static void every_package_has_its_place_in_the_picture(JavaClasses classes) {
        Set<String> features = classes.stream()
                .map(each -> each.getPackageName().replaceFirst("^io\\.keylapse\\.([a-z]+).*", "$1"))
                .collect(toSet());
        assertThat(features).isEqualTo(PACKAGES);
    }

    @ArchTest
    static final ArchRule keys_know_nothing_but_the_jdk = classes()
            .that()
            .resideInAPackage("io.keylapse.key..")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage("io.keylapse.key..", "java..", "org.jspecify.."));

    /** It is a jar of its own. */
    @ArchTest
    static final ArchRule the_client_knows_nothing_but_the_jdk = classes()
            .that()
            .resideInAPackage("io.keylapse.client")
            .should()
            .onlyDependOnClassesThat(
                    resideInAnyPackage("io.keylapse.client", "java..", "javax.net.ssl", "org.jspecify.."));

    @ArchTest
    static final ArchRule only_the_filter_of_the_client_knows_servlets = classes()
            .that()
            .resideInAPackage("io.keylapse.client.servlet")
            .should()
            .onlyDependOnClassesThat(
                    resideInAnyPackage("io.keylapse.client..", "java..", "jakarta.servlet..", "org.jspecify.."));

    /** It is not in the program's jars. */
    @ArchTest
    static final ArchRule nothing_else_knows_the_client = noClasses()
            .that()
            .resideOutsideOfPackage("io.keylapse.client..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.keylapse.client..");

    @ArchTest
    static final ArchRule background_tasks_know_nothing_of_keys = mayImport("background");

    @ArchTest
    static final ArchRule histories_know_nothing_but_themselves = mayImport("history");

    @ArchTest
    static final ArchRule postgres_knows_keys_only = mayImport("registry", "background", "history", "key");

    @ArchTest
    static final ArchRule redis_knows_keys_only = mayImport("active", "background", "history", "key");

    @ArchTest
    static final ArchRule the_projection_knows_both_stores = mayImport("projection", "key", "registry", "active");

    @ArchTest
    static final ArchRule sync_knows_the_stores =
            mayImport("sync", "key", "history", "background", "registry", "active", "projection");

    @ArchTest
    static final ArchRule lifecycle_knows_the_stores =
            mayImport("lifecycle", "key", "background", "registry", "active", "projection");

    @ArchTest
    static final ArchRule checks_know_the_stores =
            mayImport("check", "key", "history", "registry", "active", "projection");

    @ArchTest
    static final ArchRule expiry_knows_the_stores = mayImport("expiry", "key", "background", "registry", "active");

    @ArchTest
    static final ArchRule history_knows_postgres = mayImport("blacklist", "key", "registry");

    @ArchTest
    static final ArchRule audit_knows_postgres = mayImport("audit", "key", "background", "registry");

    @ArchTest
    static final ArchRule notices_know_postgres = mayImport("notice", "key", "background", "registry");

    @ArchTest
    static final ArchRule security_knows_postgres = mayImport("security", "key", "background", "registry");

    /** Reads need no use case, so HTTP may use records; but not what is in Redis. */
    @ArchTest
    static final ArchRule http_knows_use_cases_and_records = mayImport(
            "http", "lifecycle", "check", "blacklist", "audit", "notice", "security", "registry", "background", "key");

    @ArchTest
    static final ArchRule features_have_no_cycles =
            slices().matching("io.keylapse.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule packages_have_no_cycles =
            slices().matching("io.keylapse.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule only_the_launch_prints =
            noClasses().that().resideOutsideOfPackage("io.keylapse.app..").should(ACCESS_STANDARD_STREAMS);

    @ArchTest
    static final ArchRule dates_are_instants = noClasses()
            .should()
            .dependOnClassesThat()
            .haveNameMatching("java\\.util\\.(Date|Calendar|GregorianCalendar)|java\\.sql\\.(Date|Time|Timestamp)");

    /** Otherwise, setting back the wall clock would lock clients out for as long. */
    @ArchTest
    static final ArchRule limits_on_guessing_go_by_the_monotonic_clock = noClasses()
            .that()
            .haveSimpleName("GuessLimit")
            .should()
            .dependOnClassesThat()
            .haveNameMatching("java\\.time\\.(Clock|InstantSource|Instant)")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    /** Otherwise messages, files and protocol words would depend on the machine's locale. */
    @ArchTest
    static final ArchRule nothing_is_worded_by_the_locale_of_the_machine = noClasses()
            .should()
            .accessTargetWhere(describe(
                    "has a twin that is given a locale",
                    access -> access.getTarget() instanceof AccessTarget.CodeUnitAccessTarget target
                            && goesByDefaultLocale(target)));

    private static boolean goesByDefaultLocale(AccessTarget.CodeUnitAccessTarget target) {
        return LOCALIZED.contains(target.getOwner().getSimpleName() + "." + target.getName())
                && target.getRawParameterTypes().stream().noneMatch(type -> type.isEquivalentTo(Locale.class));
    }

    @ArchTest
    static final ArchRule packages_are_named_by_what_they_do = noClasses()
            .should()
            .resideInAnyPackage(Stream.of("util", "utils", "common", "model", "dto", "config", "exception")
                    .map(name -> "io.keylapse.." + name + "..")
                    .toArray(String[]::new));

    @ArchTest
    static void every_package_says_what_it_is_and_is_null_marked(JavaClasses classes) {
        Set<JavaPackage> packages = classes.stream().map(JavaClass::getPackage).collect(toSet());
        assertThat(packages)
                .allSatisfy(each -> assertThat(each.isAnnotatedWith(NullMarked.class))
                        .as(each.getName())
                        .isTrue());
    }

    private static ArchRule mayImport(String feature, String... features) {
        String[] allowed = Stream.concat(Stream.of(feature), Stream.of(features))
                .map(each -> "io.keylapse." + each + "..")
                .toArray(String[]::new);
        DescribedPredicate<JavaClass> others = resideOutsideOfPackage("io.keylapse..");
        return classes()
                .that()
                .resideInAPackage("io.keylapse." + feature + "..")
                .should()
                .onlyDependOnClassesThat(are(resideInAnyPackage(allowed).or(others)));
    }
}
