// Small helpers over the DOM.

/** The element of that id, which index.html must have. */
export function find<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} #${id}`);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

const TOGGLES = {
  microphone: { on: "mic", off: "mic-off", key: "M", mute: "Mute the microphone", open: "Turn on the microphone" },
  camera: { on: "cam", off: "cam-off", key: "V", mute: "Turn off the camera", open: "Turn on the camera" },
} as const;

/** Draw a button that turns a device on and off. */
export function drawToggle(button: HTMLButtonElement, kind: keyof typeof TOGGLES, on: boolean): void {
  const look = TOGGLES[kind];
  const words = on ? look.mute : look.open;
  button.replaceChildren(icon(on ? look.on : look.off));
  button.dataset.off = String(!on);
  button.setAttribute("aria-label", words);
  button.title = `${words} (${look.key})`;
}

/** Show a camera's picture, or nothing. */
export function showPicture(video: HTMLVideoElement, track: MediaStreamTrack | undefined): void {
  const shown = video.srcObject instanceof MediaStream ? video.srcObject.getTracks()[0] : undefined;
  if (shown === track) return;
  video.srcObject = track ? new MediaStream([track]) : null;
}

export function showName(name: string): void {
  for (const place of document.querySelectorAll(".avatar-name")) place.textContent = name;
}

/** The avatar's picture wherever it stands in for the call; where there is none its place stays empty. */
export function showFace(url: string): void {
  for (const place of document.querySelectorAll<HTMLImageElement>(".face img")) {
    place.addEventListener("error", () => place.remove(), { once: true });
    place.src = url;
  }
}
