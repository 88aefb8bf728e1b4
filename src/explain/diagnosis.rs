//! What people get wrong, each with its cure.

use super::Finding;
use super::malformed::Form;
use super::words::{Text, fixed};

/// What is behind a refusal. Every text that stands in one is printable already.
pub(super) enum Diagnosis {
    /// The text itself is no JWT, or not what should have been sent.
    Form(Form),
    Unsigned,
    SharedSecret {
        alg: String,
    },
    AlgorithmNotAllowed {
        alg: String,
        allowed: String,
    },
    CriticalExtension,
    WrongType {
        typ: String,
        wanted: String,
    },
    KeyIdMissing,
    IssuerSlash {
        found: String,
        configured: String,
    },
    IssuerSpelling {
        found: String,
        configured: String,
    },
    OtherTenant {
        found: String,
        configured: String,
    },
    CustomDomain {
        found: String,
        configured: String,
    },
    OtherIssuer {
        found: String,
        configured: String,
    },
    DevelopmentKey {
        kid: String,
    },
    KeyOfAnotherIssuer {
        kid: String,
        issuer: String,
    },
    UnknownKey {
        kid: String,
    },
    OtherAlgorithmOfKey {
        alg: String,
    },
    BadSignature,
    KeysUnavailable {
        why: &'static str,
    },
    Offline,
    BadClaim {
        claim: &'static str,
        problem: &'static str,
    },
    Milliseconds {
        claim: &'static str,
    },
    Expired {
        ago: String,
        at: String,
        now: String,
    },
    ClockSkew {
        by: String,
    },
    NotYetValid {
        by: String,
    },
    TooOld {
        age: String,
        most: String,
    },
    IdToken {
        client: String,
        audience: String,
    },
    WrongAudience {
        found: String,
        configured: String,
    },
    NoAudience {
        configured: String,
    },
    SenderConstrained,
}

impl Diagnosis {
    pub(super) fn finding(&self) -> Finding {
        use Diagnosis::*;
        let (name, says, cure): Text = match self {
            Form(form) => form.text(),
            Unsigned => fixed(
                "unsigned",
                "`alg` is `none`: nobody has signed this token.",
                "No setting accepts it; have the issuer sign.",
            ),
            SharedSecret { alg } => (
                "shared_secret",
                format!(
                    "It is signed with {alg}, a shared secret: whoever can check it could forge it."
                ),
                "Let the issuer sign with RS256; in Auth0 that is the API's setting Signing Algorithm."
                    .to_owned(),
            ),
            AlgorithmNotAllowed { alg, allowed } => (
                "algorithm_not_allowed",
                format!("It is signed with {alg}, and `algorithms` allows {allowed}."),
                "Add the algorithm to `algorithms` if the issuer means it and it can be verified here: \
                 RS, PS 256 to 512, ES256, ES384 or EdDSA."
                    .to_owned(),
            ),
            CriticalExtension => fixed(
                "critical_extension",
                "The header has `crit`: its issuer demands an extension that is not known here.",
                "Have the issuer leave it out of access tokens.",
            ),
            WrongType { typ, wanted } => (
                "wrong_type",
                format!("`typ` is {typ}: another kind of token. Wanted: {wanted}."),
                "Send an access token. If it is one, choose `token_type` by what the issuer writes \
                 (Auth0 writes `JWT` unless the API's profile is RFC 9068)."
                    .to_owned(),
            ),
            KeyIdMissing => fixed(
                "no_kid",
                "The header names no key (`kid`).",
                "Have the issuer write it; tokens signed by a shared secret or by hand often lack it.",
            ),
            IssuerSlash { found, configured } => (
                "issuer_slash",
                format!("`iss` is {found} and {configured} is configured: only a slash is amiss."),
                format!("Configure `issuer = \"{found}\"`, every byte of it."),
            ),
            IssuerSpelling { found, configured } => (
                "issuer_spelling",
                format!(
                    "`iss` is {found} and {configured} is configured: the same host, spelled \
                     differently."
                ),
                format!(
                    "Configure `issuer = \"{found}\"` if both are the same issuer; every byte counts."
                ),
            ),
            OtherTenant { found, configured } => (
                "other_tenant",
                format!("`iss` is {found}, another tenant than the configured {configured}."),
                "Let client and API use one tenant; look for the settings of another environment."
                    .to_owned(),
            ),
            CustomDomain { found, configured } => (
                "custom_domain",
                format!(
                    "`iss` is {found} and {configured} is configured: one of them may be the custom \
                     domain of the other."
                ),
                "Auth0 writes the domain into `iss` at which the client asked: configure that one as \
                 `domain`, or have clients ask at the configured one."
                    .to_owned(),
            ),
            OtherIssuer { found, configured } => (
                "other_issuer",
                format!("`iss` is {found}, and configured is {configured}."),
                "Get the token from the configured issuer, or add this one as `issuers.<name>`."
                    .to_owned(),
            ),
            DevelopmentKey { kid } => (
                "development_key",
                format!("`kid` {kid} is one of the bundled development keys, which everybody has."),
                "Such tokens are for the `debug` profile on this machine; here, get one from the \
                 configured issuer."
                    .to_owned(),
            ),
            KeyOfAnotherIssuer { kid, issuer } => (
                "key_of_another_issuer",
                format!("`kid` {kid} is a key of {issuer}, another configured issuer."),
                "The token was signed in another environment than its `iss` says: look at the signer's \
                 settings."
                    .to_owned(),
            ),
            UnknownKey { kid } => (
                "unknown_key",
                format!("The issuer publishes no key {kid}."),
                "Get a new token: the key was rotated away, or belongs to another environment. \
                 `rocket-bearer check` lists the keys."
                    .to_owned(),
            ),
            OtherAlgorithmOfKey { alg } => (
                "other_algorithm_of_key",
                format!("The key of this `kid` does not serve {alg}."),
                "Have the issuer write the key's own algorithm into `alg`; a token that says another \
                 was made by hand, or to deceive."
                    .to_owned(),
            ),
            BadSignature => fixed(
                "bad_signature",
                "The signature does not fit: the token was changed or cut off, or another key of the \
                 same name signed it.",
                "Copy it again; if it fails again, compare the issuer's key with the one here \
                 (`rocket-bearer check`).",
            ),
            KeysUnavailable { why } => (
                "keys_unavailable",
                format!("There are no keys to judge by ({why}). The token may be good."),
                "Make the issuer reachable from here; `rocket-bearer check` tells more.".to_owned(),
            ),
            Offline => fixed(
                "offline",
                "Nothing was fetched, so there are no keys to judge by; signature and claims are open.",
                "Run it without `--offline`.",
            ),
            BadClaim { claim, problem } => (
                "bad_claim",
                format!("`{claim}` {problem}."),
                "Have the issuer write it as RFC 7519 §4.1 says, and RFC 9068 §2.2 for `at+jwt`.".to_owned(),
            ),
            Milliseconds { claim } => (
                "milliseconds",
                format!("`{claim}` is counted in milliseconds, and a JWT counts seconds."),
                "Divide by 1000 where the token is made.".to_owned(),
            ),
            Expired { ago, at, now } => (
                "expired",
                format!("It expired {ago} ago, at {at}."),
                format!("Get a new one. If it was issued just now, a clock is wrong: here it is {now}."),
            ),
            ClockSkew { by } => (
                "clock_skew",
                format!("It was issued {by} in the future: a clock is wrong."),
                "Synchronise the clocks (NTP) of the issuer and of this machine; `leeway` bridges up to \
                 300 s."
                    .to_owned(),
            ),
            NotYetValid { by } => (
                "not_yet_valid",
                format!("It becomes valid in {by} (`nbf`)."),
                "Wait, or have the issuer set `nbf` to the time of issue.".to_owned(),
            ),
            TooOld { age, most } => (
                "too_old",
                format!("It was issued {age} ago (`iat`), and `max_age` allows {most}."),
                "Get a new one, or raise `max_age`.".to_owned(),
            ),
            IdToken { client, audience } => (
                "id_token",
                format!("This is an ID token: it tells the client {client} who signed in."),
                format!(
                    "Send the access token, and have the client ask for it with `audience={audience}`."
                ),
            ),
            WrongAudience { found, configured } => (
                "wrong_audience",
                format!("The issuer is right, the audience is not: `aud` is {found}, wanted is {configured}."),
                format!(
                    "Have the client ask with `audience={configured}`, or configure `audience = \"{found}\"` \
                     if this API is meant."
                ),
            ),
            NoAudience { configured } => (
                "no_audience",
                format!("The token is for nobody in particular: it has no `aud`. Wanted is {configured}."),
                format!("Have the client ask with `audience={configured}`."),
            ),
            SenderConstrained => fixed(
                "sender_constrained",
                "The token is bound to a key of its client (`cnf`, by DPoP or mutual TLS) and is no \
                 bearer token.",
                "Have the client ask for a plain bearer token, or send it where DPoP is spoken.",
            ),
        };
        Finding { name, says, cure }
    }
}
