//! What a proof has to be for, and the scheme by which a bound token is sent.

/// How a token is sent in `Authorization`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Bearer,
    Dpop,
}

/// What a proof has to be for: the request as its client sent it, and the token beside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demand<'r> {
    pub(crate) method: &'r str,
    pub(crate) target: Target<'r>,
    pub(crate) token: &'r str,
    /// The thumbprint of the key that the token is bound to.
    pub(crate) bound_to: [u8; 32],
}

/// The resource that a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target<'r> {
    /// At one of the configured bases; `Host` can only leave some of them out.
    Path { path: &'r str, host: Option<&'r str> },
    /// Anything: an operator has not said what was asked for.
    #[cfg(feature = "cli")]
    Any,
    /// This URL, if it is below one of the bases.
    #[cfg(feature = "cli")]
    Url(&'r str),
}
