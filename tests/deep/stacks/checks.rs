//! The list of the checks. Apart from what they share, so that one more voids nothing.

mod alone;
mod breadth;
mod lines;
mod passed;
pub mod told;

use super::{added, cluster, devcontainer, entrance, health, jenkins, judged, logging, metrics, opensearch, pipelines};
use crate::checks::Check;

/// All checks of this kind.
pub fn checks() -> [Check; 10] {
    [
        Check { name: "added", run: added::run },
        Check { name: "added-workflow", run: |world, arguments| judged(world, arguments, &[pipelines::WORKFLOW, breadth::WORKFLOW]) },
        Check { name: "added-gitlab", run: |world, arguments| judged(world, arguments, &[pipelines::GITLAB, breadth::GITLAB]) },
        Check {
            name: "added-jenkins",
            run: |world, arguments| judged(world, arguments, &[jenkins::JENKINS, jenkins::REFUSED, breadth::JENKINS]),
        },
        Check { name: "added-health", run: |world, arguments| judged(world, arguments, &[health::HEALTH]) },
        Check { name: "added-nginx", run: |world, arguments| judged(world, arguments, &[passed::PASSED, entrance::NGINX]) },
        Check {
            name: "added-logging",
            run: |world, arguments| {
                [lines::run(world, arguments), judged(world, arguments, &[logging::LOGGING, opensearch::OPENSEARCH])].concat()
            },
        },
        Check { name: "added-monitoring", run: |world, arguments| judged(world, arguments, &[metrics::MONITORING]) },
        Check { name: "added-kubernetes", run: |world, arguments| judged(world, arguments, &[cluster::KUBERNETES, cluster::REFUSED]) },
        Check { name: "added-devcontainer", run: |world, arguments| judged(world, arguments, &devcontainer::JUDGES) },
    ]
}
