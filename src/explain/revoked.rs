//! Tokens that a rule revokes: which kind of rule, until when, and where it comes from.

use super::case::Case;
use super::report::Diagnosis;
use super::words::moment;

impl Case<'_> {
    /// The value of the rule is the token's own, so no other user's is told.
    pub(super) fn revoked(&self) -> Diagnosis {
        let Some(fit) = self.revoked_by else {
            return Diagnosis::new("revoked", "A rule revokes it.", CURE);
        };
        let by = match fit.kind {
            "all" => "All tokens of its issuer are revoked".to_owned(),
            kind => format!("It is revoked by its `{kind}`"),
        };
        let issued = match fit.span.before() {
            Some(before) => format!(" as every one issued up to {}", moment(before as f64)),
            None => String::new(),
        };
        let cure = match fit.span.before() {
            Some(_) => "Get a new token: one that is issued later is accepted.".to_owned(),
            None => CURE.to_owned(),
        };
        Diagnosis::new(
            "revoked",
            format!(
                "{by}{issued}, until {}; the rule is from {}.",
                moment(fit.span.until as f64),
                fit.source
            ),
            cure,
        )
    }
}

const CURE: &str = "No token that the rule fits is accepted until then; `rocket-bearer revocations remove` lifts the rule.";
