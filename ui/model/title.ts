/** Names the window after what it shows, two frames later: by then it is on the screen. */
export function nameWindow(title: string): void {
  requestAnimationFrame(() => requestAnimationFrame(() => (document.title = title)));
}
