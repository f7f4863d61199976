//! Knowledge in the console: written, changed, compared, brought back, imported, found.

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::browser::Browser;
use crate::site::Site;

const FIRST: &str = "付款后 48 小时内发货。";
const SECOND: &str = "付款后 24 小时内发货。";
const THIRD: &str = "付款后 24 小时内发货，节假日顺延。";

async fn save(browser: &Browser) {
    browser.by_role("button", "保存").await.click().await;
}

async fn item(site: &Site, id: &str) -> Value {
    let path = format!("/v1/knowledge/{id}");
    let reply = site.call(Method::GET, &path).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_written_once_its_faults_are_mended() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/knowledge").await;
    browser.by_role("link", "新建").await.click().await;

    let long = "多".repeat(201);
    browser.by_label("标准问题").await.fill(&long).await;
    browser.by_label("领域").await.select("流程").await;
    browser.by_label("状态").await.select("已审核").await;
    let from = browser.by_label("生效时间（选填）").await;
    from.fill("2030-01-02T00:00").await;
    let until = browser.by_label("失效时间（选填）").await;
    until.fill("2030-01-01T00:00").await;
    browser
        .by_text("来源、渠道、标签、编号")
        .await
        .click()
        .await;
    browser.by_label("编号").await.fill("has a blank").await;
    save(&browser).await;

    browser.expect_fault("422");
    browser.by_text("有几处需要改一下，还没有保存。").await;
    for (field, fault) in [
        ("title", "最多 200 个字，现在有 201 个"),
        ("answer_brief", "至少要有一种回答"),
        ("valid_until", "失效时间必须晚于生效时间"),
        ("id", "格式不对"),
    ] {
        let shown = browser.text(&format!("#{field}-problem")).await;
        assert!(shown.contains(fault), "{field}: {shown}");
        let input = browser.find(&format!("#{field}")).await;
        assert_eq!(
            input.attribute("aria-invalid").await.as_deref(),
            Some("true")
        );
    }
    // What was filled in is still there, and is not left unasked.
    assert!(browser.asks_before_leaving().await);
    assert_eq!(browser.by_label("标准问题").await.value().await, long);
    assert_eq!(browser.by_label("领域").await.value().await, "process");
    browser.inspect("knowledge-faults").await;

    let title = browser.by_label("标准问题").await;
    title.fill("拍下后多久发货").await;
    browser.by_label("编号").await.fill("shipping").await;
    let until = browser.by_label("失效时间（选填）").await;
    until.fill("").await;
    let from = browser.by_label("生效时间（选填）").await;
    from.fill("").await;
    let wordings = browser.by_label("其他问法").await;
    wordings.fill("几天能发货\n什么时候发出").await;
    browser.by_label("简短回答").await.fill(FIRST).await;
    browser.by_role("button", "预览").await.click().await;
    browser.by_text("客服会看到的（还没有保存）").await;
    assert_eq!(site_has(&site, "shipping").await, 404);
    assert!(browser.asks_before_leaving().await);
    save(&browser).await;
    browser.by_text("已保存为新知识。").await;
    browser.by_role("heading", "拍下后多久发货").await;
    assert!(!browser.asks_before_leaving().await);
    browser.inspect("knowledge-item").await;

    let kept = item(&site, "shipping").await;
    assert_eq!(kept["answer_brief"], FIRST);
    assert_eq!(kept["phrasings"], json!(["几天能发货", "什么时候发出"]));
    browser.finish().await;
}

async fn site_has(site: &Site, id: &str) -> u16 {
    let path = format!("/v1/knowledge/{id}");
    site.call(Method::GET, &path).send().await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_are_compared_and_the_first_is_brought_back() {
    let site = Site::open().await;
    site.add_knowledge("shipping", "拍下后多久发货", FIRST)
        .await;
    let browser = site.owner().await;
    browser.visit("/knowledge/shipping").await;
    for answer in [SECOND, THIRD] {
        browser.by_role("link", "修改").await.click().await;
        browser.by_label("简短回答").await.fill(answer).await;
        save(&browser).await;
        browser.by_text("已保存。").await;
        browser.by_text(answer).await;
    }
    browser.by_role("link", "版本").await.click().await;
    // The newest against the one before, at first.
    assert!(browser.text(".change del").await.contains(SECOND));
    assert!(browser.text(".change ins").await.contains(THIRD));
    browser.by_label("从第 1 版").await.click().await;
    browser.by_label("到第 2 版").await.click().await;
    let compare = browser.by_role("button", "比较选中的两版").await;
    compare.click().await;
    browser.by_role("heading", "第 1 版 → 第 2 版").await;
    assert!(browser.text(".change del").await.contains(FIRST));
    assert!(browser.text(".change ins").await.contains(SECOND));
    browser.inspect("knowledge-versions").await;

    browser
        .find("tbody tr:last-child button")
        .await
        .click()
        .await;
    browser.agree().await;
    browser.by_text("已恢复，生成了新的一版。").await;
    browser.by_text("现在用的是第 4 版").await;
    let kept = item(&site, "shipping").await;
    assert_eq!(kept["version"], 4);
    assert_eq!(kept["answer_brief"], FIRST);
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_editors_see_each_other() {
    let site = Site::open().await;
    site.add_knowledge("shipping", "拍下后多久发货", FIRST)
        .await;
    let browser = site.owner().await;
    browser.visit("/knowledge/shipping/edit").await;
    assert!(!browser.asks_before_leaving().await);
    browser.by_label("简短回答").await.fill(SECOND).await;
    assert!(browser.asks_before_leaving().await);

    let theirs = json!({
        "status": "approved",
        "domain": "process",
        "title": "拍下后多久发货",
        "phrasings": ["几天能发货"],
        "answer_brief": THIRD,
    });
    let call = site.call(Method::PUT, "/v1/knowledge/shipping");
    let call = call.header("if-match", "\"1\"").json(&theirs);
    assert_eq!(call.send().await.status, 200);

    save(&browser).await;
    browser.expect_fault("409");
    browser.by_text("您的还没有保存").await;
    assert!(browser.asks_before_leaving().await);
    // Both are there, side by side, in each field that differs.
    browser.by_text(THIRD).await;
    browser.by_text("几天能发货").await;
    assert_eq!(browser.by_label("简短回答").await.value().await, SECOND);
    assert_eq!(item(&site, "shipping").await["answer_brief"], THIRD);
    browser.inspect("knowledge-conflict").await;

    browser.by_label("其他问法").await.fill("几天能发货").await;
    save(&browser).await;
    browser.by_text("已保存。").await;
    let kept = item(&site, "shipping").await;
    assert_eq!(kept["version"], 3);
    assert_eq!(kept["answer_brief"], SECOND);
    assert_eq!(kept["phrasings"], json!(["几天能发货"]));
    browser.finish().await;
}

/// The third row is of no known domain.
const FILE: &str = "id,status,domain,title,answer_brief\n\
    gift,approved,process,可以写贺卡吗,可以，下单时备注贺卡内容。\n\
    wrong,approved,nowhere,怎么退货,联系客服。\n\
    spare,approved,product,壶盖能单买吗,可以，搜索“壶盖”单独购买。\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_tried_out_and_its_good_rows_are_imported() {
    let site = Site::open().await;
    let folder = tempdir().expect("temporary folder");
    let file = folder.path().join("问答.csv");
    std::fs::write(&file, FILE).expect("written");
    let browser = site.owner().await;
    browser.visit("/knowledge").await;
    browser.by_role("link", "导入").await.click().await;
    browser.inspect("import").await;
    browser.by_label("文件").await.upload(&file).await;
    browser.by_role("button", "试运行").await.click().await;

    browser.by_text("问答.csv").await;
    let refused = browser.by_role("table", "有问题的行和原因").await;
    let row = refused.find_within("tbody tr").await.text().await;
    for part in ["3", "wrong", "领域", "nowhere"] {
        assert!(row.contains(part), "{part} in {row}");
    }
    browser.inspect("import-tried").await;
    assert_eq!(site_has(&site, "gift").await, 404);

    // Nothing is left out unasked.
    browser.by_role("button", "确认导入").await.click().await;
    browser.expect_fault("422");
    browser
        .by_text("有问题的行还在，所以什么都没有写入。")
        .await;
    assert_eq!(site_has(&site, "gift").await, 404);

    let skip = browser.by_label("跳过有问题的行，其余照常导入").await;
    skip.click().await;
    browser.by_role("button", "确认导入").await.click().await;
    let told = "导入完成：新增 2 条，更改 0 条，未变 0 条，跳过 1 行。";
    browser.by_text(told).await;
    site.wait_until_found("贺卡", "gift").await;
    let asked = browser.by_role("searchbox", "搜索").await;
    asked.fill("能写贺卡吗").await;
    asked.press("Enter").await;
    browser.by_role("link", "可以写贺卡吗").await.click().await;
    browser.by_text("下单时备注贺卡内容").await;
    assert_eq!(site_has(&site, "wrong").await, 404);
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_old_and_new_texts() {
    let site = Site::open().await;
    let long = "发货前会逐件检查。".repeat(30);
    site.add_knowledge("gift", "可以写贺卡吗", "可以，免费。")
        .await;
    site.add_knowledge("check", "发货前检查吗", &long).await;
    let folder = tempdir().expect("temporary folder");
    let file = folder.path().join("更新.csv");
    let rows = format!(
        "id,status,domain,title,answer_brief\n\
         gift,approved,process,可以写贺卡吗,\"可以，每张两元。\"\n\
         check,approved,process,发货前检查吗,{long}还会拍照。\n"
    );
    std::fs::write(&file, rows).expect("written");
    let browser = site.owner().await;
    browser.visit("/knowledge/import").await;
    let columns = browser.by_role("table", "文件的列和可填的值").await;
    columns.by_text("仓配").await;
    browser.by_label("文件").await.upload(&file).await;
    browser.by_role("button", "试运行").await.click().await;
    browser.by_role("heading", "会更改的").await;
    let gift = browser.find(".changed:nth-of-type(1)").await.text().await;
    for part in ["gift", "简短回答", "可以，免费。", "可以，每张两元。"] {
        assert!(gift.contains(part), "{part} in {gift}");
    }
    let check = browser.find(".changed:nth-of-type(2)").await;
    let text = check.text().await;
    assert!(
        text.contains("还会拍照。") && !text.contains(&long),
        "{text}"
    );
    check.by_text("全文").await.click().await;
    check.by_text(&format!("{long}还会拍照。")).await;
    browser.inspect("import-changes").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_says_why_and_looks_at_other_times() {
    let site = Site::open().await;
    let later = json!({
        "id": "festival",
        "status": "approved",
        "domain": "process",
        "title": "春节发货吗",
        "answer_brief": "春节期间照常发货。",
        "valid_from": "2030-01-20 00:00",
        "valid_until": "2030-02-20 00:00",
    });
    let call = site.call(Method::POST, "/v1/knowledge").json(&later);
    assert_eq!(call.send().await.status, 201);
    site.wait_until_found("发票", "invoice").await;
    let browser = site.owner().await;
    browser.visit("/knowledge").await;
    let asked = browser.by_role("searchbox", "搜索").await;
    asked.fill("发票啥时候能开").await;
    browser.by_role("button", "查看").await.click().await;

    let hit = browser.find(".hit:first-child").await;
    hit.by_role("link", "发票什么时候开").await;
    hit.by_text("为什么是这条").await.click().await;
    for part in ["最接近的问法", "问句覆盖", "BM25"] {
        hit.by_text(part).await;
    }
    browser.inspect("knowledge-search").await;

    // What holds in the festival is found then, and not before.
    for (at, is_found) in [("2030-01-25T10:00", true), ("2030-03-01T10:00", false)] {
        let asked = browser.by_role("searchbox", "搜索").await;
        asked.fill("春节发货吗").await;
        if browser.count("DateTime", "看某个时间的样子").await == 0 {
            browser.by_text("指定时间、商品、渠道").await.click().await;
        }
        browser.by_label("看某个时间的样子").await.fill(at).await;
        browser.by_role("button", "查看").await.click().await;
        browser.by_text(&at.replace('T', " ")).await;
        let found = browser.count("link", "春节发货吗").await;
        assert_eq!(found == 1, is_found, "{at}");
    }
    browser.inspect("knowledge-search-then").await;
    browser.finish().await;
}

/// The titles in the list, from the top.
async fn listed(browser: &Browser) -> Vec<String> {
    const TITLES: &str = "return [...document.querySelectorAll('table.items tbody th a')]
        .map((link) => link.textContent.trim());";
    let titles = browser.evaluate(TITLES).await;
    serde_json::from_value(titles).expect("texts")
}

/// Waits until the list has so many rows, the first and the last of these titles.
async fn wait_until_listed(browser: &Browser, rows: usize, [first, last]: [&str; 2]) {
    let what = format!("{rows} rows from {first} to {last}");
    let is_so = async || {
        let listed = listed(browser).await;
        let ends = [listed.first(), listed.last()];
        listed.len() == rows && ends.map(|end| end.map_or("", String::as_str)) == [first, last]
    };
    browser.wait_until(&what, is_so).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_goes_both_ways_in_either_order() {
    let site = Site::open().await;
    for number in 1..=57 {
        let (id, title) = (format!("n-{number}"), format!("问题 {number:02}"));
        site.add_knowledge(&id, &title, FIRST).await;
    }
    let named = json!({
        "id": "douyin", "status": "draft", "domain": "process", "title": "直播间的价格",
        "channels": ["douyin"],
    });
    let call = site.call(Method::POST, "/v1/knowledge").json(&named);
    assert_eq!(call.send().await.status, 201);
    let browser = site.owner().await;
    browser.visit("/knowledge").await;
    browser.by_text("61 条知识").await;
    // The last change first.
    wait_until_listed(&browser, 50, ["直播间的价格", "问题 09"]).await;
    browser.by_role("link", "下一页").await.click().await;
    wait_until_listed(&browser, 11, ["问题 08", "发票什么时候开"]).await;
    browser.inspect("knowledge-second-page").await;
    browser.by_role("link", "上一页").await.click().await;
    wait_until_listed(&browser, 50, ["直播间的价格", "问题 09"]).await;

    let heads = browser.find("table.items thead").await;
    heads.by_role("link", "问题").await.click().await;
    wait_until_listed(&browser, 50, ["不喜欢可以退吗", "问题 46"]).await;
    browser.by_role("link", "下一页").await.click().await;
    wait_until_listed(&browser, 11, ["问题 47", "问题 57"]).await;

    // A filter says how many there are, and the order stays.
    browser.by_label("状态").await.select("草稿").await;
    browser.by_role("button", "查看").await.click().await;
    wait_until_listed(&browser, 1, ["直播间的价格"; 2]).await;
    assert!(browser.address().await.contains("sort=title"));
    browser.visit("/knowledge?channel=douyin").await;
    browser.by_text("1 条知识").await;
    assert_eq!(listed(&browser).await, ["直播间的价格"]);
    browser.visit("/knowledge?product=nothing-of-that").await;
    browser.by_role("heading", "没有符合条件的知识").await;
    browser.finish().await;
}
