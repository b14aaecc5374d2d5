pub(super) const GRAMMAR: super::Grammar = super::json::GRAMMAR;
pub(super) fn parts(_: &str) -> Result<Vec<String>, String> {
    Ok(vec![])
}
pub(super) fn wanted_value(_: &str, _: &serde_json::Value) -> Result<Vec<serde_json::Value>, String> {
    Ok(vec![])
}
