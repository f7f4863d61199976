//! Every preset with a small export of its kind, and mappings that are wrong.

use std::ops::ControlFlow;

use jiff::tz::TimeZone;

use super::bound::{Bound, Reading};
use super::mapping::{Mapping, MappingError};
use super::presets::{self, PRESETS};
use super::report::Refusal;
use crate::domain::fault::Locale;
use crate::formats::fault::{ColumnError, RowFault};
use crate::formats::records::RecordFile;
use crate::formats::{Format, Place};

/// Each record as `role consumer agent channel conversation id at text`, with
/// `-` for what there is not; or as `skipped` or `refused: …`.
fn read(mapping: Mapping, format: Format, text: &str) -> Result<Vec<String>, MappingError> {
    let folder = tempfile::tempdir().expect("made");
    let path = folder.path().join("file");
    std::fs::write(&path, text).expect("written");
    let file = RecordFile::open(format, &path, &mapping.wanted()).expect("opened");
    let zone = TimeZone::get("Europe/London").expect("known");
    let bound = Bound::new(mapping, file.columns(), zone)?;
    let mut found = Vec::new();
    file.read(&mut |record| {
        let cells = record.cells.expect("well formed");
        found.push(match bound.read(&cells) {
            Reading::Skipped => "skipped".to_owned(),
            Reading::Refused(errors) => {
                let told = errors
                    .iter()
                    .map(|error| format!("{} {}", bound.column_of(&error.field), error.fault));
                format!("refused: {}", told.collect::<Vec<_>>().join("; "))
            }
            Reading::Message(message) => {
                let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                let id = Some(message.id).filter(|id| !id.is_empty());
                [
                    message.role,
                    or_none(message.consumer_id),
                    or_none(message.agent_id),
                    or_none(message.channel),
                    or_none(message.conversation_id),
                    or_none(id),
                    message.at,
                    message.text,
                ]
                .join(" ")
            }
        });
        ControlFlow::Continue(())
    })
    .expect("read");
    Ok(found)
}

fn check(preset: &str, format: Format, text: &str, expected: &[&str]) {
    let mapping = presets::find(preset).and_then(presets::Preset::mapping);
    let found = read(mapping.expect(preset), format, text).expect(preset);
    assert_eq!(found, expected, "{preset}");
}

#[test]
fn every_preset_is_whole_and_says_what_it_is_for() {
    for preset in &PRESETS {
        let mapping = preset.mapping().expect(preset.name);
        assert!(!mapping.description.is_empty(), "{}", preset.name);
        assert!(preset.text.starts_with("# "), "{}", preset.name);
    }
}

#[test]
fn our_own_fields() {
    check(
        "zhiwen",
        Format::JsonLines,
        "{\"id\":\"m-1\",\"conversation_id\":\"c\",\"role\":\"buyer\",\"text\":\"有货吗\",\"at\":\"2026-11-02T12:00:00Z\",\"consumer_id\":\"tb1\"}\n\
         {\"id\":\"m-2\",\"conversation_id\":\"c\",\"role\":\"agent\",\"text\":\"有的\",\"at\":\"2026-11-02T12:00:20Z\",\"agent_id\":\"小美\"}\n\
         {\"id\":\"m-3\",\"conversation_id\":\"c\",\"role\":\"平台\",\"text\":\"有的\",\"at\":\"gestern\"}\n",
        &[
            "buyer tb1 - - c m-1 2026-11-02T12:00:00Z 有货吗",
            "agent - 小美 - c m-2 2026-11-02T12:00:20Z 有的",
            "refused: at \"gestern\" is not known, expected 2026-11-11 20:00:30; role \"平台\" is not known, expected buyer, customer, 买家, 顾客, 客户, 消费者, agent, seller, service, staff, 客服, 商家, 卖家, automatic, system, robot, bot, 系统, 机器人, or list it under [roles] of the mapping, such as agent = [\"平台\"]: the roles are buyer, agent and automatic",
        ],
    );
}

#[test]
fn taobao_tells_people_by_the_senders_name() {
    check(
        "taobao",
        Format::Csv,
        "导出时间：2026-11-03\n\n发送人,接收人,时间,消息内容\n\
         tb8866,禾木旗舰店:小美,2026-11-02 20:00:00,水壶有货吗\n\
         禾木旗舰店:小美,tb8866,2026-11-02 20:00:30,有的亲\n\
         禾木旗舰店:机器人01,tb8866,2026年11月02日 20:01:00,您好\n\
         tb8866,禾木旗舰店:小美,2026-11-02 20:02:00,[图片]\n",
        &[
            "buyer tb8866 - taobao - - 2026-11-02T12:00:00Z 水壶有货吗",
            "agent tb8866 禾木旗舰店:小美 taobao - - 2026-11-02T12:00:30Z 有的亲",
            "automatic tb8866 禾木旗舰店:机器人01 taobao - - 2026-11-02T12:01:00Z 您好",
            "skipped",
        ],
    );
}

#[test]
fn alime_tells_robots_from_people() {
    let line = |direction: &str, source: &str, kind: &str| {
        format!(
            "{{\"UserNick\":\"tb1\",\"StaffNick\":\"小美\",\"Direction\":\"{direction}\",\"Content\":\"好\",\
             \"MessageId\":\"m\",\"SendTime\":1793620800000,\"Source\":\"{source}\",\"ContentType\":\"{kind}\",\
             \"SessionId\":\"s\"}}\n"
        )
    };
    let text = line("c2b", "PERSON", "TEXT")
        + &line("b2c", "PERSON", "TEXT")
        + &line("b2c", "ASSIST_ROBOT", "TEXT")
        + &line("c2b", "PERSON", "PICTURE");
    check(
        "alime",
        Format::JsonLines,
        &text,
        &[
            "buyer tb1 - taobao s m 2026-11-02T12:00:00Z 好",
            "agent tb1 小美 taobao s m 2026-11-02T12:00:00Z 好",
            "automatic tb1 小美 taobao s m 2026-11-02T12:00:00Z 好",
            "skipped",
        ],
    );
}

#[test]
fn jd_in_the_interfaces_fields_and_in_chinese() {
    check(
        "jd",
        Format::JsonLines,
        "{\"waiter\":\"小京\",\"customer\":\"jd_1\",\"waiterSend\":0,\"createdTime\":1793620800000,\"content\":\"有发票吗\",\"sid\":\"s\",\"uuid\":\"u1\",\"skuId\":77}\n\
         {\"waiter\":\"小京\",\"customer\":\"jd_1\",\"waiterSend\":1,\"createdTime\":1793620830000,\"content\":\"有的\",\"sid\":\"s\",\"uuid\":\"u2\",\"skuId\":77}\n",
        &[
            "buyer jd_1 - jd s u1 2026-11-02T12:00:00Z 有发票吗",
            "agent jd_1 小京 jd s u2 2026-11-02T12:00:30Z 有的",
        ],
    );
    check(
        "jd",
        Format::Csv,
        "会话ID,顾客账号,客服,发送方,发送时间,消息内容\ns,jd_1,小京,顾客,2026-11-02 20:00:00,有发票吗\n",
        &["buyer jd_1 - jd s - 2026-11-02T12:00:00Z 有发票吗"],
    );
}

#[test]
fn pdd_and_douyin_by_a_role_column() {
    check(
        "pdd",
        Format::Csv,
        "会话ID\t用户昵称\t客服\t发送方\t时间\t消息内容\n\
         p1\t买菜王\t小多\t消费者\t2026/11/02 20:00\t什么时候发货\n\
         p1\t买菜王\t小多\t机器人\t2026/11/02 20:00:05\t48小时内\n\
         p1\t买菜王\t小多\t平台\t2026/11/02 20:00:05\t提醒\n",
        &[
            "buyer 买菜王 - pdd p1 - 2026-11-02T12:00:00Z 什么时候发货",
            "automatic 买菜王 小多 pdd p1 - 2026-11-02T12:00:05Z 48小时内",
            "refused: 发送方 \"平台\" is not known, expected 消费者, 买家, 用户, 顾客, 客户, 客服, 商家, 卖家, 人工客服, 机器人, 商家机器人, 客服机器人, 自动回复, or list it under [roles] of the mapping, such as agent = [\"平台\"]: the roles are buyer, agent and automatic",
        ],
    );
    check(
        "douyin",
        Format::JsonLines,
        "{\"message_id\":\"d1\",\"content\":\"几号发\",\"content_type\":\"text\",\"from_role\":1,\"from_user_id\":\"u9\",\"to_user_id\":\"k1\",\"time\":1793620800,\"conversation_id\":\"v\"}\n\
         {\"message_id\":\"d2\",\"content\":\"今天\",\"content_type\":\"text\",\"from_role\":2,\"from_user_id\":\"k1\",\"to_user_id\":\"u9\",\"time\":1793620830,\"conversation_id\":\"v\"}\n\
         {\"message_id\":\"d3\",\"content\":\"x\",\"content_type\":\"image\",\"from_role\":2,\"from_user_id\":\"k1\",\"to_user_id\":\"u9\",\"time\":1793620830,\"conversation_id\":\"v\"}\n",
        &[
            "buyer u9 - douyin v d1 2026-11-02T12:00:00Z 几号发",
            "agent u9 k1 douyin v d2 2026-11-02T12:00:30Z 今天",
            "skipped",
        ],
    );
}

#[test]
fn chatwoot_leaves_out_notes_and_activities() {
    let line = |kind: u8, is_private: bool, sender: &str| {
        format!(
            "{{\"id\":9,\"content\":\"ok\",\"conversation_id\":4,\"message_type\":{kind},\
             \"created_at\":1793620800,\"private\":{is_private},\"sender_type\":\"{sender}\",\
             \"sender\":{{\"name\":\"Ann\"}}}}\n"
        )
    };
    let text = line(0, false, "Contact")
        + &line(1, false, "User")
        + &line(1, false, "AgentBot")
        + &line(1, true, "User")
        + &line(2, false, "User");
    check(
        "chatwoot",
        Format::JsonLines,
        &text,
        &[
            "buyer - - web 4 9 2026-11-02T12:00:00Z ok",
            "agent - Ann web 4 9 2026-11-02T12:00:00Z ok",
            "automatic - Ann web 4 9 2026-11-02T12:00:00Z ok",
            "skipped",
            "skipped",
        ],
    );
}

#[test]
fn intercom_in_html() {
    check(
        "intercom",
        Format::Csv,
        "id,conversation_id,part_type,body,created_at,author_type,author_id\n\
         1,77,comment,<p>Does it fit a 28&nbsp;cm pan?</p>,1793620800,lead,u1\n\
         2,77,comment,<p>It does<br>Ann</p>,1793620830,admin,a1\n\
         3,77,assignment,,1793620830,admin,a1\n\
         4,77,note,<p>VIP</p>,1793620830,admin,a1\n",
        &[
            "buyer u1 - web 77 1 2026-11-02T12:00:00Z Does it fit a 28 cm pan?",
            "agent - a1 web 77 2 2026-11-02T12:00:30Z It does\nAnn",
            "skipped",
            "skipped",
        ],
    );
}

#[test]
fn zendesk_events_and_shopify_tables() {
    check(
        "zendesk",
        Format::JsonLines,
        "{\"detail\":{\"chat_event\":{\"actor\":{\"id\":\"7\",\"type\":\"end_user\"},\"chat\":{\"ticket_id\":12},\"message\":{\"id\":\"m1\",\"body\":\"hello\"},\"meta\":{\"occurred_at\":\"2026-11-02T12:00:00.000Z\"}}}}\n\
         {\"detail\":{\"chat_event\":{\"actor\":{\"id\":\"0\",\"type\":\"system\"},\"chat\":{\"ticket_id\":12},\"message\":{\"id\":\"m2\",\"body\":\"joined\"},\"meta\":{\"occurred_at\":\"2026-11-02T12:00:00.000Z\"}}}}\n",
        &["buyer 7 - web 12 m1 2026-11-02T12:00:00Z hello", "skipped"],
    );
    check(
        "shopify",
        Format::Csv,
        "Conversation ID,Sent at,Sender type,Sender,Message\n\
         c1,2026-11-02 12:00:00 +0000,Customer,Jo,do you ship to Wales\n\
         c1,11/02/2026 12:00 PM,Staff,Ann,\"yes, we do\"\n",
        &[
            "buyer Jo - web c1 - 2026-11-02T12:00:00Z do you ship to Wales",
            "agent - Ann web c1 - 2026-11-02T12:00:00Z yes, we do",
        ],
    );
}

const LEAST: &str = "description = \"x\"\n[columns]\ntext = \"内容\"\ntime = \"时间\"\n";

#[test]
fn says_what_a_mapping_lacks() {
    for (text, expected) in [
        ("[columns]", "missing field `text`"),
        (
            "description = \"x\"\ncolour = 1\n[columns]\ntext = \"a\"\ntime = \"b\"\n",
            "unknown field `colour`",
        ),
        (LEAST, "the mapping does not say role, or sender"),
        (&format!("{LEAST}role = \"谁\"\n"), "does not say [roles]"),
        (
            &format!("{LEAST}sender = \"谁\"\n"),
            "does not say [senders]",
        ),
        (
            &format!("{LEAST}sender = \"谁\"\n[senders]\nagent = []\n[time]\nformat = \"yyyy\"\n"),
            "\"yyyy\" is no form of a time",
        ),
        (
            &format!("{LEAST}sender = \"谁\"\n[senders]\nagent = []\n[time]\nzone = \"Mars\"\n"),
            "\"Mars\" is no time zone",
        ),
    ] {
        let error = Mapping::parse(text).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert!(
        presets::find("wechat")
            .expect_err("none")
            .to_string()
            .contains("taobao, alime, jd")
    );
}

#[test]
fn says_which_column_a_file_lacks_and_which_it_has() {
    let mapping = || {
        let text = format!("{LEAST}sender = \"谁\"\n[senders]\nagent = [\"店:*\"]\n");
        Mapping::parse(&text).expect("whole")
    };
    let error = read(
        mapping(),
        Format::Csv,
        "时间,正文,谁\n2026-11-02,在吗,tb1\n",
    )
    .expect_err("none");
    assert_eq!(
        error.to_string(),
        "the file has no column \"内容\" for text; it has \"时间\", \"正文\", \"谁\": \
         choose a --preset or a --mapping that fits it"
    );
    assert_eq!(
        error.message(Locale::Chinese),
        "文件里没有“消息内容”对应的列（\"内容\"），只有：\"时间\"、\"正文\"、\"谁\"；\
         请用 --preset 选合适的预设，或用 --mapping 指定映射文件"
    );
    let preset = presets::find("pdd").and_then(presets::Preset::mapping);
    let error = read(
        preset.expect("whole"),
        Format::Csv,
        "时间,内容\n2026-11-02,在吗\n",
    );
    let error = error.expect_err("no role").to_string();
    assert!(error.contains("for role, sender; it has"), "{error}");
    // The shop's zone holds where the mapping names none.
    let found = read(
        mapping(),
        Format::Csv,
        "时间,内容,谁\n2026-07-01 12:00,在吗,tb1\n,好,tb1\n,,tb1\n",
    );
    assert_eq!(
        found.expect("read"),
        [
            "buyer tb1 - - - - 2026-07-01T11:00:00Z 在吗",
            "refused: 时间 must not be empty",
            "skipped",
        ]
    );
}

#[test]
fn a_refusal_quotes_no_personal_data() {
    let mapping = || presets::find("zhiwen").and_then(presets::Preset::mapping);
    let text = "{\"id\":\"m\",\"conversation_id\":\"c\",\"text\":\"有货吗\",\
                \"role\":\"我的电话13812345678\",\"at\":\"打我电话13812345678\"}\n";
    let found = read(mapping().expect("whole"), Format::JsonLines, text).expect("read");
    assert!(found[0].starts_with("refused: at \""), "{found:?}");
    assert!(found[0].contains("; role \""), "{found:?}");
    assert!(!found[0].contains("13812345678"), "{found:?}");
    let headless = "2026-11-02,我的电话13812345678,buyer\n";
    let error = read(mapping().expect("whole"), Format::Csv, headless).expect_err("no header");
    assert!(!error.to_string().contains("13812345678"), "{error}");
    // What the reader of a line quotes of it.
    let detail = "invalid type: string \"我的电话13812345678\", expected a map".to_owned();
    let error = ColumnError::of_row(RowFault::Json { detail });
    let refusal = Refusal::of_line(Place::Line(1), &error, Locale::Chinese);
    assert!(refusal.reason.contains("expected a map"), "{refusal:?}");
    assert!(!refusal.reason.contains("13812345678"), "{refusal:?}");
}
