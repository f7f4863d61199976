//! From an empty folder to a shop with people: one-time links, signing in, roles.

use tempfile::tempdir;
use zhiwen_tests::support::process::Process;

use crate::browser::{Browser, PHONE};
use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn the_first_link_makes_a_shop_and_its_owner() {
    let folder = tempdir().expect("temporary folder");
    let process = Process::serve(folder.path());
    process.wait_for_said("make a shop and its owner");
    let link = process.wait_for_said("/welcome/");
    let address = format!("http://{}", process.address);
    let browser = Browser::open(&address, "zh-CN").await;
    browser.visit(link.trim()).await;
    browser.inspect("welcome").await;

    browser.by_label("店铺名称").await.fill("禾木生活").await;
    browser.by_label("店铺编号").await.fill("禾木").await;
    browser.by_label("登录名").await.fill("Anna").await;
    browser.by_label("密码").await.fill("1234567").await;
    browser.by_label("再输一次").await.fill("12345678").await;
    browser.by_role("button", "进入控制台").await.click().await;
    // Said beside their fields, and what was filled in is still there.
    browser.expect_fault("422");
    browser.by_text("至少 8 个字符，现在有 7 个").await;
    browser.by_text("两次输入不一致").await;
    browser
        .by_text("格式不对，应为：小写字母、数字、- 和 _")
        .await;
    assert_eq!(browser.by_label("店铺名称").await.value().await, "禾木生活");

    browser.by_label("店铺编号").await.fill("hemu").await;
    browser.by_label("密码").await.fill(PASSWORD).await;
    browser.by_label("再输一次").await.fill(PASSWORD).await;
    browser.by_role("button", "进入控制台").await.click().await;
    browser.by_text("禾木生活").await;
    assert_eq!(browser.address().await, format!("{address}/"));
    browser.by_role("heading", "三步开始").await;

    // It works once.
    browser.visit(link.trim()).await;
    browser.expect_fault("410");
    browser.by_role("heading", "链接已失效").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_out_has_to_sign_in_to_come_back() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.by_role("button", "退出").await.click().await;
    browser.by_role("heading", "登录").await;
    browser.visit("/questions?state=unanswered").await;
    browser.by_role("heading", "登录").await;
    browser.inspect("sign-in").await;
    browser.resize(PHONE).await;

    browser.by_label("登录名").await.fill("OWNER ").await;
    browser.by_label("密码").await.fill("不是这个密码").await;
    browser.by_role("button", "登录").await.click().await;
    browser.expect_fault("422");
    browser.by_text("登录名或密码不对").await;
    browser.by_label("密码").await.fill(PASSWORD).await;
    browser.by_role("button", "登录").await.click().await;
    browser.find(".rooms").await;
    // To where one wanted to go.
    let address = browser.address().await;
    assert!(
        address.ends_with("/questions?state=unanswered"),
        "{address}"
    );
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_is_slowed_down() {
    let site = Site::open().await;
    let browser = site.browser().await;
    browser.visit("/sign-in").await;
    for _ in 0..6 {
        browser.by_label("登录名").await.fill("nobody").await;
        browser.by_label("密码").await.fill("12345678").await;
        browser.by_role("button", "登录").await.click().await;
        browser.find("[role=alert]").await;
    }
    browser.expect_fault("422");
    browser.expect_fault("429");
    browser.by_text("连续输错的次数太多").await;
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_opens_its_rooms_and_no_other() {
    let site = Site::open().await;
    let agent = site.person("zh-CN", "agent").await;
    // Who may read no insights begins where answers are.
    agent.by_role("heading", "客服看到的建议").await;
    agent.visit("/questions").await;
    agent.expect_fault("403");
    agent.by_role("heading", "您的角色不能打开这一页").await;
    agent.inspect("forbidden").await;
    agent.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_text_wherever_they_stand() {
    let site = Site::open().await;
    let browser = site.browser().await;
    browser.visit(&site.link(&[])).await;
    browser
        .by_label("登录名")
        .await
        .fill("<script>alert(1)</script>")
        .await;
    let name = "\u{202e}\"><img src=x onerror=alert(1)> مرحبا";
    browser.by_label("称呼（选填）").await.fill(name).await;
    browser.by_label("密码").await.fill(PASSWORD).await;
    browser.by_label("再输一次").await.fill(PASSWORD).await;
    browser.by_role("button", "进入控制台").await.click().await;
    let shown = browser.find(".who-name bdi").await;
    assert_eq!(shown.property("textContent").await, name);
    browser.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_with_knowledge_has_taken_the_first_step() {
    let site = Site::open().await;
    let browser = site.owner().await;
    browser.visit("/").await;
    browser.by_role("heading", "还差两步").await;
    browser.by_text("知识库里已有 3 条知识。").await;
    browser.inspect("overview-with-knowledge").await;
    browser.finish().await;
}
