//! The connection of this moment, and the task that makes a new one when it breaks.
//!
//! A question goes to a connection that answers, or fails at once: none waits for a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use parking_lot::Mutex;
use redis::RedisError;
use redis::aio::MultiplexedConnection;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::connection::{Connected, Connector, Task};
use super::failure::Failure;
use crate::store::health::{ServerFacts, StoreState};
use crate::store::unavailable::{TARGET, Unavailable};

/// How often an idle connection is asked whether it still answers.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The wait after the first attempt that failed, which doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_millis(500);

/// What a heartbeat may take, at least: a short stall should cost no connection.
const PATIENCE: Duration = Duration::from_millis(250);

/// A connection that is made anew when it breaks, from [`keep`](Self::keep) on.
pub(super) struct Link {
    now: Arc<Now>,
    keeper: Mutex<Option<Task>>,
}

struct Now {
    connection: ArcSwapOption<MultiplexedConnection>,
    /// The number of the [`Unavailable`] that the last question met; 0 for none.
    last: AtomicU8,
    /// The questions that were not answered, by number less one.
    failures: [AtomicU64; Unavailable::ALL.len()],
    health: Mutex<Health>,
    /// An attempt to connect has ended.
    attempted: Notify,
    /// A question has failed in a way that the connection may have to do with.
    doubted: Notify,
}

struct Health {
    /// Why there is no connection.
    fault: Option<Unavailable>,
    /// The last error in the words of the system or of Redis.
    text: String,
    since: Instant,
    server: ServerFacts,
    attempts: u64,
}

impl Link {
    pub(super) fn new() -> Self {
        let now = Now {
            connection: ArcSwapOption::empty(),
            last: AtomicU8::new(0),
            failures: Default::default(),
            health: Mutex::new(Health {
                fault: Some(Unavailable::Unreachable),
                text: String::new(),
                since: Instant::now(),
                server: ServerFacts::default(),
                attempts: 0,
            }),
            attempted: Notify::new(),
            doubted: Notify::new(),
        };
        Self { now: Arc::new(now), keeper: Mutex::new(None) }
    }

    /// Connects and stays connected. Returns after the first attempt.
    pub(super) async fn keep(&self, connector: &Arc<Connector>) -> Result<(), Unavailable> {
        {
            let mut keeper = self.keeper.lock();
            if keeper.is_none() {
                let task = keep(self.now.clone(), connector.clone());
                *keeper = Some(Task(tokio::spawn(task)));
            }
        }
        loop {
            let attempted = self.now.attempted.notified();
            {
                let health = self.now.health.lock();
                if health.attempts > 0 {
                    return health.fault.map_or(Ok(()), Err);
                }
            }
            attempted.await;
        }
    }

    /// The answer to a question, within the deadline.
    pub(super) async fn ask<T>(
        &self,
        deadline: Duration,
        question: impl AsyncFnOnce(MultiplexedConnection) -> Result<T, RedisError>,
    ) -> Result<T, Unavailable> {
        let Some(connection) = self.now.connection.load_full() else {
            let fault = self.now.health.lock().fault.unwrap_or(Unavailable::Unreachable);
            self.now.count(fault);
            return Err(fault);
        };
        let answer = timeout(deadline, question(MultiplexedConnection::clone(&connection))).await;
        let failure = match answer {
            Ok(Ok(answer)) => {
                if self.now.last.load(Ordering::Relaxed) != 0 {
                    self.now.last.store(0, Ordering::Relaxed);
                }
                return Ok(answer);
            }
            Ok(Err(error)) => error.into(),
            Err(_) => Failure::new(Unavailable::Timeout, "no answer within the deadline"),
        };
        self.now.met(&failure);
        Err(failure.fault)
    }

    /// The questions that were not answered, by the reason.
    pub(super) fn failures(&self) -> [(Unavailable, u64); Unavailable::ALL.len()] {
        let count = |fault| self.now.failures[fault as usize - 1].load(Ordering::Relaxed);
        Unavailable::ALL.map(|fault| (fault, count(fault)))
    }

    /// How the store is now: without a connection, or by the last question.
    pub(super) fn state(&self) -> StoreState {
        let health = self.now.health.lock();
        let last = usize::from(self.now.last.load(Ordering::Relaxed));
        let met = last.checked_sub(1).map(|index| Unavailable::ALL[index]);
        StoreState {
            fault: health.fault.or(met),
            text: health.text.clone(),
            since: health.since.elapsed(),
            server: health.server.clone(),
        }
    }
}

impl Now {
    /// Notes the failure of a question. The first of its kind is logged.
    fn met(&self, failure: &Failure) {
        let fault = failure.fault;
        self.count(fault);
        if self.last.swap(fault as u8, Ordering::Relaxed) != fault as u8 {
            failure.warn();
            self.health.lock().text.clone_from(&failure.text);
        }
        // Others are no matter of the connection.
        if !matches!(fault, Unavailable::Full | Unavailable::Permission) {
            self.doubted.notify_one();
        }
    }

    fn count(&self, fault: Unavailable) {
        self.failures[fault as usize - 1].fetch_add(1, Ordering::Relaxed);
    }

    fn connected(&self, connected: &Connected) {
        let mut health = self.health.lock();
        // The launch tells of the first attempt, when the log is set up.
        if health.attempts > 0 {
            let out = health.since.elapsed().as_secs();
            tracing::info!(target: TARGET, "Redis is in reach again, after {out} s");
            if health.server != connected.server {
                connected.server.warn();
            }
        }
        health.fault = None;
        health.since = Instant::now();
        health.server = connected.server.clone();
        health.attempts += 1;
        self.last.store(0, Ordering::Relaxed);
        self.connection.store(Some(Arc::new(connected.connection.clone())));
        self.attempted.notify_waiters();
    }

    fn lost(&self, failure: &Failure) {
        let mut health = self.health.lock();
        self.connection.store(None);
        let fault = failure.fault;
        if health.fault != Some(fault) && health.attempts > 0 {
            failure.warn();
        }
        if health.fault.is_none() {
            health.since = Instant::now();
        }
        health.fault = Some(fault);
        health.text.clone_from(&failure.text);
        health.attempts += 1;
        self.attempted.notify_waiters();
    }
}

/// Connects again and again, without end.
async fn keep(now: Arc<Now>, connector: Arc<Connector>) {
    let mut wait = FIRST_WAIT;
    loop {
        let failure = match connector.connect().await {
            Ok(connected) => {
                now.connected(&connected);
                let begin = Instant::now();
                let failure = watch(&now, connected, connector.deadline.max(PATIENCE)).await;
                if begin.elapsed() > HEARTBEAT {
                    wait = FIRST_WAIT;
                }
                failure
            }
            Err(failure) => failure,
        };
        now.lost(&failure);
        sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Holds a connection until it breaks, and says why.
async fn watch(now: &Now, mut connected: Connected, patience: Duration) -> Failure {
    loop {
        tokio::select! {
            _ = &mut connected.task.0 => {
                return Failure::new(Unavailable::Unreachable, "the connection was closed");
            }
            () = now.doubted.notified() => {}
            () = sleep(HEARTBEAT) => {}
        }
        // A former primary answers, and says at a new connection that it is a replica now.
        let last = now.last.load(Ordering::Relaxed);
        for fault in [Unavailable::ReadOnly, Unavailable::Cluster, Unavailable::Auth] {
            if last == fault as u8 {
                return Failure::new(fault, "a question was refused");
            }
        }
        let ping = redis::cmd("PING");
        let answer = timeout(patience, ping.query_async::<String>(&mut connected.connection)).await;
        match answer {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return error.into(),
            Err(_) => return Failure::new(Unavailable::Timeout, "a heartbeat had no answer"),
        }
    }
}
