//! The console's frame: who is signed in, where one is, and what has just been done.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse};

use super::events::{Moment, hears_alarms};
use super::language::Language;
use super::{assets, see_other};
use crate::auth::{Anybody, Fields, Needs, ReadingInsights, Visitor};
use crate::domain::key::Scope;
use crate::domain::person::Role;
use crate::domain::shop::Shop;
use crate::error::ApiError;
use crate::state::AppState;

/// Where in the console a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// The week at a glance.
    Overview,
    /// Recurring questions.
    Questions,
    /// What waits for the supervisor.
    Queues,
    /// Items.
    Knowledge,
    /// Reports, feeds, pushes.
    Insights,
    /// A simulated chat.
    Try,
    /// People, keys, the audit log, one's own account.
    Settings,
}

/// An entry of the navigation.
pub struct Entry {
    /// Its address.
    pub path: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its picture: the id of a symbol in `console.html`.
    pub icon: &'static str,
    /// `page` where it is the page shown, else `false`.
    pub current: &'static str,
}

/// A room, its address, its picture, its names, and which scopes open it.
type RoomEntry = (
    Room,
    &'static str,
    &'static str,
    [&'static str; 2],
    &'static [Scope],
);

/// Every room.
const ROOMS: [RoomEntry; 7] = [
    (
        Room::Overview,
        "/",
        "overview",
        ["总览", "Overview"],
        ReadingInsights::ANY_OF,
    ),
    (
        Room::Questions,
        "/questions",
        "questions",
        ["问题", "Questions"],
        ReadingInsights::ANY_OF,
    ),
    (
        Room::Queues,
        "/queues",
        "queues",
        ["待办", "Queues"],
        &[Scope::Supervise],
    ),
    (
        Room::Knowledge,
        "/knowledge",
        "knowledge",
        ["知识", "Knowledge"],
        &[Scope::Suggest, Scope::Knowledge, Scope::Supervise],
    ),
    (
        Room::Insights,
        "/insights",
        "insights",
        ["洞察", "Insights"],
        ReadingInsights::ANY_OF,
    ),
    (
        Room::Try,
        "/try",
        "try",
        ["试一试", "Try it"],
        &[Scope::Suggest],
    ),
    (
        Room::Settings,
        "/settings",
        "settings",
        ["设置", "Settings"],
        Anybody::ANY_OF,
    ),
];

/// What the frame around a page of the console shows.
pub struct Frame {
    /// The page's language.
    pub language: Language,
    /// The rooms that are open to the person.
    pub entries: Vec<Entry>,
    /// The shop.
    pub shop: std::sync::Arc<Shop>,
    /// The person's name.
    pub name: String,
    /// The person's role.
    pub role: Role,
    /// What forms carry, as the hidden field `form_token`.
    pub form_token: String,
    /// What has just been done, for the line above the page: the address's
    /// `done`, such as `merged`.
    pub done: String,
    /// The same page in the other language.
    pub other_language: String,
    /// How far the shop had come before the page was made: what moves from then
    /// on, the page is told.
    pub moment: Moment,
}

impl Frame {
    /// The address of an embedded file.
    pub fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The wording in the page's language.
    pub fn say<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.say(chinese, english)
    }

    /// Whether the person is told of alarms.
    pub fn hears_alarms(&self) -> bool {
        hears_alarms(self.role)
    }

    /// The role's name.
    pub fn role_name(&self) -> &'static str {
        role_name(self.role, self.language)
    }
}

/// A role as people read it.
pub fn role_name(role: Role, language: Language) -> &'static str {
    let (chinese, english) = match role {
        Role::Owner => ("店主", "Owner"),
        Role::Supervisor => ("主管", "Supervisor"),
        Role::Agent => ("客服", "Agent"),
        Role::Operations => ("运营", "Operations"),
        Role::Designer => ("美工", "Designer"),
        Role::Warehouse => ("仓管", "Warehouse"),
    };
    language.say(chinese, english)
}

/// A visit of a signed-in person whose role opens the page.
pub struct Visit<N: Needs> {
    /// The person.
    pub visitor: Visitor<N>,
    /// The page's language.
    pub language: Language,
    /// The query string.
    pub query: Fields,
    path: String,
}

impl<N: Needs> Visit<N> {
    /// The frame of the page. What the page shows is read after it: what moves
    /// meanwhile is told to the page.
    ///
    /// # Errors
    /// When the shop cannot be read.
    pub async fn frame(&self, state: &AppState, here: Room) -> Result<Frame, ApiError> {
        let person = self.visitor.person();
        let scopes = person.role.scopes();
        let opens =
            |(_, _, _, _, opens): &&RoomEntry| opens.iter().any(|scope| scopes.contains(scope));
        let entries = ROOMS.iter().filter(opens);
        let entries = entries.map(|(room, path, icon, names, _)| Entry {
            path,
            icon,
            name: self.language.say(names[0], names[1]),
            current: if *room == here { "page" } else { "false" },
        });
        let shop = state.shop(&person.shop).await?;
        let moment = Moment::latest(state, &shop, person.role).await?;
        Ok(Frame {
            language: self.language,
            entries: entries.collect(),
            shop,
            name: person.name.clone(),
            role: person.role,
            form_token: self.visitor.signed_in.form_token.clone(),
            done: self.query.get("done").to_owned(),
            other_language: self.in_other_language(),
            moment,
        })
    }

    fn in_other_language(&self) -> String {
        let tag = self.language.say("en", "zh-CN");
        let mut address = form_urlencoded::Serializer::for_suffix("/language?".to_owned(), 10);
        address
            .append_pair("to", tag)
            .append_pair("back", &self.path);
        address.finish()
    }
}

impl<N: Needs> FromRequest for Visit<N> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visitor = Visitor::from_request(request, payload);
        let language = Language::from_request(request, payload);
        let query = Fields::parse(request.query_string().as_bytes());
        let path = request.uri().path_and_query().map(ToString::to_string);
        Box::pin(async move {
            let Ok(language) = language.await;
            Ok(Self {
                visitor: visitor.await?,
                language,
                query,
                path: path.unwrap_or_default(),
            })
        })
    }
}

/// Back to a page, which says what has been done: `done` names the wording.
pub fn done(path: &str, done: &str) -> HttpResponse {
    let joint = if path.contains('?') { '&' } else { '?' };
    see_other(&format!("{path}{joint}done={done}"))
}
