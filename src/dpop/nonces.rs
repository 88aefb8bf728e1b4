//! Which nonces a proof must have, and where the key comes from that they are made with.

use std::pin::pin;
use std::time::Duration;

use aws_lc_rs::rand;

use super::base::Base;
use super::nonce::{Held, NonceKey};
use super::settings::Dpop;
use super::shared_nonces::SharedNonceKey;
use crate::error::Error;
use crate::named_file::read_regular;
use crate::rejection::Rejection;
use crate::store::{OnOutage, Store, StoreSettings};

/// The fewest bytes of a secret for nonces.
const FEWEST_KEY_BYTES: usize = 32;

/// How often the store is asked for the nonces' key again: it may have lost the key, and then another
/// instance makes a new one.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// The store gives no answer. It is asked again at each request.
pub(super) const OUT_OF_REACH: Rejection =
    Rejection::StoreUnavailable { retry_after: Duration::from_secs(1) };

/// Which nonces a proof must have.
pub(crate) struct Nonces {
    rule: Rule,
    /// Whether other instances make other nonces.
    pub(crate) are_its_own: bool,
}

enum Rule {
    NotAskedFor,
    /// One that was made with this key.
    Of(Box<NonceKey>),
    /// One that was made with the key that the instances share in Redis, once that is known.
    Shared(SharedNonceKey),
    /// Any: those of the server are made with a key that is not known here.
    #[cfg(feature = "cli")]
    OfAnother,
}

impl Nonces {
    pub(super) fn of(settings: &Dpop, base: &Base, store: &StoreSettings) -> Result<Self, Error> {
        let (has_file, has_store) = (settings.nonce_key_file.is_some(), store.url.is_some());
        let rule = match settings.needs_nonce {
            false => Rule::NotAskedFor,
            true if has_store && !has_file => {
                let key = SharedNonceKey::new(base.url(""));
                if store.on_outage == OnOutage::Memory {
                    // A process that starts in an outage judges alone till the end of it.
                    key.know(random_secret()?);
                }
                Rule::Shared(key)
            }
            true => Rule::Of(Box::new(nonce_key(settings, base)?)),
        };
        Ok(Self { rule, are_its_own: settings.needs_nonce && !has_store && !has_file })
    }

    /// Whether proofs must carry one.
    pub(crate) fn are_needed(&self) -> bool {
        !matches!(self.rule, Rule::NotAskedFor)
    }

    /// The one that clients should use from `now` on, in seconds since the epoch; `None` where none is asked
    /// for.
    pub(crate) fn current(&self, now: f64) -> Option<String> {
        match &self.rule {
            Rule::Of(key) => Some(key.current(now)),
            Rule::Shared(key) => key.with(|key| key.current(now)),
            _ => None,
        }
    }

    /// How long the nonce of a proof holds, where one is asked for.
    pub(super) fn check(&self, nonce: Option<&str>, now: f64) -> Result<Option<Held>, Rejection> {
        match &self.rule {
            Rule::NotAskedFor => Ok(None),
            Rule::Of(key) => key.check(nonce, now),
            Rule::Shared(key) => key.with(|key| key.check(nonce, now)).ok_or(OUT_OF_REACH)?,
            #[cfg(feature = "cli")]
            Rule::OfAnother => nonce.map(|_| None).ok_or(Rejection::NonceRequired),
        }
    }

    /// Learns their key, where the instances share it in this store and it is not known yet.
    pub(crate) async fn learn(&self, store: &Store) {
        if let Rule::Shared(key) = &self.rule
            && key.with(|_| ()).is_none()
        {
            key.learn(store).await;
        }
    }

    /// Asks the store for that key again and again, until `end`.
    pub(crate) async fn keep(&self, store: &Store, end: impl Future<Output = ()>) {
        let Rule::Shared(key) = &self.rule else { return };
        let mut end = pin!(end);
        while tokio::time::timeout(ASK_AGAIN, &mut end).await.is_err() {
            key.learn(store).await;
        }
    }

    /// Whether those of the server can be told from others here.
    #[cfg(feature = "cli")]
    pub(crate) fn are_known(&self) -> bool {
        matches!(self.rule, Rule::Of(_))
    }

    /// Leaves it open which ones the server makes, unless their key is in a file.
    #[cfg(feature = "cli")]
    pub(crate) fn leave_open(&mut self) {
        if self.are_its_own || matches!(self.rule, Rule::Shared(_)) {
            self.rule = Rule::OfAnother;
        }
    }
}

/// The secret of the nonces: that of the file, or one that this process makes.
fn nonce_key(settings: &Dpop, base: &Base) -> Result<NonceKey, Error> {
    let api = base.url("");
    let Some(file) = &settings.nonce_key_file else {
        return Ok(NonceKey::new(&random_secret()?, &api));
    };
    let cure = "make one with `openssl rand -out FILE 32`, and give every instance the same";
    let octets = read_regular(&file.path).map_err(|error| {
        Error::setting(format!("{} cannot be read", file.unreadable), cure).because(error)
    })?;
    if octets.len() < FEWEST_KEY_BYTES {
        let problem = format!("{} holds {} bytes, and 32 are the least", file.said, octets.len());
        return Err(Error::setting(problem, cure));
    }
    Ok(NonceKey::new(&octets, &api))
}

fn random_secret() -> Result<[u8; FEWEST_KEY_BYTES], Error> {
    let mut octets = [0; FEWEST_KEY_BYTES];
    rand::fill(&mut octets).map_err(|_| {
        Error::setting("no random numbers can be had", "look at the system's random source")
    })?;
    Ok(octets)
}
