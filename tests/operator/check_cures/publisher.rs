//! An issuer whose key set changes, and folders that trust it.

use serde_json::{Value, json};

use super::{Finding, accepts, assert_cured, checked};
use crate::program::Folder;
use crate::support::issuer::{IssuerAnswer, MockIssuer};
use crate::support::{Signer, but, good_claims};

const JWKS: &str = "/jwks.json";

/// An issuer whose key set changes.
pub(super) struct Publisher(MockIssuer);

impl Publisher {
    pub(super) fn new() -> Self {
        let mut issuer = MockIssuer::start();
        // A server says where it listens by the first address on 127.0.0.1.
        issuer.url = issuer.url.replace("127.0.0.1", "localhost");
        let metadata = json!({ "issuer": issuer.url, "jwks_uri": format!("{}{JWKS}", issuer.url) });
        issuer.answers("/.well-known/openid-configuration", IssuerAnswer::json(&metadata));
        Self(issuer)
    }

    pub(super) fn folder(&self, lines: &str) -> Folder {
        let algorithms = if lines.contains("algorithms") { "" } else { "algorithms = ['ES256']" };
        let url = &self.0.url;
        Folder::with(&format!(
            "[default.bearer]\naudience = 'image'\nissuer = '{url}'\n{algorithms}\n{lines}\n"
        ))
    }

    /// What `check` finds where the issuer answers so.
    pub(super) fn findings(&self, set: IssuerAnswer, lines: &str) -> Vec<Finding> {
        self.0.answers(JWKS, set);
        checked(&self.folder(lines), &[])
    }

    /// The verdict of a server on a token that this key has signed with this header.
    pub(super) fn accepts(&self, folder: &Folder, key: &Signer, header: &Value) -> bool {
        let claims = but(good_claims(), json!({ "iss": self.0.url, "aud": "image" }));
        accepts(folder, &key.token(header, &claims))
    }
}

/// What the issuer publishes and what is configured, before and after.
pub(super) struct Case<'c> {
    pub(super) faulty: (Value, &'c str),
    pub(super) what: &'c str,
    pub(super) cure: &'c str,
    pub(super) cured: (Value, &'c str),
}

#[track_caller]
pub(super) fn assert_all_cured(cases: &[Case<'_>]) {
    for Case { faulty, what, cure, cured } in cases {
        let issuer = Publisher::new();
        let found =
            |(keys, lines): &(Value, &str)| issuer.findings(IssuerAnswer::json(keys), lines);
        assert_cured(what, cure, &found(faulty), &found(cured));
    }
}

pub(super) fn set(keys: &[&Value]) -> Value {
    json!({ "keys": keys })
}
