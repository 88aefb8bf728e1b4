//! The issuer of many tenants: a template with `{tenantid}`, as Microsoft Entra writes it.

/// What stands for the id of a tenant.
pub(crate) const PLACEHOLDER: &str = "{tenantid}";

/// The id of the tenant that this `iss` has where the template has its placeholder: a GUID in lower case.
pub(crate) fn of<'i>(iss: &'i str, template: &str) -> Option<&'i str> {
    let (before, after) = template.split_once(PLACEHOLDER)?;
    iss.strip_prefix(before)?.strip_suffix(after).filter(|tenant| is_lower_guid(tenant))
}

/// Whether this is a GUID in lower case: `8c7f6e5d-0000-4000-8000-000000000000`.
pub(crate) fn is_lower_guid(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => is_hex(byte),
    };
    text.len() == 36 && text.bytes().enumerate().all(fits)
}
