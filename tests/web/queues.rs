//! `/queues`: answers that wait for the supervisor, and knowledge that disagrees with itself.

use reqwest::Method;
use serde_json::{Value, json};

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

    // One buyer each wrote these: nothing is ticked.
    let first = ".wordings label:nth-of-type(1) input";
    let wording = browser.find(first).await;
    assert_eq!(wording.property("checked").await, "false");
    let asked = wording.value().await;
    wording.click().await;
    browser.by_label("简短回答").await.fill("").await;
    browser.by_role("button", "采用为知识").await.click().await;
    browser.expect_fault("422");
    browser.by_text("有几处需要改一下").await;
    browser.find(".field-problem").await;
    let wording = browser.by_label(&asked).await;
    assert_eq!(wording.property("checked").await, "true");
    browser.inspect("queue-approve-refused").await;

    let answer = "壶身不能进洗碗机，请用清水手洗后擦干。";
    browser.by_label("简短回答").await.fill(answer).await;
    browser.by_role("button", "采用为知识").await.click().await;
    browser.by_text("已采用，成了一条生效的知识。").await;
    browser.by_role("heading", "没有待审核的回答").await;
    wait_until_made(&site, &browser, "洗碗机").await;
    ask(&browser, &asked, answer).await;
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
    gap.by_label("可以帮忙刻字吗").await.click().await;
    let answer = "可以免费刻字，最多八个字，下单时备注即可。";
    gap.by_label("简短回答").await.fill(answer).await;
    // The question does not say whose it is: nobody is presumed.
    assert_eq!(gap.by_label("归谁负责").await.value().await, "");
    gap.by_role("button", "保存为知识").await.click().await;
    browser.expect_fault("422");
    browser.by_text("有几处需要改一下").await;
    browser.by_label("归谁负责").await.select("商品").await;
    browser.by_role("button", "保存为知识").await.click().await;
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
        .by_label("不采用的原因")
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
async fn a_dismissal_needs_a_reason_and_is_undone() {
    let site = site_with_questions().await;
    let browser = site.owner().await;
    browser.visit("/queues/approve").await;
    let reason = browser.by_label("不采用的原因").await;
    assert_eq!(reason.value().await, "");
    reason.select("答得不对").await;
    browser.by_role("button", "不采用").await.click().await;
    browser.by_text("已移出待审核。").await;
    browser.inspect("queue-approve-dismissed").await;
    browser.by_role("button", "撤销").await.click().await;
    browser.by_text("已放回待审核。").await;
    browser.by_role("button", "采用为知识").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_keeps_its_source_and_its_place() {
    let site = site_with_questions().await;
    let washed = question(&site, "洗碗机").await;
    let browser = site.owner().await;
    let here = format!("/queues/approve?question={}", washed.id);
    browser.visit(&here).await;
    browser.by_text("适用范围、来源").await.click().await;
    let source = browser.by_label("来源（客服看得到）").await.value().await;
    // In the language of the shop, whoever reads the page.
    let expected = "Agents' replies (buyers: 6, taken: 6, ";
    assert!(source.starts_with(expected), "{source}");
    let channels = "适用渠道，每行一个，如 taobao；留空适用于全部";
    browser.by_label(channels).await.fill("淘宝").await;
    browser.by_role("button", "采用为知识").await.click().await;
    browser.expect_fault("422");
    browser.by_text("有几处需要改一下").await;
    // What is at fault is not folded away.
    browser.by_label(channels).await.fill("taobao").await;
    browser.by_role("button", "采用为知识").await.click().await;
    browser.by_text("已采用，成了一条生效的知识。").await;
    let empty = "这个问题没有待审核的回答";
    browser.by_role("heading", empty).await;
    let address = browser.address().await;
    assert!(address.contains(&here), "{address}");
    let item = browser.by_role("link", "看这条知识").await;
    let path = item.attribute("href").await.unwrap_or_default();
    let made = site.call(Method::GET, &format!("/v1{path}")).send().await;
    let made = made.json();
    assert_eq!(made["source"], json!(source));
    assert_eq!(made["channels"], json!(["taobao"]));
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_outlives_its_place_in_the_queue() {
    let site = site_with_questions().await;
    let browser = site.owner().await;
    browser.visit("/queues/approve").await;
    let queue = site.call(Method::GET, "/v1/queues/approve").send().await;
    let queue = queue.json();
    let id = queue["proposals"][0]["id"].as_str().unwrap_or("");
    let path = format!("/v1/queues/approve/{id}/dismiss");
    let dismissed = site.call(Method::POST, &path).send().await;
    assert_eq!(dismissed.status, 204, "{}", dismissed.text());

    browser.by_label("简短回答").await.fill("").await;
    let title = browser.by_label("标题（买家会怎么问）").await;
    title.fill("洗碗机能不能洗").await;
    browser.by_role("button", "采用为知识").await.click().await;
    browser.expect_fault("422");
    browser.by_text("这一条刚离开待办").await;
    let title = browser.by_label("标题（买家会怎么问）").await;
    assert_eq!(title.value().await, "洗碗机能不能洗");
    browser.inspect("queue-approve-left").await;
    let answer = "不能放洗碗机。";
    browser.by_label("简短回答").await.fill(answer).await;
    browser.by_role("button", "采用为知识").await.click().await;
    browser.by_text("已采用，成了一条生效的知识。").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_that_does_not_contradict_stays_away_until_one_changes() {
    let site = Site::open().await;
    let add = |id, title, answer| site.add_knowledge(id, title, answer);
    add("soon", "拍下后多久发货", "付款后48小时内发货。").await;
    add("late", "下单几天发货", "现货一般3天内发货。").await;
    let browser = site.owner().await;
    browser.visit("/queues/contradictions").await;
    let judge = async || {
        let button = browser.find("article > .buttons button").await;
        button.click().await;
        browser.by_text("已记下：没有问题").await;
        browser.by_role("heading", "没有发现矛盾").await;
    };
    judge().await;
    browser.by_text("人工判定没有问题的").await.click().await;
    browser.inspect("queue-contradictions-dismissed").await;
    let flash = browser.find(".flash").await;
    flash.by_role("button", "撤销").await.click().await;
    browser.by_text("已撤销，重新列出。").await;
    judge().await;

    let changed = json!({
        "status": "approved", "domain": "process", "title": "下单几天发货",
        "answer_brief": "现货一般5天内发货。",
    });
    let call = site.call(Method::PUT, "/v1/knowledge/late");
    let call = call.header("if-match", "\"1\"").json(&changed);
    assert_eq!(call.send().await.status, 200);
    browser.visit("/queues/contradictions").await;
    let sides = browser.find(".sides").await;
    sides.by_text("5天").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_wrong_is_archived_where_it_is_found() {
    let site = Site::open().await;
    let product = json!({"name": "禾木保温壶"});
    let call = site.call(Method::PUT, "/v1/products/p-1").json(&product);
    assert_eq!(call.send().await.status, 200);
    for (id, title, answer) in [
        ("soon", "拍下后多久发货", "付款后48小时内发货。"),
        ("late", "下单几天发货", "现货一般3天内发货。"),
    ] {
        let item = json!({
            "id": id, "status": "approved", "domain": "process", "title": title,
            "answer_brief": answer, "products": ["p-1"],
        });
        let call = site.call(Method::POST, "/v1/knowledge").json(&item);
        assert_eq!(call.send().await.status, 201);
    }
    let browser = site.owner().await;
    browser
        .wait_until("the product is called by its name", async || {
            browser.visit("/queues/contradictions").await;
            browser.shows("商品 禾木保温壶").await
        })
        .await;
    let late = browser.by_role("button", "归档这条 下单几天发货").await;
    late.click().await;
    browser.agree().await;
    browser.by_text("已归档，不再推荐给客服。").await;
    browser.by_role("heading", "没有发现矛盾").await;
    let item = site.call(Method::GET, "/v1/knowledge/late").send().await;
    let item: Value = item.json();
    assert_eq!(item["status"], "archived", "{item}");
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_items_that_contradict_and_repeat_are_shown_once() {
    let site = Site::open().await;
    let add = |id, title, answer| site.add_knowledge(id, title, answer);
    add("soon", "拍下后多久发货", "付款后48小时内发货。").await;
    add("late", "拍下后多久发货呢", "付款后3天内发货。").await;
    let browser = site.owner().await;
    browser.visit("/queues/contradictions").await;
    let sides = browser.find(".sides").await;
    sides.by_text("48小时").await;
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
    browser.by_role("heading", "知识里的问题").await;
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
