//! The few rules of DER that certificates and public keys need (X.690 §8.1).

/// The first element's tag and content, and the rest; no length over 64 KiB is taken.
pub(super) fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, length, rest) = match der {
        [tag, 0x82, high, low, rest @ ..] => {
            (tag, usize::from(*high) << 8 | usize::from(*low), rest)
        }
        [tag, 0x81, length, rest @ ..] => (tag, usize::from(*length), rest),
        [tag, length @ 0..=0x7f, rest @ ..] => (tag, usize::from(*length), rest),
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// The content of the first element, which has this tag, and the rest.
pub(super) fn tagged(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    element(der).filter(|(found, ..)| *found == tag).map(|(_, content, rest)| (content, rest))
}

/// The tag of a SEQUENCE.
pub(super) const SEQUENCE: u8 = 0x30;

/// The elements of a certificate (RFC 5280 §4.1) from its validity on.
pub(super) fn from_validity(certificate: &[u8]) -> Option<&[u8]> {
    const VERSION: u8 = 0xa0;
    let (certificate, _) = tagged(certificate, SEQUENCE)?;
    let (mut rest, _) = tagged(certificate, SEQUENCE)?;
    if *rest.first()? == VERSION {
        rest = element(rest)?.2;
    }
    // The serial number, the signature algorithm and the issuer stand before the validity.
    for _ in 0..3 {
        rest = element(rest)?.2;
    }
    Some(rest)
}
