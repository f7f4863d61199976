//! `/queues`: answers that wait for the supervisor, and knowledge that disagrees with itself.

use crate::browser::{Browser, Element};
use crate::chats::{cluster, question, site_with_questions};
use crate::site::Site;

/// Waits until search finds the item that the page just said was made.
async fn wait_until_made(site: &Site, browser: &Browser, words: &str) {
    let item = browser.by_role("link", "看这条知识").await;
    let path = item.attribute("href").await.unwrap_or_default();
    let id = path.trim_start_matches("/knowledge/");
    site.wait_until_found(words, id).await;
}

/// Asks as a buyer, and waits for what the agent is told.
async fn ask(browser: &Browser, question: &str, answer: &str) {
    browser.visit("/try").await;
    browser.by_label("消息").await.fill(question).await;
    browser.press("Enter").await;
    browser.by_text(answer).await;
}

/// The card of a question.
async fn card(browser: &Browser, id: &str) -> Element {
    browser.find(&format!("article[id=\"{id}\"]")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mined_answer_is_edited_approved_and_suggested() {
    let site = site_with_questions().await;
    let browser = site.owner().await;
    browser.visit("/queues").await;
    browser.by_role("heading", "待审核的回答").await;
    // What it rests on.
    browser.by_text("买家听到过").await;
    browser.inspect("queue-approve").await;

    browser.by_label("简短回答").await.fill("").await;
    browser.by_role("button", "采用为知识").await.click().await;
    browser.expect_fault("422");
    browser.by_text("有几处需要改一下").await;
    browser.find(".field-problem").await;
    browser.inspect("queue-approve-refused").await;

    let answer = "壶身不能进洗碗机，请用清水手洗后擦干。";
    browser.by_label("简短回答").await.fill(answer).await;
    browser.by_role("button", "采用为知识").await.click().await;
    browser.by_text("已采用，成了一条生效的知识。").await;
    browser.by_role("heading", "没有待审核的回答").await;
    wait_until_made(&site, &browser, "洗碗机").await;
    ask(&browser, "这个能放洗碗机吗", answer).await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_answer_is_written() {
    let site = site_with_questions().await;
    let engraved = question(&site, "刻字").await;
    let browser = site.owner().await;
    browser.visit("/queues/write").await;
    browser.inspect("queue-write").await;
    let gap = card(&browser, &engraved.id).await;
    gap.by_text("可以帮忙刻字吗").await;
    let answer = "可以免费刻字，最多八个字，下单时备注即可。";
    gap.by_label("简短回答").await.fill(answer).await;
    gap.by_role("button", "保存为知识").await.click().await;
    browser.by_text("已写好，成了一条生效的知识。").await;
    wait_until_made(&site, &browser, "刻字").await;
    ask(&browser, "可以帮忙刻字吗", answer).await;

    // Once questions are clustered again nothing is missing there.
    cluster(&site, 11).await;
    browser.visit(&format!("/questions/{}", engraved.id)).await;
    browser
        .wait_until("the item answers the question", async || {
            browser.visit(&format!("/questions/{}", engraved.id)).await;
            browser.shows("现在由这条知识回答").await
        })
        .await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mined_answer_is_dismissed_for_good() {
    let site = site_with_questions().await;
    let browser = site.owner().await;
    browser.visit("/queues/approve").await;
    browser
        .by_label("不采用，因为")
        .await
        .select("已经过时")
        .await;
    browser.by_role("button", "不采用").await.click().await;
    browser.by_text("已移出待审核。").await;
    browser.by_role("heading", "没有待审核的回答").await;
    browser.inspect("queue-approve-empty").await;
    cluster(&site, 11).await;
    browser.visit("/queues/approve").await;
    browser.by_role("heading", "没有待审核的回答").await;

    browser.visit("/settings/audit").await;
    browser.by_text("不采用客服的回答").await;
    browser.by_text("已经过时").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_items_that_contradict_stand_side_by_side() {
    let site = Site::open().await;
    let add = |id, title, answer| site.add_knowledge(id, title, answer);
    add("soon", "拍下后多久发货", "付款后48小时内发货。").await;
    add("late", "下单几天发货", "现货一般3天内发货。").await;
    let browser = site.owner().await;
    browser.visit("/queues").await;
    let queues = browser.by_role("navigation", "待办").await;
    queues.by_text("矛盾").await.click().await;
    browser.by_role("heading", "知识里的矛盾").await;
    let sides = browser.find(".sides").await;
    for value in ["48小时", "3天"] {
        let marked = sides.by_text(value).await;
        assert_eq!(marked.property("localName").await, "mark");
    }
    browser.inspect("queue-contradictions").await;
    let edit = sides.by_role("link", "修改这条 下单几天发货").await;
    edit.click().await;
    let address = browser.address().await;
    assert!(address.ends_with("/knowledge/late/edit"), "{address}");
    browser.finish().await;
}
