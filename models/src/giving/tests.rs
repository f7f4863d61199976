//! What only gives, and what asks, wants or reports something in nearly the same words.

use super::*;
use crate::smalltalk::recognise;

/// Turns with the agent's turn before them.
type Cases<'a> = [(&'a str, Option<&'a str>)];

fn check_gives(cases: &Cases) {
    for (turn, previous_agent_turn) in cases {
        let recognised = recognise(turn, *previous_agent_turn);
        assert!(
            recognised.is_some(),
            "{turn:?} after {previous_agent_turn:?}"
        );
    }
}

fn check_asks(cases: &Cases) {
    for (turn, previous_agent_turn) in cases {
        assert!(!only_gives(turn, *previous_agent_turn), "{turn:?}");
        assert_eq!(
            recognise(turn, *previous_agent_turn),
            None,
            "{turn:?} after {previous_agent_turn:?}"
        );
    }
}

#[test]
fn what_gives_asks_nothing() {
    check_gives(&[
        (
            "好的，收货电话 [电话] [姓名]",
            Some("给您补发一个，留下收货信息"),
        ),
        ("寄到[地址] [姓名] [电话]", None),
        (
            "照片发你了，订单尾号8821，我微信 [微信]",
            Some("您把破损的照片发我"),
        ),
        ("收货电话[电话]", None),
        ("收件人[姓名]，电话[电话]，地址[地址]", None),
        ("我的手机号是[电话]", Some("好的亲")),
        ("[地址] [姓名]收 [电话]", None),
        ("订单号是[订单号]", None),
        ("订单尾号 4471", Some("好的")),
        ("单号[单号]", Some("好的")),
        ("就是这个订单[订单号]", Some("稍等")),
        ("地址是[地址]，谢谢", None),
        ("寄到[地址]，麻烦了", None),
        ("请寄到[地址]", None),
        ("发到[地址] [姓名]收", None),
        ("图发了", Some("有图吗亲")),
        ("图片已发", Some("好的")),
        ("截图发你了", None),
        ("照片发过去了", None),
        ("视频传给你了", Some("录个视频")),
        ("我拍了照片给你了", Some("拍一下破损处")),
        ("微信号[微信]", None),
        ("我微信是[微信]", Some("加您微信")),
        ("支付宝账号[电话] [姓名]", Some("退到哪里")),
        ("邮箱[邮箱]", None),
        ("尺码是38", Some("您报一下尺码")),
        ("要蓝色的", Some("亲要哪个颜色")),
        ("我要黑色的那个", Some("亲要什么颜色")),
        ("M码", Some("亲报一下尺码")),
        ("身高165 体重52公斤", Some("麻烦报一下身高体重")),
        ("大号的", Some("要大号还是小号")),
        ("我穿42码的", Some("平时穿什么码")),
        ("我选灰色", Some("要哪个颜色")),
        ("藏青色 2件", Some("颜色和数量发一下")),
        ("手机尾号6620，[姓名]", Some("好的")),
        ("抬头[姓名]公司 税号91330100MA2XX", Some("开票信息发我")),
        ("姓名[姓名]，身份证[身份证]", None),
        ("好的，这是订单号[订单号]", None),
        ("[电话]，这是我的电话", None),
        ("张丽 [地址] [电话]", None),
        ("收货电话13812345678 张丽", None),
        (
            "寄到浙江省杭州市西湖区文一西路88号，李强，13812345678",
            None,
        ),
        ("收件人：李娜，电话13812345678", None),
        (
            "照片发你了，订单尾号8821，我微信 zhangli8821",
            Some("您把照片发我"),
        ),
    ]);
}

#[test]
fn what_gives_in_english_asks_nothing() {
    check_gives(&[
        ("[姓名] [电话] [地址]", None),
        ("my number is [电话]", None),
        ("My order number is [订单号], thanks", None),
        ("Here is the photo", Some("Could you send a photo?")),
        ("I sent you the picture", Some("Please send a picture")),
        ("sent the photos, order ending in 8821", Some("ok")),
        ("Ship it to [地址]", None),
        ("my address is [地址], postcode is [地址]", None),
        ("My size is 38", Some("Which size do you wear?")),
        ("the blue one", Some("Which colour would you like?")),
        (
            "I'd like the black one in medium",
            Some("Which one please?"),
        ),
        ("it's 165 cm", Some("tell me your height")),
        ("you can reach me at [电话]", None),
        ("here you go: [姓名], [电话]", None),
        ("I've attached a screenshot", None),
        ("Photo sent, the last four digits are 8821", None),
        ("sure, the order id is A10388", None),
        ("large", Some("let us know which size you need")),
        ("my email is [邮箱]", None),
        ("I just sent you the video", Some("please send us a video")),
        ("Here is the photo, my number is 13812345678", None),
    ]);
}

#[test]
fn what_asks_or_wants_or_reports_does_not_only_give() {
    check_asks(&[
        ("寄到新疆要加钱吗", None),
        ("地址写错了帮我改一下", Some("好的")),
        ("订单号[单号]还没发货", Some("好的")),
        ("收到是坏的", Some("在的")),
        ("照片发你了，怎么处理", Some("好的")),
        ("收货地址能改成[地址]吗", None),
        ("地址改成[地址]", Some("好的")),
        ("收货电话换成[电话]", None),
        ("[订单号]怎么还没到", None),
        ("订单[订单号]退了吗", None),
        ("订单[订单号]我要退款", None),
        ("寄到[地址]多久能到", None),
        ("发到[地址]运费多少", None),
        ("寄到[地址]几天", None),
        ("照片发你了看到了吗", Some("好的")),
        ("图发了，能不能换", Some("好的")),
        ("图片发给你了，这个是不是坏了", Some("好的")),
        ("我拍了照片，杯口裂了", Some("在的")),
        ("电话[电话]打不通", None),
        ("单号[单号]物流不动了", Some("好的")),
        ("[单号]催一下", Some("好的")),
        ("[订单号]取消", None),
        ("[订单号]能取消吗", None),
        ("我的订单呢", None),
        ("地址呢", Some("好的")),
        ("你们地址是？", None),
        ("退货地址是什么", None),
        ("退货寄到哪里", None),
        ("寄到哪", Some("好的")),
        ("收货人写谁", None),
        ("姓名写错了", None),
        ("名字填错了，是[姓名]", Some("好的")),
        ("尺码38有货吗", Some("亲报一下尺码")),
        ("38码偏大吗", None),
        ("要蓝色的还有吗", Some("要哪个颜色")),
        ("蓝色", None),
        ("颜色发错了", Some("好的")),
        ("尺码拍错了", Some("好的")),
        ("黑色什么时候到货", Some("好的")),
        ("身高165穿什么码", None),
        ("身高165 体重52", None),
        ("送到楼上吗", None),
        ("放门口就行了吗", None),
        ("快递放驿站了没通知我", Some("好的")),
        ("微信转账可以吗", None),
        ("发票抬头怎么填", None),
        ("抬头能改吗，税号[税号]", None),
        ("收货 三天了 还没到账", Some("好的")),
        ("订单[订单号]少发一件", Some("好的")),
        ("[订单号] 丢件", Some("好的")),
        ("包邮 [地址]", None),
        ("[地址] 包邮", None),
        ("发你照片干嘛", Some("拍照")),
        ("图片和实物一样么", None),
        ("图片发我看看", None),
        ("视频怎么拍", Some("拍个视频")),
        ("加我微信[微信]吧，怎么付款", Some("好的")),
        ("发我个视频看看怎么装", Some("好的")),
        ("[数字x]点前送到，麻烦备注一下", Some("好的")),
        ("解绑 [电话]", None),
        ("解锁 [账号]", None),
        ("时效 [地址]", None),
        ("包税 [地址]", None),
        ("平邮 [地址]", None),
        ("贺卡 [姓名]", None),
        ("路线 [地址]", None),
        ("能寄到[地址]", None),
        ("可以发到[地址]", None),
        ("请送到5楼", None),
        ("我要的是L码发了M码", Some("请提供一下订单号")),
        ("我要L码收到M码", Some("请提供一下订单号")),
        ("我要黑色大号的2件", Some("有任何问题请随时告诉我")),
    ]);
}

#[test]
fn what_asks_in_english_does_not_only_give() {
    check_asks(&[
        ("is my order [订单号] shipped", None),
        ("where do I send the photo", Some("ok")),
        ("Can you ship to [地址]", None),
        (
            "My order number is [订单号] and it never arrived",
            Some("ok"),
        ),
        ("I sent you the photos, what now", Some("ok")),
        ("my address is wrong", Some("ok")),
        ("please change my address to [地址]", Some("ok")),
        ("how much to ship to [地址]", None),
        ("do you have the blue one", Some("Which colour?")),
        ("size 38 runs small?", Some("which size")),
        ("order [订单号] refund please", Some("ok")),
        ("did you get the photo", Some("ok")),
        ("my number is not on the list", Some("ok")),
        ("the photo shows a crack", Some("ok")),
        ("order [订单号] where is it", None),
        ("cancel order [订单号]", None),
        ("here is the photo, can I return it", Some("ok")),
        ("is size 38 available", None),
        ("is my address [地址]", None),
        ("is my order number 12345", None),
        (
            "I want black, size 10",
            Some("please let me know if you have any question"),
        ),
        ("I want black, I got white", Some("which order is it?")),
        ("the blue one is broken, I sent you the photo", Some("ok")),
    ]);
}

#[test]
fn a_choice_gives_only_what_the_agent_waits_for() {
    for (agent_turn, expected) in [
        (Some("请问您要哪个颜色"), true),
        (Some("报一下您要的颜色"), true),
        (Some("蓝色和白色都有货"), false),
        (Some("颜色都有，还有什么可以帮您"), false),
        (Some("有任何问题请随时告诉我"), false),
        (None, false),
    ] {
        assert_eq!(
            only_gives("我要蓝色的", agent_turn),
            expected,
            "{agent_turn:?}"
        );
    }
}

#[test]
fn a_name_beside_contact_data_is_no_word() {
    for (turn, expected) in [
        ("张丽 [地址] [电话]", true),
        ("[地址] 张丽收 [电话]", true),
        ("[地址] [姓名]收", true),
        ("张丽 38", false),
        ("张丽", false),
        ("[地址] 包邮", false),
        ("[单号] 丢件", false),
        ("[电话] 解绑", false),
        ("[地址] 陈列", false),
    ] {
        assert_eq!(only_gives(turn, None), expected, "{turn:?}");
    }
}
