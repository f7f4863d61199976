//! `GET /try`: a person plays the buyer and sees what the agent would see.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use askama::Template;

use super::language::Language;
use super::{Frame, Place, page};
use crate::error::ApiError;

/// The page. All that changes on it is done by `try.js` over the public API.
#[derive(Template)]
#[template(path = "try.html")]
struct TryPage {
    frame: Frame,
    language: Language,
    /// The demo shop of the page's language first.
    shops: [&'static DemoShop; 2],
}

/// What there is to try on a demo shop.
struct DemoShop {
    name: &'static str,
    /// The language of its buyers.
    tag: &'static str,
    examples: &'static [Example],
    /// Ids and names.
    products: &'static [(&'static str, &'static str)],
}

/// A question to try.
struct Example {
    /// What it shows.
    shows: &'static str,
    /// What the buyer writes.
    text: &'static str,
}

/// The try page.
pub async fn show(language: Language) -> Result<HttpResponse, ApiError> {
    let shops = if language.is_chinese() {
        [&HEMU, &HARBOR]
    } else {
        [&HARBOR, &HEMU]
    };
    let template = TryPage {
        frame: Frame {
            language,
            here: Place::Try,
        },
        language,
        shops,
    };
    let mut response = page(&template, language)?;
    let vary = HeaderValue::from_static("accept-language");
    response.headers_mut().append(header::VARY, vary);
    Ok(response)
}

const fn example(shows: &'static str, text: &'static str) -> Example {
    Example { shows, text }
}

static HEMU: DemoShop = DemoShop {
    name: "禾木生活",
    tag: "zh-CN",
    examples: &[
        example("夹着寒暄", "在吗亲 K2能一直恒温着不"),
        example("接着追问", "那煮面行吗"),
        example("口语", "少发了一个杯子咋办"),
        example(
            "隐去隐私",
            "地址填错了，改到杭州市西湖区文三路90号3幢201，电话13800138000",
        ),
        example("活动规则", "双11买的后面降价还补吗"),
        example("仓储物流", "快递没打电话直接放驿站了，锅太沉了"),
        example("不是问题", "好的谢谢亲"),
        example("店里没有", "你们招不招代理"),
    ],
    products: &[
        ("kettle-k2", "恒温电水壶 K2"),
        ("cooker-r5-pro", "IH 电饭煲 R5-Pro"),
        ("airfryer-a6", "可视空气炸锅 A6"),
        ("blender-b1", "静音破壁机 B1"),
        ("soup-pot-24", "珐琅铸铁锅 24cm"),
        ("vacuum-v8", "无线吸尘器 V8"),
        ("bedding-cotton-60", "60 支长绒棉四件套"),
        ("quilt-silk", "桑蚕丝冬被"),
    ],
};

static HARBOR: DemoShop = DemoShop {
    name: "Harbor & Oak",
    tag: "en",
    examples: &[
        example(
            "With a greeting",
            "hi there, does the kettle work on induction?",
        ),
        example("A follow-up", "and how much does it hold?"),
        example("Plain speech", "can i send it back if i don't like it"),
        example(
            "Personal data",
            "wrong postcode on my order, it's 12 Mill Lane, Bristol BS1 4QT, call me on 07700 900123",
        ),
        example("A price drop", "bought it last week, now it's less"),
        example(
            "The parcel",
            "tracking shows delivered but there's nothing here",
        ),
        example("Not a question", "great, thanks!"),
        example("Not in the shop", "are you hiring at the moment?"),
    ],
    products: &[
        ("kettle-g1", "Gooseneck Kettle G1"),
        ("grinder-x1-pro", "Burr Grinder X1-Pro"),
        ("skillet-10", "Cast Iron Skillet 10 in"),
        ("linen-sheets", "Washed Linen Sheet Set"),
        ("wool-throw", "Lambswool Throw"),
        ("desk-lamp-d2", "Desk Lamp D2"),
    ],
};
