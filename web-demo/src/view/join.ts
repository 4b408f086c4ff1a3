// The screen before a call: a picture of oneself, the choice of devices, and what is missing.

import type { DeviceChoice } from "../devices";
import { type DeviceKind, deviceWords, withoutWords } from "../words";
import { drawToggle, find, showPicture } from "./dom";

export interface JoinListener {
  allow(): void;
  toggle(kind: DeviceKind): void;
  choose(kind: DeviceKind, id: string): void;
  start(): void;
}

export interface DeviceView {
  on: boolean;
  error: string | undefined;
  choices: DeviceChoice[];
  chosen: string | undefined;
}

export interface JoinState {
  avatar: string;
  /** Whether the person has been asked for the devices yet. */
  asked: boolean;
  microphone: DeviceView;
  camera: DeviceView;
  picture: MediaStreamTrack | undefined;
}

export class JoinView {
  private readonly section = find("join", HTMLElement);
  private readonly mirror = find("mirror", HTMLDivElement);
  private readonly allow = find("allow", HTMLButtonElement);
  private readonly mic = find("join-mic", HTMLButtonElement);
  private readonly cam = find("join-cam", HTMLButtonElement);
  private readonly start = find("start", HTMLButtonElement);

  constructor(listener: JoinListener, signal: AbortSignal) {
    this.allow.addEventListener("click", () => listener.allow(), { signal });
    this.mic.addEventListener("click", () => listener.toggle("microphone"), { signal });
    this.cam.addEventListener("click", () => listener.toggle("camera"), { signal });
    for (const kind of ["microphone", "camera"] as const) {
      const select = find(`${kind}s`, HTMLSelectElement);
      select.addEventListener("change", () => listener.choose(kind, select.value), { signal });
    }
    const submitted = (event: Event) => {
      event.preventDefault();
      listener.start();
    };
    find("join-form", HTMLFormElement).addEventListener("submit", submitted, { signal });
  }

  set shown(on: boolean) {
    this.section.hidden = !on;
  }

  draw(state: JoinState): void {
    showPicture(find("preview", HTMLVideoElement), state.picture);
    this.mirror.dataset.picture = String(state.picture !== undefined);
    this.mirror.dataset.asked = String(state.asked);
    this.drawBlank(state);
    drawToggle(this.mic, "microphone", state.microphone.on);
    drawToggle(this.cam, "camera", state.camera.on);
    find("choices", HTMLDivElement).hidden = !state.asked;
    for (const kind of ["microphone", "camera"] as const) this.drawChoices(kind, state[kind]);
    const notes = state.asked ? notesOf(state) : [];
    find("join-notes", HTMLUListElement).replaceChildren(...notes.map(item));
    this.start.textContent = startWords(state);
  }

  level(level: number): void {
    this.mic.style.setProperty("--level", level.toFixed(2));
  }

  private drawBlank(state: JoinState): void {
    const { asked, camera } = state;
    find("mirror-title", HTMLParagraphElement).textContent = asked
      ? "Your camera is off"
      : "See yourself before you call";
    find("mirror-text", HTMLParagraphElement).textContent = asked
      ? (camera.error && deviceWords("camera", camera.error)) || withoutWords("camera", state.avatar)
      : "The browser will ask you first. Nothing is sent before the call starts.";
    this.allow.hidden = asked;
  }

  private drawChoices(kind: DeviceKind, device: DeviceView): void {
    const select = find(`${kind}s`, HTMLSelectElement);
    const options = device.choices.map(({ id, label }) => new Option(label || `Unnamed ${kind}`, id));
    select.replaceChildren(...(options.length ? options : [new Option(`No ${kind}`, "")]));
    select.disabled = options.length === 0;
    if (device.chosen) select.value = device.chosen;
  }
}

function notesOf({ avatar, microphone, camera }: JoinState): string[] {
  const notes: string[] = [];
  if (microphone.error) notes.push(deviceWords("microphone", microphone.error));
  if (!microphone.on) notes.push(withoutWords("microphone", avatar));
  if (camera.error && microphone.error !== camera.error) notes.push(deviceWords("camera", camera.error));
  return notes;
}

function startWords({ asked, microphone, camera }: JoinState): string {
  if (!asked || microphone.on) return "Start the call";
  return camera.on ? "Start without a microphone" : "Start without camera and microphone";
}

function item(text: string): HTMLLIElement {
  const element = document.createElement("li");
  element.textContent = text;
  return element;
}
