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

/// One attempt, from the issuer's side.
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
            last.brought = publishes
                .map(|published| KIDS.into_iter().filter(|kid| published.contains(kid)).collect());
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

    /// Whether a request for this key, the first since the last load, has to be answered with it.
    fn would_bring(&self, kid: &str) -> bool {
        let last = self.seen.lock().unwrap().last().and_then(|last| last.ended);
        last.is_some_and(|ended| ended.elapsed() >= seconds(30))
            && *self.takes.lock().unwrap() < seconds(5)
            && self.publishes.lock().unwrap().is_some_and(|published| published.contains(kid))
    }

    fn assert_no_attempt_too_many_and_none_too_late(&self) {
        let seen = self.seen.lock().unwrap();
        for pair in seen.windows(2) {
            let pause = pair[1].begun - pair[0].ended.expect("one at a time");
            // Unless the last one failed, a cool-down lies between two.
            let least = if pair[0].brought.is_some() { seconds(30) } else { seconds(1) };
            assert!(pause >= least && pause <= seconds(600), "{pause:?} in {seen:?}");
        }
        let last = seen.last().expect("one at launch");
        if let Some(ended) = last.ended {
            assert!(ended.elapsed() <= seconds(600), "no attempt since {seen:?}");
        }
    }
}

async fn play(events: Vec<Event>) {
    let issuer = Recorder {
        publishes: Arc::new(Mutex::new(Some("a"))),
        takes: Arc::new(Mutex::new(Duration::from_millis(50))),
        seen: Arc::default(),
    };
    let loader = Box::new(issuer.clone());
    let store = KeyStore::with("the issuer".to_owned(), None, Some(loader), schedule(), seconds(6));
    let store = Arc::new(store);
    store.load().await;
    store.keep_fresh();
    let mut asked = BTreeSet::new();
    let mut loads = 1;
    for event in events {
        match event.clone() {
            Event::Pass(milliseconds) => time::sleep(Duration::from_millis(milliseconds)).await,
            Event::Publish(kids) => *issuer.publishes.lock().unwrap() = Some(kids),
            Event::GoDown => *issuer.publishes.lock().unwrap() = None,
            Event::Take(milliseconds) => {
                *issuer.takes.lock().unwrap() = Duration::from_millis(milliseconds);
            }
            Event::Ask(kids) => {
                if issuer.seen.lock().unwrap().len() != loads {
                    asked.clear();
                }
                let begun = Instant::now();
                let mut requests = tokio::task::JoinSet::new();
                for kid in kids {
                    let is_due = issuer.would_bring(kid) && !asked.contains(kid);
                    let store = store.clone();
                    requests.spawn(async move { (kid, is_due, request(&store, kid).await) });
                    asked.insert(kid);
                }
                for (kid, is_due, found) in requests.join_all().await {
                    assert!(!is_due || found == "found", "{kid} is {found} after {event:?}");
                }
                assert!(begun.elapsed() <= seconds(6), "{:?} in {event:?}", begun.elapsed());
                loads = issuer.seen.lock().unwrap().len();
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
        issuer.assert_no_attempt_too_many_and_none_too_late();
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
