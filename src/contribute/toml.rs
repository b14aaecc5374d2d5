pub(super) const GRAMMAR: super::Grammar = super::json::GRAMMAR;
