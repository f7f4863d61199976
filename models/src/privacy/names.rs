//! Names of persons: behind a cue, before a title, beside a phone number.

use super::latin;
use super::places;
use super::view::{View, is_han};
use super::{Hit, Kind};

/// Cues of a name in Chinese, the longer ones first where one starts like another.
const CUES: &[&str] = &[
    "收件人",
    "收货人",
    "收件",
    "联系人",
    "联络人",
    "寄件人",
    "发件人",
    "签收人",
    "代收人",
    "经办人",
    "持卡人",
    "开户人",
    "开户名",
    "账户名",
    "户名",
    "机主",
    "客户姓名",
    "真实姓名",
    "姓名",
    "名字叫",
    "名字是",
    "名字",
    "我叫",
    "我姓",
    "配送员",
    "快递员",
    "收货",
];

/// Cues that mean something else unless a colon stands behind them.
const NEED_COLON: &[&str] = &["收件", "收货", "名字", "配送员", "快递员"];

/// Fillers between a cue and its name.
const FILLERS: &[&str] = &[
    "姓名", "名字", "名称", "改成", "改为", "换成", "写成", "就是", "叫做", "是", "为", "叫", "写",
    ":", "=", "(", ")", "-",
];

const TITLES: &[&str] = &["先生", "女士", "小姐", "太太"];

const SURNAMES: &str = "赖常诸洪王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮都普阙浦戈伏鹿薄邸雍辜羊阿乌母裘亓修邰赫杭况那宿鲜印逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居揭干但尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭由";

/// Surnames that are everyday words as often: they need a filler in front of them.
const EVERYDAY: &str = "时应和都来那但由信计展相能要";

const COMPOUND: &[&str] = &[
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯",
    "端木", "南宫", "独孤", "长孙", "宇文", "呼延", "轩辕", "百里",
];

/// Characters that end a name, as they start the words that follow one.
const AFTER_NAME: &str = "请的在要是电手收地我你您他她它们想帮了吗呢和这那哪有先麻烦可以能不没就也都又再说叫住号女男士经总快订单发货到给把被让从对与或及但已还买退换付款吧啊哦呀嘛什怎谁为因如会该应需上下写填改错件人寄送取打联系信息码老师傅名字问看跟用去过后里个一只几来同们拍嗯亲呀多少两现今昨";

/// Everyday words whose first character is also a surname.
const NOT_NAMES: &[&str] = &[
    "方便", "何时", "何况", "安排", "安装", "包裹", "包括", "包装", "应该", "应当", "查询", "成功",
    "时间", "时候", "明天", "明细", "路上", "全部", "全是", "全名", "周一", "周二", "周三", "周四",
    "周五", "周六", "周日", "周末", "高兴", "高价", "高档", "马上", "金额", "金豆", "白条", "白色",
    "万一", "于是", "任何", "解决", "关于", "关闭", "水果", "商品", "商家", "平台", "平时", "房间",
    "花费", "毛病", "钱款", "计划", "项目", "严重", "舒服", "麻烦", "费用", "路由", "江苏", "江西",
    "宁夏", "宁波", "连接", "程序", "颜色", "海南", "苏州", "温馨", "温度", "卫生", "华为", "黄色",
    "蓝色", "蓝牙", "支付", "金色", "银色", "银行", "元旦", "公司", "公里", "国庆", "国内", "信息",
    "信用", "利用", "由于", "但是", "相同", "来电", "都是", "门口", "门卫", "管理", "通知", "石家",
    "南京", "安徽", "云南", "吉林", "广东", "广州", "杭州", "武汉", "任意", "向您", "成都", "农村",
    "高速", "位置", "车间", "文件", "沙发", "米粉", "全家", "全国", "家里", "辛苦", "原路", "贵的",
    "应付", "谢谢", "谢了", "常用", "常常", "温柔", "祝您", "祝你", "祝好", "单独", "单号", "简单",
    "双方", "解释",
];

/// Surnames that hardly ever begin another word: behind "我是", which mostly
/// says what somebody is, only these begin a name.
const CERTAIN: &str = "李王张刘陈杨赵吴周徐孙朱胡郭林罗郑梁谢宋唐许韩冯邓曹彭曾萧肖蔡潘袁董吕魏蒋姚卢姜钟谭陆崔邱秦薛侯邹熊孟尹欧";

/// Words that begin like one of these all the same.
const NOT_CERTAIN: &[&str] = &[
    "王者", "王牌", "曾经", "许多", "许久", "周岁", "周边", "周年", "林业", "罗马", "杨梅", "胡子",
    "唐装", "陆续", "宋体", "孙子", "孙女", "朱红", "熊孩", "熊猫", "侯车", "欧洲", "欧美", "欧码",
    "梁上", "张数", "陈列", "陈皮", "姜茶", "钟意", "钟表", "钟爱",
];

/// The name whose cue or title starts at `at`.
pub(super) fn find_at(view: &View, at: usize) -> Option<Hit> {
    if view.at(at).is_ascii_alphabetic() {
        return latin::cued(view, at);
    }
    match view.at(at) {
        '先' | '女' | '小' | '太' => titled(view, at),
        '收' => cued(view, at).or_else(|| receiving(view, at)),
        _ => cued(view, at),
    }
}

/// Names directly before and behind a phone number.
pub(super) fn beside(view: &View, phone: &std::ops::Range<usize>) -> Vec<Hit> {
    let is_gap = |c: char| {
        matches!(
            c,
            ' ' | ',' | ':' | ';' | '/' | '-' | '\n' | '\t' | '。' | '('
        )
    };
    let mut last = phone.start;
    while phone.start - last < 2 && is_gap(view.before(last)) {
        last -= 1;
    }
    let first = view.run(phone.end, 2, is_gap);
    let found = [whole_name_before(view, last), whole_name_at(view, first)];
    let hits = found.into_iter().flatten();
    hits.map(|range| Hit::new(Kind::Name, range)).collect()
}

/// A name behind a Chinese cue.
fn cued(view: &View, at: usize) -> Option<Hit> {
    if !is_cue_start(view.at(at)) {
        return None;
    }
    if let Some(range) = introduced(view, at) {
        return Some(Hit::new(Kind::Name, range));
    }
    let cue = CUES.iter().find(|cue| view.starts(at, cue))?;
    let cue_end = at + cue.chars().count();
    let mut start = cue_end;
    let mut is_announced = *cue == "我叫" || *cue == "名字叫" || *cue == "名字是";
    let mut has_colon = false;
    for _ in 0..5 {
        start = view.run(start, 2, |c| c == ' ');
        let Some(end) = view.first_word(start, FILLERS) else {
            break;
        };
        has_colon |= view.at(start) == ':';
        start = end;
        is_announced = true;
    }
    if *cue == "我姓" {
        return surname_end(view, start)
            .map(|end| given_end(view, end).unwrap_or(end))
            .map(|end| Hit::new(Kind::Name, start..end));
    }
    let needs_colon = NEED_COLON.contains(cue);
    if (needs_colon && !has_colon) || (!is_announced && EVERYDAY.contains(view.at(start))) {
        return None;
    }
    let free = is_announced && *cue != "我叫" && !needs_colon;
    let end = dotted_name_end(view, start)
        .or_else(|| full_name_end(view, start))
        .or_else(|| is_announced.then(|| short_name_end(view, start)).flatten())
        .or_else(|| free.then(|| other_name_end(view, start)).flatten())
        .or_else(|| is_announced.then(|| latin::name_end(view, start)).flatten())?;
    Some(Hit::new(Kind::Name, start..end))
}

/// The name in `我是李小红，`: a full one with no other Chinese character behind
/// it, or of three characters before a word that follows names.
fn introduced(view: &View, at: usize) -> Option<std::ops::Range<usize>> {
    let cue_end = view.first_word(at, &["我是", "本人", "我名叫"])?;
    let start = view.run(cue_end, 2, |c| matches!(c, ' ' | ':'));
    let end = certain_name_end(view, start)?;
    let next = view.at(end);
    let is_bounded = !is_han(next) || end - start == 3 && AFTER_NAME.contains(next);
    is_bounded.then_some(start..end)
}

/// A full name whose surname hardly ever begins another word.
pub(super) fn certain_name_end(view: &View, at: usize) -> Option<usize> {
    let is_certain = CERTAIN.contains(view.at(at))
        && view.first_word(at, NOT_CERTAIN).is_none()
        && places::region(view, at).is_none();
    full_name_end(view, at).filter(|_| is_certain)
}

fn is_cue_start(c: char) -> bool {
    matches!(
        c,
        '收' | '联' | '寄' | '发' | '签' | '代' | '经' | '持' | '开' | '账' | '户'
    ) || matches!(
        c,
        '机' | '客' | '真' | '姓' | '名' | '我' | '配' | '快' | '本'
    )
}

/// `王小明先生`, `尊敬的王女士`.
fn titled(view: &View, at: usize) -> Option<Hit> {
    view.first_word(at, TITLES)?;
    for length in (1..=3).rev() {
        let Some(start) = at.checked_sub(length) else {
            continue;
        };
        let before = view.before(start);
        let is_bounded = !is_han(before) || "的是叫给找位姓跟敬".contains(before);
        let is_name = match surname_end(view, start) {
            Some(end) if end == at => true,
            Some(_) => full_name_end(view, start) == Some(at),
            None => false,
        };
        if is_bounded && is_name {
            return Some(Hit::new(Kind::Name, start..at));
        }
    }
    None
}

/// `张三收` at the end of an address.
fn receiving(view: &View, at: usize) -> Option<Hit> {
    if is_han(view.at(at + 1)) {
        return None;
    }
    let last = at - usize::from(view.before(at) == '(');
    whole_name_before(view, last).map(|range| Hit::new(Kind::Name, range))
}

/// A name that ends at `end` and has no other Chinese character in front of it.
fn whole_name_before(view: &View, end: usize) -> Option<std::ops::Range<usize>> {
    (2..=4).find_map(|length| {
        let start = end.checked_sub(length)?;
        let is_whole = !is_han(view.before(start)) && full_name_end(view, start) == Some(end);
        is_whole.then_some(start..end)
    })
}

/// A name at `start` that no other Chinese character follows, but for `收`.
fn whole_name_at(view: &View, start: usize) -> Option<std::ops::Range<usize>> {
    let end = full_name_end(view, start)?;
    let next = if view.at(end) == '收' {
        view.at(end + 1)
    } else {
        view.at(end)
    };
    (!is_han(next)).then_some(start..end)
}

/// Surname and given name of one or two characters.
pub(super) fn full_name_end(view: &View, at: usize) -> Option<usize> {
    given_end(view, surname_end(view, at)?)
}

fn surname_end(view: &View, at: usize) -> Option<usize> {
    if view.first_word(at, NOT_NAMES).is_some() {
        return None;
    }
    view.first_word(at, COMPOUND).or_else(|| {
        let c = view.at(at);
        (is_han(c) && SURNAMES.contains(c)).then_some(at + 1)
    })
}

fn given_end(view: &View, at: usize) -> Option<usize> {
    let end = view.run(at, 2, |c| is_han(c) && !AFTER_NAME.contains(c));
    (end > at).then_some(end)
}

/// A surname and one character more that stand alone, whatever that character is.
fn short_name_end(view: &View, at: usize) -> Option<usize> {
    let end = surname_end(view, at)? + 1;
    let stands = is_han(view.at(end - 1)) && !is_han(view.at(end));
    (stands && !"的了吗呢吧啊呀嘛是不".contains(view.at(end - 1))).then_some(end)
}

/// A name of another people in parts with a middle dot between them.
fn dotted_name_end(view: &View, at: usize) -> Option<usize> {
    let is_dot = |c: char| matches!(c, '·' | '•');
    let end = view.run(at, 16, |c| is_han(c) || is_dot(c));
    let dot = view.slice(at..end).iter().position(|c| is_dot(*c))?;
    // Without the words that end a Chinese name: 买买提 begins like one of them.
    let last = view.run(at + dot + 1, 6, is_han);
    ((1..=6).contains(&dot) && last > at + dot + 1).then_some(last)
}

/// A rare surname or a nickname: two to four characters that stand alone.
fn other_name_end(view: &View, at: usize) -> Option<usize> {
    const FIRST_OF_NO_NAME: &str = "我你您他她是不没这那请同手电地号有要就和填无未需本都可应已商公快订什怎谁哪啥多个一过空老别朋家京客";
    let end = view.run(at, 5, is_han);
    let plain = view
        .slice(at..end)
        .iter()
        .all(|c| !"的了吗呢吧啊不没号".contains(*c));
    let stands = !FIRST_OF_NO_NAME.contains(view.at(at))
        && view.first_word(at, NOT_NAMES).is_none()
        && places::region(view, at).is_none();
    (plain && stands && (2..=4).contains(&(end - at))).then_some(end)
}

#[cfg(test)]
mod tests {
    use crate::privacy::mask;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask(text).as_str(), expected, "{text}");
    }

    #[test]
    fn masks_names_behind_cues() {
        check("收件人：张伟，谢谢", "收件人：[姓名]，谢谢");
        check("收件人 欧阳娜娜", "收件人 [姓名]");
        check("我叫王小明请帮我改地址", "我叫[姓名]请帮我改地址");
        check("收貨人：陳美玲", "收貨人：[姓名]");
        check("联系人李娜电话没变", "联系人[姓名]电话没变");
        check("姓名：阿依古丽·买买提", "姓名：[姓名]");
        check("收件人改成赵敏", "收件人改成[姓名]");
        check("尊敬的刘女士您好", "尊敬的[姓名]女士您好");
        check("（周杰收）", "（[姓名]收）");
        check("张三 13812345678", "[姓名] [电话]");
        check("我是王建国，改下地址", "我是[姓名]，改下地址");
        check("你好我是李红 上次买的", "你好我是[姓名] 上次买的");
        check("本人：赵敏", "本人：[姓名]");
        check("我是王建国要改地址", "我是[姓名]要改地址");
        check("13812345678，李小红", "[电话]，[姓名]");
    }

    #[test]
    fn leaves_words_that_only_look_like_names() {
        for text in [
            "收件人电话写错了",
            "收货人不在家",
            "收货人方便的时候送",
            "联系人和地址都要改",
            "我叫你们发货了吗",
            "我叫了快递员过来",
            "收件人是我自己",
            "姓名写错了怎么改",
            "你叫什么名字",
            "麻烦先生成订单",
            "男士女士都能穿吗",
            "[姓名x]先生",
            "我是王者会员",
            "我是周末买的",
            "我是孙女要用",
            "我是张江这边的",
            "我是新手，怎么养",
            "我是高个子",
            "我是徐州的",
            "我是刘海比较长",
            "本人没收到",
        ] {
            check(text, text);
        }
    }
}
