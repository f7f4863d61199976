//! The week at a glance, the weekly report and its files, pushes, and the policy.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use reqwest::Method;
use serde_json::{Value, json};

use crate::asked::{QUESTIONS, asked};
use crate::browser::Browser;
use crate::chats::{ask_before, question};
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
    assert_eq!(figure("缺答案的问题"), "1");
    assert_eq!(figure("待审核的答案"), "1");
    browser.inspect("overview").await;

    let washed = question(&site, "洗碗机").await.label;
    let engraved = question(&site, "刻字").await.label;
    let (all, first) = ("全部（不含静音）", washed.as_str());
    for (name, figure, address) in &tiles {
        browser.visit(address).await;
        browser.find("h1").await;
        let count = figure.parse::<usize>().unwrap_or(0);
        match name.as_str() {
            "提问" => {
                assert_eq!(table(&browser).await, [all, "", first], "{address}");
                let asked = browser.evaluate(ASKED).await;
                assert_eq!(asked, count, "{address}");
            }
            "人工回复率" => {
                let sorted = [all, "人工回复", first];
                assert_eq!(table(&browser).await, sorted, "{address}");
            }
            "建议采用率" => {
                let sorted = [all, "建议采用", first];
                assert_eq!(table(&browser).await, sorted, "{address}");
            }
            "建议空缺率" => {
                let filtered = ["缺答案", "", engraved.as_str()];
                assert_eq!(table(&browser).await, filtered, "{address}");
            }
            "提问买家" => {
                let top = browser.text("#top tbody tr:first-child th a").await;
                assert!(top.contains("洗碗机"), "{top} at {address}");
            }
            "首次回复（中位数）" => {
                let agent = browser.text("section[aria-labelledby=load] tbody th").await;
                assert!(agent.contains("小美"), "{agent} at {address}");
            }
            "缺答案的问题" | "待审核的答案" => {
                let cards = "return document.querySelectorAll('main article').length;";
                assert_eq!(browser.evaluate(cards).await, count, "{address}");
            }
            other => panic!("nobody looked at the evidence of {other}"),
        }
    }
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_a_week_that_is_over_lead_to_its_report() {
    let site = Site::open().await;
    let browser = site.owner().await;
    let week = Zoned::now().with_time_zone(TimeZone::UTC) - 14.days();
    let week = week.date().iso_week_date();
    let week = format!("{}-W{:02}", week.year(), week.week());
    browser.visit(&format!("/?week={week}")).await;
    browser.by_text(&week).await;
    browser.by_text("这一周还没有客服回复过买家的提问。").await;
    let report = format!("/insights/{week}");
    let mut lists = Vec::new();
    for (name, _, address) in tiles(&browser).await {
        match address.split_once('#') {
            Some((path, list)) if path == report => lists.push(list.to_owned()),
            Some((path, "load")) => assert_eq!(path, format!("/?week={week}")),
            // These wait now, whichever week is shown.
            _ => assert!(address.starts_with("/queues/"), "{name}: {address}"),
        }
    }
    assert_eq!(lists.len(), 5, "{lists:?}");
    browser.visit(&report).await;
    for list in lists {
        browser.find(&format!("section#{list}")).await;
    }
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_queues_is_led_to_the_questions_that_wait() {
    let site = Site::open().await;
    asked(&site).await;
    let browser = site.person("zh-CN", "operations").await;
    browser.visit("/").await;
    for (name, _, address) in tiles(&browser).await {
        let state = match name.as_str() {
            "缺答案的问题" => "缺答案",
            "待审核的答案" => "待审核",
            _ => continue,
        };
        browser.visit(&address).await;
        let [chosen, _, first] = table(&browser).await;
        assert_eq!(chosen, state, "{address}");
        assert!(!first.is_empty(), "{address}");
    }
    browser.finish().await;
}

/// How the table of questions is filtered, by what it is sorted from the least
/// up, and its first row.
async fn table(browser: &Browser) -> [String; 3] {
    const READ: &str = "
        const text = (selector) => document.querySelector(selector)?.textContent.trim() ?? '';
        return [
            text('#state option:checked'),
            text('table.questions th[aria-sort=ascending]'),
            text('table.questions tbody th a'),
        ];
    ";
    browser.find("table.questions").await;
    let read = browser.evaluate(READ).await;
    serde_json::from_value(read).expect("three texts")
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
async fn a_week_that_is_over_is_made_anew_with_the_questions_of_now() {
    let site = Site::open().await;
    // Whatever day it is, the week of then is over.
    let at = Timestamp::now() - SignedDuration::from_hours(8 * 24);
    ask_before(&site, at).await;
    let zone = TimeZone::get("Asia/Shanghai").expect("a known zone");
    let week = at.to_zoned(zone).date().iso_week_date();
    let page = format!("/insights/{}-W{:02}", week.year(), week.week());
    let (washed, engraved) = (
        question(&site, "洗碗机").await,
        question(&site, "刻字").await,
    );
    let browser = site.person("zh-CN", "supervisor").await;
    browser.visit(&page).await;
    browser.by_text("第 1 版").await;
    browser.by_text("第一次查看时").await;
    let rows = async || {
        let count = "return document.querySelectorAll('#top tbody tr').length;";
        browser.evaluate(count).await
    };
    assert_eq!(rows().await, 2);

    let merge = format!("/v1/clusters/{}/merge", engraved.id);
    let merge = site.call(Method::POST, &merge);
    let merged = merge.json(&json!({"into": washed.id})).send().await;
    assert_eq!(merged.status, 200, "{}", merged.text());
    browser.visit(&page).await;
    browser.by_text("第 1 版").await;
    assert_eq!(rows().await, 2, "what is kept stays");

    let again = async || {
        let again = browser.by_role("button", "按现在的归类重新出一版").await;
        again.click().await;
    };
    again().await;
    browser.by_text("已按现在的归类重新出了一版").await;
    browser.by_text("有人要求按当时的归类重出").await;
    assert_eq!(rows().await, 1);
    browser.inspect("weekly-revised").await;
    again().await;
    browser.by_text("没有另出一版").await;

    browser.by_role("link", "第 1 版").await.click().await;
    browser.by_text("第一次查看时").await;
    assert_eq!(rows().await, 2);
    browser.finish().await;

    let designer = site.person("zh-CN", "designer").await;
    designer.visit(&page).await;
    designer.by_text("有人要求按当时的归类重出").await;
    let count = designer.count("button", "按现在的归类重新出一版").await;
    assert_eq!(count, 0);
    designer.finish().await;
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
    browser.by_label("名称").await.fill("运营群").await;
    let address = browser.by_label("地址").await;
    address.fill("https://10.0.0.1/hook").await;
    browser.by_role("button", "添加").await.click().await;
    browser.expect_fault("422");
    let fault = browser.text("#url-problem").await;
    assert!(fault.contains("不能是内网"), "{fault}");
    assert_eq!(browser.by_label("名称").await.value().await, "运营群");
    browser.inspect("push-form").await;

    let address = browser.by_label("地址").await;
    address.fill("https://erp.example.com/hook-of-ours").await;
    browser.by_role("button", "添加").await.click().await;
    // The secret is shown once, the address in part.
    browser.by_text("whsec_").await;
    browser.visit("/insights/pushes").await;
    browser.by_role("heading", "运营群").await;
    assert!(!browser.shows("whsec_").await && !browser.shows("hook-of-ours").await);
    browser.by_text("还没有推送过").await;
    browser.inspect("pushes").await;
    browser.visit("/settings/audit").await;
    browser.by_text("新建推送").await;
    browser.by_text("运营群").await;

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
