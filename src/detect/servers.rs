//! The servers that a project talks to, told from the libraries it depends on.

use super::{Project, environment};
use crate::stack::{Origin, Service};

/// Libraries by server. A name that ends in `*` is a beginning.
const LIBRARIES: [(&str, &[&str]); 7] = [
    (
        "postgresql",
        &[
            "postgresql",
            "r2dbc-postgresql",
            "quarkus-jdbc-postgresql",
            "quarkus-reactive-pg-client",
            "vertx-pg-client", // JVM
            "pg",
            "postgres",
            "pg-promise",
            "slonik", // Node.js
            "psycopg",
            "psycopg2",
            "psycopg2-binary",
            "asyncpg",
            "pg8000", // Python
            "github.com/lib/pq",
            "github.com/jackc/pgx*",
            "gorm.io/driver/postgres", // Go
            "tokio-postgres",
            "sqlx/postgres",
            "diesel/postgres",
            "deadpool-postgres",
            "bb8-postgres",
            "r2d2_postgres",
            "diesel-async/postgres",
            "sea-orm/sqlx-postgres",
            "sea-orm-migration/sqlx-postgres",
            "tower-sessions-sqlx-store/postgres",
            "rocket_db_pools/sqlx_postgres",
            "rocket_db_pools/deadpool_postgres",
            "rocket_db_pools/diesel_postgres",
            "rocket_sync_db_pools/diesel_postgres_pool",
            "rocket_sync_db_pools/postgres_pool", // Rust
        ],
    ),
    (
        "mysql",
        &[
            "mysql-connector-j",
            "mysql-connector-java",
            "r2dbc-mysql",
            "quarkus-jdbc-mysql",
            "quarkus-reactive-mysql-client",
            "mysql",
            "mysql2",
            "pymysql",
            "mysqlclient",
            "aiomysql",
            "mysql-connector-python",
            "github.com/go-sql-driver/mysql",
            "gorm.io/driver/mysql",
            "mysql_async",
            "sqlx/mysql",
            "diesel/mysql",
            "diesel-async/mysql",
            "sea-orm/sqlx-mysql",
            "sea-orm-migration/sqlx-mysql",
            "rocket_db_pools/sqlx_mysql",
            "rocket_db_pools/diesel_mysql",
            "rocket_sync_db_pools/diesel_mysql_pool",
        ],
    ),
    ("mariadb", &["mariadb-java-client", "r2dbc-mariadb", "quarkus-jdbc-mariadb", "mariadb"]),
    (
        "redis",
        &[
            "spring-boot-starter-data-redis",
            "spring-boot-starter-data-redis-reactive",
            "spring-session-data-redis",
            "jedis",
            "lettuce-core",
            "redisson",
            "redisson-spring-boot-starter",
            "quarkus-redis-client",
            "micronaut-redis-lettuce",
            "redis",
            "ioredis",
            "@redis/client",
            "bull",
            "bullmq",
            "connect-redis",
            "django-redis",
            "rq",
            "django-rq",
            "arq",
            "github.com/redis/go-redis*",
            "github.com/hibiken/asynq",
            "github.com/go-redis/redis*",
            "github.com/gomodule/redigo",
            "fred",
            "deadpool-redis",
            "bb8-redis",
            "r2d2_redis",
            "apalis-redis",
            "actix-session/redis-session",
            "actix-session/redis-rs-session",
            "tower-sessions-redis-store",
            "rocket_db_pools/deadpool_redis",
        ],
    ),
    (
        "rabbitmq",
        &[
            "spring-boot-starter-amqp",
            "spring-rabbit",
            "spring-cloud-starter-stream-rabbit",
            "amqp-client",
            "spring-cloud-stream-binder-rabbit",
            "quarkus-messaging-rabbitmq",
            "quarkus-smallrye-reactive-messaging-rabbitmq",
            "micronaut-rabbitmq",
            "amqplib",
            "amqp-connection-manager",
            "pika",
            "aio-pika",
            "github.com/rabbitmq/amqp091-go",
            "lapin",
            "deadpool-lapin",
            "amqprs",
        ],
    ),
    (
        "kafka",
        &[
            "spring-kafka",
            "spring-boot-starter-kafka",
            "spring-cloud-starter-stream-kafka",
            "kafka-clients",
            "kafka-streams",
            "spring-cloud-stream-binder-kafka",
            "spring-cloud-stream-binder-kafka-streams",
            "quarkus-messaging-kafka",
            "quarkus-smallrye-reactive-messaging-kafka",
            "quarkus-kafka-client",
            "micronaut-kafka",
            "kafkajs",
            "node-rdkafka",
            "@confluentinc/kafka-javascript",
            "kafka-python",
            "confluent-kafka",
            "aiokafka",
            "github.com/segmentio/kafka-go",
            "github.com/IBM/sarama",
            "github.com/twmb/franz-go*",
            "rdkafka",
            "rskafka",
        ],
    ),
    (
        "mongodb",
        &[
            "spring-boot-starter-data-mongodb",
            "spring-boot-starter-data-mongodb-reactive",
            "mongodb-driver-sync",
            "mongodb-driver-reactivestreams",
            "quarkus-mongodb-client",
            "quarkus-mongodb-panache",
            "micronaut-mongo-*",
            "mongodb",
            "mongoose",
            "pymongo",
            "motor",
            "mongoengine",
            "beanie",
            "go.mongodb.org/mongo-driver*",
            "rocket_db_pools/mongodb",
        ],
    ),
];

/// The server that this library is for.
pub(super) fn of_library(name: &str) -> Option<&'static str> {
    let is = |known: &str| known.strip_suffix('*').map_or(known == name, |start| name.starts_with(start));
    LIBRARIES.iter().find(|(_, names)| names.iter().any(|known| is(known))).map(|(kind, _)| *kind)
}

impl Project<'_> {
    /// Adds a server, once, with the environment by which the application is told where it is: that of its framework, or what is usual.
    pub(super) fn service(&mut self, kind: &str, environment_of: Option<&[(&str, &str)]>, origin: Origin) {
        let services = &self.stack.services;
        if services.iter().any(|service| service.kind == kind) {
            return;
        }
        let Some(mut service) = Service::usual(kind) else { return };
        if let Some(entries) = environment_of {
            service.environment = environment(entries);
        }
        // Of several databases the application can be told of one by such a name.
        if let Some(other) = services.iter().find(|other| service.environment.keys().any(|name| other.environment.contains_key(name))) {
            let told = format!("`{kind}` is reached by what names `{}` already: only that one is told to the application", other.kind);
            self.note(&origin.place, told);
            service.environment.clear();
        }
        self.stack.secrets.extend(service.secret().map(str::to_owned));
        self.stack.services.push(service);
        self.origin(&format!("services.{kind}"), origin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_tells_the_server() {
        assert_eq!(of_library("psycopg2-binary"), Some("postgresql"));
        assert_eq!(of_library("github.com/jackc/pgx/v5"), Some("postgresql"));
        assert_eq!(of_library("h2"), None);
    }
}
