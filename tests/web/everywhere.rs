//! What holds on every page of the console: nobody is kept out, it is light, and
//! what people wrote is text.

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::asked::{Asked, asked};
use crate::browser::Browser;
use crate::chats::{conversation, hand_in};
use crate::site::Site;

/// The most that a page may load, in bytes.
const MOST_BYTES: u64 = 150_000;

/// Visits each page, with all that can be opened open.
async fn walk(site: &Site, browser: &Browser, pages: &[(&str, String)]) {
    const OPEN: &str = "document.querySelectorAll('main details').forEach((closed) => {
        closed.open = true;
    });";
    let mut faults = Vec::new();
    for (name, path) in pages {
        browser.visit(path).await;
        browser.find("h1").await;
        let weight = browser.page_weight().await;
        if weight > MOST_BYTES {
            faults.push(format!("{path} loads {weight} bytes"));
        }
        assert_eq!(browser.origins().await, [site.address.clone()].into());
        browser.evaluate(OPEN).await;
        faults.extend(browser.inspection(&format!("every-{name}")).await);
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

async fn post(site: &Site, path: &str, body: &Value) -> Value {
    let call = site.call(Method::POST, path).json(body);
    let reply = call.send().await;
    assert!(reply.status < 300, "{path}: {}", reply.text());
    reply.json()
}

/// Items that contradict each other, and one that ends soon.
async fn add_what_is_wrong(site: &Site) {
    for (id, title, answer) in [
        ("ship-a", "拍下后多久发货", "付款后48小时内发货。"),
        ("ship-b", "下单几天发货", "现货一般3天内发货。"),
        ("ship-c", "拍下后多久发货", "付款后48小时内发货。"),
    ] {
        site.add_knowledge(id, title, answer).await;
    }
    let ended = json!({
        "id": "ended", "status": "approved", "domain": "process", "title": "国庆发货吗",
        "answer_brief": "国庆照常发货。", "valid_until": "2026-01-01 00:00",
    });
    post(site, "/v1/knowledge", &ended).await;
}

/// Marks and records of the shop's people.
async fn arrange(site: &Site, asked: &Asked) {
    let path = format!("/v1/clusters/{}", asked.engraving);
    let change = json!({"name": "能不能刻字", "pinned": true});
    let call = site.call(Method::PATCH, &path).json(&change);
    assert_eq!(call.send().await.status, 200);
    let action = json!({
        "cluster_id": asked.dishwasher, "kind": "page", "note": "详情页加了图标",
    });
    post(site, "/v1/actions", &action).await;
}

async fn add_push(site: &Site) -> String {
    let place = json!({
        "kind": "webhook", "name": "进销存", "url": "https://erp.example.com/hook",
        "notices": ["alarm"],
    });
    let made = post(site, "/v1/pushes", &place).await;
    made["id"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_what_is_asked_are_light_and_open_to_everybody() {
    let site = Site::open().await;
    let asked = asked(&site).await;
    arrange(&site, &asked).await;
    add_what_is_wrong(&site).await;
    let push = add_push(&site).await;
    let browser = site.owner().await;
    let Asked {
        week,
        dishwasher,
        engraving,
    } = &asked;
    let pages = [
        ("overview", "/".to_owned()),
        ("questions", "/questions".to_owned()),
        ("questions-none", "/questions?q=nothing-of-that".to_owned()),
        ("map", "/questions/map".to_owned()),
        ("edits", "/questions/edits".to_owned()),
        (
            "merge",
            format!("/questions/merge?cluster={dishwasher}&cluster={engraving}"),
        ),
        ("question", format!("/questions/{dishwasher}")),
        ("queues", "/queues".to_owned()),
        ("approve", "/queues/approve".to_owned()),
        ("write", "/queues/write".to_owned()),
        ("contradictions", "/queues/contradictions".to_owned()),
        ("weeks", "/insights".to_owned()),
        ("week", format!("/insights/{week}")),
        ("report", format!("/v1/insights/weekly/{week}?format=html")),
        ("feeds", "/insights/feeds".to_owned()),
        ("pushes", "/insights/pushes".to_owned()),
        ("push", format!("/insights/pushes/{push}")),
        ("push-new", "/insights/pushes/new".to_owned()),
        ("policy", "/insights/policy".to_owned()),
    ];
    walk(&site, &browser, &pages).await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_what_is_known_are_light_and_open_to_everybody() {
    let site = Site::open().await;
    add_what_is_wrong(&site).await;
    let changed = json!({
        "status": "approved", "domain": "process", "title": "拍下后多久发货",
        "answer_brief": "付款后24小时内发货。",
    });
    let call = site.call(Method::PUT, "/v1/knowledge/ship-a");
    let call = call.header("if-match", "\"1\"").json(&changed);
    assert_eq!(call.send().await.status, 200);
    let browser = site.owner().await;
    let pages = [
        ("empty-overview", "/"),
        ("empty-questions", "/questions"),
        ("empty-map", "/questions/map"),
        ("empty-edits", "/questions/edits"),
        ("empty-approve", "/queues/approve"),
        ("empty-write", "/queues/write"),
        ("empty-feeds", "/insights/feeds"),
        ("knowledge", "/knowledge"),
        ("search", "/knowledge?q=多久发货"),
        ("new", "/knowledge/new"),
        ("import", "/knowledge/import"),
        ("item", "/knowledge/ship-a"),
        ("edit", "/knowledge/ship-a/edit"),
        ("versions", "/knowledge/ship-a/versions"),
        ("account", "/settings/account"),
        ("people", "/settings/people"),
        ("keys", "/settings/keys"),
        ("audit", "/settings/audit"),
        ("try", "/try"),
    ];
    let pages = pages.map(|(name, path)| (name, path.to_owned()));
    walk(&site, &browser, &pages).await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_is_whole_in_english() {
    let site = Site::open().await;
    let asked = asked(&site).await;
    let browser = site.person("en", "owner").await;
    let question = format!("/questions/{}", asked.dishwasher);
    let merge = format!(
        "/questions/merge?cluster={}&cluster={}",
        asked.dishwasher, asked.engraving
    );
    let week = format!("/insights/{}", asked.week);
    let report = format!("/v1/insights/weekly/{}?format=html&locale=en", asked.week);
    let pages = [
        "/",
        "/questions",
        &question,
        &merge,
        "/questions/map",
        "/queues/approve",
        "/queues/write",
        "/queues/contradictions",
        "/knowledge",
        "/knowledge/new",
        "/knowledge/import",
        "/knowledge/returns",
        "/knowledge/returns/versions",
        "/insights",
        &week,
        &report,
        "/insights/feeds",
        "/insights/pushes/new",
        "/insights/policy",
        "/settings/account",
        "/settings/people",
        "/settings/keys",
        "/settings/audit",
        "/try",
    ];
    // What people wrote stays as it is, and the other language's name is in its
    // own. What all questions and items are sorted into is ours.
    const OWN: &str = "
        const page = document.body.cloneNode(true);
        const ours = ':not(#intent):not(#domain):not(#state):not(#status)';
        const theirs = `bdi, [lang=zh-CN], script, select${ours} option, datalist, textarea, .brand, svg, code, label:has(input), title`;
        page.querySelectorAll(theirs).forEach((part) => part.remove());
        // A name of another company's page stands in quotes.
        const own = page.textContent.replace(/“[^”]*”/g, '');
        const words = own.match(/[^\\s]*[\\u4e00-\\u9fff]+[^\\s]*/g);
        return words ?? [];
    ";
    let mut chinese = Vec::new();
    for path in pages {
        browser.visit(path).await;
        browser.find("h1").await;
        let words = browser.evaluate(OWN).await;
        let words = words.as_array().cloned().unwrap_or_default();
        chinese.extend(words.iter().map(|word| format!("{path}: {word}")));
    }
    assert!(chinese.is_empty(), "{chinese:#?}");
    browser.finish().await;
}

/// What an attacker, or a buyer from far away, would write.
const HOSTILE: &str = "<script>alert(1)</script>\u{202e}مرحبا \"'<img src=x>";

const TAG: &str = "<script>alert(1)</script>مرحبا";

/// Fails where `HOSTILE` is not text on the page, or became more than that. A
/// dialog that a script opened fails whatever is done next.
async fn is_text(browser: &Browser, path: &str) {
    browser.visit(path).await;
    browser.find("h1").await;
    has_text(browser, path).await;
}

async fn has_text(browser: &Browser, place: &str) {
    let shown = "return document.body.textContent;";
    let shown = browser.evaluate(shown).await;
    let shown = shown.as_str().unwrap_or("");
    // Reports and feeds leave out what turns the direction of writing.
    let plain = |text: &str| text.replace('\u{202e}', "");
    let is_shown = plain(shown).contains(&plain(HOSTILE));
    assert!(is_shown, "{place} does not show it");
    stays_text(browser, place).await;
}

async fn stays_text(browser: &Browser, place: &str) {
    let grown = "return document.querySelectorAll('body script, body img').length;";
    assert_eq!(browser.evaluate(grown).await, 0, "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keepers_of_knowledge_write_is_text() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/knowledge/new").await;
    browser
        .by_text("来源、渠道、标签、编号")
        .await
        .click()
        .await;
    for field in [
        "标准问题",
        "其他问法",
        "简短回答",
        "详细回答（选填）",
        "来源",
    ] {
        browser.by_label(field).await.fill(HOSTILE).await;
    }
    // A tag is short, and a wording does not repeat the question.
    browser.by_label("标签").await.fill(TAG).await;
    let wordings = format!("{HOSTILE} 1\n{HOSTILE} 2");
    browser.by_label("其他问法").await.fill(&wordings).await;
    browser.by_label("编号").await.fill("hostile").await;
    for field in ["适用商品（选填）", "适用渠道"] {
        browser.by_label(field).await.fill(HOSTILE).await;
    }
    browser.by_label("领域").await.select("流程").await;
    browser.by_label("状态").await.select("已审核").await;
    browser.by_role("button", "预览").await.click().await;
    browser.by_text("客服会看到的（还没有保存）").await;
    has_text(&browser, "the preview").await;
    browser.by_role("button", "保存").await.click().await;
    // No product or channel has such a name.
    browser.expect_fault("422");
    browser.find("#products-problem").await;
    has_text(&browser, "the refused form").await;
    for field in ["适用商品（选填）", "适用渠道"] {
        browser.by_label(field).await.fill("").await;
    }
    browser.by_role("button", "保存").await.click().await;
    browser.by_text("已保存为新知识。").await;
    site.wait_until_found("alert", "hostile").await;
    let theirs = json!({
        "status": "approved", "domain": "process", "title": format!("{HOSTILE}!"),
        "answer_brief": format!("{HOSTILE}?"), "tags": [TAG],
    });
    let call = site.call(Method::PUT, "/v1/knowledge/hostile");
    let call = call.header("if-match", "\"1\"").json(&theirs);
    assert_eq!(call.send().await.status, 200);
    for path in [
        "/knowledge",
        "/knowledge?q=alert",
        "/knowledge/hostile",
        "/knowledge/hostile?version=1",
        "/knowledge/hostile/versions",
        "/knowledge/hostile/edit",
    ] {
        is_text(&browser, path).await;
    }
    browser.screenshot("hostile-knowledge").await;

    browser.visit("/try").await;
    browser.by_label("消息").await.fill("alert script").await;
    browser.by_role("button", "买家发送").await.click().await;
    browser.by_text("原始请求与返回").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_name_and_its_cells_are_text() {
    // A name of a file has no slash.
    const NAME: &str = "<img src=x onerror=alert(1)> \u{202e}مرحبا '.csv";
    let site = Site::open().await;
    let folder = tempdir().expect("temporary folder");
    let file = folder.path().join(NAME);
    let cell = HOSTILE.replace('"', "\"\"");
    let rows = format!(
        "id,status,domain,title,answer_brief\n\
         good,draft,process,可以写贺卡吗,可以\n\
         ,approved,\"{cell}\",怎么退货,联系客服\n"
    );
    std::fs::write(&file, rows).expect("written");
    let browser = site.owner().await;
    browser.visit("/knowledge/import").await;
    browser.by_label("文件").await.upload(&file).await;
    browser.by_role("button", "试运行").await.click().await;
    let refused = browser.by_role("table", "有问题的行和原因").await;
    // Of a long value, its beginning.
    let reason = refused.find_within(".reason").await;
    let reason = reason.property("textContent").await;
    assert!(reason.contains("<script>alert(1)</script>"), "{reason}");
    let name = browser.find("#report bdi").await;
    assert_eq!(name.property("textContent").await, NAME);
    stays_text(&browser, "the dry run").await;
    browser.screenshot("hostile-file").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_questions_is_text() {
    let site = Site::open().await;
    // What is new is shown only where something was asked before.
    let before = Timestamp::now() - SignedDuration::from_hours(7 * 24);
    let earlier = conversation("before", "有实体店吗", "没有的亲", before);
    hand_in(&site, &earlier).await;
    let asked = asked(&site).await;
    let browser = site.owner().await;
    let question = format!("/questions/{}", asked.engraving);
    browser.visit(&question).await;
    browser.by_label("名称").await.fill(HOSTILE).await;
    browser.by_role("button", "改名").await.click().await;
    browser.find("[role=status].done").await;
    browser.find("#actions summary").await.click().await;
    browser.by_label("说明").await.fill(HOSTILE).await;
    browser.by_role("button", "记下").await.click().await;
    browser.find("[role=status].done").await;
    let (one, other) = (&asked.dishwasher, &asked.engraving);
    for path in [
        question,
        "/".to_owned(),
        "/questions".to_owned(),
        "/questions/map".to_owned(),
        "/questions/edits".to_owned(),
        format!("/questions/merge?cluster={one}&cluster={other}"),
        format!("/questions/{one}"),
        "/queues/write".to_owned(),
        format!("/insights/{}", asked.week),
        format!("/v1/insights/weekly/{}?format=html", asked.week),
        "/insights/feeds".to_owned(),
    ] {
        is_text(&browser, &path).await;
    }
    browser.visit("/questions/map").await;
    browser.screenshot("hostile-map").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_settings_are_text() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/settings/account").await;
    let name = browser.by_label("称呼（同事看到的名字）").await;
    name.fill(HOSTILE).await;
    browser.by_role("button", "保存").await.click().await;
    browser.find("[role=status].done").await;
    has_text(&browser, "the account").await;

    browser.visit("/settings/keys").await;
    browser.by_label("用途").await.fill(HOSTILE).await;
    let scope = browser.find("input[name=scope][value=insights]").await;
    scope.click().await;
    browser.by_role("button", "生成").await.click().await;
    browser.find("#made-key").await;
    has_text(&browser, "the new key").await;

    browser.visit("/insights/pushes/new").await;
    let kind = browser.by_label("类型").await;
    kind.select("Webhook（自己的程序）").await;
    browser.by_label("名称").await.fill(HOSTILE).await;
    let address = browser.by_label("地址").await;
    address.fill("https://erp.example.com/hook").await;
    browser.by_role("button", "添加").await.click().await;
    browser.by_text("whsec_").await;
    has_text(&browser, "the new place").await;

    for path in [
        "/settings/people",
        "/settings/keys",
        "/settings/audit",
        "/insights/pushes",
        "/knowledge",
    ] {
        is_text(&browser, path).await;
    }
    browser.visit("/settings/people").await;
    browser.screenshot("hostile-people").await;
    browser.finish().await;
}
