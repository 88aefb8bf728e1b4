//! The roles of a token: what the claims hold that the key `roles` names.

use serde_json::Value;

use crate::token::claim_path::ClaimPath;
use crate::token::claims::Claims;

impl Claims {
    /// The roles, from the claims that the key `roles` names for the token's issuer; none where it names
    /// none, and in claims that no verifier has read.
    ///
    /// A text is words by spaces, of a list each text is one name, and of an object each member's name is
    /// one. What is no text is passed over. A role is there as often as the claims hold it.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.roles.iter().map(String::as_str)
    }

    /// Whether `role` is among the [`roles`](Self::roles).
    pub fn has_role(&self, role: &str) -> bool {
        self.roles().any(|has| has == role)
    }

    /// Reads the roles that the claims hold at `sources`.
    pub(crate) fn read_roles(&mut self, sources: &[ClaimPath]) {
        let mut roles = vec![];
        for value in sources.iter().filter_map(|source| source.value(self)) {
            match &*value {
                Value::String(text) => add(&mut roles, text.split(' ')),
                Value::Array(list) => add(&mut roles, list.iter().filter_map(Value::as_str)),
                Value::Object(object) => add(&mut roles, object.keys().map(String::as_str)),
                _ => {}
            }
        }
        self.roles = roles;
    }
}

fn add<'n>(roles: &mut Vec<String>, names: impl Iterator<Item = &'n str>) {
    roles.extend(names.filter(|name| !name.is_empty()).map(str::to_owned));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_stand_in_a_text_a_list_or_an_object() {
        let claims = r#"{"iss":"i","exp":1,"text":"a b  c","list":["a b","c",7,null,["d"],""],
            "realm_access":{"roles":["admin"]},"scope":"read write","permissions":["edit"],
            "urn:zitadel:iam:org:project:roles":{"admin":{"1":"a.test"},"reader":null},
            "flag":true,"number":7,"nothing":null}"#;
        let claims = Claims::parse(claims).unwrap();
        for (sources, expected) in [
            (&[] as &[&str], &[] as &[&str]),
            (&["text"], &["a", "b", "c"]),
            (&["list"], &["a b", "c"]),
            (&["/realm_access/roles"], &["admin"]),
            (&["/realm_access"], &["roles"]),
            (&["urn:zitadel:iam:org:project:roles"], &["admin", "reader"]),
            (&["scope", "permissions"], &["read", "write", "edit"]),
            (&["/list/1", "/realm_access/roles/0"], &["c", "admin"]),
            (&["realm_access.roles", "absent", "/absent/roles", "flag", "number", "nothing"], &[]),
        ] {
            let paths: Vec<_> = sources.iter().map(|it| ClaimPath::parse(it).unwrap()).collect();
            let mut claims = claims.clone();
            claims.read_roles(&paths);
            assert_eq!(Vec::from_iter(claims.roles()), expected, "{sources:?}");
            assert!(expected.iter().all(|role| claims.has_role(role)), "{sources:?}");
            assert!(!claims.has_role("") && !claims.has_role("Admin"), "{sources:?}");
        }
    }
}
