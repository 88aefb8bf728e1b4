//! The token of a request: one `Authorization` header, one credential (RFC 6750 §2.1, RFC 9449 §7.1), or
//! one header of another name with the token alone.

use crate::dpop::Scheme;
use crate::rejection::Rejection;

/// A token, and the scheme by which it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Credential<'r> {
    pub(crate) scheme: Scheme,
    pub(crate) token: &'r str,
}

/// The characters between words.
const BLANK: [char; 2] = [' ', '\t'];

/// The credential of a request whose `Authorization` headers have these values. `DPoP` is a scheme only
/// where bound tokens are taken.
pub(crate) fn credential<'r>(
    mut headers: impl Iterator<Item = &'r str>,
    takes_bound: bool,
) -> Result<Credential<'r>, Rejection> {
    let header = headers.next().ok_or(Rejection::HeaderMissing)?;
    if headers.next().is_some() {
        return Err(Rejection::SeveralHeaders);
    }

    let header = header.trim_matches(BLANK);
    if header.is_empty() {
        return Err(Rejection::HeaderMissing);
    }
    let (scheme, token) = header.split_once(BLANK).unwrap_or((header, ""));
    let scheme = scheme_named(scheme, takes_bound).ok_or(Rejection::OtherScheme)?;
    let token = token.trim_start_matches(BLANK);
    if token.is_empty() {
        return Err(Rejection::TokenMissing);
    }
    // memchr, since a loop over octets would be most of the cost of a remembered token.
    if memchr::memchr2(b' ', b'\t', token.as_bytes()).is_some() {
        return Err(Rejection::SeveralWords);
    }
    Ok(Credential { scheme, token })
}

fn scheme_named(name: &str, takes_bound: bool) -> Option<Scheme> {
    if name.eq_ignore_ascii_case("bearer") {
        Some(Scheme::Bearer)
    } else if takes_bound && name.eq_ignore_ascii_case("dpop") {
        Some(Scheme::Dpop)
    } else {
        None
    }
}

/// The scheme that a client has used, if it is one of ours and the only one.
pub(crate) fn scheme<'r>(mut headers: impl Iterator<Item = &'r str>) -> Option<Scheme> {
    let header = headers.next()?.trim_matches(BLANK);
    let name = header.split(BLANK).next()?;
    scheme_named(name, true).filter(|_| headers.next().is_none())
}

/// The token of a request whose `token_header` has these values: one line with nothing but the token.
pub(crate) fn bare_token<'r>(
    mut headers: impl Iterator<Item = &'r str>,
) -> Result<&'r str, Rejection> {
    let token = headers.next().ok_or(Rejection::HeaderMissing)?.trim_matches(BLANK);
    if headers.next().is_some() {
        return Err(Rejection::SeveralHeaders);
    }
    if token.is_empty() {
        return Err(Rejection::HeaderMissing);
    }
    if memchr::memchr2(b' ', b'\t', token.as_bytes()).is_some() {
        return Err(Rejection::SeveralWords);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_header_with_one_word_after_bearer_is_a_credential() {
        let cases: &[(&[&str], Result<&str, Rejection>)] = &[
            (&[], Err(Rejection::HeaderMissing)),
            (&[""], Err(Rejection::HeaderMissing)),
            (&[" \t"], Err(Rejection::HeaderMissing)),
            (&["Basic abc"], Err(Rejection::OtherScheme)),
            (&["Bearer,abc"], Err(Rejection::OtherScheme)),
            (&["Bearer\u{a0}abc"], Err(Rejection::OtherScheme)),
            (&["abc"], Err(Rejection::OtherScheme)),
            (&["Bearer"], Err(Rejection::TokenMissing)),
            (&["bearer \t "], Err(Rejection::TokenMissing)),
            (&["Bearer a b"], Err(Rejection::SeveralWords)),
            (&["Bearer a, Bearer b"], Err(Rejection::SeveralWords)),
            (&["Bearer a", "Bearer a"], Err(Rejection::SeveralHeaders)),
            (&["", ""], Err(Rejection::SeveralHeaders)),
            (&["Bearer a", "Basic b"], Err(Rejection::SeveralHeaders)),
            (&["Bearer a"], Ok("a")),
            (&["bEARER\ta"], Ok("a")),
            (&["  Bearer \t a  "], Ok("a")),
            (&["Bearer a\u{2003}b"], Ok("a\u{2003}b")),
            (&["DPoP a"], Err(Rejection::OtherScheme)),
        ];
        for (headers, expected) in cases {
            let expected = expected.map(|token| Credential { scheme: Scheme::Bearer, token });
            assert_eq!(credential(headers.iter().copied(), false), expected, "{headers:?}");
        }
    }

    #[test]
    fn dpop_is_a_scheme_where_bound_tokens_are_taken() {
        let bound = |token| Ok(Credential { scheme: Scheme::Dpop, token });
        let cases: &[(&[&str], Result<Credential<'_>, Rejection>)] = &[
            (&["DPoP a"], bound("a")),
            (&["dpop\ta"], bound("a")),
            (&["Bearer a"], Ok(Credential { scheme: Scheme::Bearer, token: "a" })),
            (&["DPoP"], Err(Rejection::TokenMissing)),
            (&["DPoP a b"], Err(Rejection::SeveralWords)),
            (&["DPoP a", "Bearer a"], Err(Rejection::SeveralHeaders)),
            (&["Basic a"], Err(Rejection::OtherScheme)),
            (&["DPoP,a"], Err(Rejection::OtherScheme)),
        ];
        for (headers, expected) in cases {
            assert_eq!(credential(headers.iter().copied(), true), *expected, "{headers:?}");
        }
    }

    #[test]
    fn a_header_of_another_name_holds_the_token_alone() {
        let cases: &[(&[&str], Result<&str, Rejection>)] = &[
            (&[], Err(Rejection::HeaderMissing)),
            (&[" \t"], Err(Rejection::HeaderMissing)),
            (&["a"], Ok("a")),
            (&["\t a "], Ok("a")),
            (&["Bearer"], Ok("Bearer")),
            (&["Bearer a"], Err(Rejection::SeveralWords)),
            (&["a\tb"], Err(Rejection::SeveralWords)),
            (&["a", "a"], Err(Rejection::SeveralHeaders)),
            (&["", "a"], Err(Rejection::SeveralHeaders)),
            (&["a,a"], Ok("a,a")),
        ];
        for (headers, expected) in cases {
            assert_eq!(bare_token(headers.iter().copied()), *expected, "{headers:?}");
        }
    }
}
