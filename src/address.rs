//! Which URLs may be trusted, which addresses are this machine, and how a URL is shown.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::error::{Invalid, ensure, invalid};
use crate::printable::escaped_but_quotes;

/// The name of this machine that needs no resolver (RFC 6761 §6.3).
const LOCALHOST: &str = "localhost";

/// How an origin is written.
const AS_BROWSERS_DO: &str = "write each in full, as `https://app.example.com`: scheme and host in \
                              small letters, a port that is not the scheme's own, no path, no `*`";

/// What a URL of the configuration is for; errors speak of that.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    KeySet,
    Issuer,
    Resource,
    Page,
}

impl Purpose {
    /// How to write what is no URL.
    fn in_full(self) -> &'static str {
        match self {
            Self::KeySet => "write it in full, for instance `https://issuer.example/jwks.json`",
            Self::Issuer => {
                "write it in full, for instance `https://issuer.example/`; if tokens carry just this in \
                 `iss`, name the key set as `jwks_uri` beside it"
            }
            Self::Resource => "write it in full, for instance `https://api.example.com`",
            Self::Page => AS_BROWSERS_DO,
        }
    }

    /// Why plain http will not do, and what to write.
    fn over_https(self) -> &'static str {
        match self {
            Self::KeySet => {
                "keys that anyone on the way can replace prove nothing: write `https://…` (plain http is for \
                 loopback hosts only; within a cluster, https with a private authority in `jwks.ca_file`, or \
                 a `jwks_file` that is kept fresh: it is watched)"
            }
            Self::Issuer => {
                "keys that anyone on the way can replace prove nothing: write `https://…`, or, if \
                 tokens carry just this in `iss`, an https `jwks_uri` beside it or a `jwks_file` (plain http \
                 is for loopback hosts only; within a cluster, https with a private authority in \
                 `jwks.ca_file`)"
            }
            Self::Resource => {
                "clients would send their tokens for anyone on the way to read: write `https://…` \
                 (plain http is for loopback hosts only)"
            }
            Self::Page => {
                "a page that anyone on the way can replace may misuse tokens: write `https://…` \
                 (plain http is for loopback hosts only)"
            }
        }
    }
}

/// A URL that may be trusted: https, or http on a loopback host, without a user name.
pub(crate) fn trusted(text: &str, purpose: Purpose) -> Result<Url, Invalid> {
    let url = Url::parse(text).map_err(|_| invalid("is not a URL", purpose.in_full()))?;
    ensure(!has_user(&url), "carries a user name or password", "write the URL without them")?;
    ensure(
        url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url),
        "is not an https URL",
        purpose.over_https(),
    )?;
    Ok(url)
}

/// Whether the URL carries a user name or a password.
pub(crate) fn has_user(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// The origin of pages that may be trusted, as browsers send it: it is compared octet by octet.
pub(crate) fn origin(text: &str) -> Result<String, Invalid> {
    let url = Url::parse(text).ok();
    let url = url.filter(|url| url.origin().ascii_serialization() == text && !text.contains('*'));
    let url = url.ok_or(invalid("has what no browser sends as an origin", AS_BROWSERS_DO))?;
    trusted(url.as_str(), Purpose::Page)?;
    Ok(text.to_owned())
}

/// The most characters of a URL in a log; an issuer writes its own as long as it likes.
const MOST_SHOWN: usize = 200;

/// A URL for a log: without user name, query and fragment, which may hold a secret, and cut off.
pub(crate) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // An error means that the URL has no host, and so no user name.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    escaped_but_quotes(url.as_str(), MOST_SHOWN)
}

/// Whether the URL certainly leads to this machine, so that plain http is safe.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == LOCALHOST,
        None => false,
    }
}

/// Whether the URL may lead to this machine, in one of the many ways to write that.
pub(crate) fn may_be_here(url: &Url) -> bool {
    let is_here = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
    match url.host() {
        Some(Host::Ipv4(ip)) => is_here(ip.into()),
        Some(Host::Ipv6(ip)) => is_here(ip.to_canonical()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == LOCALHOST || name.ends_with(".localhost")
        }
        None => true,
    }
}

/// Whether the host of the URL is an address that is not reached from everywhere: this machine's, one
/// of a private network, or one of no network (IANA's registries of special-purpose addresses).
///
/// A name is none, whatever it resolves to.
pub(crate) fn is_private(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => is_private_v4(ip),
        Some(Host::Ipv6(ip)) => is_private_v6(ip),
        Some(Host::Domain(_)) | None => false,
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let is_shared = matches!(ip.octets(), [100, 64..=127, ..]);
    let is_special = matches!(ip.octets(), [0 | 240.., ..] | [192, 0, 0, _] | [198, 18 | 19, ..]);
    ip.is_private() || ip.is_loopback() || ip.is_link_local() || is_shared || is_special
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        // Addresses that hold one of IPv4: compatible, mapped, NAT64 (RFC 6052), 6to4 (RFC 3056).
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low] => is_private_v4(v4(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_private_v4(v4(high, low)),
        [0x2002, high, low, ..] => is_private_v4(v4(high, low)),
        // NAT64 of one's own (RFC 8215), and site-local addresses (RFC 3879).
        [0x64, 0xff9b, 1, ..] | [0xfec0..=0xfeff, ..] => true,
        _ => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

/// Whether a `Host` header may name this machine: a loopback address or name, however written, or
/// a name without a dot, which is in no public DNS.
pub(crate) fn is_local_host(host: &str) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}/")) else { return host.is_empty() };
    let has_dot = |name: &str| name.trim_end_matches('.').contains('.');
    may_be_here(&url) || url.domain().is_some_and(|name| !has_dot(name))
}

/// Whether a `Host` header is a loopback name as browsers write it, with any port or none.
#[cfg(feature = "cli")]
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => name,
        _ => host,
    };
    ["127.0.0.1", "[::1]", LOCALHOST].iter().any(|it| name.eq_ignore_ascii_case(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_may_be_secret_and_not_at_length() {
        let long = format!("https://a.test/{}", "p".repeat(60_000));
        for (url, expected) in [
            ("https://a.test", "https://a.test/"),
            ("https://a.test:8443/a/b", "https://a.test:8443/a/b"),
            ("https://a.test/a?s3cr3t", "https://a.test/a"),
            ("https://a.test/a#s3cr3t", "https://a.test/a"),
            ("https://a.test/a?s3cr3t#s3cr3t", "https://a.test/a"),
            ("https://me:s3cr3t@a.test/a", "https://a.test/a"),
            ("https://s3cr3t@a.test/a", "https://a.test/a"),
            ("https://:s3cr3t@a.test/a", "https://a.test/a"),
            ("https://a.test/it's/\u{1b}\u{202e}", "https://a.test/it's/%1B%E2%80%AE"),
            (&long, &format!("{}…", &long[..200])),
        ] {
            assert_eq!(shown(&Url::parse(url).unwrap()), expected, "{url}");
        }
        assert_eq!(shown(&Url::parse("data:\u{1b},x#s3cr3t").unwrap()), "data:%1B,x");
    }

    #[test]
    fn an_address_is_private_in_whatever_form_it_is_written() {
        for (host, expected) in [
            ("10.0.0.1", true),
            ("10.1", true),
            ("0xa000001", true),
            ("167772161", true),
            ("172.16.0.1", true),
            ("172.31.255.255", true),
            ("192.168.1.1", true),
            ("169.254.169.254", true),
            ("100.64.0.1", true),
            ("100.127.255.255", true),
            ("127.0.0.1", true),
            ("0.0.0.0", true),
            ("0.1.2.3", true),
            ("192.0.0.192", true),
            ("198.18.0.1", true),
            ("240.0.0.1", true),
            ("255.255.255.255", true),
            ("[::]", true),
            ("[::1]", true),
            ("[fc00::1]", true),
            ("[fd00:ec2::254]", true),
            ("[fe80::1]", true),
            ("[febf::1]", true),
            ("[fec0::1]", true),
            ("[::ffff:10.0.0.1]", true),
            ("[::ffff:169.254.169.254]", true),
            ("[::10.0.0.1]", true),
            ("[64:ff9b::10.0.0.1]", true),
            ("[64:ff9b:1::1]", true),
            ("[2002:a00:1::1]", true),
            ("11.0.0.1", false),
            ("172.15.0.1", false),
            ("172.32.0.1", false),
            ("192.167.1.1", false),
            ("169.253.1.1", false),
            ("100.63.0.1", false),
            ("100.128.0.1", false),
            ("128.0.0.1", false),
            ("198.20.0.1", false),
            ("[2001:db8::1]", false),
            ("[2606:4700::1111]", false),
            ("[::ffff:11.0.0.1]", false),
            ("[64:ff9b::11.0.0.1]", false),
            ("[2002:b00:1::1]", false),
            ("issuer.example", false),
            ("metadata.internal", false),
        ] {
            let url = Url::parse(&format!("https://{host}/")).unwrap();
            assert_eq!(is_private(&url), expected, "{host}");
        }
    }

    #[test]
    fn each_question_about_this_machine_has_an_answer_of_its_own() {
        // The host, and whether it certainly is, may be, or may locally be this machine.
        for (host, loopback, may_be, local) in [
            ("localhost", true, true, true),
            ("127.0.0.1:8000", true, true, true),
            ("[::1]:8000", true, true, true),
            ("127.1", true, true, true),
            ("localhost.", false, true, true),
            ("keys.localhost", false, true, true),
            ("0.0.0.0", false, true, true),
            ("[::]", false, true, true),
            ("[::ffff:127.0.0.1]", false, true, true),
            ("intranet", false, false, true),
            ("10.0.0.1", false, false, false),
            ("localhost.example", false, false, false),
        ] {
            let url = Url::parse(&format!("http://{host}/")).unwrap();
            let judged = (is_loopback(&url), may_be_here(&url), is_local_host(host));
            assert_eq!(judged, (loopback, may_be, local), "{host}");
        }
    }
}
