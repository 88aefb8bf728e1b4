//! Why the store gives no answer.

use std::fmt;

/// The target of all log lines about the store.
pub(super) const TARGET: &str = "rocket_bearer::store";

/// Why the store gives no answer, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Unavailable {
    /// No connection: nothing listens, or the network is cut.
    Unreachable = 1,
    /// No answer within the deadline, or Redis is busy with a script.
    Timeout,
    /// The certificate of the server is not trusted, or it speaks no TLS.
    Tls,
    /// The password is wrong, or there is none.
    Auth,
    /// The user lacks a right.
    Permission,
    /// A replica, which takes no writes.
    ReadOnly,
    /// A node of a cluster, which refers to others.
    Cluster,
    /// `maxmemory` is reached.
    Full,
    /// Redis reads its data.
    Loading,
    /// Any other refusal, or an answer that is none of Redis.
    Refused,
}

impl Unavailable {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 10] = [
        Self::Unreachable,
        Self::Timeout,
        Self::Tls,
        Self::Auth,
        Self::Permission,
        Self::ReadOnly,
        Self::Cluster,
        Self::Full,
        Self::Loading,
        Self::Refused,
    ];

    /// The code in `/readyz` and in metrics.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Permission => "permission",
            Self::ReadOnly => "read_only",
            Self::Cluster => "cluster",
            Self::Full => "full",
            Self::Loading => "loading",
            Self::Refused => "refused",
        }
    }

    /// What an operator can do about it.
    pub(crate) const fn cure(self) -> &'static str {
        match self {
            Self::Unreachable => "start it, or correct the address in `store.redis`",
            Self::Timeout => {
                "look at its load and at the network, or write a longer `store.deadline_ms`"
            }
            Self::Tls => {
                "name its private authority as `store.ca_file`, write the host as its certificate \
                 has it, or `redis://` where it speaks no TLS"
            }
            Self::Auth => "correct the user and the password in `store.redis`",
            Self::Permission => "give the user the rights that `docs/redis.md` lists",
            Self::ReadOnly => "write the address of the primary into `store.redis`",
            Self::Cluster => {
                "write the address of a Redis that is no cluster: cluster mode is not spoken"
            }
            Self::Full => "raise its `maxmemory`; `docs/redis.md` says what is needed",
            Self::Loading => "wait until it has read its data",
            Self::Refused => "look whether `store.redis` leads to a Redis of 6.2 or newer",
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "out of reach",
            Self::Timeout => "not answering in time",
            Self::Tls => "not reached by TLS",
            Self::Auth => "refusing the password (NOAUTH, WRONGPASS)",
            Self::Permission => "refusing a command to this user (NOPERM)",
            Self::ReadOnly => "a read-only replica (READONLY)",
            Self::Cluster => "a node of a cluster (MOVED)",
            Self::Full => "full: `maxmemory` is reached (OOM)",
            Self::Loading => "not ready: it reads its data (LOADING)",
            Self::Refused => "refusing what it is asked",
        })
    }
}

impl std::error::Error for Unavailable {}
