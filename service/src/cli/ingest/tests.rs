//! The command from a file to the store, and what it says of faults.

use super::*;
use crate::domain::message::Author;
use crate::knowledge::testing::{Fixture, fixture};

/// Runs the command; gives what it printed and the error it ended with.
async fn run_on(
    fixture: &Fixture,
    (name, bytes): (&str, &[u8]),
    change: impl FnOnce(&mut IngestArgs),
) -> (String, Option<String>) {
    let path = fixture.directory.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    let mut args = IngestArgs {
        file: Some(path),
        shop: Some("hemu".to_owned()),
        ..IngestArgs::default()
    };
    change(&mut args);
    let mut output = Vec::new();
    let store = Arc::clone(&fixture.store);
    let done = run(store, &fixture.clock, &args, &mut output).await;
    let error = done.err().map(|error| error.to_string());
    (String::from_utf8(output).expect("text"), error)
}

/// The texts of a conversation in the store, masked, with their authors.
async fn kept(fixture: &Fixture) -> Vec<(Author, String)> {
    let mut texts = Vec::new();
    for unread in fixture
        .store
        .unread_threads(&fixture.shop.id, 100)
        .await
        .expect("read")
    {
        let messages = fixture
            .store
            .messages(&fixture.shop.id, &unread.thread, 100)
            .await;
        for message in messages.expect("read") {
            texts.push((message.author, message.text.as_str().to_owned()));
        }
    }
    texts
}

fn preset(name: &str) -> impl FnOnce(&mut IngestArgs) {
    let name = name.to_owned();
    |args| args.preset = Some(name)
}

const TAOBAO: &str = "发送人,接收人,时间,消息内容\n\
    tb8866,禾木旗舰店:小美,2026-11-02 20:00:00,我电话13800138000打给我\n\
    tb8866,禾木旗舰店:小美,2026-11-02 20:00:00,在吗\n\
    tb8866,禾木旗舰店:小美,2026-11-02 20:00:00,在吗\n\
    禾木旗舰店:小美,tb8866,2026-11-02 20:00:30,在的亲\n";

const TAOBAO_VOICES: &str = "其中买家 3 条，客服 1 条，机器人 0 条\n\
    按客服计的发送人：禾木旗舰店:小美 1 条\n";

#[tokio::test]
async fn the_same_file_again_adds_nothing_whatever_its_encoding() {
    let fixture = fixture().await;
    let first = run_on(&fixture, ("a.csv", TAOBAO.as_bytes()), preset("taobao")).await;
    assert_eq!(
        first,
        (
            format!("新收 4 条，已有 0 条，跳过 0 条，拒绝 0 条\n{TAOBAO_VOICES}"),
            None
        )
    );
    let messages = kept(&fixture).await;
    assert_eq!(messages.len(), 4);
    assert!(
        messages.contains(&(Author::Buyer, "我电话[电话]打给我".to_owned())),
        "{messages:?}"
    );
    assert!(
        messages.contains(&(Author::Agent, "在的亲".to_owned())),
        "{messages:?}"
    );
    let gbk = encoding_rs::GBK.encode(TAOBAO).0.into_owned();
    let again = run_on(&fixture, ("b.csv", &gbk), preset("taobao")).await;
    assert_eq!(
        again.0,
        format!("新收 0 条，已有 4 条，跳过 0 条，拒绝 0 条\n{TAOBAO_VOICES}")
    );
}

#[tokio::test]
async fn a_malformed_line_is_told_by_its_number_and_the_rest_goes_in() {
    let fixture = fixture().await;
    let mut text = "id,conversation_id,role,at,text\n".to_owned();
    for number in 2..5_000 {
        let line = match number {
            2_600 => "m2600,c,buyer,2026-11-02\n".to_owned(),
            2_700 => "m2700,c,buyer,tomorrow,在吗\n".to_owned(),
            2_800 => "m2,c,buyer,2026-11-02,别的话\n".to_owned(),
            2_900 => "m2900,c,buyer,2036-11-02,在吗\n".to_owned(),
            _ => format!("m{number},c,buyer,2026-11-02,第 {number} 句\n"),
        };
        text.push_str(&line);
    }
    let refused = fixture.directory.path().join("refused.csv");
    let path = refused.clone();
    let (output, error) = run_on(&fixture, ("a.csv", text.as_bytes()), |args| {
        args.refused = Some(path);
    })
    .await;
    assert_eq!(
        output,
        "新收 4994 条，已有 0 条，跳过 0 条，拒绝 4 条\n\
         其中买家 4994 条，客服 0 条，机器人 0 条\n\
         第 2600 行: 这一行有 4 格，列名有 5 个\n\
         第 2700 行: at “tomorrow”不认识，可以填：2026-11-11 20:00:30\n\
         第 2800 行: id 这个编号已用于另一条内容不同的记录\n\
         第 2900 行: at 格式不对，应为：2000-01-01 到现在的时间\n"
    );
    assert_eq!(error.as_deref(), Some("有 4 行被拒绝，其余已收"));
    let refused = std::fs::read_to_string(refused).expect("written");
    assert!(
        refused.starts_with("\u{feff}line,column,reason\n2600,,"),
        "{refused}"
    );
    assert_eq!(refused.lines().count(), 5);
}

#[tokio::test]
async fn a_dry_run_writes_nothing() {
    let fixture = fixture().await;
    let (output, error) = run_on(&fixture, ("a.csv", TAOBAO.as_bytes()), |args| {
        args.dry_run = true;
        args.preset = Some("taobao".to_owned());
    })
    .await;
    assert_eq!(error, None);
    assert_eq!(
        output,
        format!("试运行，没有写入：可收 4 条，跳过 0 条，拒绝 0 条\n{TAOBAO_VOICES}")
    );
    assert!(kept(&fixture).await.is_empty());
    let text = format!("{TAOBAO}tb8866,禾木旗舰店:小美,昨天,在吗\n");
    let (_, error) = run_on(&fixture, ("b.csv", text.as_bytes()), |args| {
        args.dry_run = true;
        args.preset = Some("taobao".to_owned());
    })
    .await;
    assert_eq!(error.as_deref(), Some("有 1 行会被拒绝，其余可收"));
}

#[tokio::test]
async fn a_shops_account_that_is_taken_for_a_buyer_is_named() {
    let fixture = fixture().await;
    let mut text = "发送人,接收人,时间,消息内容\n".to_owned();
    for buyer in 0..9 {
        text.push_str(&format!(
            "tb{buyer},云岭茶铺,2026-11-02 20:00:00,茶饼有货吗\n\
             云岭茶铺,tb{buyer},2026-11-02 20:00:30,有的亲\n"
        ));
    }
    let (output, error) = run_on(&fixture, ("a.csv", text.as_bytes()), |args| {
        args.dry_run = true;
        args.preset = Some("taobao".to_owned());
    })
    .await;
    assert_eq!(error, None);
    assert!(
        output.contains(
            "其中买家 18 条，客服 0 条，机器人 0 条\n注意：“云岭茶铺”在 9 段对话里都按买家计\n"
        ),
        "{output}"
    );
    let line = "agent = [\"*:*\", \"*：*\", \"*旗舰店\", \"*专卖店\", \"*专营店\", \"云岭茶铺\"]\n";
    assert!(output.ends_with(line), "{output}");
    // As the line says, it is the shop's.
    let preset = presets::find("taobao").expect("there").text;
    let listed = preset
        .lines()
        .find(|line| line.starts_with("agent = [\"*:*"));
    let mapping = fixture.directory.path().join("mapping.toml");
    let own = preset.replace(listed.expect("listed"), line.trim_end());
    std::fs::write(&mapping, own).expect("written");
    let (output, _) = run_on(&fixture, ("a.csv", text.as_bytes()), |args| {
        args.dry_run = true;
        args.mapping = Some(mapping);
    })
    .await;
    assert!(
        output
            .ends_with("其中买家 9 条，客服 9 条，机器人 0 条\n按客服计的发送人：云岭茶铺 9 条\n"),
        "{output}"
    );
}

#[tokio::test]
async fn a_report_tells_a_hundred_refusals_and_counts_the_rest() {
    let fixture = fixture().await;
    let mut text = "id,conversation_id,role,at,text\n".to_owned();
    text.push_str(&"m,c,nobody,never,在吗\n".repeat(150));
    let (output, error) = run_on(&fixture, ("a.csv", text.as_bytes()), |_| ()).await;
    assert!(
        output.starts_with("新收 0 条，已有 0 条，跳过 0 条，拒绝 150 条\n"),
        "{output}"
    );
    assert!(
        output.ends_with("还有 50 条，加 --refused FILE 可全部写入文件\n"),
        "{output}"
    );
    assert!(error.is_some());
}

#[tokio::test]
async fn says_what_stands_in_the_way() {
    let fixture = fixture().await;
    let nothing = |_: &mut IngestArgs| ();
    let error = |found: (String, Option<String>)| found.1.expect("an error");
    let found = run_on(&fixture, ("a.csv", b"text,at,role\nab\xff\xff\n"), nothing).await;
    assert!(error(found).starts_with("文件既不是 UTF-8（第 2 行"));
    let found = run_on(&fixture, ("a.csv", TAOBAO.as_bytes()), nothing).await;
    let found = error(found);
    assert!(
        found.starts_with("文件里没有“消息内容”对应的列（\"text\"），只有：\"发送人\""),
        "{found}"
    );
    let found = run_on(&fixture, ("a.pdf", b"x"), nothing).await;
    assert!(error(found).starts_with("不认识“a.pdf”"));
    let found = run_on(&fixture, ("a.csv", b"x"), preset("wechat")).await;
    assert!(error(found).starts_with("没有“wechat”这个预设"));
    let mapping = fixture.directory.path().join("mapping.toml");
    std::fs::write(&mapping, "description = 1").expect("written");
    let found = run_on(&fixture, ("a.csv", b"x"), |args| {
        args.mapping = Some(mapping)
    })
    .await;
    let found = error(found);
    assert!(
        found.contains("mapping.toml：映射文件读不了：第 1 行第 "),
        "{found}"
    );
    let mapping = fixture.directory.path().join("mapping.toml");
    std::fs::write(&mapping, "descripton = \"\"").expect("written");
    let found = run_on(&fixture, ("a.csv", b"x"), |args| {
        args.mapping = Some(mapping)
    })
    .await;
    let found = error(found);
    assert!(
        found.contains("：第 1 行第 1 列：没有这个字段，可以用：description、columns、"),
        "{found}"
    );
    let found = run_on(&fixture, ("a.csv", b"x"), |args| {
        args.mapping = Some("none".into())
    })
    .await;
    assert_eq!(error(found), "没有这个文件：none");
}

#[test]
fn lists_and_shows_presets() {
    let shown = |args: IngestArgs| {
        let mut output = Vec::new();
        let done = show(&args, &mut output).map_err(|error| error.to_string());
        done.map(|()| String::from_utf8(output).expect("text"))
    };
    let list = shown(IngestArgs {
        presets: true,
        ..IngestArgs::default()
    });
    let list = list.expect("listed");
    assert_eq!(list.lines().count(), presets::PRESETS.len());
    assert!(list.contains("jd         京东咚咚"), "{list}");
    let one = |name: &str| {
        shown(IngestArgs {
            show_preset: Some(name.to_owned()),
            ..IngestArgs::default()
        })
    };
    assert!(one("jd").expect("shown").starts_with("# 京东咚咚"));
    assert!(
        one("wechat")
            .expect_err("none")
            .contains("there is no preset")
    );
}
