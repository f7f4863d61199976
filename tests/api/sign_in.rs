//! Signing in as a browser does, without one: cookies, waits, and what a session opens.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::json;
use zhiwen::auth::password;
use zhiwen::domain::ids::{PersonId, ShopId};
use zhiwen::domain::person::{Login, Password, Person, Role};
use zhiwen::domain::time::Clock;
use zhiwen_tests::support::{App, Call, Reply, poll_until, spawn_app, spawn_app_with};

const PASSWORD: &str = "春江潮水连海平海上";
const WRONG: &str = "不是这个密码";

const FORM: &str = "application/x-www-form-urlencoded";
const ACCOUNT: &str = "/settings/account";

/// For what happens beside a reply, on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// A service with the shop `hemu`, and as much of a browser as HTTP is.
struct Site {
    app: App,
    client: Client,
}

impl Site {
    async fn open() -> Self {
        Self::around(spawn_app().await).await
    }

    async fn around(app: App) -> Self {
        app.shop("hemu").await;
        let client = Client::builder().no_proxy().redirect(Policy::none());
        let client = client.build().expect("client");
        Self { app, client }
    }

    /// Somebody who signs in as `login` with [`PASSWORD`].
    async fn hire(&self, login: &str, role: Role) -> Person {
        let typed = Password::parse(PASSWORD, &[login]).expect("hard to guess");
        let person = Person {
            shop: shop_id(),
            id: PersonId::make(),
            login: Login::parse(login).expect("valid login"),
            name: login.to_owned(),
            role,
            password: Some(password::hash(typed).await.expect("hashed")),
            created_at: self.app.clock.now(),
            disabled_at: None,
        };
        let store = &self.app.service.state.store;
        store.create_person(&person).await.expect("person is kept");
        person
    }

    /// A call whose reply is not followed to another page.
    fn call(&self, method: Method, path: &str) -> Call {
        let url = format!("http://{}{path}", self.app.service.address);
        Call::new(self.client.request(method, url))
    }

    /// The form of the sign-in page.
    fn attempt(&self, login: &str, password: &str) -> Call {
        let body = format!("login={login}&password={password}");
        self.call(Method::POST, "/sign-in").body(FORM, body)
    }

    /// A session as its cookie.
    async fn sign_in(&self, login: &str) -> String {
        let reply = self.attempt(login, PASSWORD).send().await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        let cookie = reply.header("set-cookie").expect("a cookie");
        let (session, _) = cookie.split_once(';').expect("with its flags");
        session.to_owned()
    }

    /// A call of a session.
    fn with(&self, session: &str, (method, path): (Method, &str)) -> Call {
        self.call(method, path).header("cookie", session)
    }

    /// A form of a session, with the token that its pages carry.
    async fn post(&self, session: &str, (path, fields): (&str, &str)) -> Reply {
        let token = self.form_token(session).await;
        let body = format!("form_token={token}&{fields}");
        let call = self.with(session, (Method::POST, path));
        call.body(FORM, body).send().await
    }

    async fn form_token(&self, session: &str) -> String {
        let page = self.with(session, (Method::GET, ACCOUNT)).send().await;
        let page = page.text();
        let token = page.split("name=\"form_token\" value=\"").nth(1);
        let token = token.and_then(|after| after.split('"').next());
        token.expect("a form").to_owned()
    }

    /// The audit log, newest first: who, what, to what.
    async fn log(&self) -> Vec<String> {
        let shop = shop_id();
        let log = self.app.service.state.store.audit(&shop, None, 99).await;
        let entries = log.expect("read").into_iter();
        entries
            .map(|entry| format!("{}: {} {}", entry.by, entry.action, entry.subject))
            .collect()
    }
}

fn shop_id() -> ShopId {
    ShopId::parse("hemu").expect("valid id")
}

#[tokio::test]
async fn the_right_password_begins_a_session_and_a_wrong_one_does_not() {
    let site = Site::open().await;
    site.hire("anna", Role::Owner).await;
    let wrong = site.attempt("anna", WRONG).send().await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.header("set-cookie"), None);
    assert!(wrong.text().contains("登录名或密码不对"));
    let right = site.attempt("Anna ", PASSWORD).send().await;
    assert_eq!(
        (right.status, right.header("location")),
        (303, Some("/")),
        "{}",
        right.text()
    );
    let cookie = right.header("set-cookie").expect("a cookie");
    let flags: Vec<&str> = cookie.split("; ").skip(1).collect();
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
        assert!(flags.contains(&flag), "{cookie} lacks {flag}");
    }
    assert!(!flags.contains(&"Secure"), "{cookie}");
    let (session, _) = cookie.split_once(';').expect("with its flags");
    let page = site.with(session, (Method::GET, ACCOUNT));
    assert_eq!(page.send().await.status, 200);
    assert_eq!(site.log().await, ["anna: POST /sign-in "]);
}

#[tokio::test]
async fn the_cookie_goes_over_https_alone_where_the_console_does() {
    let public_url = Some("https://zhiwen.example".to_owned());
    let app = spawn_app_with(|settings| settings.console.public_url = public_url).await;
    let site = Site::around(app).await;
    site.hire("anna", Role::Owner).await;
    let reply = site.attempt("anna", PASSWORD).send().await;
    let cookie = reply.header("set-cookie").expect("a cookie");
    assert!(cookie.split("; ").any(|flag| flag == "Secure"), "{cookie}");
}

#[tokio::test]
async fn after_five_wrong_passwords_the_next_waits_whosever_the_login_is() {
    let site = Site::open().await;
    site.hire("anna", Role::Owner).await;
    for login in ["nobody", "anna"] {
        for _ in 0..5 {
            let wrong = site.attempt(login, WRONG).send().await;
            assert_eq!(wrong.status, 422, "{login}");
        }
        // Not even the right one is looked at.
        let waits = site.attempt(login, PASSWORD).send().await;
        let found = (waits.status, waits.header("retry-after"));
        assert_eq!(found, (429, Some("5")), "{login}");
        let words = "连续输错的次数太多，请 5 秒后再试。";
        assert!(waits.text().contains(words), "{login}");
    }
    site.app.clock.advance(SignedDuration::from_secs(5));
    let again = site.attempt("anna", WRONG).send().await;
    assert_eq!(again.status, 422);
    let waits = site.attempt("anna", PASSWORD).send().await;
    assert_eq!(waits.header("retry-after"), Some("10"));
    site.app.clock.advance(SignedDuration::from_secs(10));
    site.sign_in("anna").await;
    // Who signs in begins anew.
    for _ in 0..5 {
        let wrong = site.attempt("anna", WRONG).send().await;
        assert_eq!(wrong.status, 422);
    }
    // Waits of somebody are on record, those of nobody are not.
    poll_until("three waits are on record", PATIENCE, async || {
        let mut log = site.log().await;
        log.sort();
        let wait = "anna: POST /sign-in wait ";
        log == ["anna: POST /sign-in ", wait, wait, wait]
    })
    .await;
}

#[tokio::test]
async fn a_password_that_is_easy_to_guess_is_not_taken() {
    let site = Site::open().await;
    site.hire("anna", Role::Owner).await;
    let session = site.sign_in("anna").await;
    for easy in ["12345678", "anna2026", "hemu-anna", "zhiwenzhiwen"] {
        let fields = format!("old_password={PASSWORD}&password={easy}&password_again={easy}");
        let path = "/settings/account/password";
        let reply = site.post(&session, (path, fields.as_str())).await;
        assert_eq!(reply.status, 422, "{easy}");
        assert!(reply.text().contains("太容易被猜到"), "{easy}");
    }
    site.sign_in("anna").await;
}

#[tokio::test]
async fn of_many_attempts_at_once_only_five_are_looked_at() {
    let site = Site::open().await;
    site.hire("anna", Role::Owner).await;
    let attempts = (0..12).map(|_| site.attempt("anna", WRONG).send());
    let mut statuses: Vec<u16> = join_all(attempts)
        .await
        .iter()
        .map(|reply| reply.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[422; 5].as_slice(), &[429; 7]].concat());
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let site = Site::open().await;
    site.hire("anna", Role::Owner).await;
    let here = format!("http://{}", site.app.service.address);
    for (name, value, status) in [
        ("origin", here.as_str(), 303),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "same-origin", 303),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
    ] {
        let call = site.attempt("anna", PASSWORD).header(name, value);
        let reply = call.send().await;
        assert_eq!(reply.status, status, "{name}: {value}");
        assert_eq!(reply.header("set-cookie").is_some(), status == 303);
    }
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_session() {
    let site = Site::open().await;
    let anna = site.hire("anna", Role::Owner).await;
    let session = site.sign_in("anna").await;
    let other = site.sign_in("anna").await;
    let rename = async |fields: String| {
        let call = site.with(&session, (Method::POST, "/settings/account/name"));
        call.body(FORM, fields).send().await
    };
    let others = format!("name=x&form_token={}", site.form_token(&other).await);
    for fields in ["name=x".to_owned(), others] {
        let refused = rename(fields).await.problem();
        assert!(refused.starts_with("403 form-expired"), "{refused}");
    }
    let own = format!("name=安娜&form_token={}", site.form_token(&session).await);
    assert_eq!(rename(own).await.status, 303);
    let store = &site.app.service.state.store;
    let found = store.person(&anna.shop, anna.id).await.expect("read");
    assert_eq!(found.map(|person| person.name), Some("安娜".to_owned()));
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let site = Site::open().await;
    site.hire("anna", Role::Owner).await;
    let session = site.sign_in("anna").await;
    let reply = site.post(&session, ("/sign-out", "")).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/sign-in"))
    );
    let cookie = reply.header("set-cookie").expect("one that ends it");
    assert!(cookie.contains("Max-Age=0"), "{cookie}");
    let page = || site.with(&session, (Method::GET, ACCOUNT));
    assert_eq!(page().send().await.status, 401);
    // A browser is led to where one signs in.
    let page = page().header("accept", "text/html").send().await;
    let location = page.header("location").unwrap_or_default();
    assert_eq!(page.status, 303);
    assert!(location.starts_with("/sign-in?next="), "{location}");
}

#[tokio::test]
async fn a_role_opens_its_rooms_and_no_other() {
    let site = Site::open().await;
    site.hire("xiaomei", Role::Agent).await;
    let session = site.sign_in("xiaomei").await;
    for (path, status) in [
        ("/settings/account", 200),
        ("/questions", 403),
        ("/settings/people", 403),
        ("/v1/search?q=x", 200),
        ("/v1/clusters", 403),
    ] {
        let reply = site.with(&session, (Method::GET, path)).send().await;
        assert_eq!(reply.status, status, "{path}");
        if status == 403 {
            let problem = reply.problem();
            assert!(
                problem.starts_with("403 forbidden-role: the role agent may not do this, "),
                "{path}: {problem}"
            );
        }
    }
}

#[tokio::test]
async fn a_session_changes_something_over_the_api_with_its_token_alone() {
    let site = Site::open().await;
    site.hire("anna", Role::Owner).await;
    let session = site.sign_in("anna").await;
    let item = json!({
        "id": "invoice",
        "status": "approved",
        "domain": "process",
        "title": "怎么开发票",
        "answer_brief": "下单时填写抬头即可。",
    });
    let add = || {
        site.with(&session, (Method::POST, "/v1/knowledge"))
            .json(&item)
    };
    let refused = add().send().await.problem();
    assert!(refused.starts_with("403 form-expired"), "{refused}");
    let token = site.form_token(&session).await;
    let added = add().header("x-form-token", &token).send().await;
    assert_eq!(added.status, 201, "{}", added.text());
}

#[tokio::test]
async fn a_policys_change_is_on_record_with_its_version() {
    let site = Site::open().await;
    site.hire("anna", Role::Owner).await;
    let session = site.sign_in("anna").await;
    let fields = "session_gap_minutes=47&burst_gap_seconds=121&smallest_group=6\
        &false_discovery_rate=0.04&counts_automatic_replies=on";
    for _ in 0..2 {
        let reply = site.post(&session, ("/insights/policy", fields)).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
    }
    let policy = site.app.service.state.store.policy(&shop_id()).await;
    let (version, _) = policy.expect("read");
    // The second changed nothing.
    let expected = [
        format!("anna: POST /insights/policy {version}"),
        "anna: POST /sign-in ".to_owned(),
    ];
    assert_eq!(site.log().await, expected);
}
