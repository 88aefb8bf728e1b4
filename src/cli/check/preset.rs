//! What the preset of a `provider` has filled, and what a configuration makes of it.

use super::finding::{Finding, quoted, warning};
use crate::config::{Issuer, Preset, Provider};
use crate::explain::entra;

/// The claims that say which repository a workflow is of.
const REPOSITORY: [&str; 8] = [
    "sub",
    "repository",
    "repository_id",
    "repository_owner",
    "repository_owner_id",
    "enterprise",
    "enterprise_id",
    "job_workflow_ref",
];

/// The lines of `check` about the preset of an issuer, if it has one.
pub(super) fn lines(issuer: &Issuer) -> Vec<String> {
    let Some(Preset { provider, filled }) = &issuer.preset else { return vec![] };
    let about = match filled.as_slice() {
        [] => format!("  provider    {provider}, which fills nothing that is not set"),
        _ => format!("  provider    {provider}, which fills"),
    };
    let filled = filled.iter().map(|line| format!("              {line}"));
    std::iter::once(about).chain(filled).collect()
}

/// The findings on what is set beside a `provider`.
pub(super) fn findings(issuer: &Issuer) -> Vec<Finding> {
    let Some(preset) = &issuer.preset else { return vec![] };
    let found = [
        other_claims(issuer, preset),
        other_form(issuer, preset),
        any_repository(issuer, preset),
        any_project(preset),
    ];
    found.into_iter().flatten().collect()
}

/// `claims` that are set stand in place of those of the preset.
fn other_claims(issuer: &Issuer, preset: &Preset) -> Option<Finding> {
    const BEGIN: &str = "claims = { ";
    let line = preset.provider.fills().iter().find(|line| line.starts_with(BEGIN))?;
    let name = line[BEGIN.len()..].split(' ').next()?;
    let is_lost = !preset.filled.contains(line) && !asks_for(issuer, &[name]);
    is_lost.then(|| {
        warning(
            format!("`claims` is set, so the preset's `{line}` is not in force"),
            "add that to yours, unless tokens without it are to be accepted",
        )
    })
}

/// The issuer has not the form of any issuer of this provider.
fn other_form(issuer: &Issuer, preset: &Preset) -> Option<Finding> {
    let Preset { provider, .. } = preset;
    let forms = provider.issuers();
    if forms.iter().any(|form| has_form(&issuer.issuer, form)) {
        return None;
    }
    let cure = match provider {
        Provider::Entra => {
            let its_own = entra::of_version_2(&issuer.issuer)
                .filter(|it| forms.iter().any(|form| has_form(it, form)));
            format!(
                "this preset is for v2.0 tokens: set `requestedAccessTokenVersion` to 2 in the manifest of the API, \
                 and write `issuer = \"{}\"`; for v1.0 tokens leave `provider` out, and write \
                 `claims = {{ appidacr = [\"0\", \"1\", \"2\"] }}` and `roles = [\"roles\"]` yourself",
                its_own.as_deref().unwrap_or(forms[0])
            )
        }
        Provider::Okta => {
            "the access tokens of the org authorization server are for Okta alone, and no other can \
             verify them: add a custom authorization server (Security, API), or take the one named \
             `default`"
                .to_owned()
        }
        _ if preset.filled.is_empty() => {
            "write it as tokens carry it in `iss`, or leave `provider` out".to_owned()
        }
        _ => "write it as tokens carry it in `iss`, or leave `provider` out and write the lines that it fills \
              yourself"
            .to_owned(),
    };
    Some(warning(
        format!("`issuer` is {}, and `{provider}` has {}", quoted(&issuer.issuer), forms[0]),
        cure,
    ))
}

/// Any repository may ask for a token with any audience.
fn any_repository(issuer: &Issuer, preset: &Preset) -> Option<Finding> {
    let is_open = preset.provider == Provider::GithubActions && !asks_for(issuer, &REPOSITORY);
    is_open.then(|| {
        warning(
            "every repository on GitHub can get a token for this `audience`",
            "name yours: `claims = { repository = \"owner/name\" }`, or `repository_owner_id`",
        )
    })
}

/// The claim that the preset names holds the roles of the project of the client, and a client of any
/// project may ask for a token with this audience.
fn any_project(preset: &Preset) -> Option<Finding> {
    let is_open = preset.provider == Provider::Zitadel
        && preset.filled.iter().any(|line| line.starts_with("roles = "));
    is_open.then(|| {
        warning(
            "the preset's `roles` are those of the project of the client, whichever that is",
            "name yours: `roles = [\"urn:zitadel:iam:org:project:<project id>:roles\"]`",
        )
    })
}

/// Whether every token of an issuer has to carry one of these claims.
fn asks_for(issuer: &Issuer, names: &[&str]) -> bool {
    let mut paths = issuer.required_claims.iter().map(|claim| claim.path.to_string());
    // A pointer to a claim is the claim.
    paths.any(|path| names.contains(&path.strip_prefix('/').unwrap_or(&path)))
}

/// Whether an issuer has this form, in which `<…>` stands for at least one character but `/`.
fn has_form(issuer: &str, form: &str) -> bool {
    let Some((before, rest)) = form.split_once('<') else { return issuer == form };
    let Some(issuer) = issuer.strip_prefix(before) else { return false };
    let rest = rest.split_once('>').map_or("", |(_, rest)| rest);
    let ends = issuer.char_indices().map(|(at, character)| (at + character.len_utf8(), character));
    ends.take_while(|(_, character)| *character != '/')
        .any(|(end, _)| has_form(&issuer[end..], rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_has_the_form_of_its_provider_alone() {
        for (provider, issuer, expected) in [
            (Provider::Entra, "https://login.microsoftonline.com/8c7f-1/v2.0", true),
            (Provider::Entra, "https://login.microsoftonline.com/{tenantid}/v2.0", true),
            (Provider::Entra, "https://login.microsoftonline.com//v2.0", false),
            (Provider::Entra, "https://login.microsoftonline.com/a/b/v2.0", false),
            (Provider::Entra, "https://login.microsoftonline.com/8c7f-1/v2.0/", false),
            (Provider::Entra, "https://sts.windows.net/8c7f-1/", false),
            (Provider::Cognito, "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a", true),
            (Provider::Cognito, "https://cognito-idp.eu-west-1.amazonaws.com/", false),
            (Provider::Keycloak, "https://kc.example:8443/realms/a", true),
            (Provider::Keycloak, "https://kc.example/auth/realms/a", true),
            (Provider::Keycloak, "https://kc.example/realms/", false),
            (Provider::Okta, "https://acme.okta.com/oauth2/default", true),
            (Provider::Okta, "https://acme.okta.com", false),
            (Provider::Google, "https://accounts.google.com", true),
            (Provider::Google, "https://accounts.google.com/", false),
            (Provider::Clerk, "https://clerk.example.com", true),
            (Provider::Supabase, "https://a.supabase.co", false),
        ] {
            let found = provider.issuers().iter().any(|form| has_form(issuer, form));
            assert_eq!(found, expected, "{provider} {issuer}");
        }
    }
}
