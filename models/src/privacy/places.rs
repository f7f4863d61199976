//! Chinese provinces and cities, and the words that end the parts of an address.

use std::sync::LazyLock;

use super::view::{CharSet, View};

/// What a part of an address names, from wide to fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Province,
    City,
    District,
    /// Town, township, sub-district or village.
    Town,
    Road,
    /// Housing estate, office building, school and other named premises.
    Premises,
    /// The number of a house on its road.
    House,
    Building,
    Unit,
    Room,
}

const PROVINCE_FORMS: &[&str] = &[
    "维吾尔自治区",
    "壮族自治区",
    "回族自治区",
    "特别行政区",
    "自治区",
    "省",
    "市",
];
const CITY_FORMS: &[&str] = &["自治州", "市", "州", "盟", "地区", "县"];

const PROVINCES: &str = "北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门";

const CITIES: &str = "石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州 临汾 吕梁 呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 兴安盟 锡林郭勒 阿拉善 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 盘锦 铁岭 朝阳 葫芦岛 长春 四平 辽源 通化 白山 松原 白城 延边 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河 绥化 大兴安岭 南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 昆山 江阴 张家港 常熟 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山 台州 丽水 义乌 慈溪 合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 晋江 南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 莱芜 临沂 德州 聊城 滨州 菏泽 郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 济源 武汉 黄石 十堰 宜昌 襄阳 襄樊 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 恩施 仙桃 潜江 天门 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 湘西 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮 南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左 海口 三亚 三沙 儋州 成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 阿坝 甘孜 凉山 贵阳 六盘水 遵义 安顺 毕节 铜仁 黔西南 黔东南 黔南 昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆 拉萨 日喀则 昌都 林芝 山南 那曲 阿里 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 临夏 甘南 西宁 海东 海北 黄南 果洛 玉树 海西 银川 石嘴山 吴忠 固原 中卫 乌鲁木齐 克拉玛依 吐鲁番 哈密 昌吉 博尔塔拉 巴音郭楞 阿克苏 喀什 和田 伊犁 塔城 阿勒泰 石河子 台北 高雄 台中 台南 新北 九龙 新界";

/// Names by their first character, the longer ones first.
static NAMES: LazyLock<Vec<(char, &str, Part)>> = LazyLock::new(|| {
    let provinces = PROVINCES.split(' ').map(|name| (name, Part::Province));
    let cities = CITIES.split(' ').map(|name| (name, Part::City));
    let keyed = provinces
        .chain(cities)
        .filter_map(|(name, part)| Some((name.chars().next()?, name, part)));
    let mut names: Vec<_> = keyed.collect();
    names.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.len().cmp(&a.1.len())));
    names
});

static FIRST_CHARACTERS: LazyLock<CharSet> =
    LazyLock::new(|| NAMES.iter().map(|(key, ..)| *key).collect());

/// A province or a city at `at`: its end, and whether it is written in full (`浙江省`).
pub(super) fn region(view: &View, at: usize) -> Option<(usize, Part, bool)> {
    let first = view.at(at);
    if !FIRST_CHARACTERS.contains(first) {
        return None;
    }
    let from = NAMES.partition_point(|(key, ..)| *key < first);
    for (_, name, part) in NAMES[from..].iter().take_while(|(key, ..)| *key == first) {
        if let Some(end) = view.word_end(at, name) {
            let forms = if *part == Part::Province {
                PROVINCE_FORMS
            } else {
                CITY_FORMS
            };
            let full = view.first_word(end, forms);
            return Some((full.unwrap_or(end), *part, full.is_some()));
        }
    }
    None
}

/// The word at `at` that ends the name of a part: `路`, `小区`, `街道办事处`.
pub(super) fn ending(view: &View, at: usize) -> Option<(usize, Part)> {
    use Part::{City, District, Premises, Province, Road, Town};
    let words: &[(&str, Part)] = match view.at(at) {
        '省' => &[("省道", Road), ("省", Province)],
        '自' => &[
            ("自治区", Province),
            ("自治州", City),
            ("自治县", District),
            ("自治旗", District),
        ],
        '市' => &[("市场", Premises), ("市", City)],
        '州' => &[("州", City)],
        '盟' => &[("盟", City)],
        '区' => &[("区", District)],
        '县' => &[("县道", Road), ("县", District)],
        '旗' => &[("旗", District)],
        '镇' => &[("镇", Town)],
        '乡' => &[("乡", Town)],
        '街' => &[
            ("街道办事处", Town),
            ("街道办", Town),
            ("街道", Town),
            ("街坊", Premises),
            ("街", Road),
        ],
        '村' => &[("村委会", Town), ("村民委员会", Town), ("村", Town)],
        '屯' => &[("屯", Town)],
        '社' => &[("社区居委会", Town), ("社区", Town)],
        '居' => &[("居委会", Town), ("居民委员会", Town)],
        '路' => &[("路口", Road), ("路", Road)],
        '大' => &[
            ("大道", Road),
            ("大街", Road),
            ("大厦", Premises),
            ("大楼", Premises),
            ("大学", Premises),
            ("大院", Premises),
            ("大酒店", Premises),
        ],
        '巷' => &[("巷", Road)],
        '弄' => &[("弄", Road)],
        '胡' => &[("胡同", Road)],
        '国' => &[("国道", Road)],
        '小' => &[("小区", Premises), ("小学", Premises)],
        '花' => &[("花园", Premises), ("花苑", Premises)],
        '公' => &[("公寓", Premises), ("公馆", Premises), ("公司", Premises)],
        '广' => &[("广场", Premises)],
        '新' => &[("新村", Premises), ("新城", Premises), ("新苑", Premises)],
        '家' => &[("家园", Premises), ("家苑", Premises), ("家属院", Premises)],
        '苑' => &[("苑", Premises)],
        '别' => &[("别墅", Premises)],
        '宿' => &[("宿舍", Premises)],
        '写' => &[("写字楼", Premises)],
        '工' => &[
            ("工业园区", Premises),
            ("工业园", Premises),
            ("工业区", Premises),
        ],
        '产' => &[("产业园", Premises)],
        '科' => &[("科技园", Premises)],
        '开' => &[("开发区", District)],
        '学' => &[("学校", Premises), ("学院", Premises)],
        '中' => &[("中学", Premises), ("中心", Premises)],
        '医' => &[("医院", Premises)],
        '宾' => &[("宾馆", Premises)],
        '酒' => &[("酒店", Premises)],
        '超' => &[("超市", Premises)],
        '驿' => &[("驿站", Premises)],
        '派' => &[("派出所", Premises)],
        _ => return None,
    };
    words
        .iter()
        .find_map(|(word, part)| Some((view.word_end(at, word)?, *part)))
}

/// What a number in an address counts, by the word behind it.
pub(super) fn counter(view: &View, at: usize) -> Option<(usize, Part)> {
    use Part::{Building, District, House, Road, Room, Town, Unit};
    let words: &[(&str, Part)] = match view.at(at) {
        '号' => &[("号楼", Building), ("号院", Building), ("号", House)],
        '弄' => &[("弄", Road)],
        '栋' => &[("栋", Building)],
        '幢' => &[("幢", Building)],
        '座' => &[("座", Building)],
        '#' => &[("#", Building)],
        '单' => &[("单元", Unit)],
        '门' => &[("门", Unit)],
        '排' => &[("排", Unit)],
        '楼' => &[("楼", Room)],
        '层' => &[("层", Room)],
        '室' => &[("室", Room)],
        '房' => &[("房间", Room), ("房", Room)],
        '户' => &[("户", Room)],
        '铺' => &[("铺", Room)],
        '组' => &[("组", Town)],
        '队' => &[("队", Town)],
        '期' => &[("期", District)],
        '区' => &[("区", District)],
        _ => return None,
    };
    words
        .iter()
        .find_map(|(word, part)| Some((view.word_end(at, word)?, *part)))
}

/// Names that say no place: `农村`, `原路`, `上街`.
pub(super) fn is_generic(name: &[char]) -> bool {
    const WORDS: &str = "农 乡 城 本 全 同 各 每 某 逛 上 下 内 外 地 小 社 市 郊 山 公 两 几 整 老 双 县 铁 高 高速 农贸 县城 全国 当地 原 线 思 套 网 迷 走 顺 半 短 断 一 马 超";
    let is_word = |word: &str| word.chars().eq(name.iter().copied());
    match name {
        [] => false,
        [.., '高', '速'] => true,
        _ => WORDS.split(' ').any(is_word),
    }
}

/// Whether the character at `at` hardly stands in the name of a place, but between words.
pub(super) fn ends_a_name(view: &View, at: usize) -> bool {
    const WORDS: &str = "的了吗呢吧啊哦呀嘛哈我你您他她它们这那哪什么怎谁很都就才也还没想把被让给帮送寄发买卖退换货款件请问谢说看收可以能会得着过去是有在到从往由于但如果因为所已又再只个种些点元块价费时候分钟不址拍用告诉亲麻烦几号处";
    if !WORDS.contains(view.at(at)) {
        return false;
    }
    let (before, behind) = (view.before(at), view.at(at + 1));
    match view.at(at) {
        // Surnames too, and so names of streets: they stop only 谢谢, 谢您 and 分钟.
        '谢' => return before == '谢' || matches!(behind, '谢' | '您' | '你' | '了' | '亲'),
        '钟' => return before == '分',
        _ => {}
    }
    let place_before = matches!(
        (before, view.at(at)),
        (
            '成' | '丰' | '新' | '首' | '江' | '花' | '昌' | '宜' | '魏',
            '都'
        ) | ('开', '发')
            | ('德', '过')
    );
    let place_behind = matches!(
        (view.at(at), behind),
        ('都', '江' | '匀')
            | ('哈', '尔' | '密')
            | ('发', '展')
            | ('会', '展')
            | ('能', '源')
            | ('得', '胜')
            | ('时', '代')
            | ('果', '园')
            | ('因', '河')
            | ('货', '场')
            | ('过', '街')
            | ('于', '都' | '洪')
    );
    !(place_before || place_behind)
}
