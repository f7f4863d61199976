//! `/questions`: what buyers ask again and again, and how people put it in order.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::browser::Browser;
use crate::chats::{question, site_with_questions};

/// The names in the list, from the top.
async fn listed(browser: &Browser) -> Vec<String> {
    const NAMES: &str = "return [...document.querySelectorAll('table.questions tbody th a')]
        .map((link) => link.textContent.trim());";
    let names = browser.evaluate(NAMES).await;
    let names = names.as_array().cloned().unwrap_or_default();
    let name = |name: &Value| name.as_str().unwrap_or("").to_owned();
    names.iter().map(name).collect()
}

/// Waits until the list shows just these.
async fn wait_until_listed(browser: &Browser, names: &[&str]) {
    let what = format!("just {names:?} are listed");
    browser
        .wait_until(&what, async || listed(browser).await == names)
        .await;
}

/// Sorts by a column, by clicking on its name.
async fn sort_by(browser: &Browser, column: &str, sorted: &str) {
    let heads = browser.find("table.questions thead").await;
    heads.by_role("link", column).await.click().await;
    let head = format!("th[aria-sort={sorted}]");
    assert_eq!(browser.text(&head).await, column);
}

#[tokio::test(flavor = "multi_thread")]
async fn recurring_questions_are_sorted_and_filtered_by_clicks() {
    let site = site_with_questions().await;
    let (washed, engraved) = (
        question(&site, "洗碗机").await.label,
        question(&site, "刻字").await.label,
    );
    let browser = site.owner().await;
    browser.visit("/questions").await;
    // More buyers ask the first.
    wait_until_listed(&browser, &[&washed, &engraved]).await;
    browser.inspect("questions").await;

    sort_by(&browser, "买家", "descending").await;
    wait_until_listed(&browser, &[&washed, &engraved]).await;
    sort_by(&browser, "买家", "ascending").await;
    wait_until_listed(&browser, &[&engraved, &washed]).await;
    sort_by(&browser, "问题", "ascending").await;
    let ascending = listed(&browser).await;
    sort_by(&browser, "问题", "descending").await;
    let descending = listed(&browser).await;
    assert_eq!(ascending.len(), 2);
    assert_eq!(
        ascending.iter().rev().collect::<Vec<_>>(),
        descending.iter().collect::<Vec<_>>()
    );

    // A choice is applied as it is made.
    browser.by_label("状态").await.select("待审核").await;
    wait_until_listed(&browser, &[&washed]).await;
    browser.by_label("问题或关键词").await.fill("刻字").await;
    browser.press("Enter").await;
    browser.by_role("heading", "没有符合条件的问题").await;
    browser.screenshot("questions-none").await;
    browser.by_role("link", "清除").await.click().await;
    wait_until_listed(&browser, &[&washed, &engraved]).await;
    browser.by_label("问题或关键词").await.fill("刻字").await;
    browser.press("Enter").await;
    wait_until_listed(&browser, &[&engraved]).await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_of_the_map_leads_to_its_question() {
    let site = site_with_questions().await;
    let washed = question(&site, "洗碗机").await;
    let browser = site.owner().await;
    browser.visit("/questions/map").await;
    browser.inspect("questions-map").await;
    let tile = format!(".map-wide a[href=\"/questions/{}\"]", washed.id);
    let tile = browser.find(&tile).await;
    let said = tile.find_within("title").await;
    let said = said.property("textContent").await;
    assert!(said.contains("6 位买家"), "{said}");
    tile.click().await;
    browser.by_role("heading", &washed.label).await;
    // How it was asked, and what was replied.
    let wordings = browser.find("#wordings").await;
    assert!(wordings.text().await.contains("可以放进洗碗机吗"));
    browser.inspect("question").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_renamed_muted_and_heard_again() {
    const NAME: &str = "<script>alert(1)</script> 洗碗机 مرحبا";
    let site = site_with_questions().await;
    let washed = question(&site, "洗碗机").await;
    let engraved = question(&site, "刻字").await.label;
    let browser = site.owner().await;
    browser.visit(&format!("/questions/{}", washed.id)).await;
    browser.by_label("名称").await.fill(NAME).await;
    browser.by_role("button", "改名").await.click().await;
    browser.by_text("已改名。").await;
    browser.by_role("heading", NAME).await;

    browser.by_role("button", "静音").await.click().await;
    browser.by_text("已静音：不再进周报和待办。").await;
    browser.visit("/questions").await;
    wait_until_listed(&browser, &[&engraved]).await;
    browser.by_label("状态").await.select("已静音").await;
    wait_until_listed(&browser, &[NAME]).await;
    browser.by_role("link", NAME).await.click().await;
    browser.by_role("button", "取消静音").await.click().await;
    browser.by_text("已取消静音。").await;
    browser.visit("/questions").await;
    wait_until_listed(&browser, &[NAME, &engraved]).await;

    // An empty name gives it back its own.
    browser.by_role("link", NAME).await.click().await;
    browser.by_label("名称").await.fill("").await;
    browser.by_role("button", "改名").await.click().await;
    browser.by_text("已改名。").await;
    browser.by_role("heading", &washed.label).await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_questions_are_merged_and_parted_again() {
    let site = site_with_questions().await;
    let (washed, engraved) = (
        question(&site, "洗碗机").await.label,
        question(&site, "刻字").await.label,
    );
    let browser = site.owner().await;
    browser.visit("/questions").await;
    let merge = async || browser.by_role("button", "合并所选…").await.click().await;
    merge().await;
    browser.by_text("请在列表里勾选至少两个问题").await;
    browser.by_role("link", "回到列表").await.click().await;

    for label in [&washed, &engraved] {
        let tick = format!("选择：{label}");
        browser.by_label(&tick).await.click().await;
    }
    merge().await;
    browser.by_role("heading", "合并问题").await;
    browser.inspect("question-merge").await;
    let asked = browser.find("fieldset").await;
    asked.by_text(&washed).await.click().await;
    browser.by_role("button", "合并").await.click().await;
    browser.by_text("已合并。").await;
    browser.by_role("heading", &washed).await;
    let wordings = browser.find("#wordings").await;
    assert!(wordings.text().await.contains("可以帮忙刻字吗"));
    browser.inspect("question-merged").await;

    let flash = browser.find(".flash").await;
    flash.by_role("button", "撤销").await.click().await;
    browser.by_text("已撤销，恢复原样。").await;
    browser.visit("/questions").await;
    wait_until_listed(&browser, &[&washed, &engraved]).await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wordings_are_split_off_and_put_back() {
    let site = site_with_questions().await;
    let washed = question(&site, "洗碗机").await;
    let engraved = question(&site, "刻字").await.label;
    let browser = site.owner().await;
    browser.visit(&format!("/questions/{}", washed.id)).await;
    let split = async || {
        let button = browser.by_role("button", "把勾选的拆成新问题").await;
        button.click().await;
    };
    split().await;
    browser.expect_fault("422");
    browser.by_text("还没有保存").await;
    browser.screenshot("question-split-nothing").await;

    for wording in ["能放洗碗机洗吗", "洗碗机可以洗吗"] {
        browser
            .by_label(&format!("选择：{wording}"))
            .await
            .click()
            .await;
    }
    split().await;
    browser.by_text("已拆分。").await;
    browser.visit("/questions").await;
    browser
        .wait_until("there are three", async || {
            listed(&browser).await.len() == 3
        })
        .await;

    browser.by_role("link", "改动记录").await.click().await;
    browser.by_role("heading", "改动记录").await;
    browser.inspect("question-edits").await;
    browser.find("td form button").await.click().await;
    browser.by_text("已撤销，恢复原样。").await;
    browser.visit("/questions").await;
    wait_until_listed(&browser, &[&washed.label, &engraved]).await;
    assert_eq!(question(&site, "洗碗机").await.id, washed.id);
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_recorded_put_right_and_taken_back() {
    let site = site_with_questions().await;
    let washed = question(&site, "洗碗机").await;
    let browser = site.owner().await;
    browser.visit(&format!("/questions/{}", washed.id)).await;
    browser.find("#actions summary").await.click().await;
    browser.by_label("说明").await.fill("详情页加了图标").await;
    browser.by_label("哪天生效").await.fill("2099-01-01").await;
    browser.by_role("button", "记下").await.click().await;
    browser.expect_fault("422");
    browser.by_text("不能晚于现在").await;
    browser.screenshot("question-action-ahead").await;

    let yesterday = Timestamp::now() - SignedDuration::from_hours(24);
    let yesterday = yesterday.strftime("%Y-%m-%d").to_string();
    browser.by_label("哪天生效").await.fill(&yesterday).await;
    browser.by_role("button", "记下").await.click().await;
    browser.by_text("已记下。到下一周的周报里看效果。").await;
    browser.inspect("question-action").await;
    let recorded = browser.find("#actions li").await;
    assert!(recorded.text().await.contains("详情页加了图标"));
    recorded.find_within("summary").await.click().await;
    recorded.by_label("说明").await.fill("包装盒加了图标").await;
    recorded.by_label("改了什么").await.select("包装").await;
    recorded.by_role("button", "保存").await.click().await;
    browser.by_text("已修改。").await;
    browser.inspect("question-action-changed").await;
    let recorded = browser.find("#actions li").await;
    let text = recorded.text().await;
    assert!(text.contains("包装盒加了图标"), "{text}");
    recorded
        .find_within("form[action$=delete] button")
        .await
        .click()
        .await;
    browser.agree().await;
    browser.by_text("已删除这条记录。").await;
    browser.by_text("还没有记录。").await;
    browser.finish().await;
}
