//! Claims as a type of the app's own.

use std::any::{Any, type_name};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::printable::escaped;
use crate::verifier::verified::Verified;

/// The claims as a `C`: [`Claims`](crate::Claims) are shared, other types are read from the signed
/// payload. The error says which claim does not fit.
pub(crate) fn claims_as<C: DeserializeOwned + Send + Sync + 'static>(
    verified: &Verified,
) -> Result<Arc<C>, String> {
    let claims: Arc<dyn Any + Send + Sync> = verified.claims().clone();
    claims.downcast().or_else(|_| {
        let claims = read(&verified.payload()).map(Arc::new);
        claims.map_err(|claim| format!("claims do not fit {} at `{claim}`", type_name::<C>()))
    })
}

/// The error is the name of the top-level claim that does not fit. The text of serde's own error
/// repeats values, and names further down are often personal data.
fn read<C: DeserializeOwned>(payload: &str) -> Result<C, String> {
    let mut json = serde_json::Deserializer::from_str(payload);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let claim = match error.path().iter().next() {
            Some(claim) => claim.to_string(),
            // A missing claim has no path. The error names it, as the type does.
            None => {
                let text = error.inner().to_string();
                let name = text.strip_prefix("missing field `").and_then(|it| it.split('`').next());
                name.unwrap_or_default().to_owned()
            }
        };
        escaped(&claim, 64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_claim_that_does_not_fit_is_named_and_its_value_is_not() {
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code, reason = "only reading it is of interest")]
        struct Member {
            sub: String,
            #[serde(rename = "https://example.com/roles")]
            roles: Vec<String>,
            address: Option<Address>,
        }

        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code, reason = "only reading it is of interest")]
        struct Address {
            street: String,
        }

        for (payload, claim) in [
            (r#"{"https://example.com/roles":[]}"#, "sub"),
            (r#"{"sub":"s3cr3t"}"#, "https://example.com/roles"),
            (r#"{"sub":"a","https://example.com/roles":"s3cr3t"}"#, "https://example.com/roles"),
            (
                r#"{"sub":"a","https://example.com/roles":["s3cr3t",7]}"#,
                "https://example.com/roles",
            ),
            (r#"{"sub":["s3cr3t"]}"#, "sub"),
            (r#"{"sub":"a","address":{"s3cr3t":"b"}}"#, "address"),
            (r#"{"sub":"a","address":{"street":7}}"#, "address"),
        ] {
            assert_eq!(read::<Member>(payload).unwrap_err(), claim, "{payload}");
        }
    }
}
