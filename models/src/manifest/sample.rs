//! A tiny BERT for tests: the shape of bge-small-zh, weights by chance.

use std::path::Path;

/// The pieces of the sample's vocabulary.
pub const SAMPLE_PIECES: &str =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n包\n邮\n吗\n发\n货\nship\n##ping\nfree\n?\n！\n";

const HIDDEN: usize = 8;
const INNER: usize = 16;
const POSITIONS: usize = 12;

/// Writes a model with pooling by `[CLS]` into `folder`.
pub fn write_sample(folder: &Path) {
    let write = |name: &str, text: &str| {
        std::fs::write(folder.join(name), text).expect("written");
    };
    std::fs::create_dir_all(folder.join("1_Pooling")).expect("made");
    let vocabulary = SAMPLE_PIECES.lines().count();
    write(
        "config.json",
        &serde_json::json!({
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": HIDDEN,
            "intermediate_size": INNER,
            "layer_norm_eps": 1e-12,
            "max_position_embeddings": POSITIONS,
            "num_attention_heads": 2,
            "num_hidden_layers": 2,
            "type_vocab_size": 2,
            "vocab_size": vocabulary,
        })
        .to_string(),
    );
    write("vocab.txt", SAMPLE_PIECES);
    write(
        "1_Pooling/config.json",
        r#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#,
    );
    write(
        "modules.json",
        r#"[{"idx": 0, "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "type": "sentence_transformers.models.Pooling"}]"#,
    );
    write("sentence_bert_config.json", r#"{"max_seq_length": 512}"#);
    let weights = safetensors(&tensors(vocabulary));
    std::fs::write(folder.join("model.safetensors"), weights).expect("written");
}

fn tensors(vocabulary: usize) -> Vec<(String, Vec<usize>)> {
    let mut tensors = vec![
        (
            "embeddings.word_embeddings.weight".to_owned(),
            vec![vocabulary, HIDDEN],
        ),
        (
            "embeddings.position_embeddings.weight".to_owned(),
            vec![POSITIONS, HIDDEN],
        ),
        (
            "embeddings.token_type_embeddings.weight".to_owned(),
            vec![2, HIDDEN],
        ),
    ];
    let mut pair = |name: String, weight: Vec<usize>| {
        tensors.push((format!("{name}.bias"), vec![weight[0]]));
        tensors.push((format!("{name}.weight"), weight));
    };
    pair("embeddings.LayerNorm".to_owned(), vec![HIDDEN]);
    for layer in 0..2 {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        for part in ["self.query", "self.key", "self.value", "output.dense"] {
            pair(name(&format!("attention.{part}")), vec![HIDDEN, HIDDEN]);
        }
        pair(name("attention.output.LayerNorm"), vec![HIDDEN]);
        pair(name("intermediate.dense"), vec![INNER, HIDDEN]);
        pair(name("output.dense"), vec![HIDDEN, INNER]);
        pair(name("output.LayerNorm"), vec![HIDDEN]);
    }
    tensors
}

/// The format: the header's length, the header, the numbers.
fn safetensors(tensors: &[(String, Vec<usize>)]) -> Vec<u8> {
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    let mut state = 42_u32;
    for (name, shape) in tensors {
        let start = data.len();
        for _ in 0..shape.iter().product() {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            #[expect(clippy::cast_precision_loss, reason = "chance")]
            let value = (state >> 8) as f32 / (1_u32 << 24) as f32 - 0.5;
            data.extend(value.to_le_bytes());
        }
        let entry = serde_json::json!({
            "dtype": "F32",
            "shape": shape,
            "data_offsets": [start, data.len()],
        });
        header.insert(name.clone(), entry);
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}
