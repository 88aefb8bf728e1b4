//! `--route`: the routes of the program's own app, and what their guards ask for.

use std::collections::BTreeMap;

use crate::app;
use crate::explain::Asked;
use crate::fairing::route_audit::{Audited, audit};
use crate::printable::escaped_but_quotes;
use crate::rejection::needs::Needs;

/// The most characters that are repeated of an argument.
const LONGEST: usize = 100;

/// What the route of this name asks for, as its guards say it.
///
/// Fails for a route that the app does not have, or that needs no token; the message lists the others.
pub(super) fn asked_by(name: &str) -> Result<Asked, String> {
    let rocket = app::mounted_on(rocket::custom(rocket::Config::debug_default()));
    let routes = rocket::execute(audit(&rocket));
    let mut words = name.split_whitespace();
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let route = routes.iter().find(|route| {
        let (its_method, its_path) = route.method_and_path();
        its_method.eq_ignore_ascii_case(method) && its_path == path
    });
    let shown = escaped_but_quotes(name, LONGEST);
    let problem = match route.filter(|_| words.next().is_none()).map(|it| (it, it.needs())) {
        Some((route, Some(needs))) => {
            let (method, path) = route.method_and_path();
            return Ok(Asked {
                route: Some(format!("{method} {path}")),
                needs: all(needs),
                proof: None,
            });
        }
        Some((_, None)) => format!("`{shown}` needs no token"),
        None => format!("`rocket-bearer serve` has no route `{shown}`"),
    };
    Err(format!(
        "{problem}; those that need one are {}; for a route of your own write what it asks for: \
         `--needs 'read:messages'`",
        listed(&routes)
    ))
}

/// All of these together; `None` where nothing is needed.
fn all(needs: &[Needs]) -> Option<&'static Needs> {
    let needs: Vec<_> = needs.iter().copied().filter(|it| !matches!(it, Needs::All([]))).collect();
    (!needs.is_empty()).then(|| {
        let needs: &'static [Needs] = needs.leak();
        let all: &'static Needs = Box::leak(Box::new(Needs::All(needs)));
        all
    })
}

/// `GET /headers, GET or POST /messages, any method at /auth`.
fn listed(routes: &[Audited]) -> String {
    let mut paths: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for route in routes.iter().filter(|it| it.needs().is_some()) {
        let (method, path) = route.method_and_path();
        paths.entry(path).or_default().push(method);
    }
    let listed = paths.iter().map(|(path, methods)| match methods.as_slice() {
        many if many.len() > 3 => format!("`{path}` by any method"),
        few => format!("`{} {path}`", few.join(" or ")),
    });
    listed.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fairing::route_audit::ALONE;

    #[test]
    fn a_route_asks_for_what_its_guards_ask_for() {
        let _alone = ALONE.blocking_lock();
        for (route, needs) in [
            ("GET /headers", None),
            ("get  /me", None),
            ("GET /messages", Some(Needs::Granted("read:messages"))),
            ("POST /messages", Some(Needs::Granted("write:messages"))),
            ("DELETE /auth", None),
        ] {
            let asked = asked_by(route).unwrap();
            let expected = needs.map(|needs| vec![needs]);
            let found = asked.needs.map(|needs| match needs {
                Needs::All(needs) => needs.to_vec(),
                other => panic!("{other:?}"),
            });
            assert_eq!(found, expected, "{route}");
        }
    }

    #[test]
    fn the_page_offers_routes_with_the_needs_of_their_guards() {
        let _alone = ALONE.blocking_lock();
        for (route, needs) in crate::app::page::routes::ROUTES {
            let found = asked_by(route).unwrap().needs;
            let together = [Needs::All(&[]), Needs::All(needs.map_or(&[], std::slice::from_ref))];
            assert_eq!(found.copied().unwrap_or(together[0]), together[1], "{route}");
        }
    }

    #[test]
    fn an_unknown_route_is_told_the_known_ones() {
        let _alone = ALONE.blocking_lock();
        for route in
            ["/messages", "PUT /messages", "GET /messages/", "GET /healthz", "", "GET /me x"]
        {
            let problem = asked_by(route).err().unwrap();
            for known in
                ["`GET /headers`", "`GET /me`", "`GET or POST /messages`", "`/auth` by any"]
            {
                assert!(problem.contains(known), "{route}: {problem}");
            }
            assert_eq!(problem.contains("needs no token"), route == "GET /healthz", "{problem}");
        }
    }
}
