//! `<zhiwen-panel>` in the page of somebody else, under that page's strict policy.

use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::site::Site;
use crate::workbench::Workbench;

/// An answer counts as seen when it was in view for a second.
const LONGER_THAN_SEEN_MILLISECONDS: f64 = 1800.0;

const INVOICE: &str = "签收后三天内开具电子发票";

/// Says something in the conversation that the panel is fed with.
async fn tell(browser: &Browser, role: &str, id: &str, text: &str) {
    let said = json!([role, id, text]);
    browser.evaluate(&format!("window.tell(...{said});")).await;
}

/// What the panel told its page, of one kind.
async fn heard(browser: &Browser, name: &str) -> Vec<Value> {
    let all = browser.evaluate("return window.heard;").await;
    let all = all.as_array().cloned().unwrap_or_default();
    all.into_iter()
        .filter(|event| event["name"] == name)
        .collect()
}

/// Waits until the panel has told something of its suggestion's answers.
async fn feedback(browser: &Browser, field: &str) -> Value {
    let mut found = Value::Null;
    browser
        .wait_until(&format!("{field} is told"), async || {
            let told = heard(browser, "zhiwen-feedback").await;
            let last = told.into_iter().rfind(|told| !told[field].is_null());
            found = last.unwrap_or_default();
            !found.is_null()
        })
        .await;
    found
}

/// What the page's reply box holds in the end.
async fn reply_holds(browser: &Browser, text: &str) {
    let reply = browser.by_label("回复").await;
    browser
        .wait_until(&format!("the reply box holds {text:?}"), async || {
            let value = reply.value().await;
            if text.is_empty() {
                value.is_empty()
            } else {
                value.contains(text)
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_to_a_foreign_page_and_into_its_reply_box() {
    let site = Site::open().await;
    let workbench = Workbench::open(&site).await;
    let browser = workbench.browser().await;
    tell(&browser, "buyer", "m-1", "发票什么时候开").await;
    browser.by_text(INVOICE).await;
    browser.inspect("panel").await;

    browser.by_label("回复").await.click().await;
    browser.press("Alt+1").await;
    reply_holds(&browser, INVOICE).await;
    // The reply box's own undo takes it back.
    browser.press("Control+z").await;
    reply_holds(&browser, "").await;

    browser
        .evaluate("document.getElementById('panel').setAttribute('shortcuts', 'off');")
        .await;
    browser.press("Alt+1").await;
    assert_eq!(heard(&browser, "zhiwen-insert").await.len(), 1);
    browser.evaluate("window.style('width', '260px');").await;
    browser.inspect("panel-narrow").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_an_answer_is_told_by_itself() {
    let site = Site::open().await;
    let workbench = Workbench::open(&site).await;
    let browser = workbench.browser().await;
    // Below what the window shows.
    browser
        .evaluate("window.style('display', 'block'); window.style('marginTop', '4000px');")
        .await;
    tell(&browser, "buyer", "m-1", "发票什么时候开").await;
    browser
        .wait_until("a suggestion has come", async || {
            !heard(&browser, "zhiwen-suggestion").await.is_empty()
        })
        .await;
    browser
        .wait_until("it would have been seen", async || {
            let since = "return performance.now() - window.heard[0].at;";
            browser.evaluate(since).await.as_f64() > Some(LONGER_THAN_SEEN_MILLISECONDS)
        })
        .await;
    assert_eq!(heard(&browser, "zhiwen-feedback").await, [] as [Value; 0]);
    browser.evaluate("window.style('marginTop', '0');").await;
    let seen = feedback(&browser, "displayed").await;
    assert_eq!(seen["displayed"], true);

    browser.by_label("回复").await.click().await;
    browser.press("Alt+1").await;
    reply_holds(&browser, INVOICE).await;
    let written = format!("亲，{INVOICE}哦，请放心");
    tell(&browser, "agent", "m-2", &written).await;
    let told = feedback(&browser, "final_text").await;
    assert_eq!(told["used"], "edited");

    let suggestion = &heard(&browser, "zhiwen-suggestion").await[0];
    let path = format!(
        "/v1/suggestions/{}",
        suggestion["id"].as_str().unwrap_or("")
    );
    let record = site.call(Method::GET, &path).send().await.json();
    let kept = &record["answers"][0]["feedback"];
    assert_eq!(kept["used"], "edited", "{record}");
    assert_eq!(kept["final_text"], json!(written));
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_buyer_has_followed_up_is_dropped() {
    let site = Site::open().await;
    let workbench = Workbench::open(&site).await;
    let browser = workbench.browser().await;
    browser.evaluate("window.hold();").await;
    tell(&browser, "buyer", "m-1", "发票什么时候开").await;
    browser
        .wait_until("the first question is on its way", async || {
            browser.evaluate("return window.holding;").await == 1
        })
        .await;
    tell(&browser, "agent", "m-2", "您好，在的").await;
    tell(&browser, "buyer", "m-3", "不喜欢可以退吗").await;
    browser.evaluate("window.release();").await;
    browser.by_text("签收七天内").await;
    let suggestions = heard(&browser, "zhiwen-suggestion").await;
    let answered: Vec<&Value> = suggestions
        .iter()
        .map(|suggestion| &suggestion["answers_message_id"])
        .collect();
    assert_eq!(answered, ["m-3"]);
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_refused_is_replaced() {
    let site = Site::open().await;
    let workbench = Workbench::open(&site).await;
    workbench.hand_out_first(json!({
        "token": format!("zwb_{}", "0".repeat(64)),
        "expires_at": "2100-01-01T00:00:00Z",
    }));
    let browser = workbench.browser().await;
    tell(&browser, "buyer", "m-1", "发票什么时候开").await;
    browser.by_text(INVOICE).await;
    assert_eq!(workbench.asked_for_tokens(), 2);
    browser.expect_fault("401");
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_wrote_is_text_in_it() {
    const MARKUP: &str = "<img src=x onerror=alert(1)><b>满 99 包邮</b>";
    let site = Site::open().await;
    site.add_knowledge("postage", "多少钱包邮", MARKUP).await;
    let workbench = Workbench::open(&site).await;
    let browser = workbench.browser().await;
    let hostile = "<script>alert(2)</script>\u{202e}多少钱包邮";
    tell(&browser, "buyer", "m-1", hostile).await;
    browser.by_text(MARKUP).await;
    let shadow = "document.getElementById('panel').shadowRoot";
    let markup = format!("return {shadow}.querySelectorAll('img, script').length;");
    assert_eq!(browser.evaluate(&markup).await, 0);
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_origins_on_its_list_put_words_into_it() {
    let site = Site::open().await;
    let workbench = Workbench::open(&site).await;
    let browser = workbench.browser().await;
    let post = |id: &str, text: &str| {
        let said =
            json!({"type": "zhiwen:message", "message": {"id": id, "role": "buyer", "text": text}});
        format!("window.postMessage({said}, location.origin);")
    };
    browser.evaluate(&post("m-1", "发票什么时候开")).await;
    // The next message is heard, so the one before would have been.
    browser
        .evaluate(
            "document.getElementById('panel').setAttribute('message-origins', location.origin);",
        )
        .await;
    browser.evaluate(&post("m-2", "不喜欢可以退吗")).await;
    browser.by_text("签收七天内").await;
    let messages = "return document.getElementById('panel').messages.map(({ id }) => id);";
    assert_eq!(browser.evaluate(messages).await, json!(["m-2"]));
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_own_page_is_for_frames_and_for_everybody() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/panel").await;
    browser.by_role("heading", "回复建议").await;
    browser
        .evaluate(
            "document.getElementById('panel').addMessage({ role: 'buyer', text: '发票什么时候开' });",
        )
        .await;
    browser.by_text(INVOICE).await;
    browser.inspect("panel-page").await;
    browser.finish().await;
}
