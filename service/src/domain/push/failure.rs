//! How an attempt to push ended.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::fault::Locale;

/// Why a push was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushFailure {
    /// The kind of failure.
    pub reason: PushFailureReason,
    /// The HTTP status, where there was a reply.
    pub status: Option<u16>,
    /// The start of what the other side said.
    pub said: Option<String>,
}

/// The kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PushFailureReason {
    /// The address is inside a private network, or not https.
    AddressRefused,
    /// No connection, or it broke.
    Unreachable,
    /// No reply in time.
    TimedOut,
    /// The reply leads elsewhere, which is not followed.
    Redirected,
    /// The other side has had enough for now.
    RateLimited,
    /// The other side failed.
    Failed,
    /// The other side does not want it: trying again changes nothing.
    Refused,
    /// The reply is none that the system gives.
    Malformed,
}

impl PushFailureReason {
    /// What happened and what to do, in `locale`'s language, without a full stop.
    pub fn message(self, locale: Locale) -> &'static str {
        match locale {
            Locale::Chinese => self.chinese(),
            Locale::English => self.english(),
        }
    }

    fn chinese(self) -> &'static str {
        match self {
            Self::AddressRefused => {
                "地址指向内网、本机或不是 https，出于安全没有发送；确实需要时请管理员在 [push] 配置里放行"
            }
            Self::Unreachable => "连不上对方服务器，请检查地址是否写对",
            Self::TimedOut => "对方没有在规定时间内回应",
            Self::Redirected => "对方要求跳转到别的地址，推送不跟随跳转，请填写最终地址",
            Self::RateLimited => "对方限流，稍后会再试",
            Self::Failed => "对方服务器出错",
            Self::Refused => "对方拒收，请对照对方的原话检查地址、加签密钥、关键词或 IP 白名单",
            Self::Malformed => "对方的回应看不懂，请确认地址和类型是否对应",
        }
    }

    fn english(self) -> &'static str {
        match self {
            Self::AddressRefused => {
                "the address is inside a private network or not https, so nothing was sent; an operator can allow it under [push]"
            }
            Self::Unreachable => "the server cannot be reached: check the address",
            Self::TimedOut => "the other side did not reply in time",
            Self::Redirected => {
                "the reply leads elsewhere, which is not followed: use the final address"
            }
            Self::RateLimited => "the other side has had enough for now; it is tried again later",
            Self::Failed => "the other side failed",
            Self::Refused => {
                "the other side refused: check address, secret, keywords and allowed addresses against what it said"
            }
            Self::Malformed => {
                "the reply makes no sense: check that address and kind belong together"
            }
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptEnd {
    /// The other side took it.
    Delivered,
    /// It is tried again.
    Retry {
        /// After so long.
        after: SignedDuration,
        /// Why.
        failure: PushFailure,
    },
    /// It is given up.
    Dead(PushFailure),
}
