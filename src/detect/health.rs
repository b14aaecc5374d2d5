//! The path that answers when a service is well, told from its code.

use super::{Project, Source};
use crate::stack::Module;

/// What the last part of such a path is usually called, the likeliest first.
const NAMES: [&str; 6] = ["healthz", "health", "healthcheck", "health-check", "_health", "health_check"];

/// What it is called at the top or below one of those; anywhere else it is the program's own business.
const BELOW_THEM: [&str; 4] = ["readyz", "ready", "livez", "live"];

/// What it is called at the top only.
const AT_TOP: [&str; 3] = ["ping", "status", "up"];

/// Parts before the last at most: `/api/v1/health`.
const DEEPEST: usize = 2;

/// The likeliest path that a source names: a guess, because nobody says what it answers.
pub(super) fn health(project: &mut Project<'_>, module: &mut Module, sources: &[Source<'_>]) {
    if module.port.is_none() {
        return;
    }
    for source in sources {
        let named = source.text.lines().enumerate().flat_map(|(index, line)| routes(line).map(move |route| (route, index + 1)));
        let likely = named.filter_map(|(route, line)| Some((likelihood(&route)?, route, line))).min();
        if let Some((_, route, line)) = likely {
            module.health_path = Some(route);
            project.origin(&format!("modules.{}.health_path", module.name), source.unsure(line));
            return;
        }
    }
}

/// The likeliest of the paths that a framework makes of the places of files: the path, and the file.
pub(super) fn of_files<'f>(routes: impl Iterator<Item = (String, &'f str)>) -> Option<(String, &'f str)> {
    // What is no page lies below that.
    let likely = |route: &str| likelihood(route.strip_prefix("/api").unwrap_or(route));
    routes.filter_map(|(route, file)| Some((likely(&route)?, route, file))).min().map(|(_, route, file)| (route, file))
}

/// The texts in a line that are paths of URLs.
fn routes(line: &str) -> impl Iterator<Item = String> {
    ['"', '\'', '`'].into_iter().flat_map(move |quote| {
        let parts: Vec<&str> = line.split(quote).collect();
        let texts = (1..parts.len()).step_by(2).filter_map(|at| {
            // Go may say the method, Django leaves out the slash.
            let text = parts[at].strip_prefix("GET ").unwrap_or(parts[at]);
            let is_django = parts[at - 1].ends_with("path(");
            if text.starts_with('/') { Some(text.to_owned()) } else { is_django.then(|| format!("/{text}")) }
        });
        texts.collect::<Vec<_>>()
    })
}

/// How likely a path is to be it, the smallest number first; `None` where it is another one.
fn likelihood(route: &str) -> Option<(usize, usize)> {
    let parts: Vec<&str> = route.strip_prefix('/')?.trim_end_matches('/').split('/').collect();
    let is_plain = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    let (last, before) = parts.split_last()?;
    if before.len() > DEEPEST || !parts.iter().all(is_plain) {
        return None;
    }
    let at = |names: &[&str], name: &str| names.iter().position(|known| *known == name);
    let is_below_them = before.last().is_none_or(|part| at(&NAMES, part).is_some());
    let of_top = || at(&AT_TOP, last).filter(|_| before.is_empty()).map(|index| index + NAMES.len() + BELOW_THEM.len());
    let below_them =
        || at(&BELOW_THEM, last).filter(|_| is_below_them && (*last != "live" || !before.is_empty())).map(|index| index + NAMES.len());
    Some((at(&NAMES, last).or_else(below_them).or_else(of_top)?, before.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_path_of_a_line_is_found() {
        for (line, wanted) in [
            ("app.get('/healthz', ok)", "/healthz"),
            ("@app.get(\"/api/v1/health\")", "/api/v1/health"),
            ("const routes = ['/status', '/api/health', '/health']", "/health"),
            ("    path('health/', views.health),", "/health/"),
            ("    path(\"healthz\", views.health),", "/healthz"),
            ("mux.HandleFunc(\"GET /readyz\", ready)", "/readyz"),
            (".route(\"/health/live\", get(live)).route(\"/health/ready\", get(ready))", "/health/ready"),
            ("r.get(`/ping`)", "/ping"),
            ("app.get('/live', stream)", ""),
            ("app.get('/orders/ready', ready)", ""),
            ("app.get('/api/status', status)", ""),
            ("app.get('/pets/:id/health', health)", ""),
            ("app.get('/a/b/c/health', health)", ""),
            ("fetch('http://other/health')", ""),
            ("it's '/health' that counts, isn't it", ""),
            ("'", ""),
        ] {
            let likely = routes(line).filter_map(|route| Some((likelihood(&route)?, route))).min();
            assert_eq!(likely.map_or_else(String::new, |(_, route)| route), wanted, "{line}");
        }
    }
}
