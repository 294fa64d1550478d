//! What a reader does with a page: looks, clicks, types.

use fantoccini::Locator;
use fantoccini::actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::key::Key;
use serde_json::Value;

use crate::app::Window;
use crate::wait::until;

impl Window {
    /// Waits until something that matches the selector is shown.
    pub async fn see(&self, css: &str) {
        let script = format!(
            "return [...document.querySelectorAll({})].some((one) => one.getClientRects().length > 0)",
            Value::from(css)
        );
        self.come_true(&format!("{css} is shown"), &script).await;
    }

    /// Waits until nothing matches the selector.
    pub async fn see_no_more(&self, css: &str) {
        let script = format!("return document.querySelector({}) === null", Value::from(css));
        self.come_true(&format!("{css} is gone"), &script).await;
    }

    /// Waits until the script returns true.
    pub async fn come_true(&self, what: &str, script: &str) {
        until(what, async || (self.try_script(script).await == Some(Value::Bool(true))).then_some(())).await;
    }

    /// Waits until it is in sight, and in the middle as far as its page goes on.
    pub async fn bring_to_middle(&self, css: &str) {
        let script = format!(
            "{}; const at = document.querySelector({}).getBoundingClientRect(); \
             return at.height > 0 && at.bottom > 0 && at.top < innerHeight",
            to_middle(css),
            Value::from(css)
        );
        self.come_true(&format!("{css} is in sight"), &script).await;
    }

    /// Brings it to the middle first: at an edge something that stays in place may lie over it.
    pub async fn click(&self, css: &str) {
        self.see(css).await;
        let middle = to_middle(css);
        until(&format!("{css} can be clicked"), async || {
            self.try_script(&middle).await?;
            self.client.find(Locator::Css(css)).await.ok()?.click().await.ok()
        })
        .await;
    }

    /// Clicks the button or link that says this.
    pub async fn click_words(&self, inside: &str, words: &str) {
        let script = format!(
            "for (const one of document.querySelectorAll({} + ' :is(button, a)')) \
             if (one.textContent.trim() === {}) {{ one.scrollIntoView({{block: 'center'}}); one.click(); return true; }} \
             return false;",
            Value::from(inside),
            Value::from(words)
        );
        self.come_true(&format!("“{words}” can be clicked"), &script).await;
    }

    /// Chooses an answer by its value.
    pub async fn choose(&self, question: &str, value: &str) {
        self.click(&format!(
            "[data-test={}] label:has(> input[value={}])",
            Value::from(question),
            Value::from(value)
        ))
        .await;
    }

    pub async fn text(&self, css: &str) -> String {
        self.see(css).await;
        let text =
            self.script(&format!("return document.querySelector({}).innerText", Value::from(css))).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// The text of each element that matches.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let script = format!(
            "return [...document.querySelectorAll({})].map((one) => one.innerText)",
            Value::from(css)
        );
        let texts = self.script(&script).await;
        let texts = texts.as_array().cloned().unwrap_or_default();
        texts.iter().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
    }

    pub async fn type_words(&self, words: &str) {
        for letter in words.chars() {
            self.press(letter).await;
        }
    }

    pub async fn press(&self, key: impl Into<char>) {
        let value = key.into();
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.client.perform_actions(keys).await.expect("a key can be pressed");
    }

    /// What was copied, by the keys for it.
    pub async fn paste(&self) {
        let control = char::from(Key::Control);
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: control })
            .then(KeyAction::Down { value: 'v' })
            .then(KeyAction::Up { value: 'v' })
            .then(KeyAction::Up { value: control });
        self.client.perform_actions(keys).await.expect("keys can be pressed");
    }

    /// Moves the pointer to the edge, where nothing shows that it is pointed at.
    pub async fn point_at_nothing(&self) {
        let edge = PointerAction::MoveTo { duration: None, x: 1.0, y: 1.0 };
        let move_there = MouseActions::new("mouse".to_owned()).then(edge);
        self.client.perform_actions(move_there).await.expect("the pointer can be moved");
    }

    pub async fn script(&self, script: &str) -> Value {
        match self.client.execute(script, Vec::new()).await {
            Ok(value) => value,
            Err(error) => panic!("the page refused a script: {error}\n{script}"),
        }
    }

    /// None while the page is not ready for it.
    async fn try_script(&self, script: &str) -> Option<Value> {
        self.client.execute(script, Vec::new()).await.ok()
    }

    /// Makes the page so many CSS pixels wide and high.
    pub async fn resize(&self, width: u32, height: u32) {
        self.client.set_window_rect(0, 0, width, height).await.expect("the window can be resized");
        let script = format!("return innerWidth === {width} && innerHeight === {height}");
        self.come_true(&format!("the page is {width} × {height}"), &script).await;
    }

    /// Goes to a room by its address and waits until it stands.
    pub async fn go(&self, hash: &str, shows: &str) {
        // The room that is left must be gone before the next is looked for.
        let script = format!(
            "if (location.hash === {0}) return true; \
             const old = document.querySelector('main'); if (old) old.dataset.left = ''; \
             location.hash = {0}; return true",
            Value::from(hash)
        );
        self.come_true("the room can be left", &script).await;
        self.see_no_more("main[data-left]").await;
        self.see(shows).await;
    }

    pub async fn open_chapter(&self, number: u32) {
        self.go(&format!("#/chapter/{number}"), "[data-test=article]").await;
        self.chapter_stands(number).await;
    }

    /// Its pictures and letters are there too.
    pub async fn chapter_stands(&self, number: u32) {
        let script = format!(
            "return location.hash.startsWith('#/chapter/{number}') && document.title.startsWith('{number} ') \
             && document.fonts.status === 'loaded' \
             && [...document.querySelectorAll('[data-test=article] img')].every((one) => one.complete)"
        );
        self.come_true(&format!("chapter {number} stands"), &script).await;
    }

    pub async fn contents(&self) {
        self.go("#/", "[data-test=contents]").await;
    }

    pub async fn you(&self) {
        self.go("#/you", "[data-test=you]").await;
    }

    /// The machine's word for each chapter's state, in order.
    pub async fn states(&self) -> Vec<String> {
        let states = self
            .script("return [...document.querySelectorAll('[data-state]')].map((one) => one.dataset.state)");
        let states = states.await;
        let states = states.as_array().cloned().unwrap_or_default();
        states.iter().map(|state| state.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Scrolls to a share of the page.
    pub async fn scroll_to(&self, share: f64) {
        let script = format!(
            "const way = document.documentElement.scrollHeight - innerHeight; scrollTo(0, way * {share}); return true"
        );
        self.script(&script).await;
    }

    /// How many pixels of the page lie beyond its right edge.
    pub async fn overflow_px(&self) -> i64 {
        let script = "const page = document.documentElement; return page.scrollWidth - page.clientWidth";
        self.script(script).await.as_i64().unwrap_or(i64::MAX)
    }
}

fn to_middle(css: &str) -> String {
    format!(
        "document.querySelector({}).scrollIntoView({{block: 'center', behavior: 'instant'}})",
        Value::from(css)
    )
}
