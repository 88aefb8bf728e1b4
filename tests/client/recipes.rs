//! The recipes of `docs/issuers.md`, read out of the page: the page is the fixture.

use std::fs;

use rocket::figment::providers::{Format, Toml};
use rocket::local::blocking::Client;
use rocket_bearer::{Bearer, Config, Issuer, Provider};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{self, AUDIENCE, Signer, but, good_claims};
use crate::{client, verdict};

const PAGE: &str = include_str!("../../docs/issuers.md");

/// One section of the page that has a configuration.
pub(crate) struct Recipe {
    pub(crate) title: &'static str,
    text: &'static str,
    pub(crate) toml: &'static str,
}

impl Recipe {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let sections = PAGE.split("\n## ").skip(1).flat_map(|it| it.split("\n### "));
        sections.filter_map(|section| {
            let (title, text) = section.split_once('\n')?;
            let toml = text.split("```toml\n").nth(1)?.split("```").next()?;
            Some(Self { title, text, toml })
        })
    }

    pub(crate) fn of(title: &str) -> Self {
        Self::all().find(|it| it.title == title).expect("the page has this recipe")
    }

    /// The recipe with the keys of this signer in the place of the provider's.
    fn with_keys(&self, jwks_file: &str) -> String {
        let mut toml = String::new();
        for line in self.toml.lines() {
            let is_of_keys = ["jwks_uri", "jwks_file", "jwks_token_file", "ca_file"];
            if is_of_keys.iter().any(|key| line.starts_with(&format!("{key} = "))) {
                continue;
            }
            // A domain is a source of keys itself.
            let host = line.strip_prefix("domain = \"").and_then(|it| it.strip_suffix('"'));
            let line = host.map_or(line.to_owned(), |host| {
                // It stands for Auth0, which the preset says too.
                let auth0 = if self.provider().is_none() { "provider = 'auth0'\n" } else { "" };
                format!("{auth0}issuer = \"https://{host}/\"")
            });
            toml += &format!("{line}\n");
            let is_issuer = line.contains("issuer = ")
                || matches!(self.provider(), Some("google" | "github-actions"))
                    && line.starts_with("provider = ");
            if is_issuer {
                toml += &format!("jwks_file = '{jwks_file}'\n");
            }
        }
        toml
    }

    pub(crate) fn provider(&self) -> Option<&'static str> {
        let mut lines = self.toml.lines();
        lines.find_map(|line| line.strip_prefix("provider = \"")?.strip_suffix('"'))
    }
}

/// The app under this recipe, with the keys of the signer.
pub(crate) struct App {
    pub(crate) client: Client,
    /// The key set lies here.
    _folder: TempDir,
}

impl App {
    pub(crate) fn of(recipe: &Recipe, signer: &Signer) -> Self {
        Self::by(|path| recipe.with_keys(path), signer).unwrap_or_else(|error| {
            panic!("{} does not launch: {error}", recipe.title);
        })
    }

    fn by(toml: impl Fn(&str) -> String, signer: &Signer) -> Result<Self, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        fs::write(&path, json!({ "keys": [signer.jwk] }).to_string()).unwrap();
        let client = launched(&toml(path.to_str().unwrap()))?;
        Ok(Self { client, _folder: folder })
    }
}

/// The app with this `Rocket.toml`; no request is made for keys before one comes in.
fn launched(toml: &str) -> Result<Client, String> {
    let figment = support::figment().merge(Toml::string(toml).nested());
    let rocket = rocket_bearer::app::mounted_on(support::leaks::watched(figment));
    let client = Client::untracked(rocket.attach(Bearer::fairing()));
    client.map_err(|error| format!("{:?}", error.kind()))
}

#[test]
fn the_page_has_a_recipe_for_each_preset_and_each_is_whole() {
    let recipes: Vec<_> = Recipe::all().collect();
    for provider in Provider::ALL {
        assert!(recipes.iter().any(|it| it.provider() == Some(provider.name())), "{provider}");
    }
    for Recipe { title, text, toml } in &recipes {
        let lines = toml.lines().filter(|line| !line.is_empty()).count();
        assert!(lines <= 10 && toml.starts_with("[default.bearer]\n"), "{title}: {lines} lines");
        for part in ["- **A first token:**", "- **Mistakes:**", "- **Checked by:** fixture"] {
            assert!(text.contains(part), "{title} has no {part}");
        }
    }
    assert!(recipes.len() >= 18, "{}", recipes.len());
}

#[test]
fn each_recipe_is_read_as_it_stands_and_launches() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name).to_str().unwrap().to_owned();
    fs::write(path("cluster.json"), json!({ "keys": [Signer::of("RS256").jwk] }).to_string())
        .unwrap();
    fs::write(path("token"), "a.b.c").unwrap();
    let certificate = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(path("ca.crt"), certificate.cert.pem()).unwrap();
    for recipe in Recipe::all() {
        let mut toml = recipe.toml.to_owned();
        for (place, name) in [
            ("keys/cluster.json", "cluster.json"),
            ("/var/run/secrets/kubernetes.io/serviceaccount/token", "token"),
            ("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt", "ca.crt"),
        ] {
            toml = toml.replace(place, &path(name));
        }
        let client = launched(&toml);
        assert!(client.is_ok(), "{}: {:?}", recipe.title, client.err());
    }
}

#[test]
fn no_recipe_takes_roles_from_what_users_write() {
    for (title, sources) in [
        ("Auth0", ["user_metadata", "https://example.com/user_metadata"]),
        ("Supabase", ["/user_metadata/roles", "/raw_user_meta_data/roles"]),
        ("Clerk", ["unsafe_metadata", "/unsafe_metadata/role"]),
        ("Cognito", ["profile", "nickname"]),
        ("Keycloak", ["preferred_username", "/address/roles"]),
        ("Google", ["name", "email"]),
    ] {
        let recipe = Recipe::all().find(|it| it.title.ends_with(title)).unwrap();
        for source in sources {
            let lines = recipe.toml.lines().filter(|line| !line.starts_with("roles = "));
            let with = |source: &str| {
                let lines = lines.clone().map(|line| format!("{line}\n"));
                let head = "[default.bearer]\n";
                lines.collect::<String>().replacen(head, &format!("{head}{source}\n"), 1)
            };
            assert!(launched(&with("roles = ['groups']")).is_ok(), "{title}");
            let refused = launched(&with(&format!("roles = ['{source}']")));
            assert!(refused.is_err(), "{title} takes roles from {source}");
        }
    }
}

#[test]
fn the_table_of_the_page_is_what_the_presets_fill() {
    let table = PAGE.split("| provider | line |\n").nth(1).expect("the page has the table");
    let rows = table.lines().skip(1).map_while(|line| line.strip_prefix("| `"));
    let rows: Vec<_> = rows.map(|row| row.strip_suffix("` |").unwrap().to_owned()).collect();
    let code = Provider::ALL.into_iter().flat_map(|provider| {
        provider.fills().iter().map(move |line| format!("{provider}` | `{line}"))
    });
    assert_eq!(rows, code.collect::<Vec<_>>());
}

/// The claims of a token that is good for five minutes, with these over them.
pub(crate) fn claims(members: Value) -> Value {
    let now = support::now();
    support::but(json!({ "iat": now, "exp": now + 300 }), members)
}

/// A preset of Google beside the keys of another issuer must not make that one Google.
#[test]
fn a_preset_in_code_takes_other_spellings_of_its_own_issuer_alone() {
    let key = Signer::of("RS256");
    let (google, short) = ("https://accounts.google.com", "accounts.google.com");
    for (configured, iss, expected) in [
        (google, google, 200),
        (google, short, 200),
        ("https://other.example", "https://other.example", 200),
        ("https://other.example", short, 401),
        ("https://other.example", google, 401),
        (short, short, 200),
        (short, google, 401),
    ] {
        let issuer = Issuer::with_keys(configured, key.set(), [AUDIENCE]).unwrap();
        let client = client(Config::new(issuer.provider(Provider::Google).unwrap()));
        let token = key.token(&key.header(), &but(good_claims(), json!({ "iss": iss })));
        assert_eq!(verdict(&client, &token).0, expected, "{configured} {iss}");
    }
}
