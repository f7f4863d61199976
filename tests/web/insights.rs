//! The week at a glance, the weekly report and its files, pushes, and the policy.

use reqwest::Method;
use serde_json::Value;

use crate::asked::{QUESTIONS, asked};
use crate::browser::Browser;
use crate::site::Site;

/// Name, figure and address of each tile.
async fn tiles(browser: &Browser) -> Vec<(String, String, String)> {
    const READ: &str = "return [...document.querySelectorAll('.week-tiles a.tile')].map((tile) => [
        tile.querySelector('.tile-name').textContent,
        tile.querySelector('.tile-figure').textContent,
        tile.getAttribute('href'),
    ]);";
    let tiles = browser.evaluate(READ).await;
    let tiles: Vec<(String, String, String)> =
        serde_json::from_value(tiles).expect("three texts each");
    assert!(!tiles.is_empty(), "no figures");
    tiles
}

#[tokio::test(flavor = "multi_thread")]
async fn every_figure_of_the_week_leads_to_its_evidence() {
    let site = Site::open().await;
    let asked = asked(&site).await;
    let browser = site.owner().await;
    browser.visit("/").await;
    browser.by_text(&asked.week).await;
    let tiles = tiles(&browser).await;
    let figure = |name: &str| {
        let found = tiles.iter().find(|(found, _, _)| found == name);
        let (_, figure, _) = found.unwrap_or_else(|| panic!("{name} in {tiles:#?}"));
        figure.clone()
    };
    assert_eq!(figure("提问"), QUESTIONS.to_string());
    assert_eq!(figure("提问买家"), QUESTIONS.to_string());
    assert_eq!(figure("人工回复率"), "100%");
    assert_eq!(figure("缺答案的问题"), "2");
    assert_eq!(figure("待审核的答案"), "1");
    browser.inspect("overview").await;

    for (name, figure, address) in &tiles {
        browser.visit(address).await;
        browser.find("h1").await;
        let count = figure.parse::<usize>().unwrap_or(0);
        match name.as_str() {
            "提问" => {
                browser.by_role("link", "可以放洗碗机吗").await;
                let asked = browser.evaluate(ASKED).await;
                assert_eq!(asked, count, "{address}");
            }
            "缺答案的问题" | "待审核的答案" => {
                let cards = "return document.querySelectorAll('main article').length;";
                assert_eq!(browser.evaluate(cards).await, count, "{address}");
            }
            _ => {}
        }
    }
    browser.finish().await;
}

/// The sum of the column of buyers: each asked once.
const ASKED: &str = "return [...document.querySelectorAll('table.questions tbody tr')]
    .map((row) => Number(row.querySelector('td.number').textContent))
    .reduce((sum, count) => sum + count, 0);";

#[tokio::test(flavor = "multi_thread")]
async fn a_weekly_report_is_read_and_taken_along() {
    let site = Site::open().await;
    let week = asked(&site).await.week;
    let browser = site.owner().await;
    browser.visit("/insights").await;
    browser.by_role("link", &week).await.click().await;
    browser.by_text("数字怎么来的").await;
    assert!(browser.text("#top").await.contains("洗碗机"));
    browser.inspect("weekly").await;

    let files = [("Excel", "xlsx"), ("CSV", "csv"), ("Markdown", "md")];
    for (name, ending) in files {
        let link = format!("{week} {name}");
        browser.by_role("link", &link).await.click().await;
        let path = browser.downloaded(&format!("hemu-{week}.{ending}")).await;
        let bytes = std::fs::read(&path).expect("a file");
        if ending == "xlsx" {
            assert!(bytes.starts_with(b"PK"), "{path:?}");
        } else {
            let text = String::from_utf8(bytes).expect("text");
            assert!(text.contains("洗碗机"), "{text}");
        }
    }
    let print = format!("{week} 打印版");
    browser.by_role("link", &print).await.click().await;
    browser.by_role("heading", "每天的提问").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_added_and_listed() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/insights/pushes").await;
    browser.by_text("还没有推送").await;
    browser.by_role("link", "添加推送").await.click().await;
    let kind = browser.by_label("类型").await;
    kind.select("Webhook（自己的程序）").await;
    browser.by_label("叫什么").await.fill("运营群").await;
    let address = browser.by_label("地址").await;
    address.fill("https://10.0.0.1/hook").await;
    browser.by_role("button", "添加").await.click().await;
    browser.expect_fault("422");
    let fault = browser.text("#url-problem").await;
    assert!(fault.contains("不能是内网"), "{fault}");
    assert_eq!(browser.by_label("叫什么").await.value().await, "运营群");
    browser.inspect("push-form").await;

    let address = browser.by_label("地址").await;
    address.fill("https://erp.example.com/hook-of-ours").await;
    browser.by_role("button", "添加").await.click().await;
    // The secret is shown once, the address in part.
    browser.by_text("whsec_").await;
    browser.visit("/insights/pushes").await;
    browser.by_role("heading", "运营群").await;
    assert!(!browser.shows("whsec_").await && !browser.shows("hook-of-ours").await);
    browser.inspect("pushes").await;

    let made = site.call(Method::GET, "/v1/pushes").send().await.json();
    assert_eq!(made["pushes"][0]["name"], "运营群");
    browser.finish().await;
}

async fn policy(site: &Site) -> Value {
    let call = site.call(Method::GET, "/v1/policies/listening");
    call.send().await.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_policy_is_its_next_version() {
    const GROUP: &str = "至少多少位买家才展示和引用";
    let site = Site::open().await;
    let before = policy(&site).await;
    let browser = site.owner().await;
    browser.visit("/insights/policy").await;
    browser.by_role("heading", "默认口径（第 0 版）").await;
    browser.by_label(GROUP).await.fill("4").await;
    let save = async || {
        let save = browser.by_role("button", "保存为新的一版").await;
        save.click().await;
    };
    save().await;
    browser.expect_fault("422");
    browser.find("#smallest_group-problem").await;
    assert_eq!(policy(&site).await, before);

    browser.by_label(GROUP).await.fill("8").await;
    save().await;
    browser.by_text("已保存为新的一版").await;
    browser.by_role("heading", "第 1 版").await;
    assert_eq!(browser.by_label(GROUP).await.value().await, "8");
    let after = policy(&site).await;
    assert_eq!(after["version"], 1);
    assert_eq!(after["smallest_group"], 8);
    browser.inspect("policy").await;

    // What says the same is no version.
    save().await;
    browser.by_text("没有新的一版").await;
    assert_eq!(policy(&site).await["version"], 1);
    browser.finish().await;
}
