// After two frames the paragraph is on the screen; the title says so.
requestAnimationFrame(() => requestAnimationFrame(() => (document.title = "ready")));
