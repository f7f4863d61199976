//! Cuts greetings and thanks out of what an agent wrote, and leaves the marks of the rest as they stand.

use crate::marks::Mark;
use crate::phrases::Folded;
use crate::reading::{Part, Reading, Span, Tag};
use crate::smalltalk::recognise;

/// What quotes and brackets open and close with.
const OPENING: &str = "“‘《〈（(【「『[";
const CLOSING: &str = "”’》〉）)】」』]";
/// Marks that end more than a pause.
const SENTENCE_ENDS: &str = "。！!.…～~；;\n";
/// Marks that say nothing at the end of a text.
const PAUSES: &str = "，,、：:；;";

/// What takes note or excuses, and says neither yes nor no. Other words of
/// acknowledgement ("不需要", "sure") may be the answer itself.
const NOTES: [&str; 77] = [
    "好",
    "好的",
    "好吧",
    "好哒",
    "好滴",
    "好嘞",
    "好咧",
    "好勒",
    "好呢",
    "好啦",
    "好啊",
    "好呀",
    "好哦",
    "好噢",
    "好嘛",
    "好好",
    "好的吧",
    "嗯",
    "嗯嗯",
    "嗯呢",
    "嗯呐",
    "嗯啊",
    "恩",
    "恩恩",
    "哦",
    "哦哦",
    "喔",
    "噢",
    "噢噢",
    "额",
    "哎",
    "哈",
    "哈哈",
    "哈哈哈",
    "嘿嘿",
    "嘻嘻",
    "啊",
    "呀",
    "知道了",
    "明白",
    "明白了",
    "了解",
    "了解了",
    "收到",
    "看到了",
    "理解",
    "抱歉",
    "很抱歉",
    "对不起",
    "不客气",
    "不用谢",
    "再见",
    "拜拜",
    "新年快乐",
    "节日快乐",
    "祝您",
    "稍等",
    "稍等下",
    "稍等一下",
    "请稍等",
    "您稍等",
    "ok",
    "okay",
    "got it",
    "i see",
    "understood",
    "noted",
    "great",
    "oh",
    "please",
    "sorry",
    "i'm sorry",
    "you're welcome",
    "you are welcome",
    "bye",
    "have a nice day",
    "have a great day",
];

/// `turn` without its greetings, thanks, fillers, emoji and platform
/// placeholders, for an answer that others will read: all other marks stay as
/// they were written, and so do a yes or a no and what stands in quotes or
/// brackets. Empty only where nothing but small talk was said.
pub fn without_courtesies(turn: &str) -> String {
    let folded = Folded::new(turn);
    let reading = Reading::of(&folded.characters);
    let written = |spans: &[Span]| -> String {
        let places = spans.iter().flat_map(|span| span.start..span.end);
        places.map(|at| folded.raw_at(turn, at)).collect()
    };
    let mut answer = Answer::default();
    let runs = reading
        .spans
        .chunk_by(|left, right| left.separates() == right.separates());
    for run in runs {
        if run.iter().any(Span::separates) {
            answer.part(run, written);
        } else if answer.depth > 0 {
            answer.say(&written(run));
        } else {
            answer.say(&written(said(run, &folded.characters)));
        }
    }
    let text = answer.end();
    if text.is_empty() && recognise(turn, None).is_none() {
        return turn.trim().to_owned();
    }
    text
}

/// A clause of `turn` without courtesies: nothing is left of one that is made
/// of them, others lose those at both ends. "在店里" is no greeting.
fn said<'a>(clause: &'a [Span], turn: &[char]) -> &'a [Span] {
    const WHOLE: [Tag; 4] = [Tag::Greeting, Tag::Thanks, Tag::Preface, Tag::Filler];
    let is_note = |span: &Span| {
        let word: String = turn[span.start..span.end].iter().collect();
        span.is(&[Tag::Acknowledgement]) && NOTES.contains(&word.as_str())
    };
    let says = |span: &Span| !span.is(&WHOLE) && !is_note(span) && span.part != Part::WordSpace;
    if !clause.iter().any(says) {
        return &[];
    }
    let is_courtesy = |span: &Span| {
        let is_word = span.end - span.start > 1;
        span.is(&[Tag::Preface]) || is_word && span.is(&[Tag::Greeting, Tag::Thanks])
    };
    let says = |span: &Span| !is_courtesy(span) && span.part != Part::WordSpace;
    let start = clause.iter().position(says);
    let end = clause.iter().rposition(says);
    match (start, end) {
        (Some(start), Some(end)) if start <= end => &clause[start..=end],
        _ => clause,
    }
}

/// An answer as far as it is read.
#[derive(Default)]
struct Answer {
    kept: String,
    /// The marks since what was kept last.
    between: String,
    /// How deep in quotes and brackets it is.
    depth: usize,
    /// Whether a clause was cut out since what was kept last.
    is_cut: bool,
}

impl Answer {
    /// Takes marks between two clauses.
    fn part(&mut self, run: &[Span], written: impl Fn(&[Span]) -> String) {
        let is_picture = |span: &Span| matches!(span.part, Part::Mark(Mark::Emoji | Mark::Media));
        // The question mark of a clause that was cut goes with it.
        let is_asking = |span: &Span| span.part == Part::Mark(Mark::Question);
        let is_cut = self.is_cut;
        let kept: Vec<Span> = run
            .iter()
            .copied()
            .filter(|span| !(is_picture(span) || is_cut && is_asking(span)))
            .collect();
        let mut marks = written(&kept);
        if !marks.contains('\n') && marks.trim().is_empty() {
            marks = " ".to_owned();
        }
        for mark in marks.chars() {
            if OPENING.contains(mark) {
                self.depth += 1;
            } else if CLOSING.contains(mark) {
                self.depth = self.depth.saturating_sub(1);
            }
        }
        self.between = if self.kept.is_empty() {
            opening(&marks).to_owned()
        } else if self.is_cut {
            joined(&self.between, &marks)
        } else {
            marks
        };
    }

    /// Takes a clause; an empty one was cut out.
    fn say(&mut self, clause: &str) {
        self.is_cut = clause.is_empty();
        if !self.is_cut {
            self.kept.push_str(&std::mem::take(&mut self.between));
            self.kept.push_str(clause);
        }
    }

    /// The answer with the marks that it ends with.
    fn end(mut self) -> String {
        if !self.kept.is_empty() {
            let is_idle = |mark: char| {
                mark.is_whitespace() || PAUSES.contains(mark) || OPENING.contains(mark)
            };
            self.kept.push_str(self.between.trim_end_matches(is_idle));
        }
        self.kept
    }
}

/// Of the marks before and after a clause that was cut out those that part
/// more, with what closes before and opens after.
fn joined(before: &str, after: &str) -> String {
    if weight(after) > weight(before) {
        return [closing(before), after].concat();
    }
    [before, opening(after)].concat()
}

/// How much marks part: a blank, a pause, the end of a sentence.
fn weight(marks: &str) -> u8 {
    if marks.contains(|mark: char| SENTENCE_ENDS.contains(mark)) {
        2
    } else {
        u8::from(!marks.trim().is_empty())
    }
}

/// The marks at the end of `marks` that open what comes.
fn opening(marks: &str) -> &str {
    let rest = marks.trim_end_matches(|mark: char| mark == '"' || OPENING.contains(mark));
    &marks[rest.len()..]
}

/// The marks at the start of `marks` that close what came.
fn closing(marks: &str) -> &str {
    let rest = marks.trim_start_matches(|mark: char| mark == '"' || CLOSING.contains(mark));
    &marks[..marks.len() - rest.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cases: &[(&str, &str)]) {
        for (turn, expected) in cases {
            assert_eq!(without_courtesies(turn), *expected, "{turn:?}");
        }
    }

    #[test]
    fn marks_stay_as_they_were_written() {
        for answer in [
            "可以单独买，在店里搜“密封圈”，5 元一个包邮。",
            "“你好”两个字可以刻，5 元一个字。",
            "安装很简单：先关水（总阀），再拧上～",
            "有三种：大号、中号、小号；尺寸见《选购表》！",
            "保修【一年】……坏了免费换。",
            "可以换货。\n运费险（送的）能用！",
            "[加厚款]能水洗，别烘干",
            "It fits (8 cm), see “Sizes”.",
        ] {
            check(&[(answer, answer)]);
        }
    }

    #[test]
    fn courtesies_go_with_their_marks() {
        check(&[
            (
                "亲，壶身不能放洗碗机，手洗就可以",
                "壶身不能放洗碗机，手洗就可以",
            ),
            (
                "您好～支持7天无理由（签收后算起）！",
                "支持7天无理由（签收后算起）！",
            ),
            ("三天内发货，亲，记得收货。", "三天内发货，记得收货。"),
            ("三天内发货，谢谢亲。", "三天内发货。"),
            ("三天内发货，谢谢", "三天内发货"),
            ("三天内发货！谢谢～", "三天内发货！"),
            ("搜“密封圈”，谢谢！5 元一个", "搜“密封圈”！5 元一个"),
            ("亲，“密封圈”5 元一个。", "“密封圈”5 元一个。"),
            ("Hi, it fits (8 cm). Thanks!", "it fits (8 cm)."),
            ("好的谢谢", ""),
            ("", ""),
        ]);
    }

    #[test]
    fn a_yes_or_a_no_stays() {
        for answer in [
            "No, for the 500 ml model.",
            "Yes, for the 500 ml model.",
            "Sure, within 30 days.",
            "Nope, it leaks.",
            "不需要，充一次电用三个月",
            "不用，已经带电池了",
            "可以，三天内退",
            "不行，会变形",
            "当然，终身保修",
            "没问题，拍下备注颜色",
            "不用",
        ] {
            check(&[(answer, answer)]);
        }
        check(&[
            ("嗯嗯，不需要，充一次电用三个月", "不需要，充一次电用三个月"),
            ("亲，不用，已经带电池了，谢谢", "不用，已经带电池了"),
            (
                "OK, yes, for the 500 ml model.",
                "yes, for the 500 ml model.",
            ),
            ("Yes thanks.", "Yes."),
        ]);
    }

    #[test]
    fn what_only_takes_note_goes() {
        let kept: Vec<&str> = NOTES
            .into_iter()
            .filter(|note| without_courtesies(&format!("{note}，三天内发货")) != "三天内发货")
            .collect();
        assert!(kept.is_empty(), "{kept:?}");
    }

    #[test]
    fn emoji_and_placeholders_leave_a_blank_where_nothing_else_parts() {
        check(&[
            (
                "壶身不能放洗碗机😊手洗就可以🌸🌸",
                "壶身不能放洗碗机 手洗就可以",
            ),
            ("可以水洗😊，晾干就行[捂脸]。", "可以水洗，晾干就行。"),
            ("按图安装：[图片]", "按图安装"),
        ]);
    }
}
