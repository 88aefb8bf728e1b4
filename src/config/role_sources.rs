//! Where tokens say roles: the key `roles`.

use super::trusted_issuer::Issuer;
use crate::error::{Invalid, ensure, not_empty};
use crate::token::claim_path::ClaimPath;

/// What users write themselves, without `_` and in small letters: Auth0 and Supabase, Supabase's table,
/// Clerk. A claim or a member of this name is no source, wherever it stands.
const USERS_OWN: [&str; 4] = ["usermetadata", "usermeta", "rawusermetadata", "unsafemetadata"];

/// The claims of a profile, which users may change (OpenID Connect Core §5.1).
const PROFILE: [&str; 16] = [
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "address",
];

impl Issuer {
    /// The claims that hold roles, for [`Claims::roles`](crate::Claims::roles); several add up, and there
    /// are none if nothing is said.
    ///
    /// A name that begins with `/` is a JSON pointer (RFC 6901), `/realm_access/roles` for instance; any
    /// other is the name of a claim. Refuses an empty list, a broken pointer, and a claim that users write
    /// themselves, such as `user_metadata`.
    pub fn roles<N: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, Invalid> {
        let sources = names.into_iter().map(|name| source(name.as_ref()));
        self.roles = not_empty(sources.collect::<Result<_, _>>()?)?;
        Ok(self)
    }
}

/// Whether [`Issuer::roles`] takes this name.
#[cfg(feature = "cli")]
pub(crate) fn is_role_source(name: &str) -> bool {
    source(name).is_ok()
}

fn source(name: &str) -> Result<ClaimPath, Invalid> {
    let path = ClaimPath::parse(name)?;
    let claim = name.strip_prefix('/').unwrap_or(name);
    // The name of a claim may be a URL or a URN that ends so: `https://example.com/user_metadata`.
    let plain =
        name.replace("~1", "/").replace("~0", "~").replace(['_', '-'], "").to_ascii_lowercase();
    let mut words = plain.split(|it: char| !it.is_ascii_alphanumeric());
    let is_users_own = words.any(|word| USERS_OWN.contains(&word));
    let claim = claim.split('/').next().unwrap_or_default();
    ensure(
        !is_users_own && !PROFILE.contains(&claim),
        "takes roles from a claim that users write themselves",
        "name one that only the issuer writes, as `app_metadata` of Supabase",
    )?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_role_comes_from_what_users_write() {
        for name in [
            "user_metadata",
            "/user_metadata/roles",
            "/user_metadata",
            "userMetadata",
            "/data/user_metadata/roles",
            "https://example.com/user_metadata",
            "/https:~1~1example.com~1user_metadata/roles",
            "https://example.com/?user_metadata",
            "https://example.com/a~0user_metadata",
            "user_metadata[roles]",
            "urn:example:user-metadata",
            "user_metadata.roles",
            "raw_user_meta_data",
            "unsafe_metadata",
            "/unsafeMetadata/role",
            "nickname",
            "/name",
            "/address/country",
            "preferred_username",
        ] {
            let refused = source(name).expect_err(name);
            assert!(refused.problem.contains("users write themselves"), "{name}: {refused}");
        }
        for name in [
            "roles",
            "groups",
            "cognito:groups",
            "/realm_access/roles",
            "/resource_access/my-api/roles",
            "/app_metadata/roles",
            "public_metadata",
            "https://example.com/roles",
            "urn:zitadel:iam:org:project:roles",
            "metadata",
            "role_name",
            "/data/name",
        ] {
            assert!(source(name).is_ok(), "{name}");
        }
    }
}
