//! Model servers on this computer, on the ports they usually have. Nothing else is contacted.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{Address, ModelServer, Patience};

/// With the names people know the servers by.
pub const USUAL_PORTS: [(u16, &str); 4] =
    [(11434, "Ollama"), (8080, "llama.cpp"), (1234, "LM Studio"), (8000, "vLLM")];

/// Whoever listens on this computer answers at once, or has something else to do.
const PATIENCE: Patience = Patience {
    connect: Duration::from_millis(500),
    beginning: Duration::from_millis(1_000),
    progress: Duration::from_millis(1_000),
    whole: Duration::from_millis(2_000),
    busy_max: Duration::ZERO,
    busy: Duration::ZERO,
};

/// One that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub base_url: String,
    /// What usually listens there.
    pub name: &'static str,
    pub models: Vec<String>,
}

/// Asks each for its models, all at once, without a key. In the order of the ports.
pub async fn find_servers(ports: &[(u16, &'static str)]) -> Vec<Found> {
    let mut asking = JoinSet::new();
    for (place, (port, name)) in ports.iter().copied().enumerate() {
        asking.spawn(async move {
            let address = Address::parse(&format!("http://127.0.0.1:{port}")).ok()?;
            let base_url = address.to_string();
            // Nobody there, or somebody else: that is no fault of anything that anybody has set.
            let models = ModelServer::connect(address, None, PATIENCE).ok()?.models().await.ok()?;
            Some((place, Found { base_url, name, models }))
        });
    }
    let mut found: Vec<(usize, Found)> = asking.join_all().await.into_iter().flatten().collect();
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, found)| found).collect()
}
