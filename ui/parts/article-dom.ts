//! What the page adds to the engine's html after it is in place: copy buttons, frames that scroll, the subtitle.
//! It adds elements around what is there and never changes text.
import { copyText } from "../model/copy";

/** Dresses one piece of html. Returns how to stop what it started. */
export function dress(root: HTMLElement, say: (sentence: string) => void): () => void {
  const stops: (() => void)[] = [];
  // A region that scrolls must be reachable by keyboard, and only then.
  const sizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth + 1) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  stops.push(() => sizes.disconnect());

  for (const pre of root.querySelectorAll<HTMLElement>("pre")) {
    pre.classList.add("code");
    const language = pre.dataset["language"];
    pre.setAttribute("role", "region");
    pre.setAttribute("aria-label", language === undefined ? "Code" : `Code, ${language}`);
    wrap(pre, "code-frame").append(copyButton(pre, say, stops));
    sizes.observe(pre);
  }
  for (const table of root.querySelectorAll<HTMLElement>("table")) {
    sizes.observe(named(wrap(table, "table-frame"), "Table"));
  }
  for (const math of root.querySelectorAll<HTMLElement>('math[display="block"]')) {
    sizes.observe(named(wrap(math, "formula"), "Formula"));
  }
  for (const picture of root.querySelectorAll("img")) {
    const missing = () => {
      const words = document.createElement("span");
      words.className = "missing-picture";
      words.textContent = picture.alt === "" ? "a picture is missing here" : picture.alt;
      picture.replaceWith(words);
    };
    if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc !== "") missing();
    else picture.addEventListener("error", missing, { once: true });
  }
  markSubtitle(root);
  return () => {
    for (const stop of stops) stop();
  };
}

function wrap(element: Element, className: string): HTMLElement {
  const frame = document.createElement("div");
  frame.className = className;
  element.replaceWith(frame);
  frame.append(element);
  return frame;
}

function named(frame: HTMLElement, name: string): HTMLElement {
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", name);
  return frame;
}

function copyButton(pre: HTMLElement, say: (sentence: string) => void, stops: (() => void)[]): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy this code");
  let timer = 0;
  button.addEventListener("click", () => {
    void copyText(pre.textContent ?? "").then((done) => {
      button.textContent = done ? "Copied" : "Not copied";
      button.dataset["copied"] = "";
      say(done ? "Code copied." : "The code could not be copied. Select it and copy it with the keyboard.");
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        button.textContent = "Copy";
        delete button.dataset["copied"];
      }, 2000);
    });
  });
  stops.push(() => window.clearTimeout(timer));
  return button;
}

/** Whether an element is laid out for the reader: engines differ in what they measure inside a closed answer. */
export function isShown(element: Element): boolean {
  return element.closest("details:not([open])") === null && element.getClientRects().length > 0;
}

// The author writes the subtitle as one emphasised paragraph right below the title.
function markSubtitle(root: HTMLElement): void {
  const first = root.querySelector(":scope > h1 + p");
  const only = first?.childNodes.length === 1 ? first.firstChild : null;
  if (only instanceof HTMLElement && only.tagName === "EM") first?.classList.add("subtitle");
}

/** Moves what a block holds into an element of its own, so that it can step aside for another of the author's texts. */
export function setAside(block: HTMLElement): HTMLElement {
  const own = document.createElement("div");
  own.className = "own";
  own.append(...block.childNodes);
  block.append(own);
  return own;
}
