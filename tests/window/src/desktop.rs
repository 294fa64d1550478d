//! The screen as the X server knows it: which windows there are, which is in front, how one is closed.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt, CreateWindowAux, EventMask,
    MapState, StackMode, WindowClass,
};
use x11rb::rust_connection::RustConnection;

type XWindow = u32;

pub struct Desktop {
    server: RustConnection,
    root: XWindow,
}

impl Desktop {
    pub fn here() -> Desktop {
        let (server, screen) = x11rb::connect(None).expect("the display answers");
        let root = server.setup().roots[screen].root;
        Desktop { server, root }
    }

    /// Primer's windows that are on the screen, the one in front last.
    pub fn primer_windows(&self) -> Vec<XWindow> {
        self.on_screen().into_iter().filter(|window| self.is_primer(*window)).collect()
    }

    /// Asks the window to close, as the button of a title bar does.
    pub fn close_window(&self) {
        let windows = self.primer_windows();
        let [window] = windows.as_slice() else {
            panic!("one window of Primer's was expected, there are {}", windows.len())
        };
        let data = [self.atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
        let event = ClientMessageEvent::new(32, *window, self.atom("WM_PROTOCOLS"), data);
        self.server
            .send_event(false, *window, EventMask::NO_EVENT, event)
            .expect("the display takes an event");
        self.server.flush().expect("the display answers");
    }

    /// Puts a window of our own in front of all others, as another program would.
    pub fn cover(&self) -> XWindow {
        let cover = self.server.generate_id().expect("the display has ids");
        let look = CreateWindowAux::new().override_redirect(1);
        self.server
            .create_window(0, cover, self.root, 0, 0, 2000, 1400, 0, WindowClass::INPUT_OUTPUT, 0, &look)
            .expect("a window can be made");
        self.server.map_window(cover).expect("a window can be shown");
        let top = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        self.server.configure_window(cover, &top).expect("a window can be raised");
        // An answer to anything means that all before it is done.
        self.server.get_input_focus().expect("the display answers").reply().expect("the display answers");
        cover
    }

    /// The window that hides the others.
    pub fn in_front(&self) -> Option<XWindow> {
        self.on_screen().last().copied()
    }

    /// From the back to the front.
    fn on_screen(&self) -> Vec<XWindow> {
        let tree = self.server.query_tree(self.root).expect("the display answers").reply();
        let children = tree.map(|tree| tree.children).unwrap_or_default();
        let shown = |window: &XWindow| {
            let attributes = self.server.get_window_attributes(*window).map(|asked| asked.reply());
            matches!(attributes, Ok(Ok(attributes)) if attributes.map_state == MapState::VIEWABLE)
        };
        children.into_iter().filter(shown).collect()
    }

    fn is_primer(&self, window: XWindow) -> bool {
        let asked = self.server.get_property(false, window, AtomEnum::WM_CLASS, AtomEnum::STRING, 0, 64);
        let Ok(Ok(class)) = asked.map(|asked| asked.reply()) else { return false };
        String::from_utf8_lossy(&class.value).to_lowercase().contains("primer")
    }

    fn atom(&self, name: &str) -> Atom {
        let asked = self.server.intern_atom(false, name.as_bytes()).expect("the display answers");
        asked.reply().expect("the display knows a name").atom
    }
}
