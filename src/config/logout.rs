//! Where back-channel logouts are taken, and what each does.

use std::time::Duration;

use crate::revocation::USUAL_LIFE;

/// Where logouts are taken, by what they log out, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Logout {
    pub(crate) path: Option<String>,
    pub(crate) by: LogoutBy,
    /// How long the rule of a logout lives.
    pub(crate) keep: Duration,
}

impl Default for Logout {
    fn default() -> Self {
        Self { path: None, by: LogoutBy::default(), keep: USUAL_LIFE }
    }
}

/// What the rule of a logout names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LogoutBy {
    /// The session, where the logout token names one, and else the user.
    #[default]
    Sid,
    /// The user.
    Sub,
}
