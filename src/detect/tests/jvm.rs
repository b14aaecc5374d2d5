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

/// What the first module delivers, and how it is started.
fn delivered(files: &[(&str, &str)]) -> (String, String) {
    let module = found(files).stack.modules.remove(0);
    (module.artifact.unwrap_or_default(), module.launch.join(" "))
}

#[test]
fn a_jar_of_gradle_is_called_what_its_task_says() {
    for (script, file) in [
        ("version = '1.2'", "shop-1.2.jar"),
        ("version '1.2'", "shop-1.2.jar"),
        ("", "shop.jar"),
        ("version = \"$major.2\"", "shop-7.2.jar"),
        ("version = computed()", "shop-*.jar"),
        ("publishing { x { version = '9' } }", "shop.jar"),
        ("bootJar { archiveFileName = 'x.jar' }", "x.jar"),
        ("tasks.bootJar { archiveFileName = 'x.jar' }", "x.jar"),
        ("tasks.named<BootJar>(\"bootJar\") { archiveFileName.set(\"x.jar\") }", "x.jar"),
        ("bootJar.archiveFileName = 'x.jar'", "x.jar"),
        ("version = '1'\nbootJar { archiveFileName = \"${archiveBaseName.get()}-$version.jar\" }", "shop-1.jar"),
        ("bootJar { archiveFileName = computed() }", "*.jar"),
        ("jar { archiveFileName = 'plain.jar' }", "shop.jar"),
        ("version = '1'\nbootJar { archiveBaseName = 'b'; archiveVersion = ''; archiveClassifier = 'c' }", "b-c.jar"),
        ("version = '1'\narchivesBaseName = 'b'", "b-1.jar"),
        ("version = '1'\nbase { archivesName = 'b' }", "b-1.jar"),
        ("allprojects { version = '1' }", "shop-1.jar"),
        ("subprojects { version = '1' }", "shop.jar"),
    ] {
        let build = format!("plugins {{ id 'org.springframework.boot' version '3.5.0' }}\next.major = '7'\n{script}\n");
        assert_eq!(delivered(&[SETTINGS, JAVA, ("build.gradle", &build)]).0, format!("build/libs/{file}"), "{script}");
    }
    let java = ("api/src/main/java/com/shop/ShopApplication.java", STARTED);
    for (root, own, file) in [
        ("subprojects { version = '1' }", "", "api-1.jar"),
        ("allprojects { version = '1' }", "version = '2'", "api-2.jar"),
        ("version = '1'", "", "api.jar"),
        ("version = '1'", "version = rootProject.version", "api-1.jar"),
    ] {
        let build = format!("plugins {{ id 'org.springframework.boot' version '3.5.0' }}\n{own}\n");
        let files = [("settings.gradle", "include 'api'"), ("build.gradle", root), ("api/build.gradle", build.as_str()), java];
        assert_eq!(delivered(&files).0, format!("build/libs/{file}"), "{root} {own}");
    }
}

#[test]
fn a_jar_of_maven_is_called_what_any_of_its_poms_says() {
    let pom = |build: &str| BOOT.replace("<build><plugins>", &format!("<build>{build}<plugins>"));
    let told = |text: &str| BOOT.replace("spring-boot-maven-plugin</artifactId>", &format!("spring-boot-maven-plugin</artifactId>{text}"));
    for (pom, file) in [
        (pom("<finalName>x</finalName>"), "x.jar"),
        (pom("<finalName>${project.artifactId}</finalName>"), "Shop_API.jar"),
        (pom("<finalName>x-${build.number}</finalName>"), "x-*.jar"),
        (told("<configuration><classifier>exec</classifier></configuration>"), "Shop_API-1.2.0-exec.jar"),
        (
            told("<executions><execution><configuration><classifier>exec</classifier></configuration></execution></executions>"),
            "Shop_API-1.2.0-exec.jar",
        ),
    ] {
        assert_eq!(delivered(&[("pom.xml", &pom), JAVA]).0, format!("target/{file}"), "{pom}");
    }
    let root = "<project><groupId>g</groupId><artifactId>root</artifactId><version>1</version><packaging>pom</packaging><modules><module>api</module></modules>
<build><finalName>${project.artifactId}-app</finalName></build></project>";
    let plugin = "<plugin><artifactId>maven-shade-plugin</artifactId><configuration><mainClass>x.Main</mainClass>
<shadedArtifactAttached>true</shadedArtifactAttached><shadedClassifierName>all</shadedClassifierName></configuration></plugin>";
    let api = format!(
        "<project><parent><artifactId>root</artifactId></parent><artifactId>api</artifactId><build><plugins>{plugin}</plugins></build></project>"
    );
    assert_eq!(delivered(&[("pom.xml", root), ("api/pom.xml", &api)]).0, "target/api-app-all.jar");
}

#[test]
fn a_war_is_started_whole() {
    for (version, launch) in [
        ("3.5.7", "java -jar app.war"),
        ("2.7.18", "java -jar app.war"),
        ("2.3.1", "java -cp app.war org.springframework.boot.loader.WarLauncher"),
    ] {
        let pom = BOOT.replace("3.5.7", version).replace("<properties>", "<packaging>war</packaging><properties>");
        assert_eq!(delivered(&[("pom.xml", &pom), JAVA]), ("target/Shop_API-1.2.0.war".to_owned(), launch.to_owned()));
    }
    let plain = "<project><artifactId>a</artifactId><packaging>war</packaging></project>";
    assert_eq!(
        found(&[("pom.xml", plain), ("src/main/java/x/Main.java", "class Main { static void main(String[] a) {} }")]).stack.modules,
        []
    );
}

const YAML: &str = "src/main/resources/application.yml";

/// Where a Spring Boot application with this configuration listens, by which variable that changes, and where it says how it is.
fn listens(yaml: &str) -> String {
    let stack = found(&[("pom.xml", BOOT), JAVA, (YAML, yaml)]).stack;
    let module = &stack.modules[0];
    let guess = if stack.origins["modules.shop-api.port"].certain { "" } else { "?" };
    let port = module.port.map_or_else(|| "nowhere".to_owned(), |port| port.to_string()) + guess;
    format!("{port} {} {}", module.port_variable.as_deref().unwrap_or("-"), module.health_path.as_deref().unwrap_or("-"))
}

#[test]
fn what_a_configuration_says_in_any_of_its_ways() {
    for (yaml, expected) in [
        ("server.port: 81\n---\nspring:\n  profiles: prod\nserver.port: 82\n", "81 SERVER_PORT /actuator/health"),
        (
            "server.port: 81\n---\nspring:\n  config:\n    activate:\n      on-profile: prod\nserver.port: 82\n",
            "81 SERVER_PORT /actuator/health",
        ),
        ("server.port: 81\n---\nserver.port: 82\n", "82 SERVER_PORT /actuator/health"),
        ("server:\n  servlet:\n    contextPath: /api\n", "8080 SERVER_PORT /api/actuator/health"),
        ("server.servlet.context-path: ${CONTEXT_PATH:/api}\n", "8080 SERVER_PORT /api/actuator/health"),
        ("server.servlet.context-path: ${CONTEXT_PATH}\n", "8080 SERVER_PORT /actuator/health"),
        ("server.servlet.context-path: ${app.path}\napp.path: shop/\n", "8080 SERVER_PORT /shop/actuator/health"),
        ("spring.mvc.servlet.path: /api\nmanagement.endpoints.web.path-mapping.health: well\n", "8080 SERVER_PORT /api/actuator/well"),
        ("management.endpoints.web.base-path: /\n", "8080 SERVER_PORT /health"),
        ("server.port: ${APP_PORT}\n", "8080? APP_PORT /actuator/health"),
        ("server.port: ${PORT:${SERVER_PORT:8081}}\n", "8081 PORT /actuator/health"),
        ("server.port: ${app.port}\n", "8080? SERVER_PORT /actuator/health"),
        ("server.port: 81\nmanagement.server.port: 81\n", "81 SERVER_PORT /actuator/health"),
        ("server.port: 81\nmanagement.server.port: 82\n", "81 SERVER_PORT -"),
        ("server.port: 70000\n", "nowhere? - -"),
        ("spring.main.web-application-type: none\nserver.port: 81\n", "nowhere - -"),
        ("server.port: -1\n", "nowhere - -"),
    ] {
        assert_eq!(listens(yaml), expected, "{yaml}");
    }
}

#[test]
fn what_listens_without_a_starter_for_the_web() {
    for (library, port) in [
        ("spring-cloud-starter-gateway", Some(8080)),
        ("spring-cloud-starter-gateway-server-webmvc", Some(8080)),
        ("spring-cloud-starter-netflix-eureka-server", Some(8080)),
        ("spring-cloud-starter-netflix-eureka-client", None),
        ("spring-boot-admin-starter-server", Some(8080)),
    ] {
        let pom = BOOT.replace("spring-boot-starter-web<", &format!("{library}<"));
        assert_eq!(found(&[("pom.xml", &pom), JAVA]).stack.modules[0].port, port, "{library}");
    }
}

#[test]
fn ktor_says_its_port_in_a_file() {
    let main = ("src/main/kotlin/x/Main.kt", "package x\nfun main() {}\n");
    let build = ("build.gradle", "plugins {\n  id 'io.ktor.plugin' version '3.1.1'\n}\n");
    let yaml = ("src/main/resources/application.yaml", "ktor:\n  deployment:\n    port: \"$PORT:8085\"\n");
    let module = found(&[SETTINGS, main, build, yaml]).stack.modules.remove(0);
    assert_eq!((module.port, module.port_variable.as_deref()), (Some(8085), Some("PORT")));
}

#[test]
fn metrics_lie_where_the_configuration_puts_them() {
    for (yaml, path) in [
        ("a: 1\n", None),
        ("server.servlet.context-path: /api\n", Some("/api/actuator/prometheus")),
        ("management.endpoints.web.base-path: /manage\n", Some("/manage/prometheus")),
        ("server.servlet.context-path: /api\nmanagement.server.port: 9\n", None),
        ("management.server.port: 9\nmanagement.server.base-path: /m\n", Some("/m/actuator/prometheus")),
    ] {
        let found = found(&[("pom.xml", BOOT), JAVA, (YAML, yaml)]);
        assert_eq!(found.stack.modules[0].metrics_path.as_deref(), path, "{yaml}");
        let is_told = found.notes.iter().any(|note| note.message.contains("so are the metrics"));
        assert_eq!(is_told, yaml.contains("server.port"), "{yaml}");
    }
}

/// Where a program of this framework says how it is, and serves its metrics.
fn asked(framework: &str, libraries: [&str; 2], properties: &str) -> String {
    let library = |name: &str| format!("<dependency><groupId>g</groupId><artifactId>{name}</artifactId></dependency>");
    let pom = format!(
        "<project><artifactId>a</artifactId><dependencies>{}</dependencies><build><plugins><plugin><groupId>io.{framework}</groupId>
<artifactId>{framework}-maven-plugin</artifactId></plugin></plugins></build></project>",
        libraries.map(library).concat()
    );
    let module = found(&[("pom.xml", &pom), ("src/main/resources/application.properties", properties)]).stack.modules.remove(0);
    format!("{} {}", module.health_path.as_deref().unwrap_or("-"), module.metrics_path.as_deref().unwrap_or("-"))
}

#[test]
fn quarkus_and_micronaut_answer_below_their_roots() {
    let quarkus = |properties| asked("quarkus", ["quarkus-smallrye-health", "quarkus-micrometer-registry-prometheus"], properties);
    for (properties, paths) in [
        ("", "/q/health /q/metrics"),
        ("quarkus.http.root-path=/api", "/api/q/health /api/q/metrics"),
        ("%dev.quarkus.http.root-path=/api", "/q/health /q/metrics"),
        ("%prod.quarkus.http.root-path=/api", "/api/q/health /api/q/metrics"),
        ("quarkus.http.root-path=/api\nquarkus.http.non-application-root-path=/own", "/own/health /own/metrics"),
        ("quarkus.smallrye-health.root-path=/healthz", "/healthz /q/metrics"),
        ("quarkus.management.enabled=true", "- -"),
        ("quarkus.management.enabled=false", "/q/health /q/metrics"),
    ] {
        assert_eq!(quarkus(properties), paths, "{properties}");
    }
    let micronaut = |properties| asked("micronaut", ["micronaut-management", "micronaut-micrometer-registry-prometheus"], properties);
    for (properties, paths) in [
        ("", "/health /prometheus"),
        ("micronaut.server.context-path=/x", "/x/health /x/prometheus"),
        ("endpoints.all.path=/own", "/own/health /own/prometheus"),
        ("endpoints.all.port=8085", "- -"),
    ] {
        assert_eq!(micronaut(properties), paths, "{properties}");
    }
}

/// What the program is told of its only server.
fn told_of(framework: &str, library: &str, properties: &str) -> Vec<String> {
    let (group, version) = match framework {
        "spring-boot-2" => ("org.springframework.boot", "2.7.18"),
        "spring-boot" => ("org.springframework.boot", "3.5.7"),
        "quarkus" => ("io.quarkus", "3.30.1"),
        _ => ("io.micronaut", "4.7.6"),
    };
    let each = library.split(' ').map(|name| format!("<dependency><groupId>g</groupId><artifactId>{name}</artifactId></dependency>"));
    let dependencies = each.collect::<Vec<_>>().concat();
    let pom = format!(
        "<project><parent><groupId>{group}</groupId><version>{version}</version></parent><artifactId>a</artifactId><dependencies>{dependencies}</dependencies></project>"
    );
    let stack = found(&[("pom.xml", &pom), ("src/main/resources/application.properties", properties)]).stack;
    stack.services[0]
        .environment
        .iter()
        .filter(|(_, value)| value.contains("{host}"))
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

#[test]
fn a_framework_is_told_by_the_names_that_its_configuration_makes_it_heed() {
    for (framework, library, properties, expected) in [
        (
            "spring-boot",
            "spring-boot-starter-data-redis",
            "spring.data.redis.url=redis://x",
            &["SPRING_DATA_REDIS_URL=redis://{host}:{port}"][..],
        ),
        ("spring-boot-2", "spring-boot-starter-data-redis", "spring.redis.url=redis://x", &["SPRING_REDIS_URL=redis://{host}:{port}"]),
        ("spring-boot-2", "spring-boot-starter-data-redis", "", &["SPRING_REDIS_HOST={host}"]),
        ("spring-boot", "spring-boot-starter-amqp", "spring.rabbitmq.addresses=a,b", &["SPRING_RABBITMQ_ADDRESSES={host}:{port}"]),
        (
            "spring-boot",
            "spring-kafka",
            "spring.kafka.consumer.bootstrap-servers=a\nspring.kafka.producer.bootstrapServers=a",
            &[
                "SPRING_KAFKA_BOOTSTRAP_SERVERS={host}:{port}",
                "SPRING_KAFKA_CONSUMER_BOOTSTRAP_SERVERS={host}:{port}",
                "SPRING_KAFKA_PRODUCER_BOOTSTRAP_SERVERS={host}:{port}",
            ],
        ),
        (
            "spring-boot",
            "postgresql",
            "spring.datasource.url=jdbc:postgresql://h/x?currentSchema=shop&sslmode=require&user=a",
            &["SPRING_DATASOURCE_URL=jdbc:postgresql://{host}:{port}/{database}?currentSchema=shop"],
        ),
        (
            "spring-boot",
            "mysql-connector-j",
            "spring.datasource.url=jdbc:mysql://h/x?useSSL=false&serverTimezone=UTC",
            &["SPRING_DATASOURCE_URL=jdbc:mysql://{host}:{port}/{database}?serverTimezone=UTC"],
        ),
        (
            "spring-boot",
            "postgresql",
            "spring.datasource.url=${U:jdbc:h2:mem:x?a=b}",
            &["SPRING_DATASOURCE_URL=jdbc:postgresql://{host}:{port}/{database}"],
        ),
        (
            "spring-boot",
            "r2dbc-postgresql postgresql",
            "spring.flyway.url=jdbc:postgresql://h/x",
            &[
                "SPRING_FLYWAY_URL=jdbc:postgresql://{host}:{port}/{database}",
                "SPRING_R2DBC_URL=r2dbc:postgresql://{host}:{port}/{database}",
            ],
        ),
        ("spring-boot", "r2dbc-mysql", "", &["SPRING_R2DBC_URL=r2dbc:mysql://{host}:{port}/{database}"]),
        ("quarkus", "quarkus-jdbc-mariadb", "", &["QUARKUS_DATASOURCE_JDBC_URL=jdbc:mariadb://{host}:{port}/{database}"]),
        ("quarkus", "quarkus-reactive-pg-client", "", &["QUARKUS_DATASOURCE_REACTIVE_URL=postgresql://{host}:{port}/{database}"]),
        (
            "quarkus",
            "quarkus-reactive-pg-client quarkus-jdbc-postgresql",
            "%prod.quarkus.datasource.jdbc.url=jdbc:postgresql://h/x?currentSchema=shop",
            &[
                "QUARKUS_DATASOURCE_JDBC_URL=jdbc:postgresql://{host}:{port}/{database}?currentSchema=shop",
                "QUARKUS_DATASOURCE_REACTIVE_URL=postgresql://{host}:{port}/{database}",
            ],
        ),
        ("micronaut", "mysql-connector-j", "", &["DATASOURCES_DEFAULT_URL=jdbc:mysql://{host}:{port}/{database}"]),
        ("micronaut", "mariadb-java-client", "", &["DATASOURCES_DEFAULT_URL=jdbc:mariadb://{host}:{port}/{database}"]),
    ] {
        assert_eq!(told_of(framework, library, properties), expected, "{framework} {library} {properties}");
    }
}

#[test]
fn tests_that_bring_their_servers_need_none() {
    let container = |artifact: &str| {
        let dependency =
            format!("<dependency><groupId>org.testcontainers</groupId><artifactId>{artifact}</artifactId><scope>test</scope></dependency>");
        BOOT.replacen("<dependencies>", &format!("<dependencies>{dependency}"), 1)
    };
    let yaml = |url: &str| format!("spring:\n  datasource:\n    url: {url}\n");
    let (h2, own) = (yaml("jdbc:h2:mem:x"), yaml("jdbc:postgresql://localhost/test"));
    let tests = "src/test/resources/application.yml";
    for (pom, configuration, needed) in [
        (BOOT.to_owned(), None, &["postgresql", "redis"][..]),
        (BOOT.to_owned(), Some((tests, h2.as_str())), &["redis"]),
        (BOOT.to_owned(), Some(("src/test/resources/application-test.yml", h2.as_str())), &["redis"]),
        (BOOT.to_owned(), Some((tests, own.as_str())), &["postgresql", "redis"]),
        (container("postgresql"), None, &["redis"]),
        (container("testcontainers-postgresql"), None, &["redis"]),
        (container("kafka"), None, &["postgresql", "redis"]),
    ] {
        let mut files = vec![("pom.xml", pom.as_str()), JAVA];
        files.extend(configuration);
        let services = found(&files).stack.services;
        assert_eq!(services.len(), 2, "compose has them all");
        let tested: Vec<&str> = services.iter().filter(|service| service.tests).map(|service| service.kind.as_str()).collect();
        assert_eq!(tested, needed, "{configuration:?} {pom}");
    }
    let build = "dependencies {\n  runtimeOnly 'org.postgresql:postgresql'\n  testImplementation 'org.testcontainers:postgresql:1'\n}";
    assert!(!found(&[SETTINGS, ("build.gradle", build)]).stack.services[0].tests);
}

#[test]
fn the_java_of_a_build_is_one_that_is_maintained() {
    for (level, version) in [("7", "8"), ("1.8", "8"), ("16", "17"), ("21", "21"), ("23", "25"), ("26", "26")] {
        let pom = BOOT.replace("<java.version>21<", &format!("<java.version>{level}<"));
        let found = found(&[("pom.xml", &pom), JAVA]);
        assert_eq!(found.stack.language_version, version, "{level}");
        let is_told = found.notes.iter().any(|note| note.message.contains("maintained no more"));
        assert_eq!(is_told, level.trim_start_matches("1.") != version, "{level}");
    }
    // The parent beside the modules says it.
    let root = "<project><artifactId>all</artifactId><packaging>pom</packaging><modules><module>app</module></modules></project>";
    let app =
        "<project><parent><artifactId>p</artifactId><relativePath>../parent</relativePath></parent><artifactId>app</artifactId></project>";
    let parent =
        "<project><artifactId>p</artifactId><properties><maven.compiler.release>21</maven.compiler.release></properties></project>";
    let stack = found(&[("pom.xml", root), ("app/pom.xml", app), ("parent/pom.xml", parent)]).stack;
    assert_eq!(stack.language_version, "21");
}
