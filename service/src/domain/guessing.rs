//! Which passwords are among the first that somebody tries, after NIST SP
//! 800-63B, 5.1.1.2: common ones, repetitions, runs, and what anybody knows of
//! the person and the service.

/// Keys in the order of the alphabet, of numbers and of keyboards.
const ROWS: [&str; 6] = [
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "零一二三四五六七八九十",
];

/// Passwords of eight characters or more that head every list of leaked ones,
/// and that no other rule here meets.
const COMMON: [&str; 19] = [
    "1q2w3e4r",
    "1q2w3e4r5t",
    "q1w2e3r4",
    "1qaz2wsx",
    "1qaz2wsx3edc",
    "zaq12wsx",
    "qazwsxedc",
    "a1b2c3d4",
    "1a2b3c4d",
    "147258369",
    "159357456",
    "741852963",
    "wang1234",
    "trustno1",
    "baseball",
    "computer",
    "internet",
    "whatever",
    "starwars",
];

/// Words that alone, or with a few characters more, make common passwords: the
/// product's names among them.
const WORDS: [&str; 42] = [
    "zhiwen",
    "知问",
    "password",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "administrator",
    "admin",
    "root",
    "user",
    "test",
    "guest",
    "login",
    "welcome",
    "letmein",
    "changeme",
    "secret",
    "hello",
    "iloveyou",
    "woaini",
    "5201314",
    "1314520",
    "mima",
    "kefu",
    "dianpu",
    "nihao",
    "qwerty",
    "qazwsx",
    "123456",
    "taobao",
    "tmall",
    "jingdong",
    "pinduoduo",
    "douyin",
    "dragon",
    "monkey",
    "sunshine",
    "princess",
    "football",
    "superman",
    "密码",
    "我爱你",
];

/// With fewer different characters a password is a repetition.
const FEWEST_DIFFERENT: usize = 4;

/// A run has so many characters at least; a password of nothing else is one.
const SHORTEST_RUN: usize = 3;

/// So many characters a password needs besides the words that are known; a year
/// with a mark has fewer.
const FEWEST_OF_ITS_OWN: usize = 6;

/// A known name that is shorter than this says nothing where it occurs.
const SHORTEST_NAME: usize = 3;

/// Whether a password is among the first that somebody tries who knows `known`,
/// such as the login and the shop.
pub fn is_guessable(password: &str, known: &[&str]) -> bool {
    let password = password.to_lowercase();
    let characters: Vec<char> = password.chars().collect();
    is_repetition(&characters)
        || is_of_runs(&characters)
        || COMMON.contains(&&*password)
        || own_characters(&password, known) < FEWEST_OF_ITS_OWN
}

/// `aaaaaaaa`, `abababab`, `12312312`.
fn is_repetition(characters: &[char]) -> bool {
    let mut different = characters.to_vec();
    different.sort_unstable();
    different.dedup();
    different.len() < FEWEST_DIFFERENT
}

/// `12345678`, `87654321`, `qwer1234`.
fn is_of_runs(characters: &[char]) -> bool {
    let breaks = characters
        .iter()
        .zip(characters.iter().skip(1))
        .filter(|(left, right)| !are_neighbours(**left, **right))
        .count();
    (breaks + 1) * SHORTEST_RUN <= characters.len()
}

fn are_neighbours(left: char, right: char) -> bool {
    let (there, back) = (format!("{left}{right}"), format!("{right}{left}"));
    left == right
        || ROWS
            .iter()
            .any(|row| row.contains(&there) || row.contains(&back))
}

/// How many characters are left without common words, and what is known.
fn own_characters(password: &str, known: &[&str]) -> usize {
    let known = known
        .iter()
        .flat_map(|name| {
            [*name]
                .into_iter()
                .chain(name.split(['@', '-', '_', '.', ' ']))
        })
        .filter(|name| name.chars().count() >= SHORTEST_NAME)
        .map(str::to_lowercase);
    let mut words: Vec<String> = known.chain(WORDS.map(str::to_owned)).collect();
    // A word before those that it contains.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let own = words
        .iter()
        .fold(password.to_owned(), |rest, word| rest.replace(word, ""));
    own.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_somebody_tries_are_refused() {
        let known = ["anna@harbor.cn", "hemu", "禾木生活"];
        for password in [
            "12345678",
            "87654321",
            "1234567890",
            "abcdefgh",
            "qwertyui",
            "QWERTYUIOP",
            "qwer1234",
            "a123456789",
            "88888888",
            "aaaaaaaaaaaa",
            "abababab",
            "小王小王小王小王",
            "一二三四五六七八",
            "1qaz2wsx",
            "Computer",
            "Password",
            "Password123!",
            "p@ssw0rd1",
            "admin@2026",
            "woaini1314",
            "zhiwen2026",
            "知问知问知问知问",
            "anna@harbor.cn",
            "anna2026",
            "hemu-anna",
            "hemuhemu",
            "禾木生活2026",
        ] {
            assert!(is_guessable(password, &known), "{password}");
        }
    }

    #[test]
    fn others_are_not() {
        let known = ["anna@harbor.cn", "hemu"];
        for password in [
            "春江潮水连海平海",
            "correct horse battery staple",
            "a long enough password",
            "hemu sells teapots",
            "Tq7!mzR2",
            "k3v9x2pd",
            "19870523赵",
        ] {
            assert!(!is_guessable(password, &known), "{password}");
        }
        // A name of one letter is no word.
        assert!(!is_guessable("a banana a day", &["a"]));
    }
}
