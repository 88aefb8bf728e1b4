//! What a gateway is told of a caller: the key `forward.headers`.

use crate::error::{Invalid, ensure};
use crate::token::claim_path::ClaimPath;

/// A header that tells a claim: `X-Auth-Subject=sub`, or `X-Auth-Roles=/realm_access/roles`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IdentityHeader {
    pub(crate) name: String,
    pub(crate) claim: String,
    /// The place within a claim, where `claim` is a JSON pointer to one.
    pub(crate) pointer: Option<ClaimPath>,
}

/// The caller, what was granted, and by which issuer; an app says more only where it is told to.
const USUAL: [&str; 3] = ["X-Auth-Subject=sub", "X-Auth-Scope=scope", "X-Auth-Issuer=iss"];

/// The headers where nothing is said.
pub(super) fn usual() -> Vec<IdentityHeader> {
    parse(USUAL).expect("the usual headers are written as they have to be")
}

/// The headers of these texts, each `Name=claim`.
pub(super) fn parse<H: AsRef<str>>(
    texts: impl IntoIterator<Item = H>,
) -> Result<Vec<IdentityHeader>, Invalid> {
    let mut headers: Vec<IdentityHeader> = vec![];
    for text in texts {
        let header = parse_one(text.as_ref())?;
        let is_new = headers.iter().all(|it| !it.name.eq_ignore_ascii_case(&header.name));
        ensure(is_new, "has a header twice", "keep one of the two")?;
        headers.push(header);
    }
    Ok(headers)
}

fn parse_one(text: &str) -> Result<IdentityHeader, Invalid> {
    let cure = "write `Name=claim`, for instance `X-Auth-Subject=sub`";
    let (name, claim) = text.split_once('=').unwrap_or((text, ""));
    ensure(!claim.trim().is_empty(), "has no claim", cure)?;
    // Any other header could frame or steer an answer, and many readers take `_` for `-`.
    let begins = ["x-", "remote-"].iter().any(|prefix| {
        name.len() > prefix.len()
            && name.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix))
    });
    ensure(
        begins && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
        "has an unusable header name",
        "begin it with `X-` or `Remote-`, and use letters, digits and `-` only",
    )?;
    let pointer = claim.starts_with('/').then(|| ClaimPath::parse(claim)).transpose()?;
    Ok(IdentityHeader { name: name.to_owned(), claim: claim.to_owned(), pointer })
}
