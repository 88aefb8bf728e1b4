//! Claims that are refused: by type, by time, and by audience.

use super::case::Case;
use super::reading::AFTER_9999;
use super::report::Diagnosis;
use super::words::{moment, plain, printable, shown, span};
use crate::config::Provider;

/// Microsoft Graph, by its id and by its name.
const GRAPH: [&str; 2] = ["00000003-0000-0000-c000-000000000000", "https://graph.microsoft.com"];

impl Case<'_> {
    /// A claim of a wrong type, or a missing one, by RFC 7519 §4.1 or RFC 9068 §2.2.
    pub(super) fn wrong_claim(&self) -> Diagnosis {
        match self.reading.bad_claim() {
            Some((claim, AFTER_9999)) => return milliseconds(claim),
            Some((claim, problem)) => return bad_claim(claim, problem),
            None => {}
        }
        let mut required = ["sub", "client_id", "iat", "jti"].into_iter();
        match required.find(|claim| self.reading.claim(claim).is_none()) {
            Some(claim) => bad_claim(claim, "is missing, and at+jwt needs it"),
            None => bad_claim("client_id", "is no text"),
        }
    }

    pub(super) fn expired(&self) -> Option<Diagnosis> {
        let exp = self.reading.time("exp")?;
        (self.now >= exp + self.leeway()).then(|| {
            let (ago, at, now) = (span(self.now - exp), moment(exp), moment(self.now));
            Diagnosis::new(
                "expired",
                format!("It expired {ago} ago, at {at}."),
                format!(
                    "Get a new one. If it was issued just now, a clock is wrong: here it is {now}."
                ),
            )
        })
    }

    pub(super) fn too_early(&self) -> Diagnosis {
        let later = |claim| self.reading.time(claim).filter(|at| *at > self.now + self.leeway());
        match (later("iat"), later("nbf")) {
            (Some(iat), _) => Diagnosis::new(
                "clock_skew",
                format!("It was issued {} in the future: a clock is wrong.", span(iat - self.now)),
                "Synchronise the clocks (NTP) of the issuer and of this machine; `leeway` bridges up to \
                 300 s.",
            ),
            (None, nbf) => Diagnosis::new(
                "not_yet_valid",
                format!(
                    "It becomes valid in {} (`nbf`).",
                    span(nbf.unwrap_or(self.now) - self.now)
                ),
                "Wait, or have the issuer set `nbf` to the time of issue.",
            ),
        }
    }

    pub(super) fn too_old(&self) -> Diagnosis {
        let Some(iat) = self.reading.time("iat") else {
            return bad_claim("iat", "is missing, and `max_age` needs it");
        };
        let most = self.issuer.and_then(|issuer| issuer.rules.max_age).unwrap_or_default();
        let (age, most) = (span(self.now - iat), span(most.as_secs_f64()));
        Diagnosis::new(
            "too_old",
            format!("It was issued {age} ago (`iat`), and `max_age` allows {most}."),
            "Get a new one, or raise `max_age`.",
        )
    }

    pub(super) fn wrong_audience(&self) -> Diagnosis {
        if let Some(id_token) = self.id_token() {
            return id_token;
        }
        let (configured, ask) = (self.audience_to_ask_for(), self.ask());
        match self.reading.audience().as_slice() {
            [] => Diagnosis::new(
                "no_audience",
                format!(
                    "The token is for nobody in particular: it has no `aud`. Wanted is {configured}."
                ),
                ask,
            ),
            found if found.iter().any(|it| GRAPH.contains(&it.trim_end_matches('/'))) => {
                self.graph()
            }
            found => {
                let found = printable(&found.join(", "));
                let or = match self.offerable_audience() {
                    Some(audience) => format!(
                        " If this API is meant, configure `audience = \"{}\"` instead.",
                        printable(audience)
                    ),
                    None => String::new(),
                };
                Diagnosis::new(
                    "wrong_audience",
                    format!(
                        "The issuer is right, the audience is not: `aud` is {found}, wanted is {configured}."
                    ),
                    format!("{ask}{or}"),
                )
            }
        }
    }

    pub(super) fn claim_mismatch(&self) -> Diagnosis {
        if let Some(id_token) = self.id_token() {
            return id_token;
        }
        let required = self.required_claims();
        let mut unmet = required.iter().filter(|it| !it.is_met_by(self.reading.at(&it.path)));
        let (wanted, found) = match unmet.next() {
            Some(claim) => (claim.to_string(), shown(self.reading.at(&claim.path))),
            None => ("another value".to_owned(), "another one".to_owned()),
        };
        Diagnosis::new(
            "wrong_claim",
            format!(
                "`claims` asks for {}, and the token has {found} there: another kind of token, or of \
                 another app or tenant.",
                printable(&wanted)
            ),
            "Send a token that carries it, or correct `claims` by what the issuer writes.",
        )
    }

    pub(super) fn wrong_client(&self) -> Diagnosis {
        if let Some(id_token) = self.id_token() {
            return id_token;
        }
        let ours = printable(&self.clients().join(", "));
        match self.reading.client() {
            None => Diagnosis::new(
                "no_client",
                format!("The token names no client. Accepted are {ours} (`clients`)."),
                "Have the issuer write `azp`, `client_id`, `cid` or `appid`, or take `clients` out and \
                 set `audience`.",
            ),
            Some((name, client)) => Diagnosis::new(
                "wrong_client",
                format!(
                    "The token was issued to another client: `{name}` is {}, accepted are {ours} \
                     (`clients`).",
                    plain(Some(client))
                ),
                "Get the token by a client that may call this API, or add this one to `clients` if it \
                 may.",
            ),
        }
    }

    /// For a token that Microsoft Entra has issued for Microsoft's own API.
    pub(super) fn graph(&self) -> Diagnosis {
        Diagnosis::new(
            "graph_token",
            "This is a token for Microsoft Graph, which no other API can verify: its header has a `nonce` \
             that Microsoft hashes before it signs.",
            self.ask_of(Some(Provider::Entra), &self.audience_to_ask_for()),
        )
    }

    pub(super) fn id_token(&self) -> Option<Diagnosis> {
        // Of these providers, ID tokens are what clients send.
        let sends_them = matches!(
            self.provider(),
            Some(
                Provider::Google
                    | Provider::Firebase
                    | Provider::GithubActions
                    | Provider::Kubernetes
                    | Provider::Supabase
                    | Provider::Clerk
            )
        );
        (!sends_them && self.reading.is_id_token()).then(|| {
            let client = printable(&self.reading.audience().join(", "));
            let cure = match self.audiences().as_slice() {
                [] => "Send the access token.".to_owned(),
                _ => format!("Send the access token. {}", self.ask()),
            };
            Diagnosis::new(
                "id_token",
                format!("This is an ID token: it tells the client {client} who signed in."),
                cure,
            )
        })
    }
}

fn bad_claim(claim: &str, problem: &str) -> Diagnosis {
    Diagnosis::new(
        "bad_claim",
        format!("`{claim}` {problem}."),
        "Have the issuer write it as RFC 7519 §4.1 says, and RFC 9068 §2.2 for `at+jwt`.",
    )
}

fn milliseconds(claim: &str) -> Diagnosis {
    Diagnosis::new(
        "milliseconds",
        format!("`{claim}` is counted in milliseconds, and a JWT counts seconds."),
        "Divide by 1000 where the token is made.",
    )
}
