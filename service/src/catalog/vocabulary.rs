//! A shop's products and synonyms, ready to be recognised in a question.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use zhiwen_models::text::Normalized;

use crate::domain::shop::Vocabulary;

/// Products and synonyms as patterns over normalised text.
pub struct Terminology {
    patterns: Vec<Pattern>,
    product_names: HashMap<String, String>,
    matcher: Option<AhoCorasick>,
}

#[derive(Default)]
struct Pattern {
    /// The products that are called so.
    products: BTreeSet<String>,
    /// Other wordings: synonyms, the product's name.
    others: BTreeSet<Normalized>,
}

/// What of a shop's vocabulary a question mentions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mentions {
    /// The products named, by id.
    pub products: Vec<String>,
    /// Other words for what was named.
    pub expansions: Vec<Normalized>,
    /// The question without the products' names; as it was when nothing else is left.
    pub rest: Normalized,
}

impl Terminology {
    /// Makes a vocabulary recognisable.
    pub fn new(vocabulary: &Vocabulary) -> Self {
        let mut by_wording: BTreeMap<String, Pattern> = BTreeMap::new();
        for product in &vocabulary.products {
            let name = Normalized::new(&product.name);
            for wording in std::iter::once(&product.name).chain(&product.aliases) {
                for spelling in spellings(&Normalized::new(wording)) {
                    let pattern = by_wording.entry(spelling).or_default();
                    pattern.products.insert(product.id.to_string());
                    pattern.others.insert(name.clone());
                }
            }
        }
        for group in &vocabulary.synonyms {
            let words: Vec<Normalized> = group
                .words
                .iter()
                .map(|word| Normalized::new(word))
                .collect();
            for word in &words {
                let pattern = by_wording.entry(word.to_string()).or_default();
                pattern
                    .others
                    .extend(words.iter().filter(|other| *other != word).cloned());
            }
        }
        by_wording.remove("");
        let (wordings, patterns): (Vec<String>, Vec<Pattern>) = by_wording.into_iter().unzip();
        // A vocabulary too large for an automaton recognises nothing rather than failing the shop.
        let matcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(&wordings)
            .ok()
            .filter(|_| !wordings.is_empty());
        let product_names = vocabulary
            .products
            .iter()
            .map(|product| (product.id.to_string(), product.name.clone()))
            .collect();
        Self {
            patterns,
            product_names,
            matcher,
        }
    }

    /// A product's name, by id.
    pub fn product_name(&self, product: &str) -> Option<&str> {
        self.product_names.get(product).map(String::as_str)
    }

    /// What `text` mentions.
    pub fn mentions(&self, text: &Normalized) -> Mentions {
        let mut mentions = Mentions::default();
        let mut products = BTreeSet::new();
        let mut expansions = BTreeSet::new();
        let mut names: Vec<Range<usize>> = Vec::new();
        let matches = self
            .matcher
            .iter()
            .flat_map(|matcher| matcher.find_iter(text.as_str()));
        for found in matches {
            if splits_a_latin_word(text.as_str().as_bytes(), &found.range()) {
                continue;
            }
            let pattern = &self.patterns[found.pattern().as_usize()];
            if !pattern.products.is_empty() {
                names.push(found.range());
                expansions.insert(Normalized::new(&text.as_str()[found.range()]));
            }
            products.extend(pattern.products.iter().cloned());
            expansions.extend(pattern.others.iter().cloned());
        }
        mentions.products = products.into_iter().collect();
        mentions.expansions = expansions.into_iter().collect();
        let rest = Normalized::new(&without(text.as_str(), &names));
        let says_nothing = !rest.as_str().chars().any(char::is_alphanumeric);
        mentions.rest = if says_nothing { text.clone() } else { rest };
        mentions
    }
}

/// `R5-Pro` is also typed `r5pro` and `r5 pro`.
fn spellings(wording: &Normalized) -> BTreeSet<String> {
    let text = wording.as_str();
    let mut spellings = BTreeSet::from([text.to_owned()]);
    if text.is_ascii() && text.bytes().any(|byte| byte.is_ascii_digit()) {
        for joiner in ["", "-", " "] {
            spellings.insert(text.replace(['-', ' ', '_'], joiner));
        }
    }
    spellings
}

fn splits_a_latin_word(text: &[u8], range: &Range<usize>) -> bool {
    let joins = |left: u8, right: u8| left.is_ascii_alphanumeric() && right.is_ascii_alphanumeric();
    (range.start > 0 && joins(text[range.start - 1], text[range.start]))
        || (range.end < text.len()
            && joins(text[range.end - 1], text[range.end])
            && !is_plural(text, range.end))
}

/// "lamps" names the lamp.
fn is_plural(text: &[u8], end: usize) -> bool {
    text[end] == b's'
        && text
            .get(end + 1)
            .is_none_or(|next| !next.is_ascii_alphanumeric())
}

fn without(text: &str, ranges: &[Range<usize>]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for range in ranges {
        kept.push_str(&text[from..range.start]);
        kept.push(' ');
        from = range.end;
    }
    kept.push_str(&text[from..]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ProductId;
    use crate::domain::shop::{Product, Synonyms};

    fn terminology() -> Terminology {
        let product = |id: &str, name: &str, aliases: &[&str]| Product {
            id: ProductId::parse(id).expect("valid"),
            name: name.to_owned(),
            category: None,
            aliases: aliases.iter().map(ToString::to_string).collect(),
        };
        Terminology::new(&Vocabulary {
            revision: 1,
            products: vec![
                product("cooker", "禾木电饭煲 R5-Pro", &["R5-Pro", "电饭煲"]),
                product("cooker-mini", "迷你电饭煲", &["电饭煲", "迷你煲"]),
                product("lamp", "Desk Lamp", &["lamp"]),
            ],
            synonyms: vec![Synonyms {
                words: vec!["内胆".to_owned(), "内锅".to_owned()],
            }],
        })
    }

    fn check(text: &str, products: &[&str], rest: &str) {
        let mentions = terminology().mentions(&Normalized::new(text));
        assert_eq!(mentions.products, products, "{text}");
        assert_eq!(mentions.rest.as_str(), rest, "{text}");
    }

    #[test]
    fn recognises_products_however_they_are_typed() {
        check("R5 Pro 能煮粥吗", &["cooker"], "能煮粥吗");
        check("r5pro多重", &["cooker"], "多重");
        check("电饭煲多重", &["cooker", "cooker-mini"], "多重");
        check("電飯煲", &["cooker", "cooker-mini"], "电饭煲");
        check("are the lamps dimmable", &["lamp"], "are the s dimmable");
        check("clamp it", &[], "clamp it");
        check("br5-pro", &[], "br5-pro");
    }

    #[test]
    fn expands_synonyms_without_taking_them_away() {
        let mentions = terminology().mentions(&Normalized::new("内胆掉了"));
        assert_eq!(mentions.expansions, [Normalized::new("内锅")]);
        assert_eq!(mentions.rest.as_str(), "内胆掉了");
        let empty = Terminology::new(&Vocabulary::default());
        assert_eq!(
            empty.mentions(&Normalized::new("内胆")).rest.as_str(),
            "内胆"
        );
    }
}
