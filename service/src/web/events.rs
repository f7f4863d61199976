//! `GET /events`: tells open pages that something is new, as server-sent events.
//!
//! An event says how far the shop has come, not what happened: its id is the
//! whole state. A page begins with the id of the state that it was made from, and
//! a browser that was away sends the last id it has seen: both are told at once
//! what moved meanwhile, however long that was. Nothing has to be kept for it,
//! and no event can be lost.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::watch;

use super::secure;
use crate::auth::{Anybody, Fields, Needs, ReadingInsights, Visitor};
use crate::domain::ids::ShopId;
use crate::domain::person::Role;
use crate::domain::shop::Shop;
use crate::domain::week::Week;
use crate::error::ApiError;
use crate::insights::overview::{alarms_counted, rhythm};
use crate::state::AppState;
use crate::store::ShopRevision;

/// How often the shop is looked at while a page is open.
const PERIOD: Duration = Duration::from_secs(2);

/// A line without meaning this often, so that proxies do not take the silence for an end.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// A stream ends after this long; browsers ask again, with a session that may have ended.
const LONGEST: Duration = Duration::from_secs(300);

/// How far a shop has come, as far as pages care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    messages: u64,
    clusters: u64,
    knowledge: u64,
    /// Alarms of the running week; `None` where they were not counted.
    alarms: Option<u64>,
}

impl Moment {
    /// How far the shop has come for a page that is about to be made for somebody
    /// of that role. For its sake nothing is counted: of alarms it says how many
    /// were last known.
    ///
    /// # Errors
    /// When the store cannot say.
    pub async fn latest(state: &AppState, shop: &Shop, role: Role) -> Result<Self, ApiError> {
        let revision = state.pulse.latest(&shop.id).await?;
        let moment = Self::of(revision.as_ref());
        if !hears_alarms(role) {
            return Ok(moment);
        }
        let week = Week::of(state.clock.now(), &shop.zone());
        let alarms = alarms_counted(&state.figures, &shop.id, week);
        Ok(alarms.map_or(moment, |alarms| moment.with_alarms(alarms)))
    }

    /// All of it but the alarms.
    fn of(revision: Option<&ShopRevision>) -> Self {
        revision.map_or_else(Self::default, |revision| Self {
            messages: revision.messages,
            clusters: revision.listening,
            knowledge: revision.knowledge,
            alarms: None,
        })
    }

    /// The same with so many alarms, which the page itself shows.
    pub fn with_alarms(self, alarms: usize) -> Self {
        Self {
            alarms: u64::try_from(alarms).ok(),
            ..self
        }
    }

    /// The id of the event that says so.
    pub fn id(self) -> String {
        let Self {
            messages,
            clusters,
            knowledge,
            alarms,
        } = self;
        let alarms = alarms.map_or_else(|| "-".to_owned(), |alarms| alarms.to_string());
        format!("{messages}.{clusters}.{knowledge}.{alarms}")
    }

    fn parse(id: &str) -> Option<Self> {
        let mut numbers = id.split('.').map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Self {
            messages: next()?,
            clusters: next()?,
            knowledge: next()?,
            alarms: numbers.next()?,
        })
    }

    /// The events that lead from `before` to here.
    fn since(self, before: Self) -> String {
        let pairs = [
            ("messages", self.messages, before.messages),
            ("clusters", self.clusters, before.clusters),
            ("knowledge", self.knowledge, before.knowledge),
        ];
        let moved = pairs.into_iter().filter(|(_, now, before)| now != before);
        let moved = moved.map(|(name, now, _)| (name, now));
        // Where it is not known how many there were, none of them is known to be
        // new; and that there are fewer, in a week that begins, is no alarm.
        let is_more = |now: &u64| before.alarms.is_some_and(|known| *now > known);
        let alarms = self.alarms.filter(is_more);
        moved
            .chain(alarms.map(|now| ("alarms", now)))
            .map(|(name, now)| format!("event: {name}\nid: {}\ndata: {now}\n\n", self.id()))
            .collect()
    }
}

/// Whether people of that role are told of alarms.
pub fn hears_alarms(role: Role) -> bool {
    let opens = |scope| role.scopes().contains(scope);
    ReadingInsights::ANY_OF.iter().any(opens)
}

/// The stream, from the state that a browser has seen last or else from the one
/// that its page was made from, `after`.
///
/// # Errors
/// When nobody is signed in or the store fails.
pub async fn stream(
    visitor: Visitor<Anybody>,
    state: web::Data<AppState>,
    request: HttpRequest,
    query: Fields,
) -> Result<HttpResponse, ApiError> {
    let seen = request.headers().get("last-event-id");
    let seen = seen.and_then(|id| id.to_str().ok()).and_then(Moment::parse);
    let seen = seen.or_else(|| Moment::parse(query.get("after")));
    let watcher = Watcher {
        shop: visitor.shop().clone(),
        tells_alarms: hears_alarms(visitor.person().role),
        closing: state.closing.subscribe(),
        state,
        seen: Moment::default(),
        said_at: Instant::now(),
        ends_at: Instant::now() + LONGEST,
    };
    let now = watcher.look().await?;
    let first = now.since(seen.unwrap_or(now));
    // Without an event an id is not taken up: this one tells where it begins.
    let first = format!(
        "retry: 3000\nevent: now\nid: {}\ndata: \n\n{first}",
        now.id()
    );
    let watcher = Watcher {
        seen: now,
        ..watcher
    };
    Ok(secure(&mut HttpResponse::Ok())
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(events(watcher, first)))
}

/// Looks at a shop for one open page.
struct Watcher {
    shop: ShopId,
    tells_alarms: bool,
    closing: watch::Receiver<bool>,
    state: web::Data<AppState>,
    seen: Moment,
    said_at: Instant,
    ends_at: Instant,
}

impl Watcher {
    async fn look(&self) -> Result<Moment, ApiError> {
        let revision = self.state.pulse.revision(&self.shop).await?;
        let moment = Moment::of(revision.as_ref());
        let may_be_more = moment.clusters != self.seen.clusters || self.seen.alarms.is_none();
        let counted = if self.tells_alarms && may_be_more {
            self.alarms().await
        } else {
            None
        };
        Ok(Moment {
            alarms: counted.or(self.seen.alarms),
            ..moment
        })
    }

    /// Alarms of the running week; `None` where they cannot be counted now.
    async fn alarms(&self) -> Option<u64> {
        let desk = self.state.desk().lately();
        let zone = self.state.shop(&self.shop).await.ok()?.zone();
        let week = Week::of(desk.now, &zone);
        let rhythm = rhythm(desk, &self.shop, week).await.ok()?;
        u64::try_from(rhythm.alarms.len()).ok()
    }

    /// What is to be said next; `None` when the stream ends.
    async fn next(&mut self) -> Option<String> {
        loop {
            tokio::select! {
                () = tokio::time::sleep(PERIOD) => {}
                _ = self.closing.changed() => return None,
            }
            if Instant::now() >= self.ends_at {
                return None;
            }
            // A store out of reach for a moment says nothing; the next look may.
            let now = self.look().await.unwrap_or(self.seen);
            let said = now.since(self.seen);
            self.seen = now;
            if !said.is_empty() {
                self.said_at = Instant::now();
                return Some(said);
            }
            if self.said_at.elapsed() >= HEARTBEAT {
                self.said_at = Instant::now();
                return Some(":\n\n".to_owned());
            }
        }
    }
}

fn events(watcher: Watcher, first: String) -> impl Stream<Item = Result<Bytes, Infallible>> {
    futures_util::stream::unfold((watcher, Some(first)), async |(mut watcher, first)| {
        let said = match first {
            Some(first) => first,
            None => watcher.next().await?,
        };
        Some((Ok(Bytes::from(said)), (watcher, None)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_is_said_and_nothing_else() {
        let before = Moment::parse("7.3.1.0").expect("an id");
        let now = Moment {
            messages: 9,
            ..before.with_alarms(1)
        };
        assert_eq!(
            now.since(before),
            "event: messages\nid: 9.3.1.1\ndata: 9\n\nevent: alarms\nid: 9.3.1.1\ndata: 1\n\n"
        );
        assert_eq!(now.since(now), "");
        for id in ["", "1.2.3", "a.b.c.d"] {
            assert_eq!(Moment::parse(id), None, "{id}");
        }
    }

    #[test]
    fn only_more_alarms_than_were_known_are_said() {
        let of = |id: &str| Moment::parse(id).expect("an id");
        let unknown = of("7.3.1.-");
        assert_eq!(unknown.id(), "7.3.1.-");
        let is_said = |now: &str, before: &str| !of(now).since(of(before)).is_empty();
        assert!(is_said("7.3.1.2", "7.3.1.1"));
        for before in ["7.3.1.2", "7.3.1.3", "7.3.1.-"] {
            assert!(!is_said("7.3.1.2", before), "{before}");
        }
        assert!(!is_said("7.3.1.-", "7.3.1.2"));
    }
}
