//! Requests and responses about a reader's model server.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::sync_types::SecretPlaceView;

#[derive(Debug, Clone, Deserialize, TS)]
pub struct SetModel {
    pub user_id: String,
    /// With or without `/v1`.
    pub base_url: String,
    pub model: String,
    /// How many tokens the model takes at once; the usual number where it is not said.
    pub context_tokens: Option<u32>,
    /// How many chapters may be begun in any minute while nobody waits for them; the usual number where it is not said.
    #[ts(optional)]
    pub chapters_per_minute: Option<u32>,
    /// None keeps the one that was given for the same server.
    pub key: Option<String>,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct ListModels {
    pub user_id: String,
    /// A server that is not set yet; none for the one that is.
    pub base_url: Option<String>,
    /// For that server; none for the one that was given when it was set, if it is the same.
    pub key: Option<String>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ModelView {
    /// None while it is off.
    pub model: Option<ModelChoice>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ModelChoice {
    pub base_url: String,
    pub model: String,
    pub context_tokens: u32,
    pub chapters_per_minute: u32,
    /// Where its key is kept on this computer; none where it has none.
    pub key: Option<SecretPlaceView>,
}

#[derive(Debug, Clone, Deserialize, TS)]
pub struct AskDisclosure {
    pub user_id: String,
    /// A server that is not set yet; none for the one that is.
    pub base_url: Option<String>,
}

/// What leaves the computer, and where to, said before it does.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ModelDisclosure {
    /// A sentence; none while it is off and no other server was named.
    pub goes_to: Option<String>,
    /// Whether nothing leaves this computer.
    pub stays_here: bool,
    pub sent: Vec<String>,
    pub not_sent: Vec<String>,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct ModelTest {
    /// What the model wrote.
    pub text: String,
    /// A sentence on what came.
    pub sentence: String,
    pub took_ms: u64,
    pub tokens: Option<TokenCount>,
}

/// As the server counted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
pub struct TokenCount {
    pub prompt: u64,
    pub completion: u64,
}

#[derive(Debug, Clone, Serialize, TS)]
pub struct Discarded {
    /// How many rewritten texts were given up.
    pub texts: u64,
}
