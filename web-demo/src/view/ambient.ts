// Sink: the avatar's colours, a few pixels of them, spread softly behind the call.

const STEP_MS = 400;

export class Ambient {
  private readonly timer: number;

  constructor(video: HTMLVideoElement, canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    this.timer = window.setInterval(() => {
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && !document.hidden) {
        context?.drawImage(video, 0, 0, canvas.width, canvas.height);
      }
    }, STEP_MS);
  }

  destroy(): void {
    window.clearInterval(this.timer);
  }
}
