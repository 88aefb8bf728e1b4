//! Refusal and reading → diagnoses.

use super::Case;
use super::diagnosis::Diagnosis::{self, *};
use super::likeness::Likeness;
use super::malformed::Form;
use super::words::{either, moment, plain, printable, span};
use crate::keys::KeySet;
use crate::rejection::Rejection;
use crate::verifier::checks::Check;
use crate::verifier::issuer::TrustedIssuer;

/// A NumericDate beyond this one counts milliseconds: it would lie after the year 5000.
const SECONDS_END: f64 = 1e11;

impl Case<'_> {
    /// What is behind the verdict, the nearest first; at least one for every refusal.
    pub(super) fn diagnoses(&self) -> Vec<Diagnosis> {
        let Err(rejection) = self.verdict else { return vec![] };
        let mut found: Vec<_> = self.mangled().into_iter().map(Diagnosis::Form).collect();
        let is_about_form = matches!(
            rejection,
            Rejection::Malformed | Rejection::OtherScheme | Rejection::SeveralWords
        );
        if found.is_empty() || !is_about_form {
            found.extend(self.behind(rejection));
        }
        let is_judged_later = !self.reached.contains(&Check::Types);
        if is_judged_later && self.issuer.is_some() {
            found.extend(self.expired());
        }
        found
    }

    fn behind(&self, rejection: Rejection) -> Vec<Diagnosis> {
        use Rejection as R;
        let alg = || plain(self.reading.header("alg"));
        let one = match rejection {
            R::HeaderMissing => Form(Form::NothingSent),
            R::TokenMissing => Form(Form::BearerAlone),
            R::SeveralHeaders => Form(Form::SeveralHeaders),
            R::SeveralWords => Form(Form::WhiteSpace),
            R::OtherScheme if self.token.starts_with("eyJ") => Form(Form::WhiteSpace),
            R::OtherScheme => Form(Form::OtherScheme),
            R::TooLong => Form(Form::TooLong),
            R::Malformed => Form(self.malformed()),
            R::ForbiddenAlgorithm => match self.reading.header_text("alg").unwrap_or_default() {
                none if none.trim().eq_ignore_ascii_case("none") => Unsigned,
                hmac if hmac.starts_with("HS") => SharedSecret { alg: alg() },
                _ => AlgorithmNotAllowed { alg: alg(), allowed: either(&self.algorithms()) },
            },
            R::CriticalExtension => CriticalExtension,
            R::WrongType => self.wrong_type(),
            R::KeyIdMissing => KeyIdMissing,
            R::WrongIssuer => return self.wrong_issuer(),
            R::UnknownKey => self.unknown_key(),
            R::MismatchedAlgorithm => OtherAlgorithmOfKey { alg: alg() },
            R::BadSignature => BadSignature,
            R::KeysUnavailable { .. } => self.no_keys(),
            R::MalformedClaim | R::ClaimMissing => match self.bad_claim() {
                Some((claim, problem)) => BadClaim { claim, problem },
                None => self.incomplete(),
            },
            R::Expired => return self.expired().into_iter().collect(),
            R::NotYetValid | R::IssuedInFuture => self.too_early(),
            R::TooOld => self.too_old(),
            R::WrongAudience => self.wrong_audience(),
            R::SenderConstrained => SenderConstrained,
            // These come after the walk.
            R::InsufficientScope { .. }
            | R::InsufficientAuthentication { .. }
            | R::IdentityTooLarge
            | R::BadGatewayRequest
            | R::Misconfigured => return vec![],
        };
        vec![one]
    }

    fn wrong_type(&self) -> Diagnosis {
        let wanted = either(&self.all(|issuer| vec![super::steps::types(issuer)]));
        WrongType { typ: plain(self.reading.header("typ")), wanted }
    }

    fn wrong_issuer(&self) -> Vec<Diagnosis> {
        let iss = self.reading.claim_text("iss").unwrap_or_default();
        let configured = self.verifier.issuers().iter().map(|issuer| issuer.rules.issuer.as_str());
        let nearest = configured.min_by_key(|configured| Likeness::of(iss, configured));
        let Some(nearest) = nearest else { return vec![] };
        let (found, configured) = (printable(iss), printable(nearest));
        let likeness = Likeness::of(iss, nearest);
        if let Some(kid) = self.development_kid()
            && likeness >= Likeness::Auth0AndOther
        {
            return vec![DevelopmentKey { kid }];
        }
        let one = match likeness {
            Likeness::Slash => IssuerSlash { found, configured },
            Likeness::Spelling => IssuerSpelling { found, configured },
            Likeness::Tenant => OtherTenant { found, configured },
            Likeness::Auth0AndOther => CustomDomain { found, configured },
            Likeness::None => OtherIssuer { found, configured },
        };
        std::iter::once(one).chain(self.id_token()).collect()
    }

    /// A `kid` of the bundled keys, where they are not in force.
    fn development_kid(&self) -> Option<String> {
        let kid = self.reading.header_text("kid")?;
        let is_in_force = self.issuers_with(kid).next().is_some();
        let is_bundled = KeySet::bundled().with_kid(kid).is_some();
        (is_bundled && !is_in_force).then(|| printable(kid))
    }

    fn issuers_with<'k>(&'k self, kid: &'k str) -> impl Iterator<Item = &'k TrustedIssuer> {
        self.verifier.issuers().iter().filter(move |issuer| {
            issuer.keys.current().keys().is_some_and(|keys| keys.with_kid(kid).is_some())
        })
    }

    fn unknown_key(&self) -> Diagnosis {
        let kid = self.reading.header_text("kid").unwrap_or_default();
        if let Some(kid) = self.development_kid() {
            return DevelopmentKey { kid };
        }
        let another = self.issuers_with(kid).next();
        let kid = plain(self.reading.header("kid"));
        match another {
            Some(issuer) => KeyOfAnotherIssuer { kid, issuer: printable(&issuer.rules.issuer) },
            None => UnknownKey { kid },
        }
    }

    fn no_keys(&self) -> Diagnosis {
        if let Some(kid) = self.development_kid() {
            return DevelopmentKey { kid };
        }
        let failure = self
            .issuer
            .and_then(|issuer| issuer.keys.current().failure().map(|failure| failure.code));
        // A server tries at its launch: without an attempt there is no server.
        failure.map_or(Offline, |why| KeysUnavailable { why })
    }

    fn expired(&self) -> Option<Diagnosis> {
        let exp = self.reading.time("exp")?;
        (self.now >= exp + self.leeway()).then(|| Expired {
            ago: span(self.now - exp),
            at: moment(exp),
            now: moment(self.now),
        })
    }

    fn too_early(&self) -> Diagnosis {
        let later = |claim| self.reading.time(claim).filter(|at| *at > self.now + self.leeway());
        match (later("iat"), later("nbf")) {
            (Some(iat), _) if iat > SECONDS_END => Milliseconds { claim: "iat" },
            (_, Some(nbf)) if nbf > SECONDS_END => Milliseconds { claim: "nbf" },
            (Some(iat), _) => ClockSkew { by: span(iat - self.now) },
            (None, nbf) => NotYetValid { by: span(nbf.unwrap_or(self.now) - self.now) },
        }
    }

    /// What the profile of RFC 9068 lacks (§2.2).
    fn incomplete(&self) -> Diagnosis {
        let mut required = ["sub", "client_id", "iat", "jti"].into_iter();
        let missing = required.find(|claim| self.reading.claim(claim).is_none());
        match missing {
            Some(claim) => BadClaim { claim, problem: "is missing, and at+jwt needs it" },
            None => BadClaim { claim: "client_id", problem: "is no text" },
        }
    }

    fn too_old(&self) -> Diagnosis {
        let most = self.issuer.and_then(|issuer| issuer.rules.max_age).unwrap_or_default();
        match self.reading.time("iat") {
            Some(iat) => TooOld { age: span(self.now - iat), most: span(most.as_secs_f64()) },
            None => BadClaim { claim: "iat", problem: "is missing, and `max_age` needs it" },
        }
    }

    fn wrong_audience(&self) -> Diagnosis {
        let configured = self.asked_for();
        if let Some(id_token) = self.id_token() {
            return id_token;
        }
        match self.reading.audience().as_slice() {
            [] => NoAudience { configured },
            found => WrongAudience { found: printable(&found.join(", ")), configured },
        }
    }

    fn id_token(&self) -> Option<Diagnosis> {
        let client = printable(&self.reading.audience().join(", "));
        self.reading.is_id_token().then(|| IdToken { client, audience: self.asked_for() })
    }

    /// The audience that a client has to ask for.
    pub(super) fn asked_for(&self) -> String {
        self.audiences().first().copied().map(printable).unwrap_or_default()
    }
}
