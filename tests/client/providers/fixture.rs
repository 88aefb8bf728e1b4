//! A provider's token, what must not pass for it, and the roles that it says.

use rocket::http::{Header, Status};
use serde_json::{Value, json};

use crate::recipes::{App, Recipe, claims};
use crate::support::{Signer, but};

/// A near miss: its name, members over the good claims (`null` removes one), and the check that refuses it.
pub(crate) type NearMiss<'r> = (&'r str, Value, &'r str);

pub(crate) struct Fixture<'r> {
    /// The title of the recipe.
    pub(crate) recipe: &'r str,
    /// The algorithm that the provider signs with.
    pub(crate) alg: &'static str,
    /// The `typ` that it writes, if any.
    pub(crate) typ: Option<&'r str>,
    pub(crate) claims: Value,
    /// A role that the token has, and one that it only seems to have.
    pub(crate) roles: Option<[&'r str; 2]>,
    pub(crate) near: Vec<NearMiss<'r>>,
}

/// The app under a recipe, and the tokens of the provider's shape.
struct Case<'r> {
    fixture: Fixture<'r>,
    recipe: Recipe,
    signer: Signer,
    app: App,
}

impl<'r> Case<'r> {
    fn of(fixture: Fixture<'r>) -> Self {
        let signer = Signer::of(fixture.alg);
        let recipe = Recipe::of(fixture.recipe);
        let app = App::of(&recipe, &signer);
        Self { fixture, recipe, signer, app }
    }

    /// The good token with these members over its claims.
    fn token(&self, members: &Value) -> String {
        let header = but(self.signer.header(), json!({ "typ": self.fixture.typ }));
        let good = claims(self.fixture.claims.clone());
        self.signer.token(&header, &but(good, members.clone()))
    }

    /// The header that the recipe takes tokens from, and what it holds for this one.
    fn header(&self, token: &str) -> (&'static str, String) {
        if self.recipe.toml.contains("token_header = ") {
            ("Cf-Access-Jwt-Assertion", token.to_owned())
        } else {
            ("Authorization", format!("Bearer {token}"))
        }
    }

    fn ask(&self, path: &str, token: &str) -> Status {
        let (name, value) = self.header(token);
        let request = self.app.client.get(path.to_owned()).header(Header::new(name, value));
        request.dispatch().status()
    }

    #[track_caller]
    fn assert_refused(&self, token: &str, check: &str, case: &str) {
        assert_eq!(self.ask("/headers", token), Status::Unauthorized, "{case}");
        let (_, value) = self.header(token);
        let report = rocket_bearer::cli::explained(self.app.client.rocket(), &[&value]);
        let checks = report["checks"].as_array().unwrap();
        let refused = checks.iter().find(|it| it["outcome"] == "refused").unwrap();
        assert_eq!(refused["check"], check, "{case}");
    }
}

impl Fixture<'_> {
    /// Sends the good token, remembered or not, asks for its roles, and sends each near miss.
    #[track_caller]
    pub(crate) fn assert_judged(self) {
        let case = Case::of(self);
        let Fixture { recipe: title, roles, near, .. } = &case.fixture;
        let good = case.token(&json!({}));
        for _ in 0..2 {
            assert_eq!(case.ask("/headers", &good), Status::Ok, "{title}: {good}");
        }
        if let Some([held, strange]) = roles {
            let asked = |role| case.ask(&format!("/auth?role={role}"), &good);
            assert_eq!(asked(held), Status::NoContent, "{title}: role {held}");
            assert_eq!(asked(strange), Status::Forbidden, "{title}: role {strange}");
        } else {
            let status = case.ask("/auth?role=adm", &good);
            assert_eq!(status, Status::ServiceUnavailable, "{title} says no roles");
        }
        assert!(near.len() >= 5, "{title} has {} near misses", near.len());
        for (name, members, check) in near {
            let name = format!("{title}, {name}: {members}");
            case.assert_refused(&case.token(members), check, &name);
        }
    }

    /// Sends the token, which this check refuses.
    #[track_caller]
    pub(crate) fn assert_refused(self, check: &str) {
        let case = Case::of(self);
        case.assert_refused(&case.token(&json!({})), check, case.fixture.recipe);
    }
}
