//! What the commands that change a shop are called in the audit log.

/// The commands that change a shop, and both names.
pub const COMMANDS: [(&str, [&str; 2]); 10] = [
    (
        "zhiwen serve",
        [
            "启动时生成店主链接",
            "Made a link for an owner as it started",
        ],
    ),
    ("zhiwen demo", ["准备演示店铺", "Set up the demo shop"]),
    (
        "zhiwen shop put",
        [
            "按文件更新店铺（命令行）",
            "Brought the shop to its file (command line)",
        ],
    ),
    (
        "zhiwen key create",
        ["生成密钥（命令行）", "Created a key (command line)"],
    ),
    (
        "zhiwen key revoke",
        ["作废密钥（命令行）", "Revoked a key (command line)"],
    ),
    (
        "zhiwen person link",
        ["邀请成员（命令行）", "Invited someone (command line)"],
    ),
    (
        "zhiwen person link --login",
        [
            "生成新密码链接（命令行）",
            "Made a link for a password (command line)",
        ],
    ),
    (
        "zhiwen import",
        ["导入知识（命令行）", "Imported knowledge (command line)"],
    ),
    (
        "zhiwen model train",
        ["训练模型（命令行）", "Trained models (command line)"],
    ),
    (
        "zhiwen model use",
        [
            "切换模型版本（命令行）",
            "Chose a model's version (command line)",
        ],
    ),
];
