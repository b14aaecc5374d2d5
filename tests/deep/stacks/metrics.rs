//! A real Prometheus scrapes the running program: the tests of its rules pass, every metric that they name is there, and a program that is stopped is told.

use serde_json::json;

use super::{
    ENGINE, Judge, Proof,
    repository::{Project, Repository, tree},
};
use crate::{
    operations::{
        Site, get,
        monitoring::{self, System},
        secrets,
    },
    world::World,
};

pub const MONITORING: Judge = Judge {
    name: "added-monitoring",
    fixtures: &["spring-maven"],
    source: concat!(include_str!("metrics.rs"), include_str!("../operations/monitoring.rs")),
    reads: &["monitoring"],
    needs: &[ENGINE],
    proofs: &[Proof { option: "", prove: watched }],
};

/// What the head of compose.monitoring.yaml asks the user for, where the program does not have it yet.
const LIBRARY: &str = "\
    <dependency>
      <groupId>io.micrometer</groupId>
      <artifactId>micrometer-registry-prometheus</artifactId>
      <scope>runtime</scope>
    </dependency>
  </dependencies>";

fn watched(_: &World, repository: &Repository, project: &Project) -> Result<(), String> {
    let site = Site { folder: &repository.folder, tree: &tree(&repository.folder)?, stack: &project.stack };
    monitoring::rules(site)?;
    let expressions = monitoring::expressions(site, 2)?;
    secrets(site)?;
    super::altered(&repository.folder.join("pom.xml"), "  </dependencies>", LIBRARY, || {
        let system = System::up(
            site,
            Some(&json!({
                "MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE": "health,prometheus",
                "MANAGEMENT_METRICS_DISTRIBUTION_PERCENTILESHISTOGRAM_HTTP_SERVER_REQUESTS": "true",
            })),
        )?;
        let port = project.stack.modules.first().and_then(|module| module.port).unwrap_or(8080);
        let seen = get(&format!("http://127.0.0.1:{port}/orders"))
            .and_then(|_| monitoring::scraped(&system, &expressions))
            .and_then(|()| monitoring::missed(&system));
        seen.map_err(|why| format!("{why}\n{}", system.logs(&system.module, 30)))
    })
}
