// The screen after a call, or instead of one.

import type { Words } from "../words";
import { find } from "./dom";

export interface EndListener {
  again(): void;
  back(): void;
}

export class EndView {
  private readonly section = find("end", HTMLElement);

  constructor(listener: EndListener, signal: AbortSignal) {
    find("again", HTMLButtonElement).addEventListener("click", () => listener.again(), { signal });
    find("back", HTMLButtonElement).addEventListener("click", () => listener.back(), { signal });
  }

  hide(): void {
    this.section.hidden = true;
  }

  show(words: Words, failed: boolean): void {
    const title = find("end-title", HTMLHeadingElement);
    title.textContent = words.title;
    find("end-text", HTMLParagraphElement).textContent = words.text;
    find("again", HTMLButtonElement).textContent = failed ? "Try again" : "Call again";
    this.section.dataset.failed = String(failed);
    this.section.hidden = false;
    title.focus();
  }
}
