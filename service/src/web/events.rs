//! `GET /events`: tells open pages that something is new, as server-sent events.
//!
//! An event says how far the shop has come, not what happened: its id is the
//! whole state. A browser that was away sends the last id it has seen, and is
//! told at once what moved meanwhile, however long that was. Nothing has to be
//! kept for it, and no event can be lost.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::watch;

use super::secure;
use crate::auth::{Anybody, Needs, ReadingInsights, Visitor};
use crate::domain::ids::ShopId;
use crate::domain::week::Week;
use crate::error::ApiError;
use crate::insights::overview::rhythm;
use crate::state::AppState;

/// How often the shop is looked at while a page is open.
const PERIOD: Duration = Duration::from_secs(2);

/// A line without meaning this often, so that proxies do not take the silence for an end.
const HEARTBEAT: Duration = Duration::from_secs(20);

/// A stream ends after this long; browsers ask again, with a session that may have ended.
const LONGEST: Duration = Duration::from_secs(300);

/// How far a shop has come, as far as pages care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Moment {
    messages: u64,
    clusters: u64,
    knowledge: u64,
    alarms: u64,
}

impl Moment {
    /// The id of the event that says so.
    fn id(self) -> String {
        let Self {
            messages,
            clusters,
            knowledge,
            alarms,
        } = self;
        format!("{messages}.{clusters}.{knowledge}.{alarms}")
    }

    fn parse(id: &str) -> Option<Self> {
        let mut numbers = id.split('.').map(|number| number.parse().ok());
        let mut next = || numbers.next().flatten();
        Some(Self {
            messages: next()?,
            clusters: next()?,
            knowledge: next()?,
            alarms: next()?,
        })
    }

    /// The events that lead from `before` to here.
    fn since(self, before: Self) -> String {
        let pairs = [
            ("messages", self.messages, before.messages),
            ("clusters", self.clusters, before.clusters),
            ("knowledge", self.knowledge, before.knowledge),
            ("alarms", self.alarms, before.alarms),
        ];
        let moved = pairs.iter().filter(|(_, now, before)| now != before);
        moved
            .map(|(name, now, _)| format!("event: {name}\nid: {}\ndata: {now}\n\n", self.id()))
            .collect()
    }
}

/// The stream.
///
/// # Errors
/// When nobody is signed in or the store fails.
pub async fn stream(
    visitor: Visitor<Anybody>,
    state: web::Data<AppState>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let seen = request.headers().get("last-event-id");
    let seen = seen.and_then(|id| id.to_str().ok()).and_then(Moment::parse);
    let watcher = Watcher {
        shop: visitor.shop().clone(),
        tells_alarms: reads_insights(&visitor),
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

fn reads_insights(visitor: &Visitor<Anybody>) -> bool {
    let scopes = visitor.person().role.scopes();
    let opens = |scope| scopes.contains(scope);
    ReadingInsights::ANY_OF.iter().any(opens)
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
        let mut moment = revision.map_or_else(Moment::default, |revision| Moment {
            messages: revision.messages,
            clusters: revision.listening,
            knowledge: revision.knowledge,
            alarms: self.seen.alarms,
        });
        if self.tells_alarms && moment.clusters != self.seen.clusters {
            moment.alarms = self.alarms().await.unwrap_or(self.seen.alarms);
        }
        Ok(moment)
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
            alarms: 1,
            ..before
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
}
