//! Looks a file of weights over before it is loaded: every tensor that a BERT
//! needs, in its shape, inside the file. The model's library panics where one is not.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;

use super::{ModelError, Shape};

/// The longest header that is read, in bytes.
const LONGEST_HEADER: u64 = 100 << 20;

#[derive(Debug, Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// Checks the file `weights` (safetensors: eight bytes with the header's length,
/// a JSON header, then the data) against `shape`, and says what the names of the
/// tensors start with. The layer above `[CLS]`, `pooler`, is not needed.
///
/// # Errors
/// When the file cannot be read, is cut off or damaged, or lacks a tensor.
pub fn check(weights: &Path, shape: &Shape) -> Result<&'static str, ModelError> {
    let invalid = |reason: String| ModelError::Invalid {
        file: weights.to_owned(),
        reason,
    };
    let unreadable = |source| ModelError::Unreadable {
        file: weights.to_owned(),
        source,
    };
    let mut file = File::open(weights).map_err(unreadable)?;
    let total = file.metadata().map_err(unreadable)?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length)
        .map_err(|_| invalid("it is shorter than its header".to_owned()))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER || length > total.saturating_sub(8) {
        return Err(invalid("it does not start as safetensors do".to_owned()));
    }
    let mut header = Vec::new();
    file.take(length)
        .read_to_end(&mut header)
        .map_err(unreadable)?;
    let tensors = tensors_of(&header).map_err(|error| invalid(format!("its header: {error}")))?;
    let data = total - 8 - length;
    let prefix = if tensors.contains_key("bert.embeddings.word_embeddings.weight") {
        "bert."
    } else {
        ""
    };
    for (name, expected) in expected(shape) {
        let name = format!("{prefix}{name}");
        let tensor = tensors
            .get(&name)
            .ok_or_else(|| invalid(format!("it has no tensor {name}")))?;
        check_tensor(tensor, &expected, data)
            .map_err(|reason| invalid(format!("tensor {name}: {reason}")))?;
    }
    // Those that are not needed are read all the same.
    for (name, tensor) in &tensors {
        check_place(tensor, data).map_err(|reason| invalid(format!("tensor {name}: {reason}")))?;
    }
    Ok(prefix)
}

fn tensors_of(header: &[u8]) -> Result<HashMap<String, Tensor>, serde_json::Error> {
    let mut entries: HashMap<String, serde_json::Value> = serde_json::from_slice(header)?;
    entries.remove("__metadata__");
    entries
        .into_iter()
        .map(|(name, value)| Ok((name, serde_json::from_value(value)?)))
        .collect()
}

fn check_tensor(tensor: &Tensor, expected: &[usize], data: u64) -> Result<(), String> {
    if tensor.shape != expected {
        return Err(format!("shape {:?}, not {expected:?}", tensor.shape));
    }
    if !matches!(tensor.dtype.as_str(), "F32" | "F16" | "BF16") {
        return Err(format!("numbers of type {:?}", tensor.dtype));
    }
    check_place(tensor, data)
}

fn check_place(tensor: &Tensor, data: u64) -> Result<(), String> {
    let width: u64 = match tensor.dtype.as_str() {
        "F64" | "I64" => 8,
        "F32" | "I32" => 4,
        "F16" | "BF16" | "I16" => 2,
        "I8" | "U8" | "BOOL" => 1,
        other => return Err(format!("numbers of type {other:?}")),
    };
    let bytes = tensor
        .shape
        .iter()
        .try_fold(width, |product, size| product.checked_mul(*size as u64))
        .ok_or("its size is beyond all measure")?;
    let (start, end) = tensor.data_offsets;
    if end > data {
        return Err("it ends after the file, which is cut off".to_owned());
    }
    if end.checked_sub(start) != Some(bytes) {
        return Err("its place does not fit its shape".to_owned());
    }
    Ok(())
}

fn expected(shape: &Shape) -> Vec<(String, Vec<usize>)> {
    let hidden = shape.hidden_size;
    let inner = shape.intermediate_size;
    let mut tensors = vec![
        matrix("embeddings.word_embeddings", shape.vocab_size, hidden),
        matrix(
            "embeddings.position_embeddings",
            shape.max_position_embeddings,
            hidden,
        ),
        matrix(
            "embeddings.token_type_embeddings",
            shape.type_vocab_size,
            hidden,
        ),
    ];
    let mut layer_norm = |name: &str| {
        tensors.push((format!("{name}.weight"), vec![hidden]));
        tensors.push((format!("{name}.bias"), vec![hidden]));
    };
    layer_norm("embeddings.LayerNorm");
    for layer in 0..shape.num_hidden_layers {
        layer_norm(&format!("encoder.layer.{layer}.attention.output.LayerNorm"));
        layer_norm(&format!("encoder.layer.{layer}.output.LayerNorm"));
    }
    for layer in 0..shape.num_hidden_layers {
        let dense = [
            ("attention.self.query", hidden, hidden),
            ("attention.self.key", hidden, hidden),
            ("attention.self.value", hidden, hidden),
            ("attention.output.dense", hidden, hidden),
            ("intermediate.dense", inner, hidden),
            ("output.dense", hidden, inner),
        ];
        for (name, outputs, inputs) in dense {
            let name = format!("encoder.layer.{layer}.{name}");
            tensors.push((format!("{name}.bias"), vec![outputs]));
            tensors.push(matrix(&name, outputs, inputs));
        }
    }
    tensors
}

fn matrix(name: &str, rows: usize, columns: usize) -> (String, Vec<usize>) {
    (format!("{name}.weight"), vec![rows, columns])
}
