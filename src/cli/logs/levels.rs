//! Which lines are shown at which of Rocket's log levels.

use rocket::config::LogLevel;
use tracing::Level;

pub(super) fn shows(log_level: LogLevel, level: Level, target: &str) -> bool {
    match log_level {
        LogLevel::Off => false,
        LogLevel::Debug => true,
        _ if is_of_the_launch(target) => true,
        LogLevel::Normal => level <= Level::INFO,
        // Targets of Rocket's indented lines about one request: which guard failed, which catcher
        // answered. The refusal log has a line of its own for that, and is throttled.
        LogLevel::Critical if target.ends_with("::_") => false,
        LogLevel::Critical if target.starts_with("rocket_bearer::") => level <= Level::INFO,
        LogLevel::Critical => level <= Level::WARN,
    }
}

/// Lines about the launch, Rocket's and ours.
pub(super) fn is_of_the_launch(target: &str) -> bool {
    target.starts_with("rocket::launch")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_level_decides_and_at_critical_what_a_request_can_cause_is_ours_alone() {
        let [ours, refusal] = ["rocket_bearer::keys::store", "rocket_bearer::refusal"];
        let [guard, catcher] = ["rocket_bearer::app::_", "rocket::server::_"];
        let [server, launch] = ["rocket::server", "rocket::launch"];
        let all = [
            (Level::INFO, ours),
            (Level::INFO, refusal),
            (Level::WARN, guard),
            (Level::WARN, catcher),
            (Level::ERROR, catcher),
            (Level::WARN, server),
            (Level::ERROR, server),
            (Level::WARN, launch),
            (Level::WARN, "reqwest::connect"),
            (Level::DEBUG, "hyper::proto"),
        ];
        let critical = [
            (Level::INFO, ours),
            (Level::INFO, refusal),
            (Level::WARN, server),
            (Level::ERROR, server),
            (Level::WARN, launch),
            (Level::WARN, "reqwest::connect"),
        ];
        for (level, shown) in [
            (LogLevel::Off, &[][..]),
            (LogLevel::Critical, &critical),
            (LogLevel::Normal, &all[..9]),
            (LogLevel::Debug, &all),
        ] {
            let is_shown = |(of, target): &(Level, &str)| shows(level, *of, target);
            let shows: Vec<_> = all.into_iter().filter(is_shown).collect();
            assert_eq!(shows, shown, "{level:?}");
        }
    }
}
