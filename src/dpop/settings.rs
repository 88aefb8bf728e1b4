//! How tokens that are bound to a key are taken: the table `dpop`.

use std::path::PathBuf;
use std::time::Duration;

use super::base::Base;
use crate::error::{self, Invalid, ensure, not_empty};
use crate::named_file::NamedFile;
use crate::token::algorithm::Algorithm;

/// How tokens that are bound to a key of their sender are taken (RFC 9449); each setter tells its default.
///
/// ```
/// use rocket_bearer::{Dpop, DpopMode};
///
/// let dpop = Dpop::default().mode(DpopMode::Allowed).base(["https://api.example.com"])?;
/// # Ok::<(), rocket_bearer::Invalid>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dpop {
    pub(crate) mode: DpopMode,
    pub(crate) base: Vec<Base>,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) max_age: Duration,
    pub(crate) leeway: Duration,
    pub(crate) needs_nonce: bool,
    pub(crate) nonce_key_file: Option<NamedFile>,
    pub(crate) entries: usize,
}

/// Whether tokens may be bound to a key of their sender, or must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DpopMode {
    /// A bound token is refused, and `DPoP` is an unknown scheme.
    #[default]
    Off,
    /// A bound token needs a proof with each request; others are sent as `Bearer`.
    Allowed,
    /// Every token has to be bound, and needs a proof with each request.
    Required,
}

/// The algorithms of proofs, the ones that clients should prefer first. ML-DSA is none of them: its keys
/// and signatures leave no room in a header.
const ALGORITHMS: [Algorithm; 10] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::ES512,
    Algorithm::EdDSA,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
];

impl Default for Dpop {
    fn default() -> Self {
        Self {
            mode: DpopMode::Off,
            base: vec![],
            algorithms: ALGORITHMS.to_vec(),
            max_age: Duration::from_secs(300),
            leeway: Duration::from_secs(30),
            needs_nonce: false,
            nonce_key_file: None,
            entries: 500_000,
        }
    }
}

impl Dpop {
    /// Whether tokens may be bound, or must be; [`DpopMode::Off`].
    pub fn mode(mut self, mode: DpopMode) -> Self {
        self.mode = mode;
        self
    }

    /// The public origins of the API, each with the prefix of its paths that a proxy takes off, as
    /// `https://api.example.com/v1`; the origin of `resource`.
    ///
    /// A proof names one of these and the path of the request after it. Plain http is for loopback hosts.
    pub fn base<B: AsRef<str>>(
        mut self,
        urls: impl IntoIterator<Item = B>,
    ) -> Result<Self, Invalid> {
        let base = urls.into_iter().map(|url| Base::parse(url.as_ref()));
        self.base = not_empty(base.collect::<Result<_, _>>()?)?;
        Ok(self)
    }

    /// The algorithms that proofs may be signed with; all that are verified here but ML-DSA, which is
    /// refused.
    pub fn algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = Algorithm>,
    ) -> Result<Self, Invalid> {
        let algorithms = not_empty(algorithms.into_iter().collect::<Vec<_>>())?;
        ensure(
            algorithms.iter().all(|algorithm| ALGORITHMS.contains(algorithm)),
            "has ML-DSA, whose keys and signatures leave no room in a header",
            "leave it out; ES256 is what clients use",
        )?;
        self.algorithms = algorithms;
        Ok(self)
    }

    /// How long after its `iat` a proof is accepted, from 1 to 300 whole seconds; 300 s.
    pub fn max_age(mut self, age: Duration) -> Result<Self, Invalid> {
        ensure(
            (1..=300).contains(&age.as_secs()),
            "is not from 1 to 300 seconds",
            "write how old a proof may be; the longer, the more proofs are remembered",
        )?;
        self.max_age = error::whole_seconds(age)?;
        Ok(self)
    }

    /// How far in the future the `iat` of a proof may lie, from 10 to 60 whole seconds; 30 s.
    pub fn leeway(mut self, skew: Duration) -> Result<Self, Invalid> {
        ensure(
            (10..=60).contains(&skew.as_secs()),
            "is not from 10 to 60 seconds",
            "write how far the clock of a client may be ahead; `dpop.nonce = \"required\"` judges by the \
             clock of the server",
        )?;
        self.leeway = error::whole_seconds(skew)?;
        Ok(self)
    }

    /// Whether a proof must carry a nonce of this server (RFC 9449 §9); no.
    ///
    /// A client without one is told one with the 401, and comes again.
    pub fn require_nonce(mut self, required: bool) -> Self {
        self.needs_nonce = required;
        self
    }

    /// The file with the secret that nonces are made by, 32 bytes or more, the same for all instances.
    ///
    /// Without one, each process makes its own secret, and knows no nonces of another.
    pub fn nonce_key_file(self, path: impl Into<PathBuf>) -> Self {
        self.nonce_key_named_file(path.into().into())
    }

    pub(crate) fn nonce_key_named_file(mut self, file: NamedFile) -> Self {
        self.nonce_key_file = Some(file);
        self
    }

    /// How many proofs this process remembers, from 200 to 100000000; 500000.
    ///
    /// One key may hold a tenth of them. A full memory refuses new proofs with 503 and forgets none that
    /// could still be accepted.
    pub fn entries(mut self, entries: u64) -> Result<Self, Invalid> {
        ensure(
            (200..=100_000_000).contains(&entries),
            "is not from 200 to 100000000",
            "write how many proofs are to be remembered: 330 for each request with a proof in a second",
        )?;
        self.entries = entries as usize;
        Ok(self)
    }
}
