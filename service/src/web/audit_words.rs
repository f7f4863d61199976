//! What the audit log's actions are called, and what their subjects are.

use super::audit_commands::COMMANDS;
use super::language::Language;

/// What the subject of an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A knowledge item, by its id.
    Item,
    /// A recurring question, by its id.
    Question,
    /// Something else, or nothing.
    Other,
}

type Word = (&'static str, [&'static str; 2], About);

/// The actions that are known: method and route, and both names.
const WORDS: &[Word] = &[
    (
        "POST /v1/knowledge",
        ["新建知识（接口）", "Created an item (API)"],
        About::Item,
    ),
    (
        "PUT /v1/knowledge/{id}",
        ["修改知识（接口）", "Edited an item (API)"],
        About::Item,
    ),
    (
        "POST /v1/knowledge/{id}/revert",
        [
            "恢复知识的旧版本（接口）",
            "Restored an earlier version of an item (API)",
        ],
        About::Item,
    ),
    (
        "POST /v1/knowledge/imports",
        ["导入知识（接口）", "Imported knowledge (API)"],
        About::Other,
    ),
    (
        "POST /knowledge/new",
        ["新建知识", "Created an item"],
        About::Item,
    ),
    (
        "POST /knowledge/{id}/edit",
        ["修改知识", "Edited an item"],
        About::Item,
    ),
    (
        "POST /knowledge/{id}/versions",
        ["恢复知识的旧版本", "Restored an earlier version of an item"],
        About::Item,
    ),
    (
        "POST /knowledge/import",
        ["导入知识", "Imported knowledge"],
        About::Other,
    ),
    (
        "PUT /v1/products/{id}",
        ["保存商品", "Saved a product"],
        About::Other,
    ),
    (
        "DELETE /v1/products/{id}",
        ["删除商品", "Deleted a product"],
        About::Other,
    ),
    (
        "PUT /v1/synonyms",
        ["修改同义词", "Changed synonyms"],
        About::Other,
    ),
    (
        "PUT /v1/intents",
        ["修改意图", "Changed intents"],
        About::Other,
    ),
    (
        "PUT /v1/suggestions/{id}/intent",
        ["纠正意图", "Corrected an intent"],
        About::Other,
    ),
    (
        "POST /v1/models/train",
        ["开始训练模型", "Started model training"],
        About::Other,
    ),
    (
        "PUT /v1/models/{id}/version",
        ["切换模型版本", "Switched a model's version"],
        About::Other,
    ),
    (
        "POST /v1/clusters/refresh",
        ["重新归类问题（接口）", "Regrouped questions (API)"],
        About::Other,
    ),
    (
        "PATCH /v1/clusters/{id}",
        ["修改问题（接口）", "Changed a question (API)"],
        About::Question,
    ),
    (
        "POST /v1/clusters/{id}/merge",
        ["合并问题（接口）", "Merged questions (API)"],
        About::Question,
    ),
    (
        "POST /v1/clusters/{id}/split",
        ["拆分问题（接口）", "Split a question (API)"],
        About::Question,
    ),
    (
        "POST /v1/cluster-edits/{id}/undo",
        [
            "撤销对问题的改动（接口）",
            "Undid a change to questions (API)",
        ],
        About::Other,
    ),
    (
        "POST /questions/merge",
        ["合并问题", "Merged questions"],
        About::Question,
    ),
    (
        "POST /questions/refresh",
        ["重新归类问题", "Regrouped questions"],
        About::Other,
    ),
    (
        "POST /questions/edits/{id}/undo",
        ["撤销对问题的改动", "Undid a change to questions"],
        About::Other,
    ),
    (
        "POST /questions/{id}/name",
        ["给问题改名", "Renamed a question"],
        About::Question,
    ),
    (
        "POST /questions/{id}/mute",
        ["静音或取消静音问题", "Muted or unmuted a question"],
        About::Question,
    ),
    (
        "POST /questions/{id}/pin",
        ["置顶或取消置顶问题", "Pinned or unpinned a question"],
        About::Question,
    ),
    (
        "POST /questions/{id}/split",
        ["拆分问题", "Split a question"],
        About::Question,
    ),
    (
        "POST /questions/{id}/actions",
        ["记录一项改进", "Recorded an action"],
        About::Question,
    ),
    (
        "POST /questions/{id}/actions/{action}",
        ["修改一项改进记录", "Edited an action"],
        About::Question,
    ),
    (
        "POST /questions/{id}/actions/{action}/delete",
        ["删除一项改进记录", "Deleted an action"],
        About::Question,
    ),
    (
        "POST /v1/queues/approve/{id}",
        ["采用客服的回答（接口）", "Approved an answer (API)"],
        About::Other,
    ),
    (
        "POST /v1/queues/approve/{id}/dismiss",
        ["不采用客服的回答（接口）", "Dismissed an answer (API)"],
        About::Other,
    ),
    (
        "POST /v1/queues/approve/{id}/reopen",
        [
            "把客服的回答放回待审核（接口）",
            "Put an answer back in the approval queue (API)",
        ],
        About::Other,
    ),
    (
        "POST /v1/queues/write/{id}",
        ["补写回答（接口）", "Wrote an answer (API)"],
        About::Question,
    ),
    (
        "POST /queues/approve/{id}",
        ["采用客服的回答", "Approved an answer"],
        About::Item,
    ),
    (
        "POST /queues/approve/{id}/dismiss",
        ["不采用客服的回答", "Dismissed an answer"],
        About::Other,
    ),
    (
        "POST /queues/approve/{id}/reopen",
        [
            "把客服的回答放回待审核",
            "Put an answer back in the approval queue",
        ],
        About::Other,
    ),
    (
        "POST /queues/contradictions/{id}/dismiss",
        ["判定两条知识没有问题", "Marked two items as not a problem"],
        About::Other,
    ),
    (
        "POST /queues/contradictions/{id}/restore",
        [
            "撤销“没有问题”的判定",
            "Undid “not a problem” for two items",
        ],
        About::Other,
    ),
    (
        "POST /queues/contradictions/archive",
        ["归档知识", "Archived an item"],
        About::Item,
    ),
    (
        "POST /v1/findings/{id}/dismiss",
        [
            "判定两条知识没有问题（接口）",
            "Marked two items as not a problem (API)",
        ],
        About::Other,
    ),
    (
        "POST /v1/findings/{id}/restore",
        [
            "撤销“没有问题”的判定（接口）",
            "Undid “not a problem” for two items (API)",
        ],
        About::Other,
    ),
    (
        "POST /queues/write/{cluster}",
        ["补写回答", "Wrote an answer"],
        About::Item,
    ),
    (
        "PUT /v1/consumers/{id}/tags",
        ["修改买家标签", "Changed a buyer's tags"],
        About::Other,
    ),
    (
        "POST /v1/actions",
        ["记录一项改进（接口）", "Recorded an action (API)"],
        About::Other,
    ),
    (
        "PATCH /v1/actions/{id}",
        ["修改一项改进记录（接口）", "Edited an action (API)"],
        About::Other,
    ),
    (
        "DELETE /v1/actions/{id}",
        ["删除一项改进记录（接口）", "Deleted an action (API)"],
        About::Other,
    ),
    (
        "PUT /v1/policies/listening",
        ["修改统计口径（接口）", "Changed the counting policy (API)"],
        About::Other,
    ),
    (
        "POST /v1/insights/weekly/{id}/revisions",
        [
            "按现在的归类重出周报（接口）",
            "Made a new revision of a weekly report (API)",
        ],
        About::Other,
    ),
    (
        "POST /insights/{week}/revisions",
        [
            "按现在的归类重出周报",
            "Made a new revision of a weekly report",
        ],
        About::Other,
    ),
    (
        "POST /insights/policy",
        ["修改统计口径", "Changed the counting policy"],
        About::Other,
    ),
    (
        "POST /v1/pushes",
        ["新建推送（接口）", "Created a push (API)"],
        About::Other,
    ),
    (
        "PUT /v1/pushes/{id}",
        ["修改推送（接口）", "Edited a push (API)"],
        About::Other,
    ),
    (
        "DELETE /v1/pushes/{id}",
        ["删除推送（接口）", "Deleted a push (API)"],
        About::Other,
    ),
    (
        "POST /v1/pushes/{id}/test",
        ["试发推送（接口）", "Tested a push (API)"],
        About::Other,
    ),
    (
        "POST /v1/pushes/deliveries/{id}/retry",
        ["重发推送（接口）", "Resent a notice (API)"],
        About::Other,
    ),
    (
        "POST /insights/pushes/new",
        ["新建推送", "Created a push"],
        About::Other,
    ),
    (
        "POST /insights/pushes/{id}",
        ["修改推送", "Edited a push"],
        About::Other,
    ),
    (
        "POST /insights/pushes/{id}/test",
        ["试发推送", "Tested a push"],
        About::Other,
    ),
    (
        "POST /insights/pushes/{id}/delete",
        ["删除推送", "Deleted a push"],
        About::Other,
    ),
    (
        "POST /insights/pushes/deliveries/{id}/retry",
        ["重发推送", "Resent a notice"],
        About::Other,
    ),
    (
        "POST /settings/people/invite",
        ["邀请成员", "Invited someone"],
        About::Other,
    ),
    (
        "POST /settings/people/links/{hash}/withdraw",
        ["收回链接", "Withdrew a link"],
        About::Other,
    ),
    (
        "POST /welcome join",
        ["用邀请链接加入", "Joined with an invitation"],
        About::Other,
    ),
    (
        "POST /welcome password",
        ["用链接设置密码", "Set a password with a link"],
        About::Other,
    ),
    (
        "POST /settings/people/{id}/link",
        ["生成新密码链接", "Created a password link"],
        About::Other,
    ),
    (
        "POST /settings/people/{id}/role",
        ["修改成员角色", "Changed a person's role"],
        About::Other,
    ),
    (
        "POST /settings/people/{id}/lock",
        ["停用成员", "Deactivated a person"],
        About::Other,
    ),
    (
        "POST /settings/people/{id}/unlock",
        ["恢复成员", "Reactivated a person"],
        About::Other,
    ),
    (
        "POST /settings/keys",
        ["生成密钥", "Created a key"],
        About::Other,
    ),
    (
        "POST /settings/keys/{prefix}/revoke",
        ["作废密钥", "Revoked a key"],
        About::Other,
    ),
    (
        "POST /settings/account/name",
        ["修改自己的称呼", "Changed their own name"],
        About::Other,
    ),
    (
        "POST /settings/account/password",
        ["修改自己的密码", "Changed their own password"],
        About::Other,
    ),
    (
        "POST /settings/account/sign-out",
        ["在所有设备上退出", "Signed out everywhere"],
        About::Other,
    ),
    ("POST /sign-in", ["登录", "Signed in"], About::Other),
    (
        "POST /sign-in wait",
        [
            "多次输错密码，已暂缓登录",
            "Sign-in paused after wrong passwords",
        ],
        About::Other,
    ),
    (
        "POST /welcome enter",
        ["用链接登录", "Signed in with a link"],
        About::Other,
    ),
    ("POST /sign-out", ["退出登录", "Signed out"], About::Other),
];

/// What an action is called and what its subject is; unknown ones as they are.
pub fn words(action: &str, language: Language) -> (String, About) {
    let known = WORDS.iter().find(|(known, _, _)| *known == action);
    let command = COMMANDS.iter().find(|(known, _)| *known == action);
    match (known, command) {
        (Some((_, names, about)), _) => (language.say(names[0], names[1]).to_owned(), *about),
        (None, Some((_, names))) => (language.say(names[0], names[1]).to_owned(), About::Other),
        (None, None) => (action.to_owned(), About::Other),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::fault::Locale;

    #[test]
    fn every_action_has_one_name_in_each_language() {
        let actions: HashSet<&str> = WORDS.iter().map(|(action, _, _)| *action).collect();
        assert_eq!(actions.len(), WORDS.len());
        let routes = include_str!("../router.rs");
        for action in actions {
            let path = action.split(' ').nth(1).unwrap_or_default();
            // What a one-time link does is told by a word behind its page.
            let routed = [format!("\"{path}\""), format!("\"{path}/{{secret}}\"")];
            let is_routed = routed.iter().any(|path| routes.contains(path.as_str()));
            assert!(is_routed, "{action}");
        }
        let (chinese, about) = words("POST /queues/approve/{id}", Language(Locale::Chinese));
        assert_eq!((chinese.as_str(), about), ("采用客服的回答", About::Item));
        let (command, about) = words("zhiwen import", Language(Locale::English));
        let expected = ("Imported knowledge (command line)", About::Other);
        assert_eq!((command.as_str(), about), expected);
        let unknown = words("POST /new/thing", Language(Locale::English));
        assert_eq!(unknown, ("POST /new/thing".to_owned(), About::Other));
    }
}
