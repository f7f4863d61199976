//! Tests of the static encoder on small lessons of our own.

use super::*;
use crate::encoder_suite;

fn texts() -> Vec<Normalized> {
    [
        "什么时候发货",
        "怎么退货",
        "多久能到",
        "发票怎么开",
        "能退吗",
        "质量怎么样",
    ]
    .map(Normalized::new)
    .to_vec()
}

/// Two hundred questions about different things, each in two wordings that share
/// no character but the thing's.
fn pairs() -> Vec<Pair> {
    let things = [
        "锅", "杯", "灯", "伞", "鞋", "表", "笔", "床", "柜", "椅", "毯", "枕", "刀", "盆", "壶",
        "篮", "扇", "镜", "梳", "钟",
    ];
    let wordings = [
        ("几时寄出", "何日发货"),
        ("想退掉它", "如何申请换货"),
        ("贵不贵呀", "价格多少钱"),
        ("寿命咋样", "能用好久时间"),
        ("洗涤办法", "清洁要注意什么"),
    ];
    let pair = |thing: &str, (left, right): (&str, &str), same| Pair {
        left: Normalized::new(&format!("{thing}{left}")),
        right: Normalized::new(&format!("{thing}{right}")),
        same,
    };
    let mut pairs = Vec::new();
    for thing in things
        .iter()
        .flat_map(|thing| [format!("新{thing}"), format!("旧{thing}")])
    {
        for wording in wordings {
            pairs.push(pair(&thing, wording, true));
        }
        pairs.push(pair(&thing, (wordings[0].0, wordings[2].1), false));
    }
    pairs
}

fn cosine(encoder: &StaticEncoder, left: &str, right: &str) -> f32 {
    let [left, right] = [left, right].map(|text| encoder.encode_one(&Normalized::new(text)));
    left.iter()
        .zip(&right)
        .map(|(left, right)| left * right)
        .sum()
}

fn trained() -> (StaticEncoder, TrainingReport) {
    let options = TrainOptions {
        dimensions: 64,
        ..TrainOptions::default()
    };
    StaticEncoder::train(&texts(), &pairs(), &options)
}

#[tokio::test]
async fn keeps_the_promises_of_an_encoder_untrained_and_trained() {
    let (untrained, report) = StaticEncoder::train(&[], &[], &TrainOptions::default());
    encoder_suite::conforms(&untrained).await;
    assert_eq!(report.before.questions, 0);
    assert!(!report.is_better(), "nothing was measured");
    encoder_suite::conforms(&trained().0).await;
}

#[test]
fn learns_which_words_stand_for_which() {
    let (untrained, _) = StaticEncoder::train(
        &texts(),
        &pairs(),
        &TrainOptions {
            epochs: 0,
            dimensions: 64,
            ..TrainOptions::default()
        },
    );
    let (trained, report) = trained();
    let gain = cosine(&trained, "帽子几时寄出", "帽子何日发货")
        - cosine(&untrained, "帽子几时寄出", "帽子何日发货");
    assert!(
        gain > 0.1,
        "of words never seen together with these: {gain}"
    );
    assert_eq!(report.before.questions, 20);
    assert!(report.after.mean_reciprocal_rank >= report.before.mean_reciprocal_rank);
}

#[test]
fn the_same_seed_makes_the_same_encoder() {
    assert_eq!(trained().0.to_bytes(), trained().0.to_bytes());
}

#[test]
fn comes_back_from_its_bytes_and_refuses_others() {
    let (encoder, _) = trained();
    let bytes = encoder.to_bytes();
    let again = StaticEncoder::from_bytes(&bytes).expect("its own bytes");
    assert_eq!(again.identity(), encoder.identity());
    let text = Normalized::new("锅勺几时寄出，还有没见过的词");
    assert_eq!(again.encode_one(&text), encoder.encode_one(&text));
    let refused = |bytes: &[u8]| StaticEncoder::from_bytes(bytes).err();
    assert_eq!(refused(b""), Some(FileError::Foreign));
    assert_eq!(refused(b"PK\x03\x04"), Some(FileError::Foreign));
    assert_eq!(refused(&bytes[..bytes.len() - 1]), Some(FileError::Damaged));
    assert_eq!(refused(&bytes[..12]), Some(FileError::Damaged));
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    assert_eq!(refused(&flipped), Some(FileError::Damaged));
    let mut newer = bytes;
    newer[4] = 99;
    assert_eq!(refused(&newer), Some(FileError::OtherMake(99)));
}

#[test]
fn unknown_words_still_count() {
    let (encoder, _) = StaticEncoder::train(&[], &[], &TrainOptions::default());
    assert!(cosine(&encoder, "zorgblatt 多少钱", "zorgblatt 价格") > 0.3);
    assert!(cosine(&encoder, "zorgblatt", "frobnicate").abs() < 0.3);
}
