//! The list of the checks. Apart from what they share, so that one more voids nothing.

mod alone;
mod breadth;
mod lines;
mod passed;
mod poetry;
pub mod told;

use super::{
    Judge, NOT_STARTED, added, cluster, devcontainer, entrance, fixtures, health, jenkins, judged, logging, metrics, opensearch, pipelines,
};
use crate::checks::Check;

/// Fixtures that listen nowhere: what is asked of those that do is not asked of them.
const WORKERS: [&str; 1] = ["pip-worker"];

/// Fixtures whose pipelines are executed besides those that the judges of pipelines name.
const MORE: &[&str] = &[
    "fastapi-metrics",
    "go-metrics",
    "go-sqlite",
    "go-two",
    "micronaut-plain",
    "npm-kafka",
    "npm-metrics",
    "pip-metrics",
    "pip-procfile",
    "pip-worker",
    "quarkus-postgres",
    "spring-war",
];

/// The same of all that can be started and listen.
fn of_listening(judge: Judge) -> Judge {
    let names = fixtures().unwrap_or_default().into_iter().map(|(name, _)| &*name.leak());
    let is_asked = |name: &&str| !WORKERS.contains(name) && NOT_STARTED.iter().all(|(other, _)| other != name);
    Judge { fixtures: names.filter(is_asked).collect::<Vec<_>>().leak(), ..judge }
}

/// All checks of this kind.
pub fn checks() -> [Check; 10] {
    [
        Check { name: "added", run: added::run },
        Check {
            name: "added-workflow",
            run: |world, arguments| {
                judged(world, arguments, &[pipelines::WORKFLOW, breadth::WORKFLOW, Judge { fixtures: MORE, ..breadth::WORKFLOW }])
            },
        },
        Check {
            name: "added-gitlab",
            run: |world, arguments| {
                judged(world, arguments, &[pipelines::GITLAB, breadth::GITLAB, Judge { fixtures: MORE, ..breadth::GITLAB }])
            },
        },
        Check {
            name: "added-jenkins",
            run: |world, arguments| {
                judged(
                    world,
                    arguments,
                    &[jenkins::JENKINS, jenkins::REFUSED, breadth::JENKINS, Judge { fixtures: MORE, ..breadth::JENKINS }],
                )
            },
        },
        Check { name: "added-health", run: |world, arguments| judged(world, arguments, &[of_listening(health::HEALTH), poetry::health()]) },
        Check {
            name: "added-nginx",
            run: |world, arguments| judged(world, arguments, &[of_listening(passed::PASSED), poetry::nginx(), entrance::NGINX]),
        },
        Check {
            name: "added-logging",
            run: |world, arguments| {
                [lines::run(world, arguments), judged(world, arguments, &[logging::LOGGING, opensearch::OPENSEARCH])].concat()
            },
        },
        Check {
            name: "added-monitoring",
            run: |world, arguments| judged(world, arguments, &[of_listening(metrics::MONITORING), poetry::monitoring()]),
        },
        Check {
            name: "added-kubernetes",
            run: |world, arguments| judged(world, arguments, &[cluster::KUBERNETES, poetry::kubernetes(), cluster::REFUSED]),
        },
        Check { name: "added-devcontainer", run: |world, arguments| judged(world, arguments, &devcontainer::JUDGES) },
    ]
}
