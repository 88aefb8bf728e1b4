//! Findings on the key set: keys that are missing, unused, weak, expired or public.

use super::finding::{Finding, Subject, Weight, error, quoted, warning};
use super::{certificate, no_load};
use crate::keys::{KeyIds, KeySet, KeySetError, PassedOver, Reason, shown, told};
use crate::token::algorithm::Algorithm;
use crate::verifier::issuer::{MOST_CANDIDATES, TrustedIssuer};

pub(super) fn findings(subject: &Subject<'_>) -> Vec<Finding> {
    let snapshot = subject.loaded.keys.current();
    let Some(keys) = snapshot.keys() else {
        let failure = snapshot.failure().map(|it| (it.code, it.text.as_str())).unwrap_or_default();
        // A set that serves no algorithm is no load; the cure is what its keys offer.
        let document = subject.published.keys.as_deref().filter(|_| failure.0 == "no_key");
        let parsed = document.map(|document| KeySet::parse_with(document, subject.configured.kids));
        return match parsed {
            Some(Ok(keys)) if !keys.serves(&subject.configured.algorithms) => {
                unserved(&keys, &subject.configured.algorithms)
            }
            Some(Err(KeySetError::NoUsableKey(keys))) => vec![no_usable_key(failure.1, &keys)],
            _ => no_load::finding(failure, subject).into_iter().collect(),
        };
    };
    let mut findings = unserved(keys, &subject.configured.algorithms);
    findings.extend(keys.passed_over().iter().map(passed_over));
    findings.extend(foreign(keys, subject.all));
    findings.extend(ambiguous(keys, subject.loaded));
    let development = keys.development_kids();
    if !development.is_empty() {
        findings.push(warning(
            format!(
                "development keys, which everybody has: {}",
                told(development.into_iter(), shown).join(", ")
            ),
            "they serve the `debug` profile on loopback only; elsewhere set `AUTH0_DOMAIN`, or make keys with \
             `rocket-bearer keys new` and remove these with `rocket-bearer keys retire KID`",
        ));
    }
    findings.extend(crowded(keys));
    if let Some(document) = &subject.published.keys {
        findings
            .extend(certificate::expired(document, subject.now).into_iter().map(|(kid, day)| {
            warning(
                format!("key {} has expired on {day}, by what is published with it", quoted(&kid)),
                "it still verifies, for that date is not ours to judge; have the issuer rotate it",
            )
        }));
    }
    findings
}

/// For a set without any key that counts.
fn no_usable_key(text: &str, keys: &[PassedOver]) -> Finding {
    if keys.is_empty() {
        let cure = "a set without keys is that of an issuer which signs with a shared secret (HS256), and no \
                    setting accepts that: let it sign with asymmetric keys";
        return error(format!("no keys, every token gets 503: {text}"), cure);
    }
    let is_correctable = |key: &&PassedOver| {
        use Reason::{Missing, NotBase64Url, Twice, WrongType};
        matches!(key.reason, Missing(_) | NotBase64Url(_) | Twice(_) | WrongType(_))
    };
    if let Some(key) = keys.iter().find(is_correctable) {
        return error(format!("no keys, every token gets 503: {text}"), passed_over(key).cure);
    }
    let cure = match keys.iter().any(|key| key.reason == Reason::NoKeyId) {
        true => "have the issuer write `kid` in its keys and tokens; where one key alone signs, \
                 `kid = \"optional\"` does without"
            .to_owned(),
        false => format!(
            "have the issuer sign with a key that counts here: with a `kid`, for {}",
            Algorithm::NAMES
        ),
    };
    error(format!("no keys, every token gets 503: {text}"), cure)
}

fn unserved(keys: &KeySet, allowed: &[Algorithm]) -> Vec<Finding> {
    let offered: Vec<_> = Algorithm::ALL.into_iter().filter(|it| keys.serves(&[*it])).collect();
    if !keys.serves(allowed) {
        return vec![error(
            format!("no key verifies {}, so every token is refused", listed(allowed)),
            format!("allow in `algorithms` what the keys offer: {}", listed(&offered)),
        )];
    }
    let idle: Vec<_> = allowed.iter().copied().filter(|it| !offered.contains(it)).collect();
    let idle = (!idle.is_empty()).then(|| {
        warning(
            format!("`algorithms` allows what no key offers: {}", listed(&idle)),
            "remove it: what nobody signs with need not be accepted",
        )
    });
    // A key may serve several algorithms; one that is allowed is enough.
    let unused = keys.kids().filter(|kid| {
        let mut keys = keys.with_kid(kid).unwrap_or_default().iter();
        !keys.any(|key| allowed.contains(&key.algorithm))
    });
    let unused = unused.map(|kid| {
        warning(
            format!("`algorithms` allows nothing that key {} signs", quoted(kid)),
            "if tokens are signed with it, or soon will be, allow its algorithm",
        )
    });
    idle.into_iter().chain(unused).collect()
}

/// Keys whose member `issuer` is that of no configured issuer: they verify no token.
fn foreign(keys: &KeySet, configured: &[TrustedIssuer]) -> Vec<Finding> {
    let is_foreign = |kid: &&str| {
        let mut keys = keys.with_kid(kid).unwrap_or_default().iter();
        !keys.any(|key| configured.iter().any(|issuer| issuer.may_count(key)))
    };
    let cure = "its tokens are of that issuer or tenant: configure it if they are to count";
    let named = |kid| {
        let own = keys.with_kid(kid).and_then(|keys| keys.first()?.issuer());
        let own = quoted(own.unwrap_or_default());
        warning(format!("key {} verifies nothing here: its `issuer` is {own}", quoted(kid)), cure)
    };
    keys.kids().filter(is_foreign).map(named).collect()
}

/// Keys of one `kid` and algorithm beyond those that are tried for a token.
fn crowded(keys: &KeySet) -> Vec<Finding> {
    let is_crowded = |kid: &&str| {
        let keys = keys.with_kid(kid).unwrap_or_default();
        let alike = |of: &Algorithm| keys.iter().filter(|key| key.algorithm == *of).count();
        Algorithm::ALL.iter().any(|algorithm| alike(algorithm) > MOST_CANDIDATES)
    };
    let crowded = keys.kids().filter(is_crowded).map(|kid| {
        warning(
            format!("more than {MOST_CANDIDATES} keys for one algorithm are named {}", quoted(kid)),
            "tokens of the others are refused: have the issuer give each key a `kid` of its own",
        )
    });
    crowded.collect()
}

/// Algorithms for which a token without `kid` finds more than one key.
fn ambiguous(keys: &KeySet, issuer: &TrustedIssuer) -> Option<Finding> {
    let fitting = |algorithm: &Algorithm| {
        let keys = keys.candidates("").filter(|key| issuer.may_count(key));
        keys.filter(|key| key.algorithm == *algorithm).count()
    };
    let is_ambiguous = |it: &Algorithm| issuer.kids == KeyIds::Optional && fitting(it) > 1;
    let found: Vec<_> = issuer.algorithms.iter().copied().filter(is_ambiguous).collect();
    (!found.is_empty()).then(|| {
        warning(
            format!("several keys fit {}: tokens without `kid` are refused", listed(&found)),
            "have the issuer write `kid` in its tokens and leave `kid` out here, or have it publish one key for each \
             algorithm",
        )
    })
}

fn listed(algorithms: &[Algorithm]) -> String {
    algorithms.iter().map(|it| it.name()).collect::<Vec<_>>().join(", ")
}

fn passed_over(key: &PassedOver) -> Finding {
    let (weight, cure) = match key.reason {
        Reason::OtherUse | Reason::OtherType => (Weight::Note, "it is there for others"),
        Reason::Size => (Weight::Warning, "a weak key: replace it by one of 2048 bits or more"),
        Reason::Private => {
            (Weight::Warning, "whoever fetched the set can sign: replace the key, then remove it")
        }
        Reason::Symmetric => (
            Weight::Warning,
            "whoever can verify with it can sign: sign with an asymmetric key instead, as for RS256",
        ),
        Reason::Development => {
            (Weight::Warning, "its private half is public: have the issuer replace it")
        }
        Reason::NoKeyId => (
            Weight::Warning,
            "tokens signed with it are refused; have the issuer name it, or set `kid = \"optional\"` where \
             tokens name none either",
        ),
        Reason::Missing(_) => (
            Weight::Warning,
            "tokens signed with it are refused; have the issuer write it. The certificate in `x5c`, \
             between `-----BEGIN CERTIFICATE-----` and its end, is what `rocket-bearer keys import` puts into a `jwks_file`",
        ),
        Reason::NotBase64Url(_) => (
            Weight::Warning,
            "tokens signed with it are refused; have the issuer write base64url: `-` for `+`, `_` for \
             `/`, and no `=`",
        ),
        Reason::NotAKey
        | Reason::Twice(_)
        | Reason::WrongType(_)
        | Reason::NoAlgorithm
        | Reason::OtherAlgorithm
        | Reason::Length
        | Reason::Broken => {
            (Weight::Warning, "tokens signed with it are refused; have the issuer correct it")
        }
    };
    Finding { weight, what: format!("passed over: {key}"), cure: cure.to_owned() }
}
