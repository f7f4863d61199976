//! BERT-shaped sentence models through rust-bert: the one file that names it.

use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
use tch::{Device, Kind, Tensor, nn};

use crate::manifest::{ModelError, ModelFolder, Pooling, WEIGHTS};
use crate::worker::Model;

mod encoder;

pub use encoder::{BertEncoder, BertOptions};

/// A loaded model. It stays on the thread that loaded it.
pub struct Bert {
    network: BertModel<BertEmbeddings>,
    pooling: Pooling,
    padding: i64,
    most_pieces: usize,
    vocabulary: usize,
}

impl Bert {
    /// Loads the weights of `folder`; its forward passes use `threads` threads.
    ///
    /// # Errors
    /// [`ModelError::NotLoaded`] when the library fails or panics.
    pub fn load(folder: &ModelFolder, threads: usize) -> Result<Self, ModelError> {
        let not_loaded = |reason: String| ModelError::NotLoaded {
            folder: folder.folder.clone(),
            reason,
        };
        let load = || {
            tch::set_num_threads(i32::try_from(threads.max(1)).unwrap_or(i32::MAX));
            let shape = &folder.shape;
            // Dropout is for training only.
            let config: BertConfig = serde_json::from_value(serde_json::json!({
                "hidden_act": shape.hidden_act,
                "attention_probs_dropout_prob": 0.0,
                "hidden_dropout_prob": 0.0,
                "hidden_size": shape.hidden_size,
                "initializer_range": 0.02,
                "intermediate_size": shape.intermediate_size,
                "max_position_embeddings": shape.max_position_embeddings,
                "num_attention_heads": shape.num_attention_heads,
                "num_hidden_layers": shape.num_hidden_layers,
                "type_vocab_size": shape.type_vocab_size,
                "vocab_size": shape.vocab_size,
            }))
            .map_err(|error| error.to_string())?;
            let mut store = nn::VarStore::new(Device::Cpu);
            let root = store.root();
            let path = match folder.tensor_prefix.strip_suffix('.') {
                Some(name) => root / name,
                None => root,
            };
            // The layer above [CLS] has no part in a sentence's vector, and some
            // checkpoints come without it.
            let network = BertModel::new_with_optional_pooler(path, &config, false);
            let missing = store
                .load_partial(folder.folder.join(WEIGHTS))
                .map_err(|error| error.to_string())?;
            if let Some(name) = missing.first() {
                return Err(format!("no tensor {name}"));
            }
            store.freeze();
            Ok(network)
        };
        let network = std::panic::catch_unwind(std::panic::AssertUnwindSafe(load))
            .map_err(|_| not_loaded("the library panicked".to_owned()))?
            .map_err(not_loaded)?;
        Ok(Self {
            network,
            pooling: folder.pooling,
            padding: i64::from(folder.pieces.id("[PAD]").unwrap_or(0)),
            most_pieces: folder.shape.max_position_embeddings,
            vocabulary: folder.shape.vocab_size,
        })
    }

    /// Why the library would panic on `batch`, if it would.
    fn check(&self, batch: &[Vec<u32>]) -> Result<(), String> {
        for pieces in batch {
            if pieces.is_empty() || pieces.len() > self.most_pieces {
                let (length, most) = (pieces.len(), self.most_pieces);
                return Err(format!("a text of {length} pieces, at most {most}"));
            }
            if pieces
                .iter()
                .any(|&piece| piece as usize >= self.vocabulary)
            {
                return Err("a piece that is not in the vocabulary".to_owned());
            }
        }
        Ok(())
    }

    fn pooled(&self, batch: &[Vec<u32>]) -> Result<Tensor, String> {
        let longest = batch.iter().map(Vec::len).max().unwrap_or(0);
        let mut ids = Vec::with_capacity(batch.len() * longest);
        let mut mask = Vec::with_capacity(batch.len() * longest);
        for pieces in batch {
            ids.extend(pieces.iter().map(|&piece| i64::from(piece)));
            ids.extend(std::iter::repeat_n(self.padding, longest - pieces.len()));
            mask.extend(std::iter::repeat_n(1_i64, pieces.len()));
            mask.extend(std::iter::repeat_n(0_i64, longest - pieces.len()));
        }
        let size = [
            i64::try_from(batch.len()).map_err(|error| error.to_string())?,
            i64::try_from(longest).map_err(|error| error.to_string())?,
        ];
        let ids = Tensor::from_slice(&ids).view(size);
        let mask = Tensor::from_slice(&mask).view(size);
        let hidden = self
            .network
            .forward_t(Some(&ids), Some(&mask), None, None, None, None, None, false)
            .map_err(|error| error.to_string())?
            .hidden_state;
        Ok(match self.pooling {
            Pooling::Cls => hidden.select(1, 0),
            Pooling::Mean => {
                let mask = mask.unsqueeze(-1).to_kind(Kind::Float);
                let sum = (hidden * &mask).sum_dim_intlist([1_i64].as_slice(), false, Kind::Float);
                sum / mask.sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)
            }
            Pooling::Max => {
                let outside = mask.unsqueeze(-1).eq(0);
                let (largest, _places) = hidden
                    .masked_fill(&outside, f64::NEG_INFINITY)
                    .max_dim(1, false);
                largest
            }
        })
    }
}

impl Model for Bert {
    fn forward(&mut self, batch: &[Vec<u32>]) -> Result<Vec<Vec<f32>>, String> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        self.check(batch)?;
        let pooled = tch::no_grad(|| self.pooled(batch))?;
        Vec::<Vec<f32>>::try_from(pooled).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests;
