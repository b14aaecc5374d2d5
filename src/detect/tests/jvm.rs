//! What Maven and Gradle builds say in roundabout ways.

use super::*;

const JAVA: (&str, &str) = ("src/main/java/com/shop/ShopApplication.java", STARTED);
const SETTINGS: (&str, &str) = ("settings.gradle", "rootProject.name = 'shop'\n");

/// What is detected of these files.
#[track_caller]
fn found(files: &[(&str, &str)]) -> Detection {
    detect(&survey(files), None).unwrap()
}

#[test]
fn gradle_versions_that_are_no_literals() {
    let plugin = "plugins { id 'org.springframework.boot' version \"${boot}\" }\n";
    let applied = "apply plugin: 'org.springframework.boot'\n";
    let classpath = |ext: &str, version: &str| {
        format!(
            "buildscript {{\n {ext}\n dependencies {{ classpath(\"org.springframework.boot:spring-boot-gradle-plugin:{version}\") }}\n}}\n{applied}"
        )
    };
    let versioned = ("settings.gradle", "pluginManagement { plugins { id 'org.springframework.boot' version '2.7.18' } }\n");
    for (files, place) in [
        (vec![SETTINGS, ("build.gradle", plugin), ("gradle.properties", "a=b\nboot=2.7.18\n")], "gradle.properties:2"),
        (vec![SETTINGS, ("build.gradle", &classpath("ext { boot = '2.7.18' }", "${boot}"))], "build.gradle:2"),
        (vec![SETTINGS, ("build.gradle", &classpath("ext.boot = '2.7.18'", "$boot"))], "build.gradle:2"),
        (vec![SETTINGS, ("build.gradle", &classpath("val boot by extra(\"2.7.18\")", "${boot}"))], "build.gradle:2"),
        (vec![SETTINGS, ("build.gradle", &classpath("", "2.7.18"))], "build.gradle:3"),
        (vec![versioned, ("build.gradle", "plugins { id 'org.springframework.boot' }\n")], "settings.gradle:1"),
        (
            vec![
                SETTINGS,
                ("build.gradle", applied),
                ("buildSrc/build.gradle", "dependencies {\nimplementation 'org.springframework.boot:spring-boot-gradle-plugin:2.7.18'\n}"),
            ],
            "buildSrc/build.gradle:2",
        ),
    ] {
        let stack = found(&files).stack;
        let origin = &stack.origins["framework"];
        assert_eq!((stack.framework_version.as_deref(), origin.place.as_str(), origin.certain), (Some("2.7.18"), place, true), "{files:?}");
    }
    let unknown = found(&[SETTINGS, JAVA, ("build.gradle", plugin)]);
    assert!(!unknown.stack.origins["framework"].certain && unknown.stack.framework_version.is_none());
    assert!(unknown.notes.iter().any(|note| note.message.contains("--set framework_version")), "{:?}", unknown.notes);
}

#[test]
fn plugins_that_apply_the_application_plugin_are_installed() {
    let main = ("src/main/kotlin/x/Main.kt", "package x\nfun main() {}\n");
    let catalog = ("gradle/libs.versions.toml", "[plugins]\nktor = { id = \"io.ktor.plugin\", version = \"3.1.1\" }\n");
    for plugins in
        ["id 'io.micronaut.application' version '4.4.4'", "id 'io.ktor.plugin' version '3.1.1'", "alias(libs.plugins.ktor)", "application"]
    {
        let build = format!("plugins {{\n  {plugins}\n}}\nversion = '1'\n");
        let module = found(&[SETTINGS, main, catalog, ("build.gradle", &build)]).stack.modules.remove(0);
        assert_eq!(module.launch, ["java", "-cp", "lib/*", "x.MainKt"], "{plugins}");
        assert_eq!(module.artifact.as_deref(), Some("build/install/shop/lib"), "{plugins}");
    }
    for plugins in ["plugins { id 'application' apply false }", "plugins { id 'java' }"] {
        assert_eq!(found(&[SETTINGS, main, ("build.gradle", plugins)]).stack.modules, [], "{plugins}");
    }
    // Which plugins parts have, the first script may say.
    let root =
        "plugins { id 'org.springframework.boot' version '3.3.5' apply false }\nsubprojects { apply plugin: 'org.springframework.boot' }\n";
    let java = ("api/src/main/java/com/shop/ShopApplication.java", STARTED);
    let stack = found(&[("settings.gradle", "include 'api'"), ("build.gradle", root), ("api/build.gradle", ""), java]).stack;
    assert_eq!(stack.modules.iter().map(|module| module.name.as_str()).collect::<Vec<_>>(), ["api"]);
}

/// The servers of a build script with these dependencies.
fn servers_of(script: &str) -> Vec<String> {
    found(&[SETTINGS, ("build.gradle", script)]).stack.services.into_iter().map(|service| service.kind).collect()
}

#[test]
fn which_libraries_are_the_programs_own() {
    for (dependencies, servers) in [
        ("runtimeOnly group: 'org.postgresql', name: 'postgresql', version: '42.2.5'", &["postgresql"][..]),
        ("runtimeOnly(group = \"org.postgresql\", name = \"postgresql\")", &["postgresql"]),
        ("implementation('redis.clients:jedis:5') { exclude group: 'org.postgresql', module: 'postgresql' }", &["redis"]),
        ("testImplementation(\n  'org.postgresql:postgresql:42',\n  'redis.clients:jedis:5'\n)", &[]),
        ("testRuntimeOnly 'org.postgresql:postgresql:42',\n  'redis.clients:jedis:5'", &[]),
        ("implementation(\n  'org.postgresql:postgresql:42',\n  'redis.clients:jedis:5'\n)", &["redis", "postgresql"]),
        ("functionalTestImplementation 'org.postgresql:postgresql:42'", &[]),
        ("implementation 'org.testcontainers:postgresql:1'", &[]),
        ("implementation project(':redis')", &[]),
        ("implementation 'org.springframework.cloud:spring-cloud-stream-binder-kafka'", &["kafka"]),
        ("implementation 'org.springframework.cloud:spring-cloud-stream-binder-rabbit'", &["rabbitmq"]),
        ("implementation 'io.quarkus:quarkus-smallrye-reactive-messaging-rabbitmq'", &["rabbitmq"]),
        ("implementation 'io.micronaut.mongodb:micronaut-mongo-reactive'", &["mongodb"]),
    ] {
        assert_eq!(servers_of(&format!("dependencies {{\n  {dependencies}\n}}\n")), servers, "{dependencies}");
    }
    let suites = "testing { suites { register('it', JvmTestSuite) { dependencies { implementation 'org.postgresql:postgresql:42' } } } }";
    assert_eq!(servers_of(suites), [""; 0]);
    assert_eq!(servers_of("buildscript { dependencies { classpath 'org.postgresql:postgresql:42' } }"), [""; 0]);
}

#[test]
fn a_scope_may_stand_where_versions_are_managed() {
    let dependency =
        |more: &str| format!("<dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId>{more}</dependency>");
    for (scope, count) in [("<scope>test</scope>", 0), ("<scope>runtime</scope>", 1), ("", 1)] {
        let managed = format!("<dependencyManagement><dependencies>{}</dependencies></dependencyManagement>", dependency(scope));
        let pom = format!("<project><artifactId>a</artifactId>{managed}<dependencies>{}</dependencies></project>", dependency(""));
        assert_eq!(found(&[("pom.xml", &pom)]).stack.services.len(), count, "{scope}");
    }
}
