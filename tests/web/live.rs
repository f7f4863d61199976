//! `/events`: an open page says that something is new, also after the program was away.

use jiff::Timestamp;

use crate::browser::Browser;
use crate::chats::{conversation, hand_in, question, site_with_questions};
use crate::site::{PASSWORD, Site};

const SAID: &str = "来了新消息，数字有变动，点这里刷新";

/// Has a buyer ask.
async fn have_asked(site: &Site, name: &str) {
    let said = conversation(name, "发票什么时候开", "签收后三天内", Timestamp::now());
    hand_in(site, &said).await;
}

/// Lets a page's first minute pass, in which moving figures are not spoken of.
async fn pass_a_minute(browser: &Browser) {
    const PASS: &str = "const now = Date.now; Date.now = () => now() + 60_000;";
    browser.evaluate(PASS).await;
}

async fn wait_until_said(browser: &Browser) {
    browser
        .wait_until("the page says that figures moved", async || {
            browser.shows(SAID).await
        })
        .await;
}

/// Puts the page out of sight, as if another tab were looked at, or back.
async fn put_out_of_sight(browser: &Browser, is_hidden: bool) {
    let put = format!(
        "Object.defineProperty(document, 'hidden', {{ configurable: true, value: {is_hidden} }});
         document.dispatchEvent(new Event('visibilitychange'));"
    );
    browser.evaluate(&put).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_overview_says_that_its_figures_moved() {
    let mut site = Site::open().await;
    let browser = site.owner().await;
    browser.by_role("heading", "总览").await;
    assert!(!browser.shows(SAID).await);
    pass_a_minute(&browser).await;
    have_asked(&site, "a").await;
    wait_until_said(&browser).await;
    browser.inspect("overview-fresh").await;
    browser.by_text(SAID).await.click().await;
    browser
        .wait_until("the page is loaded again", async || {
            !browser.shows(SAID).await
        })
        .await;

    // Its stream breaks off.
    browser.expect_fault("/events");
    pass_a_minute(&browser).await;
    site.cut_power().await;
    have_asked(&site, "b").await;
    wait_until_said(&browser).await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_was_out_of_sight_is_told_what_moved_meanwhile() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.by_role("heading", "总览").await;
    put_out_of_sight(&browser, true).await;
    have_asked(&site, "a").await;
    pass_a_minute(&browser).await;
    assert!(!browser.shows(SAID).await);
    put_out_of_sight(&browser, false).await;
    wait_until_said(&browser).await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_refused_is_opened_again() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.by_role("heading", "总览").await;
    let send = async |path: &str, fields: &str| {
        let send = format!(
            "const body = new URLSearchParams({fields});
             return fetch('{path}', {{ method: 'POST', body }}).then((reply) => reply.status);"
        );
        assert_eq!(browser.evaluate(&send).await, 200, "{path}");
    };
    put_out_of_sight(&browser, true).await;
    let token = "{ form_token: document.querySelector('meta[name=form-token]').content }";
    send("/sign-out", token).await;
    put_out_of_sight(&browser, false).await;
    browser
        .wait_until("its stream is refused", async || {
            let faults = browser.faults().await;
            faults.iter().any(|fault| fault.contains("401"))
        })
        .await;
    browser.expect_fault("401");

    let person = format!("{{ login: 'owner', password: '{PASSWORD}' }}");
    send("/sign-in", &person).await;
    pass_a_minute(&browser).await;
    have_asked(&site, "a").await;
    wait_until_said(&browser).await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_written_answer_is_not_left_unasked() {
    let site = site_with_questions().await;
    let engraved = question(&site, "刻字").await.id;
    let browser = site.owner().await;
    let path = format!("/queues/write?question={engraved}");
    browser.visit(&path).await;
    assert!(!browser.asks_before_leaving().await);
    browser.by_label("简短回答").await.fill("可以").await;
    assert!(browser.asks_before_leaving().await);

    // What was sent and refused is not saved either.
    browser.by_label("简短回答").await.fill("").await;
    browser.by_role("button", "保存为知识").await.click().await;
    browser.expect_fault("422");
    browser.by_text("有几处需要改一下").await;
    assert!(browser.asks_before_leaving().await);

    let answer = "可以免费刻字，最多八个字，下单时备注即可。";
    browser.by_label("简短回答").await.fill(answer).await;
    browser.by_label("归谁负责").await.select("商品").await;
    browser.by_role("button", "保存为知识").await.click().await;
    browser.by_text("已写好，成了一条生效的知识。").await;
    assert!(!browser.asks_before_leaving().await);
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_waits_while_it_is_chosen_by_keyboard() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/settings/audit").await;
    let person = browser.by_label("谁").await;
    person.press("ArrowDown").await;
    let chosen = person.value().await;
    assert_ne!(chosen, "");
    person.press("ArrowUp").await;
    person.press("ArrowDown").await;
    assert_eq!(person.value().await, chosen);
    assert!(!browser.address().await.contains("by="));
    browser.by_role("button", "筛选").await.press("Enter").await;
    browser
        .wait_until("the filter is applied", async || {
            browser.address().await.contains("by=")
        })
        .await;
    assert_eq!(browser.by_label("谁").await.value().await, chosen);
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_away_is_told_what_moved() {
    let site = Site::open().await;
    let browser = site.owner().await;
    // The first of a stream at an address, for who has seen the event `id`.
    let first_of = async |address: &str, id: &str| {
        let read = format!(
            "return fetch('{address}', {{ headers: {{ 'Last-Event-ID': '{id}' }} }}).then((reply) => {{
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
    let first = async |id: &str| first_of("/events", id).await;
    let events = |said: &str| -> Vec<String> {
        let names = said.lines().filter_map(|line| line.strip_prefix("event: "));
        names.map(str::to_owned).collect()
    };
    let id = |said: &str| -> String {
        let id = said.lines().find_map(|line| line.strip_prefix("id: "));
        id.unwrap_or("").to_owned()
    };
    // What the page of the browser was made from.
    let made_from = async || {
        let read = "return document.getElementById('news').dataset.after;";
        let id = browser.evaluate(read).await;
        format!("/events?after={}", id.as_str().unwrap_or(""))
    };
    let is_told = async |address: &str| {
        let said = first_of(address, "").await;
        events(&said).contains(&"knowledge".to_owned())
    };
    let page = made_from().await;
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

    // A page that was made before is told of it, however soon it asks, and one made since is not.
    assert!(is_told(&page).await);
    browser.visit("/").await;
    assert!(!is_told(&made_from().await).await);

    let stranger =
        "return fetch('/events', { credentials: 'omit' }).then((reply) => reply.status);";
    assert_eq!(browser.evaluate(stranger).await, 401);
    browser.expect_fault("401");
    browser.finish().await;
}
