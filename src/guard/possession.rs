//! Whether a request comes from the holder of the key that its token is bound to.

use std::sync::OnceLock;

use rocket::http::Method;
use rocket::request::Request;

use crate::dpop::{Demand, ProofVerifier, Target};
use crate::rejection::Rejection;
use crate::store::Store;
use crate::verifier::verified::Verified;

/// The request that a gateway asks about, as it tells it.
#[derive(Debug)]
pub(crate) struct Original {
    pub(crate) method: String,
    /// The path as the gateway received it.
    pub(crate) path: String,
}

/// What is kept of a request for its proof.
#[derive(Default)]
pub(super) struct Possession {
    /// Set where a gateway asks about another request; `None` where it does not tell which.
    pub(super) original: OnceLock<Option<Original>>,
    /// Set where the client should get a new nonce with the answer.
    pub(super) has_old_nonce: OnceLock<()>,
}

impl Possession {
    /// Uses up the proof that a request carries for its token, at `now` in seconds since the epoch. The
    /// client has sent the request with this method.
    pub(super) async fn check(
        &self,
        request: &Request<'_>,
        method: Method,
        proofs: &ProofVerifier,
        store: Option<&Store>,
        verified: &Verified,
        now: f64,
    ) -> Result<(), Rejection> {
        let Some(bound_to) = verified.bound_to() else { return Ok(()) };
        let (method, path) = match self.original.get() {
            None => (method.as_str(), request.uri().path().as_str()),
            Some(Some(Original { method, path })) => (method.as_str(), path.as_str()),
            Some(None) => return Err(Rejection::BadGatewayRequest),
        };
        // HTTP/2 has its own place for it.
        let host = request.host().map(ToString::to_string);
        let host = host.as_deref().or_else(|| request.headers().get_one("Host"));
        let target = Target::Path { path, host };
        if let Some(store) = store {
            proofs.nonces.learn(store).await;
        }
        let demand = Demand { method, target, token: verified.token(), bound_to };
        let proof = proofs.check(one_proof(request)?, &demand, now, &mut |_| ())?;
        if proof.has_old_nonce {
            let _ = self.has_old_nonce.set(());
        }
        proofs.use_up(&proof, store, now).await
    }
}

/// The proof of a request: one line, and no list of several.
fn one_proof<'r>(request: &'r Request<'_>) -> Result<&'r str, Rejection> {
    let mut lines = request.headers().get("DPoP");
    let proof = lines.next().filter(|line| !line.is_empty()).ok_or(Rejection::ProofMissing)?;
    if lines.next().is_some() || proof.contains(',') {
        return Err(Rejection::SeveralProofs);
    }
    Ok(proof)
}
