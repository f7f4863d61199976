//! `/try`: somebody plays the buyer and sees what the agent would see.

use reqwest::Method;
use serde_json::Value;

use crate::browser::{Browser, PHONE};
use crate::site::Site;

/// The most that the first view may load, in bytes.
const MOST_BYTES: u64 = 150_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_buyer_asks_and_the_agent_sends_the_answer() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/try").await;
    browser
        .by_label("消息")
        .await
        .fill("你好 发票什么时候开")
        .await;
    browser.press("Enter").await;
    browser.by_text("签收后三天内开具电子发票").await;
    browser.by_role("button", "发送").await.click().await;
    browser.by_text("已发送。").await;

    assert_eq!(feedback(&site, &browser).await["used"], "sent");
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_in_english_for_who_prefers_that() {
    let site = Site::open().await;
    let browser = site.person("en", "agent").await;
    browser
        .by_label("Message")
        .await
        .fill("不喜欢可以退吗")
        .await;
    browser
        .by_role("button", "Send as buyer")
        .await
        .click()
        .await;
    browser.by_text("签收七天内").await;
    browser
        .by_role("button", "Wrong retrieval")
        .await
        .click()
        .await;
    browser.by_text("Noted as wrong retrieval").await;
    assert_eq!(feedback(&site, &browser).await["relevant"], false);
    browser.inspect("try-answer-en").await;

    browser.by_role("link", "中文").await.click().await;
    browser.by_role("heading", "客服看到的建议").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_can_use_it() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/try").await;
    browser.inspect("try-waiting").await;
    browser.by_label("消息").await.fill("不喜欢可以退吗").await;
    browser.by_role("button", "买家发送").await.click().await;
    browser.by_text("签收七天内").await;
    for closed in ["为什么是这条", "原始请求与返回", "场景设置"] {
        browser.by_text(closed).await.click().await;
    }
    browser.inspect("try-answer").await;

    let stops = browser.keyboard_walk().await;
    for stop in ["link 跳到正文", "textbox 消息", "button 发送", "radio 简短"] {
        assert!(
            stops.iter().any(|passed| passed == stop),
            "{stop} in {stops:#?}"
        );
    }
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_phone_the_answer_comes_into_view() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.resize(PHONE).await;
    browser.visit("/try").await;
    browser.by_label("消息").await.fill("不喜欢可以退吗").await;
    browser.by_role("button", "买家发送").await.click().await;
    // Clicking fails where the button is covered.
    browser.by_role("button", "发送").await.click().await;
    browser.by_text("已发送。").await;
    browser.screenshot("try-sent-phone").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_view_is_light_and_all_from_here() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/try").await;
    browser.by_role("heading", "客服看到的建议").await;
    let weight = browser.page_weight().await;
    println!("the try page loads {weight} bytes");
    assert!(weight <= MOST_BYTES, "{:#?}", browser.requests().await);
    assert_eq!(browser.origins().await, [site.address.clone()].into());
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_buyer_writes_is_text() {
    const WRITTEN: [&str; 3] = [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)> \"' &amp; {{ 1 }}",
        "\u{202e}مرحبا، متى تصل الطلبية؟ 😀",
    ];
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/try").await;
    for (number, text) in (1..).zip(WRITTEN) {
        browser.by_label("消息").await.fill(text).await;
        browser.press("Enter").await;
        let message = format!("#messages li:nth-child({number}) .message-text");
        let shown = browser.find(&message).await;
        assert_eq!(shown.property("textContent").await, text);
        // What came back is shown as well.
        browser.by_text("原始请求与返回").await;
    }
    browser.screenshot("try-hostile").await;
    assert_eq!(
        browser
            .evaluate("return document.querySelectorAll('main script, main img').length;")
            .await,
        0
    );
    browser.finish().await;
}

/// The feedback on record for the first answer that the page shows.
async fn feedback(site: &Site, browser: &Browser) -> Value {
    let raw = browser.find("[data-slot=response]").await;
    let shown: Value = serde_json::from_str(&raw.property("textContent").await).expect("JSON");
    let path = format!("/v1/suggestions/{}", shown["id"].as_str().expect("an id"));
    let record = site.call(Method::GET, &path).send().await.json();
    record["answers"][0]["feedback"].clone()
}
