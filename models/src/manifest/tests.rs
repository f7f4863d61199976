//! Tests of good and broken folders of models.

use tempfile::TempDir;

use super::sample::write_sample;
use super::*;

fn sample() -> TempDir {
    let folder = tempfile::tempdir().expect("temporary folder");
    write_sample(folder.path());
    folder
}

fn refusal(folder: &TempDir) -> String {
    match ModelFolder::read(folder.path()) {
        Ok(_) => "none".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn reads_what_sentence_transformers_writes() {
    let folder = sample();
    let model = ModelFolder::read(folder.path()).expect("a model");
    assert_eq!(model.pooling, Pooling::Cls);
    // Asked for are 512, and there are no more positions.
    assert_eq!(model.max_tokens, 12);
    assert_eq!(model.question_prefix, "");
    assert_eq!(model.tensor_prefix, "");
    assert_eq!(model.name, folder_name(folder.path()));
    let again = ModelFolder::read(folder.path()).expect("a model");
    assert_eq!(model.fingerprint, again.fingerprint);
}

#[test]
fn the_manifest_wins() {
    let folder = sample();
    let plain = ModelFolder::read(folder.path()).expect("a model");
    let manifest = "name = \"b\"\npooling = \"mean\"\nmax_tokens = 9\nquestion_prefix = \"问：\"\n";
    std::fs::write(folder.path().join(MANIFEST), manifest).expect("written");
    let model = ModelFolder::read(folder.path()).expect("a model");
    assert_eq!(model.name, "b");
    assert_eq!(model.pooling, Pooling::Mean);
    assert_eq!(model.max_tokens, 9);
    assert_eq!(model.question_prefix, "问：");
    assert_ne!(model.fingerprint, plain.fingerprint);
}

#[test]
fn a_plain_bert_needs_three_files() {
    let folder = sample();
    for name in [POOLING, MODULES, SENTENCE] {
        std::fs::remove_file(folder.path().join(name)).expect("removed");
    }
    let model = ModelFolder::read(folder.path()).expect("a model");
    assert_eq!(model.pooling, Pooling::Mean);
}

#[test]
fn an_absent_file_is_named() {
    for name in [CONFIG, VOCABULARY, WEIGHTS] {
        let folder = sample();
        std::fs::remove_file(folder.path().join(name)).expect("removed");
        let refusal = refusal(&folder);
        assert!(
            refusal.contains("cannot read") && refusal.contains(name),
            "{refusal}"
        );
    }
}

#[test]
fn a_wrong_file_is_named_with_the_reason() {
    let config = |from: &str, to: &str| (CONFIG, from.to_owned(), to.to_owned());
    let whole = |name, text: &str| (name, String::new(), text.to_owned());
    let cases = [
        (config("\"bert\"", "\"xlm-roberta\""), "xlm-roberta"),
        (config("\"gelu\"", "\"snake\""), "snake"),
        (config("\"hidden_size\":8", "\"hidden_size\":9"), "sizes"),
        (config("\"hidden_size\":8", "\"hidden_size\":0"), "sizes"),
        (
            config("\"hidden_size\":8", "\"hidden_size\":16"),
            "shape [15, 8], not [15, 16]",
        ),
        (
            config("\"vocab_size\":15", "\"vocab_size\":14"),
            "15 pieces",
        ),
        (config("1e-12", "1e-5"), "layer_norm_eps"),
        (
            config("\"num_hidden_layers\":2", "\"num_hidden_layers\":3"),
            "no tensor encoder.layer.2",
        ),
        (whole(CONFIG, "{"), "config.json is invalid"),
        (whole(VOCABULARY, "[UNK]\n[CLS]\n"), "no [SEP]"),
        (
            whole(POOLING, r#"{"pooling_mode_lasttoken": true}"#),
            "a pooling",
        ),
        (whole(MODULES, r#"[{"type": "models.Dense"}]"#), "Dense"),
        (whole(MANIFEST, "poling = \"cls\""), "poling"),
        (whole(MANIFEST, "max_tokens = 13"), "3 to 12"),
        (whole(MANIFEST, "pooling = \"sum\""), "zhiwen-model.toml"),
    ];
    for ((name, from, to), expected) in cases {
        let folder = sample();
        let path = folder.path().join(name);
        let text = if from.is_empty() {
            to
        } else {
            let text = std::fs::read_to_string(&path).expect("text");
            assert!(text.contains(&from), "{name} has no {from}: {text}");
            text.replace(&from, &to)
        };
        std::fs::write(&path, text).expect("written");
        let refusal = refusal(&folder);
        assert!(refusal.contains(expected), "{name}: {refusal}");
    }
}

#[test]
fn weights_that_are_cut_off_or_garbage_are_refused() {
    let folder = sample();
    let path = folder.path().join(WEIGHTS);
    let whole = std::fs::read(&path).expect("bytes");
    let header = 8 + usize::from(u16::from_le_bytes([whole[0], whole[1]]));
    for length in [0, 7, 8, 100, header, header + 9, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).expect("written");
        let refusal = refusal(&folder);
        assert!(
            refusal.contains("model.safetensors is invalid"),
            "{length}: {refusal}"
        );
    }
    for garbage in [vec![0; 4096], vec![255; 4096], whole[8..].to_vec()] {
        std::fs::write(&path, garbage).expect("written");
        let refusal = refusal(&folder);
        assert!(
            refusal.contains("model.safetensors is invalid"),
            "{refusal}"
        );
    }
}

#[test]
fn names_may_start_with_bert() {
    let folder = sample();
    let path = folder.path().join(WEIGHTS);
    let whole = std::fs::read(&path).expect("bytes");
    let header_end = 8 + usize::from(u16::from_le_bytes([whole[0], whole[1]]));
    let header = std::str::from_utf8(&whole[8..header_end]).expect("a header");
    let header = header.replace("\"embeddings.", "\"bert.embeddings.");
    let header = header.replace("\"encoder.", "\"bert.encoder.");
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(&whole[header_end..]);
    std::fs::write(&path, bytes).expect("written");
    let model = ModelFolder::read(folder.path()).expect("a model");
    assert_eq!(model.tensor_prefix, "bert.");
}
