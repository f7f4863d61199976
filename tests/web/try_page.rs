//! `/try`: somebody plays the buyer and sees what the agent would see.

use reqwest::Method;
use serde_json::{Value, json};
use zhiwen_tests::support::Call;

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
    let item = browser.by_role("link", "invoice").await;
    let path = item.attribute("href").await;
    assert_eq!(path.as_deref(), Some("/knowledge/invoice"));
    let facts = browser.text(".facts").await;
    for fact in ["发票", "售后", "一般"] {
        assert!(facts.contains(fact), "{fact} in {facts}");
    }
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
    browser.by_role("button", "Off topic").await.click().await;
    browser.by_text("Marked as “Off topic”").await;
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
async fn small_talk_is_named_in_the_pages_language() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/try").await;
    browser.by_label("消息").await.fill("在吗").await;
    browser.press("Enter").await;
    browser.find(".abstention").await;
    let facts = browser.text(".facts").await;
    assert!(facts.contains("问候"), "{facts}");
    browser.finish().await;
}

/// What a shop with an encoder, which has just failed, says of two kettles.
fn close_call() -> Value {
    let explain = json!({
        "bm25": 4.2, "bm25_share": 1.0, "question_coverage": 0.6, "wording_coverage": 0.8, "worded_share": 0.7,
        "cosine": 0.71, "cosine_margin": 0.02, "intent": 0.9,
        "feedback": -0.25, "relevance": 7.5, "margin": 0.04,
    });
    let answer = |knowledge: &str, text: &str| {
        json!({
            "id": format!("answer-{knowledge}"), "knowledge_id": knowledge, "version": 2,
            "title": "保温多久", "text": text, "form": "brief", "confidence": 0.55,
            "sources": [{"knowledge_id": knowledge, "version": 2, "text": "说明书"}],
            "explain": explain,
        })
    };
    json!({
        "id": "suggestion", "conversation_id": "c", "answers_message_id": "m-1",
        "question": {
            "text": "保温多久", "stands_alone": true, "product_ids": ["k1", "k9"],
            "intent": {"id": "product.attribute", "domain": "product", "confidence": 0.9},
            "stage": "pre", "urgency": "high",
        },
        "answers": [answer("warm/k1", "十二小时。"), answer("warm-k2", "八小时。")],
        "clarification": {
            "text": "亲，请问您问的是哪一款呢：禾木保温壶、禾木旅行壶？",
            "options": [
                {"label": "禾木保温壶", "knowledge_id": "warm/k1", "product_id": "k1"},
                {"label": "禾木旅行壶", "knowledge_id": "warm-k2", "product_id": "k2"},
            ],
        },
        "engines": ["lexical", "classifier"],
        "degraded": ["encoder"],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_the_agent_sees_is_shown() {
    let site = Site::open().await;
    let kettle = json!({"name": "禾木保温壶"});
    let call = site.call(Method::PUT, "/v1/products/k1").json(&kettle);
    assert_eq!(call.send().await.status, 200);
    let browser = site.owner().await;
    browser.visit("/try").await;
    let reply = close_call();
    let answer = format!("window.fetch = async () => new Response(JSON.stringify({reply}));");
    browser.evaluate(&answer).await;
    browser.by_label("消息").await.fill("保温多久").await;
    browser.press("Enter").await;

    browser.by_text("语义模型没有参与").await;
    let facts = browser.text(".facts").await;
    for fact in ["售前", "紧急", "90%", "k9"] {
        assert!(facts.contains(fact), "{fact} in {facts}");
    }
    let product = browser.find(".facts [title=k1]").await;
    assert_eq!(product.text().await, "禾木保温壶");

    let asked_back = browser.find(".clarification").await;
    asked_back.by_text("请问您问的是哪一款呢").await;
    let item = asked_back.by_role("link", "warm/k1").await;
    let path = item.attribute("href").await;
    assert_eq!(path.as_deref(), Some("/knowledge/warm%2Fk1"));
    asked_back.by_role("button", "发送").await.click().await;
    asked_back.by_text("已发送。").await;
    let sent = browser.text("#messages .agent .message-text").await;
    assert!(sent.contains("哪一款"), "{sent}");

    let first = browser.find("#result > article:nth-of-type(2)").await;
    first.by_text("为什么是这条").await.click().await;
    let parts = first.find_within(".parts").await.text().await;
    for part in [
        "问句覆盖",
        "问法覆盖",
        "要点覆盖",
        "BM25",
        "用词相关",
        "语义相近",
        "语义领先",
        "意图相符",
        "反馈",
        "-0.25",
        "领先幅度",
        "综合得分",
    ] {
        assert!(parts.contains(part), "{part} in {parts}");
    }
    browser.inspect("try-close-call").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_to_come_is_previewed() {
    const ANSWER: &str = "春节期间照常发货";
    let site = Site::open().await;
    let festival = json!({
        "id": "festival",
        "status": "approved",
        "domain": "process",
        "title": "春节发货吗",
        "answer_brief": format!("{ANSWER}。"),
        "valid_from": "2030-01-20 00:00",
        "valid_until": "2030-02-20 00:00",
    });
    let call = site.call(Method::POST, "/v1/knowledge").json(&festival);
    assert_eq!(call.send().await.status, 201);
    let browser = site.owner().await;
    browser
        .wait_until("the festival is found", async || {
            let search = site.call(Method::GET, "/v1/search").into_inner();
            let query = [("q", "春节发货吗"), ("as_of", "2030-01-25")];
            let found = Call::from_inner(search.query(&query)).send().await.json();
            found["results"][0]["knowledge_id"] == "festival"
        })
        .await;
    browser.visit("/try").await;
    browser.by_text("场景设置").await.click().await;
    // The festival begins at midnight of the shop's time zone.
    let at = browser.by_label("按哪个时间回答").await;
    at.fill("2030-01-20T00:05").await;
    browser.by_label("消息").await.fill("春节发货吗").await;
    browser.press("Enter").await;
    browser.by_text(ANSWER).await;
    browser.by_text("这是 2030-01-20 00:05（店铺时间）").await;
    browser.inspect("try-then").await;

    for (time, told) in [
        ("2030-01-19T23:55", "这是 2030-01-19 23:55（店铺时间）"),
        ("2030-02-20T00:00", "这是 2030-02-20 00:00（店铺时间）"),
    ] {
        at.fill(time).await;
        browser.by_text(told).await;
        assert!(!browser.shows(ANSWER).await, "{time}");
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
