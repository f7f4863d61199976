//! What sales channels are called.

use super::fault::Locale;

/// The channels that have a name: the id, and both names.
const NAMES: [(&str, [&str; 2]); 9] = [
    ("taobao", ["淘宝", "Taobao"]),
    ("tmall", ["天猫", "Tmall"]),
    ("jd", ["京东", "JD.com"]),
    ("pdd", ["拼多多", "Pinduoduo"]),
    ("douyin", ["抖音", "Douyin"]),
    ("kuaishou", ["快手", "Kuaishou"]),
    ("xiaohongshu", ["小红书", "Xiaohongshu"]),
    ("wechat", ["微信", "WeChat"]),
    ("web", ["官网", "Own site"]),
];

/// What people call a channel; an unknown id as it is.
pub fn channel_name(id: &str, locale: Locale) -> &str {
    let known = NAMES.iter().find(|(known, _)| *known == id);
    match (known, locale) {
        (Some((_, [chinese, _])), Locale::Chinese) => chinese,
        (Some((_, [_, english])), Locale::English) => english,
        (None, _) => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_called_as_people_do_and_an_unknown_one_as_it_is() {
        for (id, chinese, english) in [
            ("taobao", "淘宝", "Taobao"),
            ("jd", "京东", "JD.com"),
            ("store-3", "store-3", "store-3"),
            ("", "", ""),
        ] {
            assert_eq!(channel_name(id, Locale::Chinese), chinese);
            assert_eq!(channel_name(id, Locale::English), english);
        }
    }
}
