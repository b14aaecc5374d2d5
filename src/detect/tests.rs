mod jvm;
mod node;
mod python;
mod rust;

use super::*;
use crate::tree::{Entry, RelPath};

pub(super) fn survey(files: &[(&str, &str)]) -> Survey {
    let mut survey = Survey { name: "Shop".to_owned(), ..Survey::default() };
    for (path, text) in files {
        survey.paths.insert((*path).to_owned());
        if is_wanted(path) {
            survey.files.insert(RelPath::new(*path).unwrap(), Entry::new(text.as_bytes().to_vec()));
        }
    }
    for started in started_files(&survey) {
        let text = files.iter().find(|(path, _)| *path == started).unwrap().1;
        survey.files.insert(RelPath::new(started).unwrap(), Entry::new(text.as_bytes().to_vec()));
    }
    survey
}

/// What was found, in short: a `?` marks a guess.
pub(super) fn told(detection: &Detection) -> Vec<String> {
    let stack = &detection.stack;
    let sure = |field: &str| if stack.origins.get(field).is_some_and(|origin| origin.certain) { "" } else { "?" };
    let version = |text: &Option<String>| text.as_ref().map_or_else(String::new, |text| format!(" {text}"));
    let mut told = vec![
        format!("{} in {}", stack.name, stack.directory),
        format!("{} {}{}", stack.language.name(), stack.language_version, sure("language_version")),
        stack.build_tool.clone(),
    ];
    if stack.framework != "none" {
        told.push(format!("{}{}", stack.framework, version(&stack.framework_version)));
    }
    told.extend(stack.test.iter().map(|test| test.command.join(" ")));
    for module in &stack.modules {
        let port = module.port.map_or_else(String::new, |port| format!(" :{port}{}", sure(&format!("modules.{}.port", module.name))));
        let variable = module.port_variable.as_ref().map_or_else(String::new, |name| format!(" {name}"));
        let health = module.health_path.as_ref().map_or_else(String::new, |path| format!(" {path}"));
        told.push(format!("{} in {}: {}{port}{variable}{health}", module.name, module.directory, module.launch.join(" ")));
        told.extend(module.main_class.iter().chain(&module.artifact).cloned());
    }
    told.extend(
        stack
            .services
            .iter()
            .map(|service| format!("{} by {}", service.kind, service.environment.keys().next().map_or("", String::as_str))),
    );
    told.extend(detection.notes.iter().map(|note| format!("{}: {}", note.place, note.message)));
    told
}

#[track_caller]
pub(super) fn check(files: &[(&str, &str)], expected: &[&str]) {
    let found = detect(&survey(files), None).unwrap();
    assert_eq!(told(&found), expected);
}

pub(super) const BOOT: &str = "<project>
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.5.7</version>
  </parent>
  <artifactId>Shop_API</artifactId>
  <version>1.2.0</version>
  <properties><java.version>21</java.version></properties>
  <dependencies>
    <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency>
    <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-actuator</artifactId></dependency>
    <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-data-redis</artifactId></dependency>
    <dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId><scope>runtime</scope></dependency>
    <dependency><groupId>com.mysql</groupId><artifactId>mysql-connector-j</artifactId><scope>test</scope></dependency>
  </dependencies>
  <build><plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build>
</project>";
pub(super) const STARTED: &str =
    "package com.shop;\n\n@SpringBootApplication\nclass ShopApplication {\n  public static void main(String[] a) {}\n}\n";

#[test]
fn spring_boot_by_maven() {
    let java = "src/main/java/com/shop/ShopApplication.java";
    let yaml = "server:\n  port: ${HTTP:9000}\n  servlet:\n    context-path: /api\n---\nspring.config.activate.on-profile: dev\nserver.port: 1234\n";
    check(
        &[("pom.xml", BOOT), ("mvnw", ""), (java, STARTED), ("src/main/resources/application.yml", yaml)],
        &[
            "shop-api in .",
            "java 21",
            "maven",
            "spring-boot 3.5.7",
            "./mvnw verify",
            "shop-api in .: java -jar app.jar :9000 HTTP /api/actuator/health",
            "com.shop.ShopApplication",
            "target/Shop_API-1.2.0.jar",
            "postgresql by SPRING_DATASOURCE_PASSWORD",
            "redis by SPRING_DATA_REDIS_HOST",
        ],
    );
    // Each finding says where it was read.
    let found = detect(&survey(&[("pom.xml", BOOT), (java, STARTED)]), None).unwrap();
    let places: Vec<String> = found.stack.origins.iter().map(|(field, origin)| format!("{field} {}", origin.place)).collect();
    assert_eq!(
        places,
        [
            "build_tool pom.xml:1",
            "framework pom.xml:5",
            "language pom.xml:1",
            "language_version pom.xml:9",
            "modules.shop-api pom.xml:7",
            "modules.shop-api.health_path pom.xml:12",
            "modules.shop-api.main_class src/main/java/com/shop/ShopApplication.java:5",
            "modules.shop-api.port pom.xml:7",
            "name pom.xml:7",
            "services.postgresql pom.xml:14",
            "services.redis pom.xml:13",
            "test pom.xml:1",
        ]
    );
}

#[test]
fn every_spring_boot_is_started_by_the_loader_that_it_has() {
    let old = "java org.springframework.boot.loader.JarLauncher";
    for (version, launch) in [
        ("1.5.22.RELEASE", "java -cp app.jar org.springframework.boot.loader.JarLauncher"),
        ("2.3.12.RELEASE", "java -cp app.jar org.springframework.boot.loader.JarLauncher"),
        ("2.4.0", old),
        ("2.7.18", old),
        ("3.1.12", old),
        ("3.2.0-RC1", "java org.springframework.boot.loader.launch.JarLauncher"),
        ("3.2.12", "java org.springframework.boot.loader.launch.JarLauncher"),
        ("3.3.0", "java -jar app.jar"),
        ("3.10.1", "java -jar app.jar"),
        ("4.0.0-SNAPSHOT", "java -jar app.jar"),
        ("${boot}", "java -jar app.jar"),
    ] {
        let pom = BOOT.replace("3.5.7", version);
        let found = detect(&survey(&[("pom.xml", &pom)]), None).unwrap().stack;
        assert_eq!(found.modules[0].launch.join(" "), launch, "{version}");
    }
}

#[test]
fn spring_boot_1_says_how_it_is_beside_everything_else() {
    let pom = BOOT.replace("3.5.7", "1.5.22.RELEASE");
    for (properties, path) in [
        ("", "/health"),
        ("server.context-path=/shop\nmanagement.context-path=/manage\n", "/shop/manage/health"),
        ("management.endpoints.web.base-path=/other\n", "/health"),
    ] {
        let files = [("pom.xml", pom.as_str()), ("src/main/resources/application.properties", properties)];
        let found = detect(&survey(&files), None).unwrap().stack;
        assert_eq!(found.modules[0].health_path.as_deref(), Some(path), "{properties}");
    }
}

const PLAIN_MAIN: &str = "package x;\nclass Main { public static void main(String[] a) {} }";

#[test]
fn a_plain_jar_gets_its_libraries_beside_it() {
    let pom = |dependencies: &str, plugins: &str| {
        format!(
            "<project><artifactId>echo</artifactId><version>1</version><properties><maven.compiler.release>21</maven.compiler.release></properties>
<dependencies>{dependencies}</dependencies><build><plugins>{plugins}</plugins></build></project>"
        )
    };
    let library = "<dependency><groupId>g</groupId><artifactId>gson</artifactId></dependency>";
    let plugin = |name: &str| {
        format!("<plugin><artifactId>{name}</artifactId><configuration><mainClass>x.Main</mainClass></configuration></plugin>")
    };
    let launched = |dependencies: &str, plugins: &str| {
        let pom = pom(dependencies, plugins);
        let found = detect(&survey(&[("pom.xml", &pom), ("src/main/java/x/Main.java", PLAIN_MAIN)]), None).unwrap();
        found.stack.modules.iter().map(|module| module.launch.join(" ")).collect::<Vec<_>>()
    };
    let (whole, beside) = ("java -jar app.jar", "java -cp app.jar:lib/* x.Main");
    assert_eq!(launched("", &plugin("maven-jar-plugin")), [whole]);
    assert_eq!(launched(library, &plugin("maven-shade-plugin")), [whole]);
    assert_eq!(launched(library, &plugin("maven-jar-plugin")), [beside]);
    assert_eq!(launched(library, &plugin("exec-maven-plugin")), [beside]);
    assert_eq!(launched("", ""), [beside], "no manifest says what is started");
}

#[test]
fn of_several_classes_with_a_main_the_first_is_a_guess() {
    let pom = "<project><artifactId>echo</artifactId><version>1</version></project>";
    let certain = |files: &[(&str, &str)]| {
        let found = detect(&survey(&[&[("pom.xml", pom)], files].concat()), None).unwrap();
        found.stack.origins.get("modules.echo.main_class").unwrap().certain
    };
    assert!(certain(&[("src/main/java/x/Main.java", PLAIN_MAIN)]));
    assert!(!certain(&[("src/main/java/x/Main.java", PLAIN_MAIN), ("src/main/java/x/ImportApp.java", PLAIN_MAIN)]));
}

#[test]
fn an_application_of_gradle_is_installed() {
    let build = "plugins {\n    id 'application'\n}\ndependencies {\n    implementation 'com.google.code.gson:gson:2.13.2'\n}\napplication {\n    mainClass = 'x.Main'\n}\n";
    check(
        &[
            ("build.gradle", build),
            ("settings.gradle", "rootProject.name = 'echo'\n"),
            ("src/main/java/x/Main.java", PLAIN_MAIN),
            (".sdkmanrc", "java=21.0.9-tem\n"),
        ],
        &["echo in .", "java 21", "gradle", "gradle check", "echo in .: java -cp lib/* x.Main", "x.Main", "build/install/echo/lib"],
    );
}

#[test]
fn a_tree_of_maven_modules() {
    let root = "<project>\n<groupId>g</groupId><artifactId>shop</artifactId><version>${revision}</version><packaging>pom</packaging>
<properties><revision>7</revision><maven.compiler.release>1.8</maven.compiler.release></properties>
<modules><module>api</module><module>lib</module><module>gone</module><module>../out</module></modules></project>";
    let api = "<project><parent><artifactId>shop</artifactId><version>${revision}</version></parent><artifactId>api</artifactId>
<build><plugins><plugin><artifactId>maven-jar-plugin</artifactId><configuration><archive><manifest><mainClass>x.Main</mainClass></manifest></archive></configuration></plugin></plugins></build></project>";
    let lib = "<project><parent><artifactId>shop</artifactId></parent><artifactId>lib</artifactId></project>";
    check(
        &[
            ("pom.xml", root),
            ("api/pom.xml", api),
            ("lib/pom.xml", lib),
            ("api/src/main/java/x/Main.java", "package x;\nclass Main { public static void main(String[] a) {} }"),
        ],
        &[
            "shop in .",
            "java 8",
            "maven",
            "mvn verify",
            "api in api: java -jar app.jar",
            "x.Main",
            "target/api-7.jar",
            "pom.xml:4: the module `../out` is not in the project",
            "pom.xml:4: the module `gone` has no pom.xml that can be read",
        ],
    );
}

#[test]
fn spring_boot_by_gradle_in_both_languages() {
    let groovy = "plugins {\n  id 'org.springframework.boot' version '4.0.1'\n}\nversion = '0.1'\njava { toolchain { languageVersion = JavaLanguageVersion.of(25) } }
dependencies {\n  implementation 'org.springframework.boot:spring-boot-starter-webflux'\n  implementation 'org.springframework.boot:spring-boot-starter-data-mongodb'
  // implementation 'redis.clients:jedis:5'\n  testImplementation 'org.springframework.kafka:spring-kafka'\n}\n";
    let expected = |test: &str| {
        [
            "shop in .",
            "java 25",
            "gradle",
            "spring-boot 4.0.1",
            test,
            "shop in .: java -jar app.jar :8080 SERVER_PORT",
            "com.shop.ShopApplication",
            "build/libs/shop-0.1.jar",
            "mongodb by SPRING_MONGODB_URI",
        ]
        .map(str::to_owned)
    };
    let java = ("src/main/java/com/shop/ShopApplication.java", STARTED);
    let files = [("settings.gradle", "rootProject.name = 'shop'"), ("build.gradle", groovy), ("gradlew", ""), java];
    let found = told(&detect(&survey(&files), None).unwrap());
    assert_eq!(found[..9], expected("./gradlew check"));
    assert_eq!(found[9], "build.gradle:1: no health endpoint: `spring-boot-starter-actuator` brings one");

    let kotlin = "plugins {\n  alias(libs.plugins.spring.boot)\n}\nversion = \"0.1\"\nkotlin { jvmToolchain(25) }\ndependencies {\n  implementation(libs.webflux)\n  implementation(libs.mongo)\n}\n";
    let catalog = "[versions]\nboot = \"4.0.1\"\n[libraries]\nwebflux = { module = \"org.springframework.boot:spring-boot-starter-webflux\" }
mongo = { group = \"org.springframework.boot\", name = \"spring-boot-starter-data-mongodb\" }\n[plugins]\nspring-boot = { id = \"org.springframework.boot\", version.ref = \"boot\" }\n";
    let files = [
        ("settings.gradle.kts", "rootProject.name = \"shop\""),
        ("build.gradle.kts", kotlin),
        ("gradle/libs.versions.toml", catalog),
        java,
    ];
    assert_eq!(told(&detect(&survey(&files), None).unwrap())[..9], expected("gradle check"));
}

#[test]
fn a_version_catalogue_says_versions_plugins_and_bundles() {
    let settings = ("settings.gradle.kts", "rootProject.name = \"shop\"");
    let java = ("src/main/java/com/shop/ShopApplication.java", STARTED);
    let catalog = "[versions]\njava = \"21\"\njdk-old = { strictly = \"[17, 18[\", prefer = \"17\" }\nboot = \"3.5.7\"\n\n[libraries]
web = \"org.springframework.boot:spring-boot-starter-web:3.5.7\"\nredis = { module = \"org.springframework.boot:spring-boot-starter-data-redis\" }
pg = { group = \"org.postgresql\", name = \"postgresql\", version = { strictly = \"42.7.7\" } }\n\n[bundles]\ndata = [\"redis\", \"pg\"]\n\n[plugins]
spring-boot = \"org.springframework.boot:3.5.7\"\n";
    for (build, version, place, framework) in [
        (
            "alias(libs.plugins.spring.boot)\nkotlin { jvmToolchain(libs.versions.java.get().toInt()) }",
            "21",
            "gradle/libs.versions.toml:2",
            "gradle/libs.versions.toml:15",
        ),
        (
            "id(libs.plugins.spring.boot.get().pluginId)\njava { toolchain { languageVersion = JavaLanguageVersion.of(libs.versions.jdk.old.get()) } }",
            "17",
            "gradle/libs.versions.toml:3",
            "gradle/libs.versions.toml:15",
        ),
        (
            "id(\"org.springframework.boot\") version libs.versions.boot\njava.sourceCompatibility = JavaVersion.VERSION_25",
            "25",
            "build.gradle.kts:3",
            "gradle/libs.versions.toml:4",
        ),
    ] {
        let script =
            format!("plugins {{\n{build}\n}}\ndependencies {{\n  implementation(libs.web)\n  implementation(libs.bundles.data)\n}}\n");
        let found =
            detect(&survey(&[settings, java, ("build.gradle.kts", &script), ("gradle/libs.versions.toml", catalog)]), None).unwrap().stack;
        assert_eq!((found.language_version.as_str(), found.origins["language_version"].place.as_str()), (version, place), "{build}");
        assert_eq!((found.framework_version.as_deref(), found.origins["framework"].place.as_str()), (Some("3.5.7"), framework), "{build}");
        assert_eq!(found.modules[0].port, Some(8080), "{build}");
        assert_eq!(found.services.iter().map(|service| service.kind.as_str()).collect::<Vec<_>>(), ["postgresql", "redis"], "{build}");
    }
}

#[test]
fn quarkus_and_a_part_of_a_gradle_build() {
    let pom = "<project><artifactId>q</artifactId><version>1</version><properties><maven.compiler.release>21</maven.compiler.release></properties>
<dependencyManagement><dependencies><dependency><groupId>io.quarkus.platform</groupId><artifactId>quarkus-bom</artifactId><version>3.30.1</version></dependency></dependencies></dependencyManagement>
<dependencies><dependency><groupId>io.quarkus</groupId><artifactId>quarkus-smallrye-health</artifactId></dependency><dependency><groupId>io.quarkus</groupId><artifactId>quarkus-messaging-kafka</artifactId></dependency></dependencies>
<build><plugins><plugin><groupId>io.quarkus.platform</groupId><artifactId>quarkus-maven-plugin</artifactId></plugin></plugins></build></project>";
    check(
        &[("pom.xml", pom), ("src/main/resources/application.properties", "quarkus.http.port=8081\n")],
        &[
            "q in .",
            "java 21",
            "maven",
            "quarkus 3.30.1",
            "mvn verify",
            "q in .: java -jar app.jar :8081 QUARKUS_HTTP_PORT /q/health",
            "target/quarkus-app/quarkus-run.jar",
            "kafka by KAFKA_BOOTSTRAP_SERVERS",
        ],
    );
    let app = "plugins { id(\"application\") }\napplication { }\n";
    check(
        &[
            ("settings.gradle.kts", "rootProject.name = \"all\"\ninclude(\n  \":apps:web\",\n  \":lib\",\n)\n"),
            ("apps/web/build.gradle.kts", app),
            ("apps/web/src/main/kotlin/Main.kt", "fun main() {}\n"),
            ("lib/build.gradle.kts", "plugins { `java-library` }\n"),
            (".sdkmanrc", "java=17.0.9-tem\n"),
        ],
        &["all in .", "java 17", "gradle", "gradle check", "web in apps/web: java -cp lib/* MainKt", "MainKt", "build/install/web/lib"],
    );
}

#[test]
fn node_and_what_installs_it() {
    let package = r#"{
  "name": "@acme/Shop",
  "main": "src/server.js",
  "engines": { "node": ">=20" },
  "scripts": { "start": "node src/server.js", "test": "vitest run" },
  "dependencies": { "express": "^5.1.0", "pg": "8", "ioredis": "5" }
}"#;
    let code = "const port = process.env.PORT || 3000;\napp.get('/healthz', ok);\napp.listen(port);\n";
    check(
        &[("package.json", package), ("pnpm-lock.yaml", ""), (".nvmrc", "lts/jod\n"), ("src/server.js", code)],
        &[
            "shop in .",
            "node 22",
            "pnpm",
            "express 5.1.0",
            "pnpm test",
            "shop in .: node src/server.js :3000 PORT /healthz",
            "postgresql by DATABASE_URL",
            "redis by REDIS_URL",
        ],
    );
    let package = r#"{"name": "web", "scripts": {"start": "next start", "test": "echo \"Error: no test specified\" && exit 1"}, "dependencies": {"next": "15.1.0", "@prisma/client": "6"}, "packageManager": "yarn@4.5.0"}"#;
    check(
        &[("package.json", package), ("prisma/schema.prisma", "datasource db {\n  provider = \"mysql\"\n}\n")],
        &[
            "web in .",
            "node ?",
            "yarn",
            "next 15.1.0",
            "web in .: node_modules/.bin/next start :3000 PORT",
            "mysql by DATABASE_URL",
            ".: no file says which version of Node.js is wanted",
            "package.json: has no script `test`",
        ],
    );
}

#[test]
fn next_answers_where_its_files_lie() {
    let package = r#"{"name": "web", "scripts": {"start": "next start"}, "dependencies": {"next": "16.0.0"}}"#;
    for (file, config, path) in [
        ("app/api/health/route.js", "", Some("/api/health")),
        ("src/app/healthz/route.ts", "", Some("/healthz")),
        ("pages/api/ping.js", "", Some("/api/ping")),
        ("app/api/health/check.js", "", None),
        ("pages/orders/ready.js", "", None),
        ("app/api/health/route.js", "export default { basePath: '/shop' };\n", None),
    ] {
        let found = detect(&survey(&[("package.json", package), ("next.config.mjs", config), (file, "")]), None).unwrap().stack;
        assert_eq!(found.modules[0].health_path.as_deref(), path, "{file}");
        let origin = found.origins.get("modules.web.health_path").map(|origin| (origin.place.as_str(), origin.certain));
        assert_eq!(origin, path.map(|_| (file, false)));
    }
}

#[test]
fn python_and_what_installs_it() {
    let pyproject = "[project]\nname = \"shop\"\nrequires-python = \">=3.12\"\ndependencies = [\n  \"fastapi[standard]>=0.115\",\n  \"psycopg[binary]==3.2.1\",\n]\n[dependency-groups]\ndev = [\"pytest\"]\n";
    check(
        &[("pyproject.toml", pyproject), ("uv.lock", ""), ("src/app/main.py", "app = FastAPI()\n@app.get(\"/health\")\n")],
        &[
            "shop in .",
            "python 3.12",
            "uv",
            "fastapi",
            "uv run python -m pytest",
            "shop in .: uvicorn src.app.main:app --host 0.0.0.0 --port 8000 :8000? /health",
            "postgresql by DATABASE_URL",
        ],
    );
    check(
        &[
            ("requirements.txt", "Django==5.2\ngunicorn\n-r more.txt\n# redis\nmysqlclient ; python_version > '3'\n"),
            ("manage.py", ""),
            ("site/wsgi.py", ""),
            ("runtime.txt", "python-3.13.1"),
        ],
        &[
            "shop in .",
            "python 3.13",
            "pip",
            "django 5.2",
            "python manage.py test",
            "shop in .: gunicorn --bind 0.0.0.0:8000 site.wsgi :8000?",
            "mysql by DATABASE_URL",
            "requirements.txt:3: takes in `more.txt`, which is not among the project's files: pip will not install this",
        ],
    );
    check(
        &[
            (
                "pyproject.toml",
                "[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\npython = \"^3.11\"\nflask = {version = \"^3.0\"}\npika = \"*\"\n",
            ),
            ("app.py", "app = Flask(__name__)\n"),
            ("test_x.py", ""),
        ],
        &[
            "x in .",
            "python 3.11",
            "poetry",
            "flask 3.0",
            "poetry run python -m unittest discover",
            "x in .: flask --app app:app run --host 0.0.0.0 --port 5000 :5000?",
            "rabbitmq by RABBITMQ_URL",
        ],
    );
    check(
        &[("setup.py", ""), ("notes/__main__.py", ""), ("Dockerfile", "FROM x\nEXPOSE 9000/tcp\n")],
        &[
            "shop in .",
            "python ?",
            "none",
            "shop in .: python -m notes :9000?",
            ".: no file says which version of Python is wanted",
            "setup.py: there are no tests: no file that is called `test_….py`",
        ],
    );
}

/// What starts the program may stand in an extra: its image wants that, and so do its tests.
#[test]
fn an_extra_that_the_program_does_not_start_without_is_installed() {
    let project = "[project]\nname = \"shop\"\nrequires-python = \">=3.12\"\n";
    let split =
        format!("{project}dependencies = [\"fastapi\"]\n[project.optional-dependencies]\nserver = [\"uvicorn\"]\ntest = [\"pytest\"]\n");
    let both = format!(
        "{project}dependencies = []\n[project.optional-dependencies]\nserver = [\"uvicorn\", \"FastAPI\"]\ndev = [\"uvicorn\", \"pytest\"]\n"
    );
    let proper =
        format!("{project}dependencies = [\"fastapi\", \"uvicorn\"]\n[project.optional-dependencies]\nfast = [\"uvicorn[standard]\"]\n");
    let grouped = format!(
        "{project}dependencies = [\"fastapi\", \"pytest\"]\n[project.optional-dependencies]\nrun = [\"uvicorn\"]\n[dependency-groups]\ndev = [\"uvicorn\"]\n"
    );
    let poetry = "[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\nfastapi = \"*\"\npytest = \"*\"\nuvicorn = {version = \"*\", optional = true}\n[tool.poetry.extras]\nserver = [\"uvicorn\"]\n";
    let code = [("main.py", "app = FastAPI()\n"), ("test_x.py", "")];
    let lock = ("uv.lock", "");
    for (files, extras, command, install) in [
        (
            &[("pyproject.toml", split.as_str()), lock][..],
            "server",
            "uv run --extra test --extra server python -m pytest",
            "--extra test --extra server",
        ),
        (&[("pyproject.toml", &split)], "server", "python -m pytest", ".[server,test]"),
        (&[("pyproject.toml", &both)], "server", "python -m pytest", ".[dev,server]"),
        (&[("pyproject.toml", &proper)], "", "python -m unittest discover", ""),
        (&[("pyproject.toml", &grouped), lock], "run", "uv run --extra run python -m pytest", "--extra run"),
        (&[("pyproject.toml", poetry)], "server", "poetry run python -m pytest", "--extras server"),
    ] {
        let found = detect(&survey(&[files, &code].concat()), None).unwrap().stack;
        let test = found.test.expect("a test");
        let told = (found.extras.join(" "), test.command.join(" "), test.install.join(" "));
        assert_eq!(told, (extras.to_owned(), command.to_owned(), install.to_owned()), "{files:?}");
    }
}

/// What tests need is installed where it is declared: in a group, an extra or a file, unless that is installed anyway.
#[test]
fn what_python_tests_need_is_installed_from_where_it_is_declared() {
    let project = "[project]\nname = \"shop\"\nrequires-python = \">=3.12\"\ndependencies = [\"flask\"]\n";
    let groups = |table: &str| format!("{project}{table}");
    let poetry = |more: &str| format!("[tool.poetry]\nname = \"shop\"\n[tool.poetry.dependencies]\npython = \"^3.12\"\n{more}");
    let extra = groups("[project.optional-dependencies]\ndocs = [\"mkdocs\"]\ntest = [\"pytest>=8\", \"httpx\"]\n");
    let group = groups("[dependency-groups]\nlint = [\"ruff\"]\ntest = [\n  \"pytest\",\n]\n");
    let dev = groups("[dependency-groups]\ndev = [\"pytest\"]\n");
    let chosen = groups("[dependency-groups]\nqa = [\"pytest\"]\n[tool.uv]\ndefault-groups = [\"qa\"]\n");
    let helpers = groups("[project.optional-dependencies]\ntests = [\"responses\"]\n");
    let optional = poetry("[tool.poetry.group.test]\noptional = true\n[tool.poetry.group.test.dependencies]\npytest = \"^8\"\n");
    let usual = poetry("[tool.poetry.group.test.dependencies]\npytest = {version = \"^8\"}\n");
    let extras = poetry("pytest = {version = \"^8\", optional = true}\n[tool.poetry.extras]\ntest = [\"pytest\"]\n");
    let old = "[metadata]\nname = shop\n[options.extras_require]\ndocs = sphinx\ntesting =\n    pytest>=7\n    mock\n";
    let (lock, python) = (("uv.lock", ""), ("tests/test_x.py", ""));
    for (files, command, install, place) in [
        (&[("pyproject.toml", group.as_str()), lock][..], "uv run --group test python -m pytest", "--group test", "pyproject.toml:8"),
        (&[("pyproject.toml", &extra), lock], "uv run --extra test python -m pytest", "--extra test", "pyproject.toml:7"),
        (&[("pyproject.toml", &dev), lock], "uv run python -m pytest", "", "pyproject.toml:6"),
        (&[("pyproject.toml", &chosen), lock], "uv run python -m pytest", "", "pyproject.toml:6"),
        (&[("pyproject.toml", &helpers), lock], "uv run --extra tests python -m unittest discover", "--extra tests", "pyproject.toml:1"),
        (&[("pyproject.toml", &optional)], "poetry run python -m pytest", "--with test", "pyproject.toml:8"),
        (&[("pyproject.toml", &usual)], "poetry run python -m pytest", "", "pyproject.toml:6"),
        (&[("pyproject.toml", &extras)], "poetry run python -m pytest", "--extras test", "pyproject.toml:5"),
        (&[("pyproject.toml", &extra)], "python -m pytest", ".[test]", "pyproject.toml:7"),
        (&[("pyproject.toml", &group)], "python -m pytest", ". --group test", "pyproject.toml:8"),
        (&[("setup.cfg", old), ("setup.py", "")], "python -m pytest", ".[testing]", "setup.cfg:6"),
        (
            &[("requirements.txt", "flask\n"), ("requirements/dev.txt", "ruff\n"), ("requirements/test.txt", "pytest\n")],
            "python -m pytest",
            "-r requirements/test.txt",
            "requirements/test.txt:1",
        ),
        (&[("requirements.txt", "flask\n"), ("requirements-dev.txt", "pytest\n")], "python -m pytest", "", "requirements-dev.txt:1"),
        (&[("requirements.txt", "flask\npytest\n"), ("test-requirements.txt", "mock\n")], "python -m pytest", "", "requirements.txt:2"),
    ] {
        let found = detect(&survey(&[files, &[python]].concat()), None).unwrap().stack;
        let test = found.test.expect("a test");
        let told = (test.command.join(" "), test.install.join(" "), found.origins["test"].place.clone());
        assert_eq!(told, (command.to_owned(), install.to_owned(), place.to_owned()), "{files:?}");
    }
}

#[test]
fn a_workspace_of_node_has_packages_that_are_started_and_others() {
    let api = r#"{"name": "@acme/api", "scripts": {"start": "node src/server.js", "test": "node --test"}, "dependencies": {"fastify": "5.6.0", "ioredis": "5", "@acme/greeting": "*"}}"#;
    let web = r#"{"name": "@acme/web", "scripts": {"start": "next start", "build": "next build"}, "dependencies": {"next": "16.0.0"}}"#;
    let library = r#"{"name": "@acme/greeting", "main": "index.js", "scripts": {"test": "node --test"}}"#;
    let code = "app.get('/health', ok);\napp.listen({ port: process.env.PORT ?? 3001, host: '0.0.0.0' });\n";
    let members = [
        ("apps/api/package.json", api),
        ("apps/api/src/server.js", code),
        ("apps/web/package.json", web),
        ("apps/web/next.config.ts", "export default {\n  output: \"standalone\",\n};\n"),
        ("apps/web/src/app/api/(ops)/health/route.ts", ""),
        ("apps/web/src/app/health/page.tsx", ""),
        ("packages/greeting/package.json", library),
        ("packages/greeting/index.js", ""),
        ("examples/old/package.json", r#"{"scripts": {"start": "node x.js"}}"#),
    ];
    let told_of = |test: &str, tool: &str| {
        [
            "shop in .",
            "node 22",
            tool,
            "fastify 5.6.0",
            test,
            "api in apps/api: node src/server.js :3001 PORT /health",
            "web in apps/web: node server.js :3000 PORT /api/health",
            ".next/standalone",
            "redis by REDIS_URL",
        ]
        .map(str::to_owned)
    };
    let root = |more: &str| format!(r#"{{"name": "shop", "private": true, "engines": {{"node": "22"}}{more}}}"#);
    let npm = root(r#", "workspaces": ["apps/*", "packages/*"]"#);
    let yarn = root(r#", "workspaces": {"packages": ["./apps/*/", "packages/**"]}, "packageManager": "yarn@4.9.2""#);
    let own_test = root(r#", "workspaces": ["apps/*", "packages/*"], "scripts": {"test": "turbo test"}"#);
    let pnpm = ("pnpm-workspace.yaml", "packages:\n  - '**'\n  - '!examples/**'\n");
    for (files, test, tool, berry) in [
        (&[("package.json", npm.as_str()), ("package-lock.json", "")][..], "npm run test --workspaces --if-present", "npm", false),
        (&[("package.json", &own_test), ("package-lock.json", "")], "npm test", "npm", false),
        (&[("package.json", &yarn), ("yarn.lock", "")], "yarn workspaces foreach --all --topological-dev run test", "yarn", true),
        (&[("package.json", &root("")), ("pnpm-lock.yaml", ""), pnpm], "pnpm --recursive run test", "pnpm", false),
    ] {
        let found = detect(&survey(&[files, &members].concat()), None).unwrap();
        assert_eq!(told(&found), told_of(test, tool), "{files:?}");
        assert_eq!((found.stack.workspaces, found.stack.berry), (true, berry), "{files:?}");
        assert_eq!(found.stack.origins["modules.web"].place, "apps/web/next.config.ts:2");
    }
    let gone = root(r#", "workspaces": ["libs/*"]"#);
    let found = told(&detect(&survey(&[("package.json", &gone)]), None).unwrap());
    assert!(found.contains(&"package.json: names packages of a workspace, and there are none at `libs/*`".to_owned()), "{found:?}");
}

#[test]
fn which_yarn_it_is_says_its_number_or_its_settings() {
    for (files, berry) in [
        (&[("package.json", r#"{"packageManager": "yarn@1.22.22"}"#), ("yarn.lock", "")][..], false),
        (&[("package.json", r#"{"packageManager": "yarn@3.8.7+sha224.0"}"#), ("yarn.lock", "")], true),
        (&[("package.json", "{}"), ("yarn.lock", "")], false),
        (&[("package.json", "{}"), ("yarn.lock", ""), (".yarnrc.yml", "nodeLinker: node-modules\n")], true),
        (&[("package.json", "{}"), ("package-lock.json", ""), (".yarnrc.yml", "")], false),
    ] {
        assert_eq!(detect(&survey(files), None).unwrap().stack.berry, berry, "{files:?}");
    }
}

#[test]
fn the_names_that_a_program_reads_are_those_it_is_told_by() {
    let environment = |files: &[(&str, &str)]| {
        let stack = detect(&survey(files), None).unwrap().stack;
        let of_service =
            |field: &str, kind: &str| stack.origins.get(&format!("services.{kind}.{field}")).map_or("", |origin| &origin.place).to_owned();
        let told: Vec<String> = stack
            .services
            .iter()
            .flat_map(|service| {
                service.environment.iter().map(|(name, value)| format!("{name}={value} {}", of_service(name, &service.kind)))
            })
            .collect();
        told
    };
    let module = "module x\n\nrequire (\n\tgithub.com/redis/go-redis/v9 v9.7.0\n)\n";
    let main = "func main() {\n\tc := redis.NewClient(&redis.Options{Addr: os.Getenv(\"REDIS_ADDR\")})\n}\n";
    assert_eq!(environment(&[("go.mod", module), ("main.go", main)]), ["REDIS_ADDR={host}:{port} main.go:2"]);
    let only_port = main.replace("REDIS_ADDR", "REDIS_PORT");
    assert_eq!(environment(&[("go.mod", module), ("main.go", &only_port)]), ["REDIS_URL=redis://{host}:{port} "], "no address is read");
    let in_test = [("go.mod", module), ("main.go", "func main() {}"), ("main_test.go", main)];
    assert_eq!(environment(&in_test), ["REDIS_URL=redis://{host}:{port} "], "a test reads it");

    let package = r#"{"dependencies": {"pg": "8", "amqplib": "0.10"}, "scripts": {"start": "node src/index.js"}}"#;
    let config = "export const db = {\n  host: process.env.DB_HOST || 'localhost',\n  port: Number(process.env['DB_PORT']),\n  password: process.env.POSTGRES_PASSWORD,\n};\n";
    assert_eq!(
        environment(&[("package.json", package), ("src/config.ts", config), ("src/index.js", "")]),
        [
            "DB_HOST={host} src/config.ts:2",
            "DB_PORT={port} src/config.ts:3",
            "POSTGRES_PASSWORD={password} src/config.ts:4",
            "RABBITMQ_URL=amqp://{user}:{password}@{host}:{port} ",
        ]
    );

    let settings = "class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_prefix=\"SHOP_\")\n    database_url: str = \"postgresql+psycopg://a:b@localhost/shop\"\n";
    assert_eq!(
        environment(&[("requirements.txt", "psycopg\n"), ("shop/settings.py", settings)]),
        ["SHOP_DATABASE_URL=postgresql+psycopg://{user}:{password}@{host}:{port}/{database} shop/settings.py:3"]
    );

    // What Spring Boot itself reads it is told by its own names; for the rest there are no others.
    let pom = BOOT
        .replace("<dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId><scope>runtime</scope></dependency>", "");
    let yaml = "spring:\n  data.redis.host: ${REDIS_HOST:localhost}\nshop:\n  sessions: ${SESSION_REDIS_URL:redis://localhost:6379/1}\n";
    assert_eq!(
        environment(&[("pom.xml", &pom), ("src/main/resources/application.yml", yaml)]),
        [
            "SESSION_REDIS_URL=redis://{host}:{port}/1 src/main/resources/application.yml:4",
            "SPRING_DATA_REDIS_HOST={host} ",
            "SPRING_DATA_REDIS_PORT={port} ",
        ]
    );
}

#[test]
fn go_cargo_and_plain_files() {
    check(
        &[
            (
                "go.mod",
                "module example.com/acme/shop/v2\n\ngo 1.24.1\n\nrequire (\n\tgithub.com/gin-gonic/gin v1.10.0\n\tgithub.com/jackc/pgx/v5 v5.7.1\n\tgithub.com/redis/go-redis/v9 v9.7.0 // indirect\n)\n",
            ),
            (
                "cmd/server/main.go",
                "package main\n\nfunc main() {\n\tr.GET(\"/healthz\", ok)\n\tr.Run(\":\" + cmp.Or(os.Getenv(\"PORT\"), \"x\"))\n\thttp.ListenAndServe(\":8081\", r)\n}\n",
            ),
        ],
        &[
            "shop in .",
            "go 1.24",
            "go",
            "gin 1.10.0",
            "go test ./...",
            "server in cmd/server: /app :8081 PORT /healthz",
            "postgresql by DATABASE_URL",
        ],
    );
    let main = |body: &str| format!("package main\n\nimport \"example.com/shop/internal/serve\"\n\nfunc main() {{ {body} }}\n");
    let (api, admin) = (main("serve.Start()"), main("serve.At(\":9001\")"));
    check(
        &[
            ("go.mod", "module example.com/shop\n\ngo 1.24\n"),
            ("cmd/admin/admin.go", &admin),
            ("cmd/api/main.go", &api),
            ("cmd/once/main.go", "package main\n\nfunc main() { migrate() }\n"),
            ("hack/gen.go", "package main\n\nfunc main() {}\n"),
            ("internal/config/config.go", "package config\n\nvar Port = env(\"PORT\", \"9000\")\n"),
            (
                "internal/serve/serve.go",
                "package serve\n\nimport (\n\t\"example.com/shop/internal/config\"\n)\n\nvar health = \"GET /readyz\"\n",
            ),
            ("internal/other/other.go", "package other\n\nvar Port = env(\"HTTP_PORT\", \"7000\")\n"),
        ],
        &[
            "shop in .",
            "go 1.24",
            "go",
            "go test ./...",
            "admin in cmd/admin: /app :9001? /readyz",
            "api in cmd/api: /app :9000 PORT /readyz",
            "once in cmd/once: /app",
        ],
    );
    check(
        &[
            ("go.mod", "module example.com/shop\n\ngo 1.24\n"),
            ("gen.go", "//go:build ignore\n\npackage main\n\nfunc main() {}\n"),
            ("server/server.go", "package main\n\nfunc main() { start(\":9001\") }\n"),
        ],
        &["shop in .", "go 1.24", "go", "go test ./...", "server in server: /app :9001?"],
    );
    check(
        &[
            (
                "Cargo.toml",
                "[package]\nname = \"shop\"\nrust-version = \"1.85\"\n[dependencies]\naxum = \"0.8\"\nsqlx = { version = \"0.8\", features = [\"postgres\", \"macros\"] }\n",
            ),
            ("Cargo.lock", ""),
            ("src/main.rs", "fn main() {\n    TcpListener::bind(\"0.0.0.0:3000\");\n}\n"),
        ],
        &[
            "shop in .",
            "rust 1.85",
            "cargo",
            "axum 0.8",
            "cargo test",
            "shop in .: /app/shop :3000",
            "target/release/shop",
            "postgresql by DATABASE_URL",
        ],
    );
    check(
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
            ("crates/api/Cargo.toml", "[package]\nname = \"api\"\n"),
            ("crates/api/src/main.rs", "fn main() {}"),
            ("rust-toolchain.toml", "[toolchain]\nchannel = \"1.90.0\"\n"),
        ],
        &["shop in .", "rust 1.90", "cargo", "cargo test", "api in crates/api: /app/api", "target/release/api"],
    );
    check(&[("index.html", "<p>")], &["shop in .", "static ?", "none", "shop in .:  :8080? /"]);
}

#[test]
fn a_library_says_where_metrics_are_served() {
    let node = |library: &str| {
        format!(
            "{{\n\"name\": \"shop\",\n\"scripts\": {{\"start\": \"node server.js\"}},\n\"dependencies\": {{\n\"prom-client\": \"15\"{library}}}\n}}"
        )
    };
    let server = ("server.js", "app.listen(process.env.PORT || 3000);\n");
    let go = |comment: &str| format!("module a\n\nrequire github.com/prometheus/client_golang v1.23.2{comment}\n");
    let main = ("main.go", "package main\n\nfunc main() {\n\thttp.ListenAndServe(\":8080\", nil)\n}\n");
    let rust = |features: &str| {
        format!("[package]\nname = \"shop\"\n[dependencies]\nprometheus = {{ version = \"0.14\", features = [{features}] }}\n")
    };
    let listening = ("src/main.rs", "fn main() {\n    TcpListener::bind(\"0.0.0.0:3000\");\n}\n");
    let java = |group: &str, library: &str, plugin: &str| {
        format!(
            "<project><artifactId>q</artifactId><version>1</version>\n<dependencies><dependency><groupId>{group}</groupId><artifactId>{library}</artifactId></dependency></dependencies>\n<build><plugins><plugin><groupId>{group}</groupId><artifactId>{plugin}</artifactId></plugin></plugins></build></project>"
        )
    };
    let (quarkus, micronaut) = (
        java("io.quarkus", "quarkus-micrometer-registry-prometheus", "quarkus-maven-plugin"),
        java("io.micronaut", "micronaut-micrometer-registry-prometheus", "micronaut-maven-plugin"),
    );
    for (files, expected) in [
        (vec![("package.json", node("").as_str()), server], Some(("/metrics", "prom-client", "package.json:5", false))),
        (
            vec![("package.json", node(",\n\"express-prom-bundle\": \"8\"").as_str()), server],
            Some(("/metrics", "express-prom-bundle", "package.json:6", true)),
        ),
        // What listens nowhere serves nothing.
        (vec![("package.json", node("").as_str()), ("server.js", "")], None),
        (
            vec![("requirements.txt", "Flask\nprometheus_flask_exporter==0.23\n"), ("app.py", "app = Flask(__name__)\n")],
            Some(("/metrics", "prometheus-flask-exporter", "requirements.txt:2", true)),
        ),
        (vec![("go.mod", go("").as_str()), main], Some(("/metrics", "github.com/prometheus/client_golang", "go.mod:3", false))),
        (vec![("go.mod", go(" // indirect").as_str()), main], None),
        (vec![("Cargo.toml", rust("\"process\"").as_str()), listening], Some(("/metrics", "prometheus/process", "Cargo.toml:4", false))),
        (vec![("Cargo.toml", rust("").as_str()), listening], Some(("/metrics", "prometheus", "Cargo.toml:4", false))),
        (vec![("pom.xml", quarkus.as_str())], Some(("/q/metrics", "quarkus-micrometer-registry-prometheus", "pom.xml:2", true))),
        (vec![("pom.xml", micronaut.as_str())], Some(("/prometheus", "micronaut-micrometer-registry-prometheus", "pom.xml:2", false))),
    ] {
        let stack = detect(&survey(&files), None).unwrap().stack;
        let module = &stack.modules[0];
        let origin = stack.origins.get(&format!("modules.{}.metrics_path", module.name));
        let found = module.metrics_path.as_deref().zip(module.metrics_library.as_deref()).zip(origin);
        let found = found.map(|((path, library), origin)| (path, library, origin.place.as_str(), origin.certain));
        assert_eq!(found, expected, "{files:?}");
    }
}

#[test]
fn several_projects_are_asked_about_and_one_of_them_can_be_meant() {
    let files = [("services/api/pom.xml", BOOT), ("services/web/package.json", "{\"name\": \"web\"}"), ("README.md", "")];
    let error = detect(&survey(&files), None).unwrap_err();
    assert_eq!(error.to_string(), "there are 2 projects here: `services/api`, `services/web`");
    let found = detect(&survey(&files), Some("services/api")).unwrap();
    assert_eq!((found.stack.name.as_str(), found.stack.directory.as_str()), ("shop-api", "services/api"));
    assert_eq!(found.stack.origins["language_version"].place, "services/api/pom.xml:9");
    let error = detect(&survey(&files), Some("services")).unwrap_err();
    assert_eq!(error.to_string(), "there is nothing in `services` that a build tool reads");
    // What lies beside a build file is told and not guessed at.
    let found = detect(&survey(&[("pom.xml", "<project/>"), ("package.json", "{}")]), None).unwrap();
    assert!(told(&found).contains(&"package.json: is not looked at: `pom.xml` decides what this is built with".to_owned()));
}

#[test]
fn what_is_broken_is_told_and_nothing_panics() {
    for (path, text, expected) in [
        ("pom.xml", "<project><artifactId>x</artifactId", "pom.xml:1: is not XML"),
        ("pom.xml", "<html/>", "pom.xml: is no POM: its root is `html`"),
        (
            "pom.xml",
            "<project><version>${a}</version><properties><a>${b}</a><b>${a}</b></properties></project>",
            ".: no file says which version of Java",
        ),
        ("pom.xml", "<project><parent><relativePath>pom.xml</relativePath></parent></project>", "pom.xml: is its own parent"),
        ("package.json", "{,}", "package.json: is not read: "),
        ("package.json", "[1]", "package.json: has no script `test`"),
        ("pyproject.toml", "[[", "pyproject.toml: is not read: "),
        ("Cargo.toml", "= =", "Cargo.toml: is not read: "),
        ("go.mod", "require (\n\n", "go.mod: nothing here says what is started"),
        ("build.gradle", "plugins { id '", ".: no file says which version of Java"),
    ] {
        let found = told(&detect(&survey(&[(path, text)]), None).unwrap());
        assert!(found.iter().any(|told| told.starts_with(expected)), "{path} `{text}`: {found:#?}");
    }
    let deep = format!("<project>{}</project>", "<a>".repeat(100_000));
    assert!(told(&detect(&survey(&[("pom.xml", &deep)]), None).unwrap()).iter().any(|told| told.contains("nested too deep")));
}

mod any_text {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

        /// Pieces of what such files hold, in any order.
        #[test]
        fn is_read_without_a_panic(
            path in prop::sample::select(vec!["pom.xml", "build.gradle.kts", "settings.gradle", "package.json", "pyproject.toml", "requirements.txt", "go.mod", "Cargo.toml"]),
            pieces in prop::collection::vec(prop::sample::select(vec![
                "<project>", "<a", ">", "</project>", "${", "}", "{", "\"", "'", ":", "=", "[", "]", "\n", "id", "include", "require (", "EXPOSE", "é", "\0", "1.8", "==", "<dependencies><dependency>",
            ]), 0..24),
        ) {
            let text = pieces.concat();
            prop_assert!(detect(&survey(&[(path, &text), ("src/main/resources/application.yml", &text), (".tool-versions", &text)]), None).is_ok());
        }
    }
}

#[test]
fn a_compose_file_says_what_things_are_called() {
    let package = r#"{"name": "links", "scripts": {"start": "node a.js"}}"#;
    let names = |compose: &str| {
        let files = [("package.json", package), ("a.js", "app.listen(3000)"), ("docker-compose.yml", compose)];
        let stack = detect(&survey(&files), None).unwrap().stack;
        let names: Vec<&str> = stack.modules.iter().map(|module| module.name.as_str()).collect();
        let fields = stack.origins.keys().filter(|field| field.starts_with("modules."));
        let lost: Vec<&String> = fields.filter(|field| !field.starts_with(&format!("modules.{}", names[0]))).collect();
        assert!(lost.is_empty(), "{lost:?}");
        names.join(" ")
    };
    assert_eq!(names("services:\n  web:\n    build: .\n  db:\n    image: postgres\n"), "web");
    assert_eq!(names("services:\n  web:\n    build: {context: ./}\n"), "web");
    assert_eq!(names("services:\n  web:\n    build: .\n  worker:\n    build: .\n"), "links", "which of the two is meant nobody says");
    assert_eq!(names("services:\n  web:\n    build: ./web\n"), "links");
    assert_eq!(names("services:\n  The_Web:\n    build: .\n"), "links", "a name that not every feature can use");
    assert_eq!(names("services: ["), "links");
}

#[test]
fn a_folder_gives_a_name_that_is_a_text_everywhere() {
    let long = "a".repeat(200);
    for (folder, name) in [
        ("2024", "app-2024"),
        ("true", "app-true"),
        ("No", "app-no"),
        ("y", "app-y"),
        ("1e5", "app-1e5"),
        ("0x1f", "app-0x1f"),
        ("My Shop", "my-shop"),
        ("notes", "notes"),
        ("~", "app"),
        (long.as_str(), &long[..50]),
    ] {
        assert_eq!(super::slug(folder), name);
    }
}
