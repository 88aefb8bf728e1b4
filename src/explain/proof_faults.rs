//! Why a proof of possession is refused: the likely cause of each refusal, and its cure.

use super::proof_case::ProofCase;
use super::report::Diagnosis;
use super::words::{either, plain, shown};
use crate::dpop::url::HttpUrl;
use crate::dpop::{MOST_BYTES, ProofCheck, Target};
use crate::rejection::Rejection;

/// Where a client makes proofs by itself, for those that have none.
const LIBRARY: &str =
    "A library makes them: npm `dpop` or `oauth4webapi`, and the SDKs of Auth0 and Keycloak.";

/// A token that was sent by the other scheme.
pub(super) fn of_scheme(rejection: Rejection, is_required: bool) -> Diagnosis {
    match rejection {
        Rejection::BoundToken => Diagnosis::new(
            "bound_token",
            "The token is bound to a key (`cnf.jkt`), and was sent as `Bearer`.",
            "Have the client send `Authorization: DPoP <token>`, and beside it a proof in the header \
             `DPoP`, as `rocket-bearer proof` makes one.",
        ),
        Rejection::UnboundToken if !is_required => Diagnosis::new(
            "unbound_token",
            "The token is bound to no key (it has no `cnf.jkt`), and was sent as `DPoP`.",
            "Send it as `Authorization: Bearer <token>`. To have it bound, let the client send a proof to \
             the issuer's token endpoint too.",
        ),
        _ => Diagnosis::new(
            "unbound_token",
            "Only tokens that are bound to a key are taken here (`dpop.mode = \"required\"`), and this one \
             is not.",
            "Have the client send a proof to the issuer's token endpoint, so that it gets a bound token; \
             while clients change over, `dpop.mode = \"allowed\"` takes both.",
        ),
    }
}

/// A bound token without a proof.
pub(super) fn missing() -> Diagnosis {
    Diagnosis::new(
        "proof_missing",
        "The token is bound to a key, and came without a proof in the header `DPoP`.",
        format!(
            "Have the client send one with each request; to judge one here, give it as `--proof`. {LIBRARY}"
        ),
    )
}

/// More than one proof.
pub(super) fn several() -> Diagnosis {
    Diagnosis::new(
        "several_proofs",
        "There is more than one proof, or more than a proof, in the header `DPoP`.",
        "Send one; look for a client library and a wrapper that each add their own.",
    )
}

impl ProofCase<'_> {
    /// Why the proof is refused at this check.
    pub(super) fn diagnosis(&self, rejection: Rejection) -> Diagnosis {
        match rejection {
            Rejection::ForbiddenProofAlgorithm => {
                let names: Vec<_> = self.proofs.algorithms.iter().map(|it| it.name()).collect();
                Diagnosis::new(
                    "forbidden_proof_algorithm",
                    format!("The proof is signed with {}.", plain(self.reading.header("alg"))),
                    format!("Have the client use {}.", either(&names)),
                )
            }
            Rejection::BadProofKey => Diagnosis::new(
                "bad_proof_key",
                format!("The proof's `jwk` is no key to verify with: {}.", self.bad_key()),
                "Have the client put the public half of its key there, with the members that RFC 7638 \
                 names and no other; a private half that was sent is burnt: make a new key.",
            ),
            Rejection::OtherKey => Diagnosis::new(
                "other_key",
                "The proof is by another key than the one that the token is bound to.",
                format!(
                    "Have the client sign with the key that it had when it got this token ({}). A client \
                     that makes a new key at each start has to get a new token, too.",
                    self.thumbprint()
                ),
            ),
            Rejection::BadProofSignature => Diagnosis::new(
                "bad_proof_signature",
                "The signature of the proof does not fit.",
                "The proof was changed or cut off, or signed with another key than its `jwk`; a signature \
                 of ECDSA is `r` and `s` side by side, not DER.",
            ),
            Rejection::WrongMethod => Diagnosis::new(
                "wrong_method",
                format!(
                    "The proof is for {}, and the request is a {}.",
                    plain(self.reading.claim("htm")),
                    self.demand.method
                ),
                "Have the client make a proof for each request, with its method in capitals; say here \
                 what the request was with `--method`.",
            ),
            Rejection::WrongUrl => self.wrong_url(),
            Rejection::WrongTokenHash => Diagnosis::new(
                "wrong_token_hash",
                "The proof was made for another token, or for none (`ath`).",
                "Have the client put base64url of SHA-256 of the very token into `ath`, and make new proofs \
                 when it has got a new token.",
            ),
            Rejection::NonceRequired => Diagnosis::new(
                "nonce_required",
                match self.reading.claim("nonce") {
                    None => "The proof has no `nonce`, and the server asks for one.".to_owned(),
                    Some(_) => "The proof's `nonce` is too old, or none of this server.".to_owned(),
                },
                "Have the client take the `DPoP-Nonce` of the 401 into a new proof and send the request \
                 again, once; where that never ends, the instances have different secrets: give them the \
                 same `dpop.nonce_key_file`.",
            ),
            Rejection::ProofTooOld | Rejection::ProofFromFuture => self.wrong_time(rejection),
            _ => self.malformed(),
        }
    }

    fn wrong_url(&self) -> Diagnosis {
        let htu = self.reading.claim_text("htu").unwrap_or_default();
        let says = format!(
            "The proof is for {}, and the request is for {}.",
            plain(self.reading.claim("htu")),
            self.expected_url()
        );
        let bases: Vec<_> = self.proofs.bases.iter().map(|base| base.url("")).collect();
        let cure = if HttpUrl::parse(htu).is_none() {
            "Have the client write an absolute URL as RFC 3986 has it: scheme, `//`, host and path, \
             nothing unescaped."
                .to_owned()
        } else if let Target::Url(url) = self.demand.target
            && HttpUrl::parse(url) == HttpUrl::parse(htu)
        {
            format!(
                "That URL is below none of {}: write the origin that clients call, and the prefix that a \
                 proxy takes off the path, into `dpop.base`.",
                either(&bases)
            )
        } else {
            format!(
                "A proof names {} and the path as it is sent, to the last slash; behind a proxy set \
                 `dpop.base` to what clients call.",
                either(&bases)
            )
        };
        Diagnosis::new("wrong_url", says, cure)
    }

    fn wrong_time(&self, rejection: Rejection) -> Diagnosis {
        let time = self.bad_time();
        let (name, says) = match (rejection, time) {
            (Rejection::ProofFromFuture, "nbf") => {
                ("proof_from_future", "The proof is not valid yet")
            }
            (Rejection::ProofFromFuture, _) => {
                ("proof_from_future", "The proof is dated into the future")
            }
            (_, "exp") => ("proof_too_old", "The proof has expired"),
            _ => ("proof_too_old", "The proof is too old"),
        };
        let offset = self.offset(time).unwrap_or_default();
        Diagnosis::new(
            name,
            format!("{says}: its `{time}` is {offset}."),
            "Make a proof for each request, just before it. Where a client's clock is wrong, \
             `dpop.nonce = \"required\"` tells it to come at once, and the clock has to be set all the same.",
        )
    }

    fn malformed(&self) -> Diagnosis {
        let says = match self.last {
            Some(ProofCheck::Size) => format!("The proof is longer than {MOST_BYTES} bytes."),
            Some(ProofCheck::Type) if self.reading.header("crit").is_some() => {
                "The proof's header has `crit`, and no extension is known here.".to_owned()
            }
            Some(ProofCheck::Type) => format!(
                "The proof's `typ` is {}, and `dpop+jwt` makes a proof.",
                shown(self.reading.header("typ"))
            ),
            Some(ProofCheck::Claims) => match self.bad_claim() {
                Some((claim, problem)) => format!("The proof's claim `{claim}` {problem}."),
                None => "A claim of the proof is missing, or has a wrong type.".to_owned(),
            },
            _ => match self.bad_header() {
                Some(problem) => format!("In the proof's header {problem}."),
                None => "The proof is no JWT: three parts of base64url, JSON, each member once."
                    .to_owned(),
            },
        };
        let cure = format!("Have the client make it as RFC 9449 §4.2 has it. {LIBRARY}");
        Diagnosis::new("malformed_proof", says, cure)
    }
}
