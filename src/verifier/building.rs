//! A verifier from its configuration: issuers and their keys, the cache, revocations, proofs.

use std::sync::Arc;

use super::Verifier;
use super::cache::Cache;
use super::issuer::TrustedIssuer;
use crate::config::Config;
use crate::dpop::ProofVerifier;
use crate::error::{Error, Invalid};
use crate::keys::source::Source;
use crate::keys::{KeyIds, KeyStore, Trust};
use crate::revocation::Revocations;
use crate::store::Store;

impl Verifier {
    /// As [`new`](Self::new); `trust` says whether the development keys are accepted.
    pub(crate) fn trusting(config: &Config, trust: Trust) -> Result<Self, Error> {
        let mut stores: Vec<(&Source, Arc<KeyStore>)> = vec![];
        let mut issuers = vec![];
        for (number, issuer) in config.issuers.iter().enumerate() {
            issuer.check().map_err(|Invalid { problem, cure }| {
                Error::setting(format!("issuer `{}` {problem}", issuer.name), cure)
            })?;
            // Issuers with the same source share one store.
            let known = stores.iter().find(|(source, _)| **source == issuer.source);
            let store = match known {
                Some((_, store)) => store.clone(),
                None => {
                    let all = config.issuers.iter();
                    let mut sharing = all.filter(|it| it.source == issuer.source);
                    let algorithms = sharing.clone().flat_map(|it| it.algorithms.clone()).collect();
                    let is_optional = sharing.any(|it| it.kids == KeyIds::Optional);
                    let kids = if is_optional { KeyIds::Optional } else { KeyIds::Required };
                    let (source, fetching) = (&issuer.source, &config.fetching);
                    Arc::new(KeyStore::new(source, algorithms, fetching, trust, kids)?)
                }
            };
            if let Some(keys) = store.current().keys()
                && !keys.serves(&issuer.algorithms)
            {
                return Err(Error::setting(
                    format!("{}: no key of the set serves `algorithms`", store.place()),
                    "add the algorithm of a key to `algorithms`, or such a key to the set",
                ));
            }
            stores.push((&issuer.source, store.clone()));
            issuers.push(TrustedIssuer::new(number, issuer, store, config));
        }
        let cache = Cache::of(config.cache_tokens);
        let origin = config.resource.as_ref().map(|resource| resource.origin.as_str());
        let proofs = ProofVerifier::of(&config.dpop, origin, &config.store)?;
        if proofs.is_some() && config.token_header.is_some() {
            return Err(Error::setting(
                "`dpop.mode` is set beside `token_header`, whose tokens come without a scheme",
                "leave out one of the two: a token that an identity proxy has written needs no proof",
            ));
        }
        let store = Store::of(&config.store)?;
        let (named, sources) = (config.named_issuers(), &config.revocation);
        let revocations = Revocations::new(named, sources, store.as_ref())?;
        let max_token_bytes = config.max_token_bytes;
        Ok(Self { issuers, max_token_bytes, cache, revocations, store, proofs })
    }
}
