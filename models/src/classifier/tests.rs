//! The classifier as a whole.

use super::*;

fn example(label: &str, text: &str) -> Example {
    Example {
        text: Normalized::new(text),
        context: Vec::new(),
        label: label.to_owned(),
        weight: 1.0,
        vector: None,
    }
}

fn shop() -> Trained {
    let texts = [
        (
            "invoice",
            [
                "发票什么时候开",
                "可以开专票吗",
                "给我开票",
                "发票抬头写错",
                "要一张发票",
            ],
        ),
        (
            "parcel",
            [
                "快递到哪了",
                "物流怎么不动",
                "包裹几天能到",
                "查一下快递",
                "快递还没到",
            ],
        ),
        (
            "size",
            [
                "穿多大码",
                "鞋子偏大吗",
                "该选什么码",
                "我要大一码",
                "尺码准吗",
            ],
        ),
        (
            "wash",
            [
                "能机洗吗",
                "怎么清洗",
                "可以手洗吗",
                "洗了掉色吗",
                "洗衣机能洗吗",
            ],
        ),
        (
            "price",
            [
                "能便宜点吗",
                "多少钱一个",
                "价格能少点吗",
                "最低多少钱",
                "有点贵",
            ],
        ),
    ];
    let examples: Vec<Example> = texts
        .iter()
        .flat_map(|(label, texts)| texts.iter().map(|text| example(label, text)))
        .collect();
    let cue = Cue {
        label: "invoice".to_owned(),
        phrase: "税号".to_owned(),
    };
    train(&examples, &[cue], &Options::default())
}

fn input(text: &Normalized) -> Input<'_> {
    Input {
        text,
        context: &[],
        context_weight: 0.0,
        vector: None,
    }
}

fn first(classifier: &Classifier, text: &str) -> String {
    let found = classifier.classify(input(&Normalized::new(text)));
    classifier.labels()[found.ranked[0].0].clone()
}

#[test]
fn ranks_what_it_was_taught() {
    let classifier = shop().classifier;
    for (text, expected) in [
        ("发票开好了吗", "invoice"),
        ("我的快递呢", "parcel"),
        ("能用洗衣机洗不", "wash"),
        ("再便宜点", "price"),
    ] {
        assert_eq!(first(&classifier, text), expected, "{text:?}");
    }
    let found = classifier.classify(input(&Normalized::new("发票")));
    let sum: f32 = found.ranked.iter().map(|(_, p)| p).sum();
    assert!((sum - 1.0).abs() < 1e-4);
    assert_eq!(found.ranked.len(), 5);
}

#[test]
fn context_decides_what_the_text_leaves_open() {
    let classifier = shop().classifier;
    let text = Normalized::new("那现在呢");
    for (before, expected) in [("快递到哪了", "parcel"), ("发票开了吗", "invoice")] {
        let context = [Normalized::new(before)];
        let found = classifier.classify(Input {
            context: &context,
            context_weight: 1.0,
            ..input(&text)
        });
        assert_eq!(classifier.labels()[found.ranked[0].0], expected);
    }
}

#[test]
fn what_it_never_saw_has_less_scope() {
    let classifier = shop().classifier;
    let scope = |text: &str| classifier.classify(input(&Normalized::new(text))).scope;
    assert!(scope("快递到哪里了") > scope("天气预报说下雨"));
    assert!(scope("") <= f32::EPSILON);
}

#[test]
fn the_same_examples_give_the_same_bytes() {
    assert_eq!(shop().classifier.to_bytes(), shop().classifier.to_bytes());
}

#[test]
fn bytes_keep_everything() {
    let classifier = shop().classifier;
    let bytes = classifier.to_bytes();
    let again = Classifier::from_bytes(&bytes).unwrap();
    assert_eq!(again.to_bytes(), bytes);
    let text = Normalized::new("税号发你了，快递呢");
    assert_eq!(
        again.classify(input(&text)),
        classifier.classify(input(&text))
    );
}

#[test]
fn other_bytes_are_refused() {
    let bytes = shop().classifier.to_bytes();
    let refused = |bytes: &[u8]| Classifier::from_bytes(bytes).unwrap_err();
    assert_eq!(refused(b""), ClassifierError::Foreign);
    assert_eq!(refused(b"something else"), ClassifierError::Foreign);
    assert_eq!(refused(&bytes[..bytes.len() - 1]), ClassifierError::Damaged);
    assert_eq!(refused(&bytes[..9]), ClassifierError::Damaged);
    let mut changed = bytes.clone();
    changed[40] ^= 1;
    assert_eq!(refused(&changed), ClassifierError::Damaged);
    let mut newer = bytes;
    newer[7] = 9;
    assert!(matches!(
        refused(&newer),
        ClassifierError::OtherMake { found: 9, .. }
    ));
}

#[test]
fn vectors_help_where_words_do_not() {
    let with = |label: &str, text: &str, vector: [f32; 2]| Example {
        vector: Some(vector.to_vec()),
        ..example(label, text)
    };
    let examples = [
        with("a", "red", [1.0, 0.0]),
        with("a", "green", [0.9, 0.1]),
        with("b", "up", [0.0, 1.0]),
        with("b", "down", [0.1, 0.9]),
    ];
    let classifier = train(&examples, &[], &Options::default()).classifier;
    assert_eq!(classifier.dimensions(), 2);
    let text = Normalized::new("unknown");
    for (vector, expected) in [([1.0, 0.1], 0), ([0.1, 1.0], 1)] {
        let found = classifier.classify(Input {
            vector: Some(&vector),
            ..input(&text)
        });
        assert_eq!(found.ranked[0].0, expected);
    }
    let short = classifier.classify(Input {
        vector: Some(&[1.0]),
        ..input(&text)
    });
    assert_eq!(short, classifier.classify(input(&text)));
}

#[test]
fn nothing_to_learn_from_is_no_failure() {
    let trained = train(&[], &[], &Options::default());
    let found = trained.classifier.classify(input(&Normalized::new("发票")));
    assert!(found.ranked.is_empty());
    let one = train(&[example("only", "发票")], &[], &Options::default());
    assert_eq!(first(&one.classifier, "随便"), "only");
    let bytes = trained.classifier.to_bytes();
    assert!(Classifier::from_bytes(&bytes).is_ok());
}
