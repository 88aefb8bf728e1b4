//! The token of a request: one `Authorization` header, one credential (RFC 6750 §2.1), or one header of
//! another name with the token alone.

use crate::rejection::Rejection;

/// The characters between words.
const BLANK: [char; 2] = [' ', '\t'];

/// The token of a request whose `Authorization` headers have these values.
pub(crate) fn credential<'r>(
    mut headers: impl Iterator<Item = &'r str>,
) -> Result<&'r str, Rejection> {
    let header = headers.next().ok_or(Rejection::HeaderMissing)?;
    if headers.next().is_some() {
        return Err(Rejection::SeveralHeaders);
    }

    let header = header.trim_matches(BLANK);
    if header.is_empty() {
        return Err(Rejection::HeaderMissing);
    }
    let (scheme, token) = header.split_once(BLANK).unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Rejection::OtherScheme);
    }
    let token = token.trim_start_matches(BLANK);
    if token.is_empty() {
        return Err(Rejection::TokenMissing);
    }
    // memchr, since a loop over octets would be most of the cost of a remembered token.
    if memchr::memchr2(b' ', b'\t', token.as_bytes()).is_some() {
        return Err(Rejection::SeveralWords);
    }
    Ok(token)
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
        ];
        for (headers, expected) in cases {
            assert_eq!(credential(headers.iter().copied()), *expected, "{headers:?}");
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
