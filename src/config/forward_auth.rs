//! What a gateway is told of a caller: the table `forward`.

use super::Config;
use crate::error::{Invalid, invalid};

/// A header that tells a claim: `X-Auth-Subject=sub`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdentityHeader {
    pub(crate) name: String,
    pub(crate) claim: String,
}

/// Who it is, what was granted, and by whom; more only where it is asked for.
const USUAL: [(&str, &str); 3] =
    [("X-Auth-Subject", "sub"), ("X-Auth-Scope", "scope"), ("X-Auth-Issuer", "iss")];

pub(super) fn usual() -> Vec<IdentityHeader> {
    let header = |(name, claim): (&str, &str)| IdentityHeader {
        name: name.to_owned(),
        claim: claim.to_owned(),
    };
    USUAL.map(header).into()
}

impl Config {
    /// The identity headers of `/auth`, which the program `rocket-bearer` has, each as `Name=claim`.
    ///
    /// `X-Auth-Subject=sub`, `X-Auth-Scope=scope` and `X-Auth-Issuer=iss` if nothing is said. A name
    /// begins with `X-` or `Remote-` and has letters, digits and `-` only.
    pub fn forward_headers<H: AsRef<str>>(
        mut self,
        headers: impl IntoIterator<Item = H>,
    ) -> Result<Self, Invalid> {
        self.forward_headers.clear();
        for header in headers {
            let header = parse(header.as_ref())?;
            if self.forward_headers.iter().any(|it| it.name.eq_ignore_ascii_case(&header.name)) {
                return Err(invalid("has a header twice", "keep one of the two"));
            }
            self.forward_headers.push(header);
        }
        Ok(self)
    }
}

fn parse(text: &str) -> Result<IdentityHeader, Invalid> {
    let cure = "write `Name=claim`, for instance `X-Auth-Subject=sub`";
    let (name, claim) = text.split_once('=').ok_or(invalid("has no claim", cure))?;
    if claim.trim().is_empty() {
        return Err(invalid("has no claim", cure));
    }
    // Nothing that frames or steers an answer; and `_` is `-` to many who read headers.
    let begins = ["x-", "remote-"].iter().any(|prefix| {
        name.len() > prefix.len()
            && name.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix))
    });
    if !begins || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Err(invalid(
            "has an unusable header name",
            "begin it with `X-` or `Remote-`, and use letters, digits and `-` only",
        ));
    }
    Ok(IdentityHeader { name: name.to_owned(), claim: claim.to_owned() })
}
