// Transform: how loud a microphone is, ten times a second, 0..1.

const STEP_MS = 100;
const FLOOR_DB = -60;

export class Level {
  private readonly context = new AudioContext();
  private readonly timer: number;

  constructor(track: MediaStreamTrack, changed: (level: number) => void) {
    const analyser = new AnalyserNode(this.context, { fftSize: 2048 });
    this.context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = window.setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      changed(loudness(samples));
    }, STEP_MS);
  }

  destroy(): void {
    window.clearInterval(this.timer);
    void this.context.close();
  }
}

/** RMS in decibels, mapped from -60..-10 dBFS to 0..1. */
export function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(samples.length, 1);
  const decibels = 10 * Math.log10(power + 1e-12);
  return Math.min(Math.max((decibels - FLOOR_DB) / 50, 0), 1);
}
