//! By which names a framework of the JVM is told where a server is.

use std::collections::BTreeMap;

use super::configuration::Configuration;
use crate::stack::{Origin, boot};

/// Names and what stands in them.
type Names = Vec<(String, String)>;

/// What decides by which names a program is told.
pub(super) struct Told<'t, 's> {
    pub(super) framework: &'t str,
    pub(super) version: Option<&'t str>,
    pub(super) libraries: &'t BTreeMap<String, Origin>,
    pub(super) configuration: &'t Configuration<'s>,
}

/// The parts of an address that a driver wants apart.
const AT: &str = "{host}:{port}";
const ADDRESS: &str = "{host}:{port}/{database}";

impl Told<'_, '_> {
    /// Nothing where the framework has no names of its own for such a server.
    pub(super) fn of(&self, kind: &str) -> Option<Names> {
        match self.framework {
            "spring-boot" => self.spring_boot(kind),
            "quarkus" => self.quarkus(kind),
            "micronaut" => self.micronaut(kind),
            _ => None,
        }
    }

    fn spring_boot(&self, kind: &str) -> Option<Names> {
        let version = boot::major(self.version);
        Some(match kind {
            "postgresql" | "mysql" | "mariadb" => self.spring_database(kind),
            // Renamed in Spring Boot 3. A URL goes before the rest.
            "redis" => {
                let (key, name) = if version < 3 { ("spring.redis", "SPRING_REDIS") } else { ("spring.data.redis", "SPRING_DATA_REDIS") };
                if self.configuration.has(&format!("{key}.url")) {
                    names(&[(&format!("{name}_URL"), "redis://{host}:{port}")])
                } else {
                    names(&[(&format!("{name}_HOST"), "{host}"), (&format!("{name}_PORT"), "{port}")])
                }
            }
            "rabbitmq" => {
                let of_address = if self.configuration.has("spring.rabbitmq.addresses") {
                    names(&[("SPRING_RABBITMQ_ADDRESSES", AT)])
                } else {
                    names(&[("SPRING_RABBITMQ_HOST", "{host}"), ("SPRING_RABBITMQ_PORT", "{port}")])
                };
                [of_address, login("SPRING_RABBITMQ")].concat()
            }
            "kafka" => self.spring_kafka(),
            // Renamed in Spring Boot 4.
            "mongodb" => {
                names(&[(if version < 4 { "SPRING_DATA_MONGODB_URI" } else { "SPRING_MONGODB_URI" }, "mongodb://{host}:{port}/{database}")])
            }
            _ => return None,
        })
    }

    /// What is reached without blocking is told by other names; what moves the tables may have an address of its own.
    fn spring_database(&self, kind: &str) -> Names {
        let jdbc = self.jdbc(kind, &["spring.datasource.url"]);
        let is_reactive = self.libraries.keys().any(|name| name.starts_with("r2dbc-"));
        let mut told = Names::new();
        if is_reactive {
            told.push(("SPRING_R2DBC_URL".to_owned(), format!("r2dbc:{kind}://{ADDRESS}")));
            told.extend(login("SPRING_R2DBC"));
        }
        if !is_reactive || self.configuration.has("spring.datasource.url") {
            told.push(("SPRING_DATASOURCE_URL".to_owned(), jdbc));
            told.extend(login("SPRING_DATASOURCE"));
        }
        for (key, name) in [("spring.flyway", "SPRING_FLYWAY"), ("spring.liquibase", "SPRING_LIQUIBASE")] {
            let url = format!("{key}.url");
            if self.configuration.has(&url) {
                let user = (format!("{name}_USER"), "{user}".to_owned());
                told.extend([
                    (format!("{name}_URL"), self.jdbc(kind, &[&url])),
                    user,
                    (format!("{name}_PASSWORD"), "{password}".to_owned()),
                ]);
            }
        }
        told
    }

    /// What only senders or receivers are told goes before what all are.
    fn spring_kafka(&self) -> Names {
        let mut told = names(&[("SPRING_KAFKA_BOOTSTRAP_SERVERS", AT)]);
        for (key, name) in [
            ("spring.kafka.consumer.bootstrap-servers", "SPRING_KAFKA_CONSUMER_BOOTSTRAP_SERVERS"),
            ("spring.kafka.producer.bootstrap-servers", "SPRING_KAFKA_PRODUCER_BOOTSTRAP_SERVERS"),
            ("spring.kafka.admin.bootstrap-servers", "SPRING_KAFKA_ADMIN_BOOTSTRAP_SERVERS"),
            ("spring.kafka.streams.bootstrap-servers", "SPRING_KAFKA_STREAMS_BOOTSTRAP_SERVERS"),
            ("spring.cloud.stream.kafka.binder.brokers", "SPRING_CLOUD_STREAM_KAFKA_BINDER_BROKERS"),
        ] {
            if self.configuration.has(key) {
                told.extend(names(&[(name, AT)]));
            }
        }
        told
    }

    fn quarkus(&self, kind: &str) -> Option<Names> {
        Some(match kind {
            "postgresql" | "mysql" | "mariadb" => {
                let has = |start: &str| self.libraries.keys().any(|name| name.starts_with(start));
                let is_reactive = has("quarkus-reactive-pg-client") || has("quarkus-reactive-mysql-client");
                let mut told = login("QUARKUS_DATASOURCE");
                if is_reactive {
                    // One client speaks to both.
                    let scheme = if kind == "mariadb" { "mysql" } else { kind };
                    told.push(("QUARKUS_DATASOURCE_REACTIVE_URL".to_owned(), format!("{scheme}://{ADDRESS}")));
                }
                if !is_reactive || has("quarkus-jdbc-") {
                    told.push(("QUARKUS_DATASOURCE_JDBC_URL".to_owned(), self.jdbc(kind, &["quarkus.datasource.jdbc.url"])));
                }
                told
            }
            "redis" => names(&[("QUARKUS_REDIS_HOSTS", "redis://{host}:{port}")]),
            "rabbitmq" => [names(&[("RABBITMQ_HOST", "{host}"), ("RABBITMQ_PORT", "{port}")]), login("RABBITMQ")].concat(),
            "kafka" => names(&[("KAFKA_BOOTSTRAP_SERVERS", AT)]),
            "mongodb" => names(&[("QUARKUS_MONGODB_CONNECTION_STRING", "mongodb://{host}:{port}")]),
            _ => return None,
        })
    }

    fn micronaut(&self, kind: &str) -> Option<Names> {
        Some(match kind {
            "postgresql" | "mysql" | "mariadb" => {
                if self.libraries.keys().any(|name| name.starts_with("r2dbc-")) {
                    let url = ("R2DBC_DATASOURCES_DEFAULT_URL".to_owned(), format!("r2dbc:{kind}://{ADDRESS}"));
                    [vec![url], login("R2DBC_DATASOURCES_DEFAULT")].concat()
                } else {
                    let url = ("DATASOURCES_DEFAULT_URL".to_owned(), self.jdbc(kind, &["datasources.default.url"]));
                    [vec![url], login("DATASOURCES_DEFAULT")].concat()
                }
            }
            "redis" => names(&[("REDIS_URI", "redis://{host}:{port}")]),
            "rabbitmq" => names(&[("RABBITMQ_URI", "amqp://{user}:{password}@{host}:{port}")]),
            "kafka" => names(&[("KAFKA_BOOTSTRAP_SERVERS", AT)]),
            _ => return None,
        })
    }

    /// The address that a driver of JDBC takes, with what the configured one asks for besides.
    fn jdbc(&self, kind: &str, keys: &[&str]) -> String {
        let configured = self.configuration.known(keys).unwrap_or_default();
        let of_kind = configured.strip_prefix("jdbc:").is_some_and(|rest| rest.starts_with(kind));
        let query = configured.split_once('?').filter(|_| of_kind).map(|(_, query)| asked_for(query)).unwrap_or_default();
        format!("jdbc:{kind}://{ADDRESS}{query}")
    }
}

/// What of a query holds for another server, too: who connects is told apart, and a server beside the program has no certificate.
fn asked_for(query: &str) -> String {
    let is_plain = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || "=._-,:/%+".contains(c));
    let is_kept = |part: &&str| {
        let name = part.split('=').next().unwrap_or_default().to_ascii_lowercase();
        !part.is_empty()
            && is_plain(part)
            && !name.contains("ssl")
            && !name.contains("certificate")
            && !name.contains("user")
            && !name.contains("password")
    };
    let kept: Vec<&str> = query.split('&').filter(is_kept).collect();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

fn names(entries: &[(&str, &str)]) -> Names {
    entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn login(start: &str) -> Names {
    names(&[(&format!("{start}_USERNAME"), "{user}"), (&format!("{start}_PASSWORD"), "{password}")])
}
