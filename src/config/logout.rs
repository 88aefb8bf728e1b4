//! Where back-channel logouts are taken, and what each does.

/// Where logouts are taken, and by what they log out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Logout {
    pub(crate) path: Option<String>,
    pub(crate) by: LogoutBy,
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
