//! What `fuzz/` calls; it is no part of the library otherwise.

use std::sync::LazyLock;

use super::demand::{Demand, Target};
use super::proof_verifier::ProofVerifier;
use super::settings::{Dpop, DpopMode};
use crate::rejection::Rejection;
use crate::store::StoreSettings;

/// The verdict on a proof for a GET of `https://api.example/a` with this token, by the defaults of
/// [`Dpop`], at `now` in seconds since the epoch. Nothing is used up.
pub fn judge_proof(
    proof: &str,
    token: &str,
    bound_to: [u8; 32],
    now: f64,
) -> Result<(), Rejection> {
    static PROOFS: LazyLock<ProofVerifier> = LazyLock::new(|| {
        let settings = Dpop::default().mode(DpopMode::Allowed).base(["https://api.example"]);
        let settings = settings.expect("it is an origin");
        let proofs = ProofVerifier::of(&settings, None, &StoreSettings::default());
        proofs.expect("no file is read").expect("the mode is not `off`")
    });
    let target = Target::Path { path: "/a", host: None };
    let demand = Demand { method: "GET", target, token, bound_to };
    PROOFS.check(proof, &demand, now, &mut |_| ()).map(|_| ())
}
