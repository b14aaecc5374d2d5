//! The servers that features know.

use std::collections::BTreeMap;

use super::Service;

/// Kind, the environment variable that usually says where it is, and what stands in that.
const USUAL: [(&str, &str, &str); 7] = [
    ("postgresql", "DATABASE_URL", "postgresql://{user}:{password}@{host}:{port}/{database}"),
    ("mysql", "DATABASE_URL", "mysql://{user}:{password}@{host}:{port}/{database}"),
    ("mariadb", "DATABASE_URL", "mariadb://{user}:{password}@{host}:{port}/{database}"),
    ("redis", "REDIS_URL", "redis://{host}:{port}"),
    ("rabbitmq", "RABBITMQ_URL", "amqp://{user}:{password}@{host}:{port}"),
    ("kafka", "KAFKA_BROKERS", "{host}:{port}"),
    ("mongodb", "MONGODB_URI", "mongodb://{host}:{port}/{database}"),
];

impl Service {
    /// One of which is known what it is; reached as is usual. `None` for a kind that no feature knows.
    pub fn usual(kind: &str) -> Option<Self> {
        let (kind, name, value) = USUAL.iter().find(|(known, ..)| *known == kind)?;
        Some(Self {
            kind: (*kind).to_owned(),
            name: None,
            version: None,
            environment: BTreeMap::from([((*name).to_owned(), (*value).to_owned())]),
            test_environment: BTreeMap::new(),
            tests: true,
        })
    }

    /// The kinds that features know.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        USUAL.iter().map(|(kind, ..)| *kind)
    }

    /// The name of the secret that it is reached with, if it wants one.
    pub fn secret(&self) -> Option<&'static str> {
        match self.kind.as_str() {
            "postgresql" => Some("POSTGRES_PASSWORD"),
            "mysql" => Some("MYSQL_PASSWORD"),
            "mariadb" => Some("MARIADB_PASSWORD"),
            "rabbitmq" => Some("RABBITMQ_PASSWORD"),
            _ => None,
        }
    }
}
