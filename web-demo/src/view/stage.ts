// The screen of a call: the avatar large, oneself small, captions, controls.

import type { AgentState, Connection } from "../call";
import type { Caption } from "../captions";
import type { DeviceKind, Words } from "../words";
import { Ambient } from "./ambient";
import { drawToggle, find, showPicture } from "./dom";

export interface StageListener {
  toggle(kind: DeviceKind): void;
  hangUp(): void;
  retry(): void;
}

const CONNECTION: Record<Connection, string> = {
  connecting: "Connecting",
  good: "Connected",
  weak: "Weak connection",
  reconnecting: "Reconnecting",
  closed: "Disconnected",
};
const AGENT: Record<AgentState, string> = {
  away: "Away",
  preparing: "Getting ready",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
};
const TOAST_MS = 6000;

export class StageView {
  private readonly section = find("call", HTMLElement);
  private readonly tile = find("tile", HTMLElement);
  private readonly video = find("avatar", HTMLVideoElement);
  private readonly waiting = find("waiting", HTMLDivElement);
  private readonly sound = find("sound", HTMLButtonElement);
  private readonly mic = find("mic", HTMLButtonElement);
  private readonly cam = find("cam", HTMLButtonElement);
  private readonly cc = find("cc", HTMLButtonElement);
  private readonly toastLine = find("toast", HTMLParagraphElement);
  private readonly clock = find("clock", HTMLTimeElement);
  private readonly pill = find("connection", HTMLSpanElement);
  private readonly ambient = new Ambient(this.video, find("ambient", HTMLCanvasElement));
  private toastTimer: number | undefined;
  private clockTimer: number | undefined;

  constructor(
    private readonly listener: StageListener,
    signal: AbortSignal,
  ) {
    const pressed = (button: HTMLButtonElement, act: () => void) => button.addEventListener("click", act, { signal });
    pressed(this.mic, () => listener.toggle("microphone"));
    pressed(this.cam, () => listener.toggle("camera"));
    pressed(this.cc, () => this.toggleCaptions());
    pressed(find("hang-up", HTMLButtonElement), () => listener.hangUp());
    pressed(find("retry", HTMLButtonElement), () => listener.retry());
    pressed(this.sound, () => void this.play());
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    this.video.addEventListener("resize", () => this.pictureCame(), { signal });
    signal.addEventListener("abort", () => this.destroy());
  }

  set shown(on: boolean) {
    this.section.hidden = this.pill.hidden = !on;
    this.clock.hidden = this.sound.hidden = this.toastLine.hidden = true;
    window.clearInterval(this.clockTimer);
    this.clockTimer = undefined;
    if (on) {
      this.clock.textContent = "";
      this.mic.focus();
    } else this.video.srcObject = null;
  }

  /** How long the avatar has been there, as it stands on the clock; empty before it came. */
  get duration(): string {
    return this.clock.textContent ?? "";
  }

  avatarTrack(track: MediaStreamTrack, added: boolean): void {
    // both in one stream: the browser plays them by one clock
    const stream = this.video.srcObject instanceof MediaStream ? this.video.srcObject : new MediaStream();
    if (added) stream.addTrack(track);
    else stream.removeTrack(track);
    if (this.video.srcObject !== stream) this.video.srcObject = stream;
    if (added) void this.play();
    if (added && track.kind === "video") this.video.requestVideoFrameCallback(() => this.pictureCame());
  }

  agent(state: AgentState, avatar: string): void {
    this.tile.dataset.state = state;
    find("agent-state", HTMLSpanElement).textContent = AGENT[state];
    if (state === "away") this.wait({ title: `Calling ${avatar}`, text: "" }, false);
    else if (state === "preparing") this.wait({ title: `${avatar} is getting ready`, text: "" }, false);
  }

  /** Lay words over the picture; with `retry` a button to call anew. */
  wait(words: Words, retry: boolean): void {
    if (!retry && this.tile.dataset.state !== "away" && this.hasPicture) return;
    this.waiting.hidden = false;
    this.waiting.dataset.failed = String(retry);
    find("who", HTMLElement).hidden = true;
    find("waiting-title", HTMLParagraphElement).textContent = words.title;
    find("waiting-text", HTMLParagraphElement).textContent = words.text;
    find("retry", HTMLButtonElement).hidden = !retry;
  }

  connection(state: Connection): void {
    this.pill.dataset.state = state;
    this.pill.textContent = CONNECTION[state];
  }

  devices(on: Record<DeviceKind, boolean>, picture: MediaStreamTrack | undefined): void {
    drawToggle(this.mic, "microphone", on.microphone);
    drawToggle(this.cam, "camera", on.camera);
    find("self-tile", HTMLDivElement).hidden = picture === undefined;
    showPicture(find("self", HTMLVideoElement), picture);
  }

  level(level: number): void {
    this.mic.style.setProperty("--level", level.toFixed(2));
  }

  captions(captions: readonly Caption[], avatar: string): void {
    find("captions", HTMLOListElement).replaceChildren(...captions.map((caption) => line(caption, avatar)));
    const last = captions.findLast((caption) => caption.final);
    const said = last ? `${named(last, avatar)}: ${last.text}` : "";
    const region = find("said", HTMLParagraphElement);
    if (region.textContent !== said) region.textContent = said;
  }

  /** A line that goes away by itself. */
  toast(text: string): void {
    window.clearTimeout(this.toastTimer);
    this.toastLine.textContent = text;
    this.toastLine.hidden = false;
    this.toastTimer = window.setTimeout(() => {
      this.toastLine.hidden = true;
    }, TOAST_MS);
  }

  destroy(): void {
    this.ambient.destroy();
    window.clearTimeout(this.toastTimer);
    window.clearInterval(this.clockTimer);
    this.video.srcObject = null;
  }

  private startClock(): void {
    const start = performance.now();
    const tick = () => {
      const seconds = Math.floor((performance.now() - start) / 1000);
      this.clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    tick();
    this.clock.hidden = false;
    this.clockTimer = window.setInterval(tick, 1000);
  }

  /** Play with sound; where the browser blocks it, without, and offer a button. */
  private async play(): Promise<void> {
    this.video.muted = false;
    try {
      await this.video.play();
      this.sound.hidden = true;
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      this.video.muted = true;
      this.sound.hidden = false;
      await this.video.play();
    }
  }

  private get hasPicture(): boolean {
    return this.video.videoWidth > 16; // a track that ends leaves a frame of a few pixels
  }

  private pictureCame(): void {
    if (!this.hasPicture) return;
    this.waiting.hidden = true;
    find("who", HTMLElement).hidden = false;
    if (this.clockTimer === undefined) this.startClock();
  }

  private toggleCaptions(): void {
    const on = this.cc.getAttribute("aria-pressed") !== "true";
    this.cc.setAttribute("aria-pressed", String(on));
    find("captions", HTMLOListElement).hidden = !on;
  }

  private key(event: KeyboardEvent): void {
    if (this.section.hidden || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "m") this.listener.toggle("microphone");
    else if (event.key === "v") this.listener.toggle("camera");
    else if (event.key === "c") this.toggleCaptions();
  }
}

function named(caption: Caption, avatar: string): string {
  return { avatar, you: "You", caller: "Caller" }[caption.speaker];
}

function line(caption: Caption, avatar: string): HTMLLIElement {
  const item = document.createElement("li");
  item.dataset.speaker = caption.speaker;
  item.dataset.final = String(caption.final);
  const name = document.createElement("b");
  name.textContent = named(caption, avatar);
  const text = document.createElement("span");
  text.textContent = caption.text;
  item.append(name, text);
  return item;
}
