// Who said what: segments of transcription, each growing or replaced until it is final. Knows neither DOM nor LiveKit.

/** The agent, the person at this page, or somebody else in the room, such as one on the telephone. */
export type Speaker = "avatar" | "you" | "caller";

export interface Caption {
  id: string;
  speaker: Speaker;
  text: string;
  final: boolean;
}

/** The last few captions in the order they began. */
export class Captions {
  private entries: Caption[] = [];

  constructor(private readonly limit = 6) {}

  /** Put a segment's text as far as it is known; an empty text is ignored, a final one is never made interim again. */
  put(caption: Caption): void {
    const text = caption.text.trim();
    if (!text) return;
    const known = this.entries.find((entry) => entry.id === caption.id);
    if (!known) {
      this.entries = [...this.entries, { ...caption, text }].slice(-this.limit);
    } else if (!known.final || caption.final) {
      Object.assign(known, { text, final: caption.final });
    }
  }

  get all(): readonly Caption[] {
    return this.entries;
  }

  clear(): void {
    this.entries = [];
  }
}
