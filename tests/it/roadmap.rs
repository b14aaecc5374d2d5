//! `stagekit roadmap`, and what the built-in roadmap holds.

use stagekit::{
    catalog::Catalog,
    roadmap::{Roadmap, Stage},
};

use crate::transcript::Transcript;

fn built_in() -> Roadmap {
    Catalog::embedded().roadmap().expect("the built-in roadmap")
}

fn topics(stage: &Stage) -> Vec<&str> {
    stage.topics.iter().flat_map(|group| &group.items).map(|item| item.text.as_str()).collect()
}

#[test]
fn nothing_of_the_roadmap_is_left_out() {
    let roadmap = built_in();
    let counts: Vec<_> = roadmap.stage.iter().map(|stage| (stage.number, topics(stage).len(), stage.practice.len())).collect();
    assert_eq!(counts, [(1, 5, 2), (2, 7, 1), (3, 5, 1), (4, 10, 2), (5, 6, 1), (6, 7, 4), (7, 7, 2), (8, 7, 2), (9, 7, 2), (10, 8, 0)]);
    assert_eq!((roadmap.timeline.len(), roadmap.idea.len()), (5, 6));
    assert_eq!(roadmap.faults("templates/roadmap.toml"), []);
}

#[test]
fn every_stage_says_what_the_roadmap_says() {
    let roadmap = built_in();
    let expected: [(&str, &[&str], &[&str]); 10] = [
        (
            "Foundations — The Core Backend Mindset",
            &["How web apps work (client–server model)", "Git & version control workflows (branching, merging, pull requests)"],
            &[
                "Build a simple HTTP server (even with Python's `http.server` or Node.js)",
                "Experiment with cURL to inspect API requests/responses",
            ],
        ),
        (
            "Programming Language: Java (Core)",
            &["Multithreading & concurrency (Executors, CompletableFuture)", "JVM memory model and garbage collection basics"],
            &["Build small console apps like a CLI calculator, or simple multithreaded downloader."],
        ),
        (
            "Object-Oriented Design & Software Engineering",
            &["Design patterns (Factory, Singleton, Observer, Strategy, etc.)", "UML basics"],
            &["Refactor your Java projects to follow clean code and patterns."],
        ),
        (
            "Databases — SQL and NoSQL",
            &["Query optimization (EXPLAIN, indexes)", "Document DB (MongoDB)", "Key-value DB (Redis)"],
            &["Build a Java app with JDBC or JPA connecting to MySQL/PostgreSQL", "Store some data in Redis for caching"],
        ),
        (
            "Caching and Redis",
            &["Common patterns (cache-aside, write-through, write-behind)", "Session storage and rate-limiting use cases"],
            &["Implement caching in a Java REST app with Spring and Redis"],
        ),
        (
            "Spring Framework / Spring Boot",
            &["Spring Boot: Auto-configuration, starters, `application.properties`", "Spring Actuator: health checks and metrics"],
            &[
                "Build a CRUD REST API (e.g., User Management)",
                "Add JWT-based login",
                "Add Swagger/OpenAPI documentation",
                "Containerize it with Docker",
            ],
        ),
        (
            "APIs and Microservices",
            &["API testing (Postman, REST Assured)", "Circuit breakers (Resilience4j, Hystrix)"],
            &["Break a monolithic app into 2–3 microservices", "Use REST APIs or message queues for communication"],
        ),
        (
            "Infrastructure & DevOps Basics",
            &["CI/CD (GitHub Actions, Jenkins)", "Log aggregation (ELK Stack, Graylog)"],
            &["Deploy your Spring Boot app to a cloud instance", "Add logging and monitoring dashboards"],
        ),
        (
            "Scalability, Performance & Reliability",
            &["Distributed locks and consensus (e.g., with Redis or ZooKeeper)", "CQRS & Event Sourcing basics"],
            &["Simulate scaling your backend using Docker or Kubernetes", "Introduce caching and queue-based load leveling"],
        ),
        (
            "Continuous Growth — Stay Current",
            &["Reactive programming (Spring WebFlux)", "System design interviews (scalability, fault tolerance)"],
            &[],
        ),
    ];
    for (stage, (title, some_topics, practices)) in roadmap.stage.iter().zip(expected) {
        assert_eq!(stage.title, title);
        assert_eq!(stage.practice.iter().map(|practice| practice.text.as_str()).collect::<Vec<_>>(), practices);
        for topic in some_topics {
            assert!(topics(stage).contains(topic), "stage {} lost `{topic}`", stage.number);
        }
    }
    let headings: Vec<_> = roadmap.stage[3].topics.iter().map(|group| group.heading.as_str()).collect();
    assert_eq!(headings, ["Learn (SQL)", "Learn (NoSQL)"]);
    assert_eq!(roadmap.stage[0].goal.as_deref(), Some("understand what a backend actually does and how systems talk to each other."));
    assert_eq!(roadmap.stage[9].goal, None);
    assert_eq!(
        (roadmap.timeline[4].months.as_str(), roadmap.timeline[4].focus.as_str()),
        ("Month 9–12", "Advanced design + scaling + projects")
    );
    assert_eq!(roadmap.idea[2].text, "URL shortener service (Redis + hash generation)");
}

#[test]
fn every_kit_of_the_catalogue_has_its_place() {
    let roadmap = built_in();
    let mut expected = [
        "http-server",
        "cli-calculator",
        "downloader",
        "refactoring-kata",
        "sql-store",
        "redis-cache",
        "user-api",
        "microservices",
        "deploy-and-observe",
        "scale-out",
        "reactive-prices",
        "graphql-bookshop",
        "kotlin-tasks",
        "grpc-inventory",
        "tracing-lab",
        "owasp-lab",
        "ddd-shipping",
        "blog",
        "url-shortener",
        "ecommerce",
        "chat",
        "monitoring-dashboard",
    ];
    let mut named = roadmap.kits();
    expected.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, expected);
    for kit in Catalog::embedded().kit_names() {
        assert!(named.contains(&kit.as_str()), "the roadmap does not name the built-in kit `{kit}`");
    }
}

#[test]
fn the_overview_has_every_stage_with_its_kits() {
    insta::assert_snapshot!(Transcript::of("roadmap").fixture("small").story());
}

#[test]
fn the_built_in_overview_names_every_stage_and_practice() {
    let ended = Transcript::of("roadmap").run();
    // Lines are wrapped, so words are compared.
    let words = |text: &str| text.replace(['│', '├', '└', '─'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let printed = words(&ended.stdout);
    let roadmap = built_in();
    for text in roadmap.stage.iter().flat_map(|stage| stage.practice.iter().map(|item| &item.text).chain([&stage.title])) {
        assert!(printed.contains(text.as_str()), "`{text}` is missing in\n{}", ended.stdout);
    }
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 100), "{}", ended.stdout);
    assert_eq!(ended.status, 0);
}

#[test]
fn one_stage_has_all_its_topics() {
    insta::assert_snapshot!(Transcript::of("roadmap --stage 41").fixture("small").story());
}

#[test]
fn a_search_says_where_it_found_the_word() {
    insta::assert_snapshot!(Transcript::of("roadmap --search SOCKETS").fixture("small").story());
}

#[test]
fn a_search_can_be_kept_to_a_stage() {
    Transcript::of("roadmap --stage 42 --search sockets")
        .fixture("small")
        .stdout("Stage 42: Further Study\n  Study  Sockets without blocking → tiny-loop (planned)\n")
        .check();
}

#[test]
fn a_search_that_finds_nothing_names_the_nearest_word() {
    Transcript::of("roadmap --search Sokcets")
        .fixture("small")
        .stderr("nothing in the roadmap matches `Sokcets`\nhint: did you mean `sockets`?\n")
        .check();
}

#[test]
fn the_roadmap_is_there_as_json() {
    insta::assert_snapshot!(Transcript::of("roadmap --stage 41 --json").fixture("small").story());
}

#[test]
fn a_search_is_there_as_json() {
    insta::assert_snapshot!(Transcript::of("roadmap --search counter --json").fixture("small").story());
}

#[test]
fn a_stage_that_is_not_there_is_a_usage_error() {
    Transcript::of("roadmap --stage 11").status(2).stderr("error: there is no stage 11\nhint: the stages are 1 to 10\n").check();
}
