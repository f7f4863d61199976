//! From the server's reply to unit vectors in the order of the texts.

use serde::Deserialize;
use zhiwen_models::encoder::normalize;

use super::error::EmbeddingsError;

#[derive(Deserialize)]
struct Reply {
    data: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    /// Which text of the request this is of.
    index: usize,
    embedding: Vec<f32>,
}

/// The vectors of a reply to `texts` texts, each of length 1, or all zeros.
/// They are equally long, and `dimensions` long where that is known.
pub(super) fn read(
    body: &[u8],
    texts: usize,
    dimensions: Option<usize>,
) -> Result<Vec<Vec<f32>>, EmbeddingsError> {
    let reply: Reply = serde_json::from_slice(body)
        // The parser's message could quote what the server echoed.
        .map_err(|_| EmbeddingsError::Malformed("no list of embeddings"))?;
    if reply.data.len() != texts {
        return Err(EmbeddingsError::Malformed(
            "another number of vectors than of texts",
        ));
    }
    let wanted = dimensions.or(reply.data.first().map(|row| row.embedding.len()));
    let mut rows = vec![Vec::new(); texts];
    for Row {
        index,
        mut embedding,
    } in reply.data
    {
        let found = embedding.len();
        if found == 0 {
            return Err(EmbeddingsError::Malformed("an empty vector"));
        }
        if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
            return Err(EmbeddingsError::Dimensions { wanted, found });
        }
        let place = rows.get_mut(index).filter(|place| place.is_empty()).ok_or(
            EmbeddingsError::Malformed("vectors of other texts than asked"),
        )?;
        // A number that is not finite, and one too large to be squared.
        let squares: f32 = embedding.iter().map(|value| value * value).sum();
        if !squares.is_finite() {
            return Err(EmbeddingsError::Malformed("a vector that is not finite"));
        }
        normalize(&mut embedding);
        *place = embedding;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, texts: usize, dimensions: Option<usize>, fault: &str) {
        let error = read(body.as_bytes(), texts, dimensions).unwrap_err();
        assert!(error.to_string().contains(fault), "{body}: {error}");
    }

    #[test]
    fn puts_rows_in_order_and_makes_them_unit() {
        let body = r#"{"object":"list","data":[
            {"index":1,"embedding":[0,0]},{"object":"embedding","index":0,"embedding":[3,4]}]}"#;
        let rows = read(body.as_bytes(), 2, Some(2)).unwrap();
        assert_eq!(rows, [vec![0.6, 0.8], vec![0.0, 0.0]]);
    }

    #[test]
    fn refuses_what_is_no_vector_a_text() {
        let row = |index: i64, vector: &str| {
            format!(r#"{{"data":[{{"index":{index},"embedding":{vector}}}]}}"#)
        };
        check("<html>", 1, None, "no list");
        check(r#"{"data":[]}"#, 1, None, "number of vectors");
        check(&row(1, "[1]"), 1, None, "other texts");
        check(&row(-1, "[1]"), 1, None, "no list");
        check(&row(0, "[]"), 1, None, "empty");
        check(&row(0, "[null]"), 1, None, "no list");
        check(&row(0, "[1e39, 1]"), 1, None, "not finite");
        check(&row(0, "[1e30, 1]"), 1, None, "not finite");
        check(&row(0, "[1, 2]"), 1, Some(3), "length 2 instead of 3");
        let twice = r#"{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}"#;
        check(twice, 2, None, "other texts");
        let uneven = r#"{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[1,2]}]}"#;
        check(uneven, 2, None, "length 2 instead of 1");
        let unnumbered = r#"{"data":[{"embedding":[1]}]}"#;
        check(unnumbered, 1, None, "no list");
    }
}
