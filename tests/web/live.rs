//! `/events`: an open page says that something is new, also after the program was away.

use jiff::Timestamp;

use crate::browser::Browser;
use crate::chats::{conversation, hand_in};
use crate::site::Site;

const SAID: &str = "有新的内容，点这里刷新";

/// Hands conversations in until the page says so: the first may come before its
/// stream is there.
async fn wait_until_said(site: &Site, browser: &Browser, name: &str) {
    let mut number = 0;
    browser
        .wait_until("the page says that something is new", async || {
            number += 1;
            let name = format!("{name}{number}");
            let said = conversation(&name, "发票什么时候开", "签收后三天内", Timestamp::now());
            hand_in(site, &said).await;
            browser.shows(SAID).await
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_overview_says_that_something_is_new() {
    let mut site = Site::open().await;
    let browser = site.owner().await;
    browser.by_role("heading", "总览").await;
    assert!(!browser.shows(SAID).await);
    wait_until_said(&site, &browser, "a").await;
    browser.inspect("overview-fresh").await;
    browser.by_text(SAID).await.click().await;
    browser
        .wait_until("the page is loaded again", async || {
            !browser.shows(SAID).await
        })
        .await;

    // Its stream breaks off.
    browser.expect_fault("/events");
    site.cut_power().await;
    wait_until_said(&site, &browser, "b").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_is_told_what_moved() {
    let site = Site::open().await;
    let browser = site.owner().await;
    // The first of a stream, for who has seen the event `id`.
    let first = async |id: &str| {
        let read = format!(
            "return fetch('/events', {{ headers: {{ 'Last-Event-ID': '{id}' }} }}).then((reply) => {{
                const reader = reply.body.getReader();
                return reader.read().then(({{ value }}) => {{
                    reader.cancel();
                    return new TextDecoder().decode(value);
                }});
            }});"
        );
        let said = browser.evaluate(&read).await;
        said.as_str().unwrap_or("").to_owned()
    };
    let events = |said: &str| -> Vec<String> {
        let names = said.lines().filter_map(|line| line.strip_prefix("event: "));
        names.map(str::to_owned).collect()
    };
    let id = |said: &str| -> String {
        let id = said.lines().find_map(|line| line.strip_prefix("id: "));
        id.unwrap_or("").to_owned()
    };
    let begin = first("").await;
    assert_eq!(events(&begin), ["now"]);
    let nothing_moved = first(&id(&begin)).await;
    assert_eq!(events(&nothing_moved), ["now"]);
    site.add_knowledge("gift", "可以送礼吗", "可以，包装是礼盒。")
        .await;
    browser
        .wait_until("it is told of the item", async || {
            events(&first(&id(&begin)).await) == ["now", "knowledge"]
        })
        .await;

    let stranger =
        "return fetch('/events', { credentials: 'omit' }).then((reply) => reply.status);";
    assert_eq!(browser.evaluate(stranger).await, 401);
    browser.expect_fault("401");
    browser.finish().await;
}
