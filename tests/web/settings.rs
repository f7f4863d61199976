//! `/settings`: people, keys, one's own password, and the log that has all of it.

use std::time::Duration;

use reqwest::Method;
use tokio::sync::Mutex;
use zhiwen_tests::support::poll_until;

use crate::browser::Browser;
use crate::site::{PASSWORD, Site};

/// Tests with two browsers come one after the other: each could else wait for
/// the room that the other has.
static PAIR: Mutex<()> = Mutex::const_new(());

const ANOTHER: &str = "海上生明月天涯共此时";

/// A key that was withdrawn opens nothing after two seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Signs somebody in.
async fn sign_in(browser: &Browser, login: &str, password: &str) {
    browser.by_label("登录名").await.fill(login).await;
    browser.by_label("密码").await.fill(password).await;
    browser.by_role("button", "登录").await.click().await;
}

/// Reads in the log that all of it was done.
async fn is_on_record(owner: &Browser, actions: &[&str]) {
    owner.visit("/settings/audit").await;
    owner.by_role("heading", "操作记录").await;
    for action in actions {
        assert!(owner.shows(action).await, "{action} is not on record");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_joins_rises_and_is_locked_out() {
    let _alone = PAIR.lock().await;
    let site = Site::open().await;
    let owner = site.owner().await;
    owner.visit("/settings/people").await;
    owner.by_role("button", "生成邀请链接").await.click().await;
    let link = owner.by_label("链接").await.value().await;
    owner.inspect("people-invited").await;
    owner.visit("/settings/people").await;
    owner.by_role("heading", "邀请新成员").await;
    assert_eq!(owner.count("textbox", "链接").await, 0);

    let agent = site.browser().await;
    agent.visit(&link).await;
    agent.by_label("登录名").await.fill("xiaomei").await;
    agent.by_label("称呼（选填）").await.fill("小美").await;
    agent.by_label("密码").await.fill(PASSWORD).await;
    agent.by_label("再输一次").await.fill(PASSWORD).await;
    agent.by_role("button", "进入控制台").await.click().await;
    agent.by_role("heading", "客服看到的建议").await;

    owner.visit("/settings/people").await;
    owner.by_label("角色：小美").await.select("主管").await;
    owner.by_role("button", "保存 小美").await.click().await;
    owner.by_text("角色已修改，立即生效。").await;
    agent.visit("/questions").await;
    agent.by_role("heading", "问题").await;

    owner.by_role("button", "停用 小美").await.click().await;
    owner.agree().await;
    owner.by_text("已停用，这位成员的登录已全部退出。").await;
    owner.inspect("people-locked").await;
    let rooms = agent.by_role("navigation", "主导航").await;
    rooms.by_role("link", "知识").await.click().await;
    agent.by_role("heading", "登录").await;
    sign_in(&agent, "xiaomei", PASSWORD).await;
    agent.expect_fault("422");
    agent.by_text("登录名或密码不对").await;

    owner.by_role("button", "恢复 小美").await.click().await;
    owner.by_text("已恢复，可以重新登录。").await;
    sign_in(&agent, "xiaomei", PASSWORD).await;
    agent.by_role("heading", "知识").await;
    agent.finish().await;
    let done = [
        "邀请成员",
        "用邀请链接加入",
        "修改成员角色",
        "停用成员",
        "恢复成员",
    ];
    is_on_record(&owner, &done).await;
    owner.inspect("audit").await;
    owner.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_taken_back() {
    let site = Site::open().await;
    let owner = site.owner().await;
    owner.visit("/settings/people").await;
    owner.by_role("button", "生成邀请链接").await.click().await;
    let link = owner.by_label("链接").await.value().await;
    owner.by_role("heading", "还没用过的链接").await;
    owner.inspect("people-links").await;
    owner.by_role("button", "收回 客服").await.click().await;
    owner.by_text("链接已收回，不能再用。").await;
    assert_eq!(owner.count("button", "收回 客服").await, 0);
    is_on_record(&owner, &["收回链接"]).await;
    owner.visit(&link).await;
    owner.expect_fault("410");
    owner.by_role("heading", "链接已失效").await;
    owner.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_owner_stays_one() {
    let site = Site::open().await;
    let owner = site.owner().await;
    owner.visit("/settings/people").await;
    owner.by_label("角色：owner").await.select("客服").await;
    owner.by_role("button", "保存 owner").await.click().await;
    owner.expect_fault("422");
    owner.by_text("店铺至少要留一位店主").await;
    owner.inspect("people-refused").await;
    owner.visit("/settings/people").await;
    let role = owner.by_label("角色：owner").await;
    assert_eq!(role.value().await, "owner");
    owner.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_opens_and_is_withdrawn() {
    let site = Site::open().await;
    let owner = site.owner().await;
    owner.visit("/settings/keys").await;
    owner.by_label("用途").await.fill("千牛插件").await;
    owner.by_role("button", "生成").await.click().await;
    owner.expect_fault("422");
    owner.by_text("至少选一项").await;
    assert_eq!(owner.by_label("用途").await.value().await, "千牛插件");
    owner.inspect("keys-refused").await;
    owner.find("input[value=suggest]").await.click().await;
    owner.by_role("button", "生成").await.click().await;
    let key = owner.by_label("密钥").await.value().await;
    owner.inspect("keys-made").await;

    let status = async |path: &str| site.call_with(&key, Method::GET, path).send().await.status;
    assert_eq!(status("/v1/search?q=退").await, 200);
    assert_eq!(status("/v1/clusters").await, 403);
    // Noted beside the replies.
    poll_until("the page says that it was used", PATIENCE, async || {
        owner.visit("/settings/keys").await;
        let used = owner.text("tbody tr:first-child td:nth-child(4)").await;
        used != "还没用过"
    })
    .await;
    owner.by_role("heading", "生成密钥").await;
    let page = owner.find("html").await.property("outerHTML").await;
    assert!(page.contains("千牛插件") && !page.contains(&key));

    owner
        .find("tbody tr:first-child .danger")
        .await
        .click()
        .await;
    owner.agree().await;
    owner.by_text("密钥已作废，两秒内失效。").await;
    assert_eq!(owner.text("tbody .chip.bad").await, "已作废");
    poll_until("the key opens nothing", PATIENCE, async || {
        status("/v1/search?q=退").await == 401
    })
    .await;
    is_on_record(&owner, &["生成密钥", "作废密钥", "生成密钥（命令行）"]).await;
    owner.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_password_signs_other_browsers_out() {
    let _alone = PAIR.lock().await;
    let site = Site::open().await;
    let owner = site.owner().await;
    let other = site.browser().await;
    other.visit("/settings/account").await;
    sign_in(&other, "owner", PASSWORD).await;
    other.by_role("heading", "我的账号").await;

    let change = async |old: &str| {
        owner.by_label("原密码").await.fill(old).await;
        owner.by_label("新密码").await.fill(ANOTHER).await;
        owner.by_label("再输一次").await.fill(ANOTHER).await;
        owner.by_role("button", "改密码").await.click().await;
    };
    owner.visit("/settings/account").await;
    owner.inspect("account").await;
    change("不是这个密码").await;
    owner.expect_fault("422");
    owner.by_text("原密码不对").await;
    change(PASSWORD).await;
    owner
        .by_text("密码已修改，其他设备上的登录都已退出。")
        .await;

    let rooms = other.by_role("navigation", "主导航").await;
    rooms.by_role("link", "问题").await.click().await;
    other.by_role("heading", "登录").await;
    sign_in(&other, "owner", ANOTHER).await;
    other.by_role("heading", "问题").await;
    other.finish().await;
    is_on_record(&owner, &["修改自己的密码"]).await;
    owner.finish().await;
}
