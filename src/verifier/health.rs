//! What an operator sees of an issuer and its keys: at launch, by `/readyz`, by `check`.

use std::fmt;

use crate::keys::{shown, told};
use crate::verifier::issuer::Issuer;

impl Issuer {
    /// Whether tokens can be judged at this moment.
    pub(crate) fn is_ready(&self) -> bool {
        self.keys.current().keys().is_some_and(|keys| keys.serves(&self.algorithms))
    }

    /// For `check`: all there is to say, line by line.
    #[cfg(feature = "cli")]
    pub(crate) fn details(&self) -> String {
        let now = self.keys.current();
        let algorithms: Vec<_> = self.algorithms.iter().map(|it| it.name()).collect();
        let mut lines = vec![
            format!("issuer {} ({})", self.rules.issuer, self.name),
            format!("  audience    {}", self.rules.audience.join(", ")),
            format!("  algorithms  {}", algorithms.join(", ")),
            format!("  keys from   {}", self.keys.place()),
        ];
        if let Some(keys) = now.keys() {
            lines.extend(told(keys.kids(), |kid| {
                let algorithms = keys.with_kid(kid).unwrap_or_default().iter();
                let algorithms: Vec<_> = algorithms.map(|key| key.algorithm.name()).collect();
                format!("  key         {} ({})", shown(kid), algorithms.join(", "))
            }));
        }
        lines.join("\n")
    }

    /// At launch; from then on the store tells what changes.
    pub(crate) fn warn_of_faults(&self) {
        let (now, place) = (self.keys.current(), self.keys.place());
        if let Some(failure) = now.failure() {
            tracing::warn!(place, code = failure.code, "keys do not load: {}", failure.text);
        }
        for key in now.keys().iter().flat_map(|keys| keys.faults()) {
            tracing::warn!(place, "passed over: {key}");
        }
    }

    /// What `/readyz` says of it: codes only.
    pub(crate) fn readiness(&self) -> serde_json::Value {
        let keys = self.keys.current();
        // A set that several issuers share may serve the others only.
        let is_unserved = keys.keys().is_some_and(|keys| !keys.serves(&self.algorithms));
        let unserved = is_unserved.then_some("no_key");
        serde_json::json!({
            "name": self.name,
            "source": self.source,
            "keys": keys.keys().map(|keys| told(keys.kids(), shown)).unwrap_or_default(),
            "age": keys.age().map(|age| age.as_secs()),
            "error": keys.failure().map(|failure| failure.code).or(unserved),
        })
    }
}

/// For the launch: what tokens it takes, and by which keys.
impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let audience = self.rules.audience.join(", ");
        write!(f, "{} for {audience}: ", self.rules.issuer)?;
        match self.keys.current().keys() {
            Some(keys) => write!(f, "keys {}, from {}", keys.listed(), self.keys.place()),
            None => write!(f, "no keys yet, answering 503 until {} gives some", self.keys.place()),
        }
    }
}
