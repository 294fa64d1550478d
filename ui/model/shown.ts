/** Calls back once what is there now is on the screen: after two frames. */
export function onceShown(then: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(() => then()));
}

/** Names the window after what it shows, once it shows it. */
export function nameWindow(title: string): void {
  onceShown(() => (document.title = title));
}
