//! A `kid` without a key of the issuer.

use super::case::Case;
use super::entra;
use super::report::Diagnosis;
use super::words::{either, plain, printable};
use crate::config::Provider;
use crate::keys::KeySet;
use crate::verifier::issuer::TrustedIssuer;

impl Case<'_> {
    pub(super) fn unknown_key(&self) -> Diagnosis {
        if let Some(development_key) = self.development_key() {
            return development_key;
        }
        if let Some(foreign) = self.foreign_key() {
            return foreign;
        }
        let another = self.reading.header_text("kid").and_then(|kid| self.issuer_with(kid));
        let kid = plain(self.reading.header("kid"));
        match another {
            Some(issuer) => Diagnosis::new(
                "key_of_another_issuer",
                format!(
                    "`kid` {kid} is a key of {}, another configured issuer.",
                    printable(&issuer.rules.issuer)
                ),
                "The token was signed in another environment than its `iss` says: look at the signer's \
                 settings.",
            ),
            None => self.key_that_is_not_published(&kid),
        }
    }

    /// For a `kid` whose keys are, by their member `issuer`, for tokens of another issuer.
    fn foreign_key(&self) -> Option<Diagnosis> {
        let kid = self.reading.header_text("kid")?;
        self.issuer?.keys.current().keys()?.with_kid(kid)?;
        Some(Diagnosis::new(
            "key_for_another_issuer",
            format!(
                "The key {} is in the set, but its member `issuer` names another issuer than `iss`, \
                 another tenant for instance.",
                printable(kid)
            ),
            "Get the token from the tenant whose key it is; a token that was signed so was made to \
             deceive, or by an issuer whose set is amiss.",
        ))
    }

    /// For a `kid` that no configured issuer has.
    fn key_that_is_not_published(&self, kid: &str) -> Diagnosis {
        let iss = self.reading.claim_text("iss").unwrap_or_default();
        let says = format!("The issuer publishes no key {kid}.");
        let found = self.reading.audience();
        let of_application =
            self.issuer.and_then(|issuer| entra::keys_of_the_application(issuer, &found));
        if let Some(configure) = of_application {
            return Diagnosis::new(
                "unknown_key",
                format!(
                    "{says} Entra signs with a key of the application alone where its claims are mapped, and \
                     shows that one only to those who name the application."
                ),
                format!("{configure}; else get a new token: the key was rotated away."),
            );
        }
        match self.provider() {
            Some(Provider::Okta) if !iss.contains("/oauth2/") => Diagnosis::new(
                "okta_org_server",
                format!(
                    "{says} The org authorization server of Okta keeps those of its access tokens to itself."
                ),
                "Add a custom authorization server (Security, API), or take the one named `default`: \
                 configure its issuer, `https://…/oauth2/default`, and have the client ask there.",
            ),
            _ => Diagnosis::new(
                "unknown_key",
                says,
                "Get a new token: the key was rotated away, or belongs to another environment. \
                 `rocket-bearer check` lists the keys.",
            ),
        }
    }

    pub(super) fn no_keys(&self) -> Diagnosis {
        if let Some(development_key) = self.development_key() {
            return development_key;
        }
        let failure = self
            .issuer
            .and_then(|issuer| issuer.keys.current().failure().map(|failure| failure.code));
        match failure {
            Some("no_key") => Diagnosis::new(
                "no_usable_key",
                "The issuer answers, and what it gives has no key to judge by. The token may be good.",
                format!(
                    "`rocket-bearer check` says why none of its keys counts. A key needs a `kid`, and \
                     to be for one of `algorithms`: {}.",
                    either(&self.algorithms())
                ),
            ),
            Some(why) => Diagnosis::new(
                "keys_unavailable",
                format!("There are no keys to judge by ({why}). The token may be good."),
                cure_of(why),
            ),
            // A server loads keys at its launch, so only `--offline` comes without an attempt.
            None => Diagnosis::new(
                "offline",
                "Nothing was fetched, so there are no keys to judge by; signature and claims are open.",
                "Run it without `--offline`.",
            ),
        }
    }

    /// For the `kid` of a bundled key where no issuer has it.
    pub(super) fn development_key(&self) -> Option<Diagnosis> {
        let kid = self.reading.header_text("kid")?;
        let is_in_force = self.issuer_with(kid).is_some();
        let is_bundled = KeySet::bundled().with_kid(kid).is_some();
        (is_bundled && !is_in_force).then(|| {
            let kid = printable(kid);
            Diagnosis::new(
                "development_key",
                format!("`kid` {kid} is one of the bundled development keys, which everybody has."),
                "Such tokens are for the `debug` profile on this machine; here, get one from the \
                 configured issuer.",
            )
        })
    }

    /// The first configured issuer with a key of this `kid`.
    fn issuer_with(&self, kid: &str) -> Option<&TrustedIssuer> {
        self.verifier.issuers().iter().find(|issuer| {
            issuer.keys.current().keys().is_some_and(|keys| keys.with_kid(kid).is_some())
        })
    }
}

/// What to do about a load that failed with this code.
fn cure_of(code: &str) -> &'static str {
    match code {
        "unreachable" | "timeout" => {
            "Make the issuer reachable from here; `rocket-bearer check` tells more."
        }
        "status" => {
            "The issuer is reachable, and answers with an error: `rocket-bearer check` tells where, and \
             with which."
        }
        "other_issuer" => {
            "The issuer is reachable, and calls itself otherwise: `rocket-bearer check` tells the lines to \
             write."
        }
        "no_handles" => "Let the server open more files (`LimitNOFILE`, `ulimit -n`).",
        _ => "The issuer is reachable; `rocket-bearer check` tells what is wrong there.",
    }
}
