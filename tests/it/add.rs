//! `stagekit add` and `remove` in repositories that stagekit did not make: what is there is never lost, and what was added goes again.

use std::{collections::BTreeMap, fs, path::Path};

use proptest::{
    prelude::{any, prop_assert_eq},
    test_runner::{Config, TestRunner},
};
use serde_json::Value;

use crate::transcript::{Ended, Transcript};

const PACKAGE: &str = r#"{"name": "shop", "scripts": {"test": "node --test", "start": "node server.js"}, "engines": {"node": "24"}, "dependencies": {"pg": "8.16.3"}}"#;

/// A small project for Node.js, and what else is there.
pub(crate) fn shop(line: &str) -> Transcript {
    Transcript::of(line)
        .file("package.json", PACKAGE)
        .file("package-lock.json", "{}")
        .file("server.js", "require('node:http').createServer().listen(3000)\n")
        .file(".git/HEAD", "ref: refs/heads/main\n")
}

/// Path → content, without what is stagekit's own.
fn contents(dir: &Path) -> BTreeMap<String, String> {
    fn collect(root: &Path, dir: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
            if path.is_dir() {
                if name != ".git" {
                    collect(root, &path, found);
                }
            } else {
                found.insert(name, fs::read_to_string(&path).expect("a text"));
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(dir, dir, &mut found);
    found
}

fn read(ended: &Ended, path: &str) -> String {
    fs::read_to_string(ended.dir.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}\n{}", ended.stderr))
}

#[test]
fn what_is_laid_over_ones_own_compose_file_uses_its_names() {
    let own = "services:\n  web:\n    build: .\n";
    let added = shop("add nginx --yes").file("compose.yaml", own).file("Dockerfile", "FROM node:24\n").run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    assert!(read(&added, "compose.nginx.yaml").contains("      web:\n        condition: service_started\n"), "nobody says how it is asked");
    assert!(read(&added, "ops/nginx/nginx.conf").contains("server web:3000 "));
    assert_eq!(read(&added, "compose.yaml"), own);

    let two = "services:\n  web:\n    build: .\n  worker:\n    build: .\n";
    let refused = shop("add nginx --yes").file("compose.yaml", two).file("Dockerfile", "FROM node:24\n").run();
    assert_eq!(refused.status, 3, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("compose.nginx.yaml: needs the service `shop`, which `compose.yaml` does not have: it has `web`, `worker`")
    );
    assert!(!refused.dir.path().join("compose.nginx.yaml").exists());
}

#[test]
fn what_listens_is_asked_and_what_serves_metrics_is_scraped() {
    let asked = shop("add compose dockerfile monitoring --yes").run();
    assert_eq!(asked.status, 0, "{}", asked.stderr);
    let prometheus = read(&asked, "ops/prometheus/prometheus.yml");
    assert!(
        prometheus.contains("[\"http://shop:3000/\"]\n        labels:\n          service: shop\n          __param_module: answers\n"),
        "{prometheus}"
    );
    assert!(!prometheus.contains("job_name: metrics") && !read(&asked, "compose.monitoring.yaml").contains("jaeger"), "{prometheus}");
    assert!(!asked.dir.path().join("ops/grafana/dashboards/process.json").exists());

    // 1. said by hand, it is taken to be what every client of Prometheus writes
    let said = Transcript::of("add monitoring --yes --set metrics_path=/internal/metrics --set health_path=/up").after(asked).run();
    assert_eq!(said.status, 0, "{}", said.stderr);
    let prometheus = read(&said, "ops/prometheus/prometheus.yml");
    assert!(prometheus.contains("http://shop:3000/up\"]") && prometheus.contains("__param_module: healthy\n"), "{prometheus}");
    assert!(
        prometheus.contains("[\"shop:3000\"]\n        labels:\n          service: shop\n          __metrics_path__: /internal/metrics\n"),
        "{prometheus}"
    );
    assert!(said.dir.path().join("ops/grafana/dashboards/process.json").exists());
    assert!(!said.dir.path().join("ops/prometheus/rules/requests.yml").exists());
    let refused = Transcript::of("add monitoring --yes --set metrics_path=metrics").after(said).run();
    assert_eq!(refused.status, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("modules.shop.metrics_path: is `metrics`, which is no path of a URL"), "{}", refused.stderr);

    // 2. a library says what it counts of the requests; what is a guess is told
    let with = |library: &str| PACKAGE.replace(r#""pg": "8.16.3""#, &format!("\"{library}\": \"1\""));
    let counted = shop("add compose dockerfile monitoring --yes").file("package.json", with("express-prom-bundle")).run();
    let rules = read(&counted, "ops/prometheus/rules/requests.yml");
    assert!(rules.contains("(http_request_duration_seconds_count{service=\"shop\", status_code=~\"5..\"}[5m])"), "{rules}");
    assert!(!counted.stderr.contains("metrics_path"), "{}", counted.stderr);
    let guessed = shop("add compose dockerfile monitoring --yes").file("package.json", with("prom-client")).run();
    assert!(guessed.stderr.contains("`modules.shop.metrics_path` is taken to be `/metrics`"), "{}", guessed.stderr);
    let other = shop("add dockerfile --yes").file("package.json", with("prom-client")).run();
    assert!(!other.stderr.contains("metrics_path"), "{}", other.stderr);
}

#[test]
fn every_program_of_a_workspace_is_asked_and_one_that_listens_nowhere_is_not() {
    let member = |dependency: &str| format!(r#"{{"scripts": {{"start": "node server.js"}}, "dependencies": {{"{dependency}": "1"}}}}"#);
    let added = Transcript::of("add compose dockerfile monitoring --yes")
        .file("package.json", r#"{"name": "shop", "workspaces": ["apps/*"], "engines": {"node": "24"}}"#)
        .file("package-lock.json", "{}")
        .file("apps/api/package.json", member("prom-client"))
        .file("apps/api/server.js", "app.listen(9090);\n")
        .file("apps/web/package.json", member("express"))
        .file("apps/web/server.js", "app.listen(3000);\n")
        .file("apps/worker/package.json", member("redis"))
        .file("apps/worker/server.js", "work();\n")
        .run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    let prometheus = read(&added, "ops/prometheus/prometheus.yml");
    let targets: Vec<&str> = prometheus.lines().filter_map(|line| line.trim().strip_prefix("- targets: ")).collect();
    assert_eq!(targets, ["[\"http://api:9090/\"]", "[\"http://web:3000/\"]", "[\"api:9090\"]"]);
    let compose = read(&added, "compose.monitoring.yaml");
    // The machine has each port once.
    assert!(compose.contains("\"127.0.0.1:19090:9090\"") && compose.contains("\"127.0.0.1:13000:3000\""), "{compose}");
    assert!(compose.contains("add monitoring --set modules.web.metrics_path=/metrics`") && !compose.contains("worker"), "{compose}");
}

#[test]
fn compose_that_would_start_nothing_is_refused() {
    let package = r#"{"name": "shop", "engines": {"node": "24"}, "scripts": {"start": "node server.js"}}"#;
    let shop = |command: &str| Transcript::of(command).file("package.json", package).file("server.js", "app.listen(4000);\n");
    // An image of the project's own is not what compose would build.
    let refused = shop("add compose --yes").file("Dockerfile", "FROM node:24\n").run();
    assert!(refused.status == 2 && refused.stderr.contains("compose: has nothing to start"), "{}", refused.stderr);
    assert_eq!(shop("add compose --yes --set services=redis").run().status, 0);
    let both = shop("add compose dockerfile --yes").run();
    assert!(both.status == 0 && read(&both, "compose.yaml").contains("target: run-shop"), "{}", both.stderr);
}

#[test]
fn a_program_is_probed_by_a_host_that_it_answers_to() {
    let manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n";
    let settings = "ALLOWED_HOSTS = ['.example.com']\nROOT_URLCONF = 'shop.urls'\nWSGI_APPLICATION = 'shop.wsgi.application'\n";
    let added = Transcript::of("add compose dockerfile monitoring --yes")
        .file("requirements.txt", "Django==5.2\ngunicorn==23.0\n")
        .file("manage.py", manage)
        .file("shop/settings.py", settings)
        .file("shop/wsgi.py", "application = None\n")
        .file("shop/urls.py", "urlpatterns = [path('healthz/', well)]\n")
        .run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    let probes = read(&added, "ops/blackbox/blackbox.yml");
    assert_eq!(probes.matches("Host: \"example.com\"\n").count(), 2, "{probes}");
}

#[test]
fn a_folder_below_the_project_means_the_project() {
    let added = shop("add editorconfig --yes").cwd("src/routes").run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    assert!(added.dir.path().join(".editorconfig").exists() && !added.dir.path().join("src/routes/.editorconfig").exists());

    let two = shop("add editorconfig --yes").file("services/api/go.mod", "module api\n").cwd("services/api/internal").run();
    assert_eq!(two.status, 0, "{}", two.stderr);
    assert!(two.dir.path().join("services/api/.editorconfig").exists(), "the nearest one");

    let asked = shop("add editorconfig --yes --in .").cwd("src").run();
    assert_eq!(asked.status, 2, "{}", asked.stderr);
    assert!(asked.stderr.contains("there is nothing in `src` that a build tool reads"), "what is asked for is meant: {}", asked.stderr);
}

#[test]
fn a_line_that_the_user_has_taken_out_stays_out() {
    let added = shop("add compose dockerfile --yes").file(".gitignore", "node_modules\n").run();
    assert_eq!(read(&added, ".gitignore"), "node_modules\n.env\n");
    fs::write(added.dir.path().join(".gitignore"), "node_modules\n").expect("written");
    let updated = Transcript::of("update").after(added).run();
    assert_eq!((updated.status, read(&updated, ".gitignore").as_str()), (0, "node_modules\n"), "{}", updated.stderr);
    let without = Transcript::of("remove dockerfile --yes").after(updated).run();
    assert_eq!((without.status, read(&without, ".gitignore").as_str()), (0, "node_modules\n"), "{}", without.stderr);
    let without = Transcript::of("remove compose --yes").after(without).run();
    assert_eq!((without.status, read(&without, ".gitignore").as_str()), (0, "node_modules\n"), "{}", without.stderr);
}

#[test]
fn features_come_and_go_without_a_trace() {
    let before = contents(shop("x").dir());
    let added = shop("add dockerfile compose github-actions dependabot editorconfig --yes").run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    for path in
        ["Dockerfile", ".dockerignore", "compose.yaml", ".github/workflows/ci.yml", ".github/dependabot.yml", ".editorconfig", ".gitignore"]
    {
        assert!(!read(&added, path).is_empty(), "{path}");
    }
    assert_eq!(read(&added, ".gitignore"), ".env\n");
    assert!(read(&added, ".github/workflows/ci.yml").contains("docker compose up"), "the workflow starts what the other features made");

    // One goes, and those that stay know.
    let first = contents(added.dir.path());
    let without = Transcript::of("remove compose").after(added).run();
    assert_eq!(without.status, 0, "{}", without.stderr);
    assert!(!read(&without, ".github/workflows/ci.yml").contains("docker compose up"));
    let again = Transcript::of("add compose --yes").after(without).run();
    let mut now = contents(again.dir.path());
    let receipt = now.remove(".stagekit/receipt.toml");
    assert_eq!(now, first.into_iter().filter(|(path, _)| path != ".stagekit/receipt.toml").collect());
    assert!(receipt.is_some_and(|text| text.contains("name = \"compose\"")));

    let removed = Transcript::of("remove compose dependabot dockerfile editorconfig github-actions").after(again).run();
    assert_eq!(removed.status, 0, "{}", removed.stderr);
    assert_eq!(contents(removed.dir.path()), before);
}

/// A workflow that somebody has changed where the features would change it stays, and is named.
#[test]
fn a_workflow_that_was_edited_is_named_when_what_it_starts_goes() {
    let added = shop("add dockerfile compose github-actions --yes").run();
    let path = added.dir.path().join(".github/workflows/ci.yml");
    let theirs = read(&added, ".github/workflows/ci.yml").replace("--wait-timeout 180", "--wait-timeout 600");
    fs::write(&path, &theirs).expect("written");
    let dry = Transcript::of("remove compose --dry-run --json").after(added).run();
    let told: Value = serde_json::from_str(&dry.stdout).expect("JSON");
    assert_eq!((&told["edited"], &told["stale"]), (&serde_json::json!([]), &serde_json::json!([".github/workflows/ci.yml"])));
    let removed = Transcript::of("remove compose --yes").after(dry).run();
    assert_eq!(removed.status, 0, "{}", removed.stderr);
    let warning = "warning: .github/workflows/ci.yml: you have changed it, so it stays as it is; look for what it does with `compose`\n";
    assert!(removed.stderr.contains(warning), "{}", removed.stderr);
    assert_eq!(read(&removed, ".github/workflows/ci.yml"), theirs);

    // What was changed elsewhere is merged, and there is nothing to be told.
    let added = shop("add dockerfile compose github-actions --yes").run();
    let theirs = read(&added, ".github/workflows/ci.yml").replace("name: ci\n", "name: all\n");
    fs::write(added.dir.path().join(".github/workflows/ci.yml"), &theirs).expect("written");
    let removed = Transcript::of("remove compose --yes").after(added).run();
    let now = read(&removed, ".github/workflows/ci.yml");
    assert!(now.starts_with("name: all\n") && !now.contains("docker compose") && !removed.stderr.contains("stays"), "{}", removed.stderr);
}

/// A program that listens nowhere gets what such a program can have, and is refused the rest with the reason.
#[test]
fn what_listens_nowhere_has_no_ports_and_nobody_in_front_of_it() {
    let worker = |line: &str| {
        Transcript::of(line)
            .file("requirements.txt", "redis==6.4.0\n")
            .file(".python-version", "3.12\n")
            .file("thumbs/__main__.py", "import os\n\nredis = connect(os.environ[\"REDIS_HOST\"])\n")
            .file("tests/test_thumbs.py", "")
            .file(".git/HEAD", "ref: refs/heads/main\n")
    };
    let added = worker("add dockerfile compose kubernetes logging devcontainer --yes").run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    let dockerfile = read(&added, "Dockerfile");
    assert!(!dockerfile.contains("EXPOSE") && !dockerfile.contains("\nHEALTHCHECK"), "{dockerfile}");
    let compose = read(&added, "compose.yaml");
    let app = compose.split("\n  redis:\n").next().unwrap_or_default();
    assert!(!app.contains("ports:") && !app.contains("healthcheck:") && app.contains("      REDIS_HOST: \"redis\"\n"), "{compose}");
    let base = "deploy/kubernetes/base";
    assert!(!added.dir.path().join(base).join("service.yaml").exists());
    assert!(!read(&added, &format!("{base}/kustomization.yaml")).contains("service.yaml"));
    let deployment = read(&added, &format!("{base}/deployment.yaml"));
    assert!(!deployment.contains("Probe") && !deployment.contains("preStop"), "{deployment}");
    Transcript::of("add nginx --yes")
        .after(added)
        .status(2)
        .stderr(
            "error: this cannot be added, nothing was written\n\
             \x20 nginx: nothing here says that the program listens, and on which port (`--set port=PORT` says it)\n",
        )
        .check();
}

/// The container's files are read-only; Next.js has a place for the images that it makes, wherever it lies.
#[test]
fn next_has_a_cache_that_it_can_write_to() {
    let next = r#"{"name": "web", "scripts": {"start": "next start", "build": "next build"}, "dependencies": {"next": "16.0.0"}}"#;
    let root = r#"{"name": "shop", "private": true, "engines": {"node": "22"}, "workspaces": ["apps/*"]}"#;
    let cache = |files: &[(&str, &str)]| {
        let added = files.iter().fold(Transcript::of("add dockerfile compose kubernetes --yes"), |add, (path, text)| add.file(path, text));
        let added = added.file("package-lock.json", "{}").file(".git/HEAD", "ref: refs/heads/main\n").run();
        assert_eq!(added.status, 0, "{}", added.stderr);
        let deployment = read(&added, "deploy/kubernetes/base/deployment.yaml");
        assert!(deployment.contains("        - name: cache\n          emptyDir:\n"), "{deployment}");
        let after = |text: &str, start: &str| text.split_once(start).and_then(|(_, rest)| Some(rest.lines().next()?.to_owned()));
        (
            after(&deployment, "- name: cache\n              mountPath: "),
            after(&read(&added, "compose.yaml"), "- /app").map(|rest| format!("/app{rest}")),
        )
    };
    let told = |folder: &str| (Some(format!("/app/{folder}.next/cache")), Some(format!("/app/{folder}.next/cache:size=64m")));
    assert_eq!(cache(&[("package.json", next)]), told(""));
    assert_eq!(cache(&[("package.json", root), ("apps/web/package.json", next)]), told("apps/web/"));
}

/// A pod waits for a secret only where there is one; Spring Boot before 2.4 reads it from its environment and has no path for liveness.
#[test]
fn a_pod_of_spring_boot_gets_the_secrets_that_there_are() {
    let deployment = |version: &str, server: &str| {
        let pom = format!(
            "<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>{version}</version>\
             </parent><groupId>x</groupId><artifactId>shop</artifactId><version>1</version><properties><java.version>8</java.version></properties>\
             <dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency>\
             <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-actuator</artifactId></dependency>{server}\
             </dependencies><build><plugins><plugin><groupId>org.springframework.boot</groupId>\
             <artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>"
        );
        let class = "package x;\nclass Shop {\n    public static void main(String[] a) {}\n}\n";
        let add = Transcript::of("add dockerfile compose kubernetes --yes").file("pom.xml", &pom).file("src/main/java/x/Shop.java", class);
        let added = add.file(".git/HEAD", "ref: refs/heads/main\n").run();
        assert_eq!(added.status, 0, "{}", added.stderr);
        let text = read(&added, "deploy/kubernetes/base/deployment.yaml");
        ["secretName: shop", "SPRING_CONFIG_IMPORT", "key: POSTGRES_PASSWORD", "/actuator/health/liveness"].map(|sign| text.contains(sign))
    };
    let redis =
        "<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-data-redis</artifactId></dependency>";
    let postgresql = "<dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId></dependency>";
    assert_eq!(deployment("2.7.18", redis), [false, false, false, true]);
    assert_eq!(deployment("2.7.18", postgresql), [true, true, false, true]);
    assert_eq!(deployment("2.3.12.RELEASE", postgresql), [false, false, true, false]);
    assert_eq!(deployment("2.3.12.RELEASE", redis), [false, false, false, false]);
}

/// `.env.example` is the one feature's, and the other puts a line into it.
#[test]
fn a_file_goes_with_what_others_put_into_it() {
    let pom = "<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>4.1.2</version></parent>\
               <groupId>x</groupId><artifactId>shop</artifactId><version>1</version><properties><java.version>21</java.version></properties><dependencies>\
               <dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-webmvc</artifactId></dependency>\
               <dependency><groupId>org.postgresql</groupId><artifactId>postgresql</artifactId></dependency></dependencies><build><plugins><plugin>\
               <groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>";
    let class = "package x;\nclass Shop {\n    public static void main(String[] a) {}\n}\n";
    let new = |line: &str| {
        Transcript::of(line).file("pom.xml", pom).file("src/main/java/x/Shop.java", class).file(".git/HEAD", "ref: refs/heads/main\n")
    };
    let before = contents(new("x").dir());
    let added = new("add dockerfile compose monitoring --yes").run();
    assert!(added.status == 0 && read(&added, ".env.example").contains("GRAFANA_PASSWORD="), "{}", added.stderr);
    let without = Transcript::of("remove monitoring").after(added).run();
    assert!(!read(&without, ".env.example").contains("GRAFANA_PASSWORD="), "{}", without.stderr);
    let again = Transcript::of("add monitoring --yes").after(without).run();
    let removed = Transcript::of("remove dockerfile compose monitoring").after(again).run();
    assert_eq!((removed.status, contents(removed.dir.path())), (0, before), "{}", removed.stderr);
}

/// Whatever of these files is there before, and whatever is added: nothing of it is lost, and it is back after `remove`.
#[test]
fn adding_and_removing_is_nothing() {
    const THERE: [(&str, &str); 5] = [
        (".gitignore", "node_modules\r\n.env.local\r\n"),
        (".dockerignore", "# ours\nlogs"),
        (
            ".github/dependabot.yml",
            "version: 2\nupdates:\n  - package-ecosystem: npm # the site\n    directory: /site\n    schedule: {interval: daily}\n",
        ),
        (".github/workflows/release.yml", "on: push\n"),
        ("docker-compose.yml", "# ours\nservices:\n  mail:\n    image: mailpit\n"),
    ];
    const FEATURES: [&str; 5] = ["compose", "dependabot", "dockerfile", "editorconfig", "github-actions"];
    let mut runner = TestRunner::new(Config { cases: 12, failure_persistence: None, ..Config::default() });
    let drawn = (any::<[bool; 5]>(), any::<[bool; 5]>());
    let done = runner.run(&drawn, |(there, features)| {
        let names: Vec<&str> = FEATURES.iter().zip(features).filter(|(_, is_in)| *is_in).map(|(name, _)| *name).collect();
        if names.is_empty() {
            return Ok(());
        }
        let words = |command: &str| format!("{command} {} --yes", names.join(" "));
        let mut add = shop(&format!("{} --on-conflict merge", words("add")));
        for (path, content) in THERE.iter().zip(there).filter(|(_, is_in)| *is_in).map(|(file, _)| file) {
            add = add.file(path, content);
        }
        let before = contents(add.dir());
        let added = add.run();
        prop_assert_eq!(added.status, 0, "{}", &added.stderr);
        let grown = contents(added.dir.path());
        for (path, content) in &before {
            for line in content.lines() {
                assert!(grown[path].lines().any(|there| there == line), "{path} lost `{line}`:\n{}", grown[path]);
            }
        }
        let again = Transcript::of(&words("add")).after(added).run();
        prop_assert_eq!(contents(again.dir.path()), grown, "adding twice changes nothing");
        let updated = Transcript::of("update --allow-dirty --yes").after(again).run();
        prop_assert_eq!(updated.status, 0, "{}", &updated.stderr);
        let removed = Transcript::of(&words("remove")).after(updated).run();
        prop_assert_eq!(removed.status, 0, "{}", &removed.stderr);
        prop_assert_eq!(contents(removed.dir.path()), before);
        Ok(())
    });
    assert_eq!(done, Ok(()));
}

/// What becomes of a file that is in the way: (how, exit code, `Dockerfile`, what is beside it).
#[test]
fn a_file_in_the_way_is_what_you_say() {
    for (how, status, is_mine, beside) in [
        ("refuse", 3, true, false),
        ("keep", 0, true, false),
        ("replace --allow-dirty", 0, false, false),
        ("aside", 0, true, true),
        ("merge", 3, false, false),
    ] {
        let ended = shop(&format!("add dockerfile --yes --on-conflict {how}")).file("Dockerfile", "FROM scratch\n").run();
        assert_eq!(ended.status, status, "{how}: {}", ended.stderr);
        let text = read(&ended, "Dockerfile");
        assert_eq!(text == "FROM scratch\n", is_mine, "{how}: {text}");
        assert_eq!(ended.dir.path().join("Dockerfile.stagekit").exists(), beside, "{how}");
        let (stderr, has_written) = (ended.stderr.clone(), ended.dir.path().join(".dockerignore").exists());
        match how {
            "refuse" => {
                assert!(!has_written && stderr.contains("Dockerfile: it exists and stagekit did not write it"), "{stderr}");
                assert!(stderr.contains("--on-conflict"), "the way out is named: {stderr}");
                continue;
            }
            "merge" => {
                assert!(text.contains("<<<<<<<") && text.contains("FROM scratch"), "{text}");
                continue;
            }
            _ => assert!(has_written, "{how}"),
        }
        // What was decided is remembered.
        let updated = Transcript::of("update --allow-dirty").after(ended).run();
        assert_eq!((updated.status, read(&updated, "Dockerfile")), (0, text.clone()), "{how}: {}", updated.stderr);
        let removed = Transcript::of("remove dockerfile").after(updated).run();
        let is_left = removed.dir.path().join("Dockerfile").exists();
        assert_eq!((removed.status, is_left), (0, is_mine), "{how}: {}", removed.stderr);
        assert!(!removed.dir.path().join("Dockerfile.stagekit").exists() && !removed.dir.path().join(".stagekit").exists(), "{how}");
    }
}

#[test]
fn what_can_grow_grows_and_what_contradicts_is_in_the_way() {
    let mine = "services:\n  db: # ours\n    image: postgres:16\n    ports: [\"127.0.0.1:5432:5432\"]\n";
    let ended = shop("add compose --yes").file("docker-compose.yml", mine).run();
    assert_eq!(
        (ended.status, read(&ended, "docker-compose.yml")),
        (3, mine.to_owned()),
        "two services cannot publish one port: {}",
        ended.stderr
    );
    assert!(!ended.dir.path().join("compose.yaml").exists(), "{}", ended.stderr);

    let mine = "services:\n  mail: # ours\n    image: mailpit\n";
    let ended = shop("add compose --yes").file("docker-compose.yml", mine).run();
    let text = read(&ended, "docker-compose.yml");
    assert!(ended.status == 0 && text.starts_with(mine) && text.contains("\n  postgresql:\n"), "{}{text}", ended.stderr);

    let broken = shop("add dependabot --yes").file(".github/dependabot.yml", "updates: [\n").run();
    assert_eq!((broken.status, read(&broken, ".github/dependabot.yml")), (3, "updates: [\n".to_owned()), "{}", broken.stderr);
}

#[test]
fn projects_of_one_repository_have_workflows_of_their_own() {
    let ended = Transcript::of("add github-actions dockerfile dependabot --in services/web --yes")
        .file("services/api/go.mod", "module api\n\ngo 1.25\n")
        .file("services/api/main.go", "package main\n\nfunc main() {}\n")
        .file("services/web/package.json", PACKAGE)
        .file("services/web/package-lock.json", "{}")
        .file("services/web/server.js", "")
        .file(".git/HEAD", "ref: refs/heads/main\n")
        .run();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let ended = Transcript::of("add github-actions dependabot --yes").cwd("services/api").after(ended).run();
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let files = ended.files();
    for path in
        [".github/workflows/services-api.yml", ".github/workflows/services-web.yml", "services/web/Dockerfile", ".stagekit/receipt.toml"]
    {
        assert!(files.iter().any(|file| file == path), "{path} in {files:?}");
    }
    assert!(!files.iter().any(|file| file == "services/api/.stagekit/receipt.toml" || file == "Dockerfile"), "{files:?}");
    let updates = read(&ended, ".github/dependabot.yml");
    assert!(updates.contains("/services/web") && updates.contains("github-actions"), "{updates}");
    let ended = Transcript::of("remove github-actions").after(ended).run();
    assert_eq!(ended.status, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("was added to `services/web`, `services/api`"), "{}", ended.stderr);
    let ended = Transcript::of("remove github-actions --in services/web").after(ended).run();
    let files = ended.files();
    assert!(!files.iter().any(|file| file == ".github/workflows/services-web.yml"), "{}{files:?}", ended.stderr);
    assert!(files.iter().any(|file| file == ".github/workflows/services-api.yml"), "{files:?}");
}

#[test]
fn a_kit_gets_its_own_bytes() {
    let with = Transcript::of("new http-server . --yes --quiet --no-git --set name=notes").run();
    let wanted = contents(with.dir.path());
    let without = Transcript::of("new http-server . --yes --quiet --no-git --set name=notes --set docker=false --set ci=false").run();
    let bare = contents(without.dir.path());
    assert!(!bare.contains_key("Dockerfile"));
    let added = Transcript::of("add compose github-actions --yes").after(without).run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    assert_eq!(contents(added.dir.path()), wanted);
    let removed = Transcript::of("remove dockerfile dependabot --yes").after(added).run();
    assert_eq!((removed.status, contents(removed.dir.path())), (0, bare), "{}", removed.stderr);
    let refused = Transcript::of("remove editorconfig").after(removed).run();
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("the kit `http-server` cannot do without it"), "{}", refused.stderr);
}

#[test]
fn everything_wrong_is_told_at_once_and_nothing_is_written() {
    for (line, said) in [
        (
            "add dokerfile jenkin",
            &["dokerfile: there is no such feature", "did you mean `dockerfile`?", "jenkin: there is no such feature"][..],
        ),
        (
            "add maven-wrapper monitoring kubernetes",
            &[
                "kubernetes: wants `dockerfile` beside it",
                "maven-wrapper: has nothing for a project in Node.js with npm",
                "monitoring: wants `compose` and `dockerfile` beside it (`stagekit add compose dockerfile kubernetes maven-wrapper monitoring` adds all of it)",
            ],
        ),
        (
            "add dockerfile --set prot=1 --set port=x",
            &["--set prot=1: there is no field `prot`; did you mean `port`?", "--set port=x: `x` is no port"],
        ),
        (
            "add dockerfile --set health_path=a'b --set default_branch=a;b",
            &["modules.shop.health_path: is `a'b`", "default_branch: is `a;b`"],
        ),
        ("add", &["which features? nobody is there to be asked", "compose, dependabot, devcontainer, dockerfile"][..1]),
        ("remove dockerfile", &["there is no repository of stagekit here"]),
    ] {
        let ended = shop(line).run();
        assert_eq!(ended.status, 2, "{line}: {}", ended.stderr);
        for text in said {
            assert!(ended.stderr.contains(text), "{line}: `{text}` in\n{}", ended.stderr);
        }
        assert_eq!(contents(ended.dir.path()), contents(shop("x").dir()), "{line}");
    }
    let ended = Transcript::of("add github-actions dockerfile").file("go.mod", "module a\n").file("README.md", "").run();
    assert_eq!(ended.status, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains("dockerfile: nothing here says what is started, and how"), "{}", ended.stderr);
    assert!(ended.stderr.contains("`--set launch='COMMAND' --set port=PORT` says it"), "{}", ended.stderr);
}

#[test]
fn a_preview_is_what_would_be_done() {
    let json = |ended: &Ended| -> Value { serde_json::from_str(&ended.stdout).expect("JSON") };
    let preview = shop("add dockerfile --dry-run --json").run();
    assert_eq!(contents(preview.dir.path()), contents(shop("x").dir()));
    let told = json(&preview);
    assert_eq!((&told["written"], &told["features"][0]), (&false.into(), &"dockerfile".into()));
    let done = shop("add dockerfile --json").run();
    assert_eq!(json(&done)["plan"], told["plan"]);
    assert_eq!(json(&done)["written"], true);
    let diff = shop("add editorconfig --diff").run();
    assert!(diff.stdout.contains("+++ b/.editorconfig") && !diff.dir.path().join(".editorconfig").exists(), "{}", diff.stdout);
    let list = shop("add --list --json").run();
    let list = json(&list);
    let of = |name: &str| list.as_array().expect("a list").iter().find(|offer| offer["name"] == name).cloned().expect("a feature");
    assert_eq!(
        (&of("dockerfile")["fits"], &of("maven-wrapper")["fits"], &of("dockerfile")["there"]),
        (&true.into(), &false.into(), &false.into())
    );
}

/// A feature that changes reaches the repositories that have it, beside what their owners changed.
#[test]
fn an_update_brings_a_new_version_of_a_feature() {
    let templates = |body: &str| {
        let dir = tempfile::tempdir().expect("a folder");
        let feature = dir.path().join("features/lines");
        fs::create_dir_all(feature.join("files")).expect("a folder");
        let manifest = "format_version = 1\nname = \"lines\"\nversion = \"1.0.0\"\ntitle = \"Lines\"\nsummary = \"lines\"\n\n[[files]]\nglob = \"**\"\nto = \".\"\n";
        fs::write(feature.join("feature.toml"), manifest).expect("a file");
        fs::write(feature.join("files/lines.txt"), body).expect("a file");
        dir
    };
    let (old, new) = (templates("one\ntwo\nthree\n"), templates("one\ntwo\nTHREE\n"));
    let added = shop("add lines --yes").env("STAGEKIT_TEMPLATES", old.path()).run();
    assert_eq!(added.status, 0, "{}", added.stderr);
    fs::write(added.dir.path().join("lines.txt"), "ONE\ntwo\nthree\n").expect("a file");
    let updated = Transcript::of("update --yes --allow-dirty").env("STAGEKIT_TEMPLATES", new.path()).after(added).run();
    assert_eq!((updated.status, read(&updated, "lines.txt").as_str()), (0, "ONE\ntwo\nTHREE\n"), "{}", updated.stderr);
    let removed = Transcript::of("remove lines").env("STAGEKIT_TEMPLATES", new.path()).after(updated).run();
    assert_eq!((removed.status, read(&removed, "lines.txt").as_str()), (0, "ONE\ntwo\nTHREE\n"));
    assert!(removed.stderr.contains("lines.txt: you have changed it, so it stays"), "{}", removed.stderr);
    assert!(!removed.dir.path().join(".stagekit").exists());
}

#[test]
fn a_guess_is_told_and_can_be_corrected() {
    let told = Transcript::of("add dockerfile --yes --dry-run")
        .file("package.json", PACKAGE)
        .file("server.js", "app.listen(process.env.PORT || 4000)\n")
        .run();
    assert!(told.status == 0, "{}", told.stderr);
    let set = shop("add dockerfile --yes --set port=4100 --set health_path=/healthz").run();
    assert!(
        read(&set, "Dockerfile").contains("EXPOSE 4100") && read(&set, "Dockerfile").contains("/healthz"),
        "{}",
        read(&set, "Dockerfile")
    );
    // A later feature sees what was said.
    let later = Transcript::of("add compose --yes").after(set).run();
    assert!(read(&later, "compose.yaml").contains("127.0.0.1:4100:4100"), "{}", read(&later, "compose.yaml"));
    let anew = Transcript::of("add compose --yes --anew").after(later).run();
    assert!(!read(&anew, "compose.yaml").contains("4100"), "{}", read(&anew, "compose.yaml"));
}
