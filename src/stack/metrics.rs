//! The libraries by which a program serves metrics of its own, and what each of them writes.

use serde::Serialize;

use super::{Language, Module};

/// A library by which a program serves metrics to Prometheus.
#[derive(Clone, Copy, Debug)]
pub struct MetricsLibrary {
    /// Whose programs have it.
    pub language: Language,
    /// As the build file names it; a feature of a crate stands behind a slash.
    pub name: &'static str,
    /// Where it serves them, or where its documentation has the program do it.
    pub path: &'static str,
    /// Whether it does so by itself. Of the others the program decides, and may have chosen another path.
    pub serves: bool,
    /// Whether it writes what the guidelines of Prometheus want of every client: `process_start_time_seconds`, `process_open_fds` and so on.
    process: bool,
    requests: Option<RequestMetrics>,
}

/// How a library calls what it counts of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RequestMetrics {
    /// The counter of the answers.
    pub total: &'static str,
    /// Its label with the status, which begins with the digit of the status.
    pub status: &'static str,
    /// The buckets of their durations.
    pub bucket: &'static str,
}

const fn serving(language: Language, name: &'static str, path: &'static str) -> MetricsLibrary {
    MetricsLibrary { language, name, path, serves: true, process: true, requests: None }
}

const fn client(language: Language, name: &'static str) -> MetricsLibrary {
    MetricsLibrary { serves: false, ..serving(language, name, "/metrics") }
}

impl MetricsLibrary {
    const fn counting(self, total: &'static str, status: &'static str, bucket: &'static str) -> Self {
        Self { requests: Some(RequestMetrics { total, status, bucket }), ..self }
    }

    /// Every library that is known. What builds upon a client stands before it, because a program that has the one often names the other, too.
    pub const ALL: [Self; 14] = [
        serving(Language::Node, "express-prom-bundle", "/metrics").counting(
            "http_request_duration_seconds_count",
            "status_code",
            "http_request_duration_seconds_bucket",
        ),
        serving(Language::Node, "fastify-metrics", "/metrics"),
        client(Language::Node, "prom-client"),
        serving(Language::Python, "prometheus-flask-exporter", "/metrics").counting(
            "flask_http_request_duration_seconds_count",
            "status",
            "flask_http_request_duration_seconds_bucket",
        ),
        serving(Language::Python, "prometheus-fastapi-instrumentator", "/metrics").counting(
            "http_requests_total",
            "status",
            "http_request_duration_highr_seconds_bucket",
        ),
        client(Language::Python, "django-prometheus"),
        client(Language::Python, "prometheus-client"),
        client(Language::Go, "github.com/prometheus/client_golang"),
        client(Language::Rust, "prometheus/process"),
        Self { process: false, ..client(Language::Rust, "prometheus") },
        Self { process: false, ..client(Language::Rust, "axum-prometheus") },
        Self { process: false, ..client(Language::Rust, "metrics-exporter-prometheus") },
        // Micrometer calls what it knows of a process otherwise.
        Self { process: false, ..serving(Language::Java, "quarkus-micrometer-registry-prometheus", "/q/metrics") },
        Self { path: "/prometheus", process: false, ..client(Language::Java, "micronaut-micrometer-registry-prometheus") },
    ];

    fn of(module: &Module) -> Option<&'static Self> {
        let name = module.metrics_library.as_deref()?;
        Self::ALL.iter().find(|library| library.name == name)
    }
}

impl Module {
    /// Where it serves metrics, if it listens at all.
    pub fn metrics(&self) -> Option<&str> {
        self.port.and(self.metrics_path.as_deref())
    }

    /// Whether it serves what the guidelines of Prometheus want of every client. Somebody who says where a program serves its metrics, and not by
    /// which library, is taken to mean that.
    pub fn has_process_metrics(&self) -> bool {
        self.metrics().is_some() && MetricsLibrary::of(self).is_none_or(|library| library.process)
    }

    /// How it calls what it counts of its requests, where that is known.
    pub fn request_metrics(&self) -> Option<RequestMetrics> {
        self.metrics()?;
        MetricsLibrary::of(self)?.requests
    }
}

#[cfg(test)]
mod tests {
    use super::{MetricsLibrary, Module};

    #[test]
    fn what_is_known_of_a_library_is_known_of_its_module() {
        let mut module = Module::named("shop", Vec::new());
        assert!(!module.has_process_metrics() && module.request_metrics().is_none());
        module.metrics_path = Some("/metrics".to_owned());
        assert_eq!(module.metrics(), None, "it listens nowhere");
        module.port = Some(80);
        assert!(module.has_process_metrics() && module.request_metrics().is_none());
        for (name, has_process, status) in
            [("express-prom-bundle", true, Some("status_code")), ("prometheus-client", true, None), ("axum-prometheus", false, None)]
        {
            module.metrics_library = Some(name.to_owned());
            assert_eq!((module.has_process_metrics(), module.request_metrics().map(|known| known.status)), (has_process, status), "{name}");
        }
        module.metrics_path = None;
        assert!(!module.has_process_metrics());
    }

    #[test]
    fn every_path_is_one_of_a_url() {
        assert!(MetricsLibrary::ALL.iter().all(|library| library.path.starts_with('/')));
    }
}
