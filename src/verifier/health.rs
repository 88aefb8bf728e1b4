//! The state of an issuer and its keys, for operators: at launch, in `/readyz` and in `check`.

use std::fmt;

#[cfg(feature = "cli")]
use crate::keys::KeyIds;
use crate::keys::source::TARGET;
use crate::keys::{shown, told};
#[cfg(feature = "cli")]
use crate::printable::inert;
use crate::verifier::issuer::TrustedIssuer;

impl TrustedIssuer {
    /// Whether there are keys that serve now.
    pub(crate) fn is_ready(&self) -> bool {
        self.keys.current().keys().is_some_and(|keys| keys.serves(&self.algorithms))
    }

    /// The lines of `check` about this issuer.
    #[cfg(feature = "cli")]
    pub(crate) fn details(&self) -> String {
        let now = self.keys.current();
        let algorithms: Vec<_> = self.algorithms.iter().map(|it| it.name()).collect();
        let mut lines = vec![
            format!("issuer {} ({})", self.rules.issuer, self.name),
            format!("  audience    {}", self.rules.audiences()),
            format!("  algorithms  {}", algorithms.join(", ")),
            format!("  keys from   {}", self.keys.place()),
        ];
        if !self.rules.clients.is_empty() {
            lines.insert(2, format!("  clients     {}", self.rules.clients.join(", ")));
        }
        if !self.rules.aliases.is_empty() {
            lines.insert(1, format!("  aliases     {}", self.rules.aliases.join(", ")));
        }
        if let Some(tenants) = &self.rules.tenants {
            lines.insert(1, format!("  tenants     {tenants}"));
        }
        if self.kids == KeyIds::Optional {
            let line = "  kid         optional: without one, exactly one key has to fit `alg`";
            lines.push(line.to_owned());
        }
        for key in now.keys().iter().flat_map(|keys| keys.nameless()) {
            lines.push(format!("  key         without `kid` ({})", key.algorithm.name()));
        }
        lines.extend(self.rules.claims.iter().map(|claim| format!("  claim       {claim}")));
        lines.extend(self.roles.iter().map(|source| format!("  roles       {source}")));
        if let Some(keys) = now.keys() {
            lines.extend(told(keys.kids(), |kid| {
                let algorithms = keys.with_kid(kid).unwrap_or_default().iter();
                let algorithms: Vec<_> = algorithms.map(|key| key.algorithm.name()).collect();
                format!("  key         {} ({})", shown(kid), algorithms.join(", "))
            }));
        }
        lines.iter().map(|line| inert(line)).collect::<Vec<_>>().join("\n")
    }

    /// Logs what is wrong with the keys at launch. Later changes are logged by the key store.
    pub(crate) fn warn_of_faults(&self) {
        let (now, place) = (self.keys.current(), self.keys.place());
        if let Some(failure) = now.failure() {
            tracing::warn!(target: TARGET, place, code = failure.code, "keys do not load: {}", failure.text);
        }
        for key in now.keys().iter().flat_map(|keys| keys.faults()) {
            tracing::warn!(target: TARGET, place, "passed over: {key}");
        }
    }

    /// The entry of `/readyz`. It holds codes, but no path, address or error text.
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

/// The line of the launch: which tokens are accepted, and by which keys.
impl fmt::Display for TrustedIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let audience = self.rules.audiences();
        write!(f, "{} for {audience}: ", self.rules.issuer)?;
        match self.keys.current().keys() {
            Some(keys) => write!(f, "keys {}, from {}", keys.listed(), self.keys.place()),
            None => write!(f, "no keys yet, answering 503 until {} gives some", self.keys.place()),
        }
    }
}
