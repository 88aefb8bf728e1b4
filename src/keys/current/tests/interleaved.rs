//! The store as it runs, under any interleaving of requests, rotations and outages.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const ASKED: [&str; 6] = ["a", "b", "c", "d", "e", "x"];

#[derive(Debug, Clone)]
enum Event {
    Pass(u64),
    Publish(&'static str),
    GoDown,
    /// From now on an answer takes this many milliseconds.
    Take(u64),
    /// These are asked for at the same time.
    Ask(Vec<&'static str>),
}

fn event() -> impl Strategy<Value = Event> {
    let milliseconds =
        prop_oneof![0..3_000_u64, 20_000..40_000_u64, 500_000..700_000_u64, Just(90_000_000)];
    prop_oneof![
        4 => milliseconds.prop_map(Event::Pass),
        2 => prop::sample::select(vec!["a", "ab", "bc", "abcde", "e"]).prop_map(Event::Publish),
        1 => Just(Event::GoDown),
        1 => (0..9_000_u64).prop_map(Event::Take),
        5 => prop::collection::vec(prop::sample::select(&ASKED[..]), 1..20).prop_map(Event::Ask),
    ]
}

/// One load as the issuer sees it.
#[derive(Debug, Clone)]
struct Seen {
    begun: Instant,
    ended: Option<Instant>,
    /// What it brought, if it succeeded.
    brought: Option<BTreeSet<&'static str>>,
}

/// An issuer that keeps a record.
#[derive(Clone)]
struct Recorder {
    publishes: Arc<Mutex<Option<&'static str>>>,
    takes: Arc<Mutex<Duration>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Load for Recorder {
    fn load(&self) -> Loading<'_> {
        Box::pin(async {
            let begun = Instant::now();
            self.seen.lock().unwrap().push(Seen { begun, ended: None, brought: None });
            let takes = *self.takes.lock().unwrap();
            // As `Remote` does: one deadline for all of it.
            time::sleep(takes.min(seconds(5))).await;
            let publishes = self.publishes.lock().unwrap().filter(|_| takes < seconds(5));
            let mut seen = self.seen.lock().unwrap();
            let last = seen.last_mut().expect("it was pushed above");
            last.ended = Some(Instant::now());
            last.brought = publishes.map(|published| {
                ["a", "b", "c", "d", "e"]
                    .into_iter()
                    .filter(|kid| published.contains(kid))
                    .collect()
            });
            publishes.map(|kids| (set(kids), None)).ok_or_else(failure)
        })
    }
}

impl Recorder {
    /// What must be found now, by what the issuer has said so far.
    fn expected(&self, kid: &str) -> &'static str {
        let seen = self.seen.lock().unwrap();
        let ended = || seen.iter().rev().filter(|it| it.ended.is_some());
        let good = ended().find(|it| it.brought.is_some());
        let Some((ended_at, brought)) = good.and_then(|it| it.ended.zip(it.brought.as_ref()))
        else {
            return "unavailable";
        };
        let has_succeeded = ended().next().is_some_and(|last| last.brought.is_some());
        match (ended_at.elapsed() <= seconds(86_400), brought.contains(kid), has_succeeded) {
            (true, true, _) => "found",
            (true, false, true) => "unknown",
            _ => "unavailable",
        }
    }

    /// Whether a request for this key has to be answered with it, after a quiet cool-down.
    fn would_bring(&self, kid: &str) -> bool {
        self.seen.lock().unwrap().last().is_some_and(|last| last.ended.is_some())
            && *self.takes.lock().unwrap() < seconds(5)
            && self.publishes.lock().unwrap().is_some_and(|published| published.contains(kid))
    }

    fn assert_no_load_too_many_and_none_too_late(&self) {
        let seen = self.seen.lock().unwrap();
        for pair in seen.windows(2) {
            let pause = pair[1].begun - pair[0].ended.expect("one at a time");
            assert!(pause <= seconds(600), "{pause:?} in {seen:?}");
        }
        // One that is scheduled and one for a missing key may fall together, and no more.
        let mut good = None;
        let in_vain = seen.iter().filter(|load| {
            let is_news = load.brought.is_some() && load.brought != good;
            good = load.brought.clone().or(good.take());
            !is_news
        });
        for three in in_vain.collect::<Vec<_>>().windows(3) {
            let span = three[2].begun - three[0].begun;
            assert!(span >= seconds(1), "{span:?} in {seen:?}");
        }
        let last = seen.last().expect("one at launch");
        if let Some(ended) = last.ended {
            assert!(ended.elapsed() <= seconds(600), "no load since {seen:?}");
        }
    }
}

async fn play(events: Vec<Event>) {
    let issuer = Recorder {
        publishes: Arc::new(Mutex::new(Some("a"))),
        takes: Arc::new(Mutex::new(Duration::from_millis(50))),
        seen: Arc::default(),
    };
    let store = store_of(issuer.clone());
    store.load().await;
    store.keep_fresh();
    let mut last_missing = None::<Instant>;
    for event in events {
        match event.clone() {
            Event::Pass(milliseconds) => time::sleep(Duration::from_millis(milliseconds)).await,
            Event::Publish(kids) => *issuer.publishes.lock().unwrap() = Some(kids),
            Event::GoDown => *issuer.publishes.lock().unwrap() = None,
            Event::Take(milliseconds) => {
                *issuer.takes.lock().unwrap() = Duration::from_millis(milliseconds);
            }
            Event::Ask(kids) => {
                let begun = Instant::now();
                let is_quiet = last_missing.is_none_or(|at| at.elapsed() >= seconds(30));
                let mut requests = tokio::task::JoinSet::new();
                for kid in kids {
                    let is_due = is_quiet && issuer.would_bring(kid);
                    if issuer.expected(kid) != "found" {
                        last_missing = Some(begun);
                    }
                    let store = store.clone();
                    requests.spawn(async move { (kid, is_due, request(&store, kid).await) });
                }
                for (kid, is_due, found) in requests.join_all().await {
                    assert!(!is_due || found == "found", "{kid} is {found} after {event:?}");
                }
                assert!(begun.elapsed() <= PATIENCE, "{:?} in {event:?}", begun.elapsed());
            }
        }
        for kid in ASKED {
            let found = match store.current().lookup(kid) {
                Lookup::Found(_) => "found",
                Lookup::Unknown => "unknown",
                Lookup::Unavailable { .. } => "unavailable",
            };
            assert_eq!(found, issuer.expected(kid), "{kid} after {event:?}");
        }
        issuer.assert_no_load_too_many_and_none_too_late();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    /// Requests, the keeper and the issuer, each at its own time.
    #[test]
    fn whatever_comes_between_what_each_request_meets_is_what_the_issuer_last_said(
        events in prop::collection::vec(event(), 1..60),
    ) {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
            .block_on(play(events));
    }
}
