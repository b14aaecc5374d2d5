//! A real Prometheus watches the running program: the tests of its rules pass, every metric that they name is there, and a program that is stopped is told.

mod probes;

use std::fs;

use serde_json::json;

use super::{
    ENGINE, Judge, Proof,
    repository::{Project, Repository, tree},
};
use crate::{
    operations::{
        Site,
        monitoring::{self, System},
        secrets,
    },
    world::World,
};

pub const MONITORING: Judge = Judge {
    name: "added-monitoring",
    fixtures: &[],
    source: concat!(include_str!("metrics.rs"), include_str!("metrics/probes.rs"), include_str!("../operations/monitoring.rs")),
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

fn watched(_: &World, _: &Repository, project: &Project) -> Result<(), String> {
    if project.stack.framework == "spring-boot" { scraped(project) } else { probes::watched(project) }
}

/// Spring Boot, once it has the library and the settings that the head of its compose file asks for.
fn scraped(project: &Project) -> Result<(), String> {
    let site = Site { folder: &project.folder, tree: &tree(&project.folder)?, stack: &project.stack };
    let module = project.stack.modules.first().ok_or("the stack has no module")?;
    monitoring::rules(site)?;
    let expressions = monitoring::expressions(site, 2)?;
    if project.folder.join("scripts/init-env").exists() {
        secrets(site)?;
    } else {
        fs::write(project.folder.join(".env"), "GRAFANA_PASSWORD=for-this-check-only\n").map_err(|error| format!(".env: {error}"))?;
    }
    super::altered(&project.folder.join(&module.directory).join("pom.xml"), "  </dependencies>", LIBRARY, || {
        let system = System::up(
            site,
            Some(&json!({
                "MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE": "health,prometheus",
                "MANAGEMENT_METRICS_DISTRIBUTION_PERCENTILESHISTOGRAM_HTTP_SERVER_REQUESTS": "true",
            })),
        )?;
        let seen = monitoring::scraped(&system, &expressions).and_then(|()| monitoring::missed(&system));
        seen.map_err(|why| format!("{why}\n{}", system.logs(&system.module, 30)))
    })
}
