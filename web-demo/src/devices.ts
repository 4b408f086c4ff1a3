// Source: the person's own microphone and camera, before and during a call.

import {
  createLocalAudioTrack,
  createLocalTracks,
  createLocalVideoTrack,
  type LocalAudioTrack,
  type LocalTrack,
  type LocalVideoTrack,
  Room,
  Track,
} from "livekit-client";
import type { DeviceKind } from "./words";

const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
// the agent looks at 640x480 at most, so nothing more is captured or sent
const VIDEO = { resolution: { width: 640, height: 480, frameRate: 20 } };

export interface DeviceChoice {
  id: string;
  label: string;
}

export interface DevicesListener {
  /** A device was turned on or off, chosen, plugged in, or failed. */
  devicesChanged(): void;
}

export class Devices {
  microphone: LocalAudioTrack | undefined;
  camera: LocalVideoTrack | undefined;
  /** The names of the browser's errors, where a device could not be had. */
  readonly errors: Partial<Record<DeviceKind, string>> = {};

  constructor(
    private readonly listener: DevicesListener,
    private readonly signal: AbortSignal,
  ) {
    const changed = () => this.listener.devicesChanged();
    navigator.mediaDevices?.addEventListener("devicechange", changed, { signal });
    signal.addEventListener("abort", () => this.destroy());
  }

  /** Whether the browser lets this page use both devices without asking. */
  static async allowed(): Promise<boolean> {
    try {
      const names = ["microphone", "camera"] as PermissionName[];
      const answers = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
      return answers.every((answer) => answer.state === "granted");
    } catch {
      return false; // a browser that cannot say (Firefox, older Safari): it is asked in context
    }
  }

  /** Turn on both with one question to the person; what one of them lacks does not keep the other one off. */
  async openBoth(): Promise<void> {
    try {
      for (const track of await createLocalTracks({ audio: AUDIO, video: VIDEO })) this.take(track);
    } catch {
      await this.open("microphone");
      await this.open("camera");
    }
    this.listener.devicesChanged();
  }

  async open(kind: DeviceKind, deviceId?: string): Promise<void> {
    const chosen = deviceId ? { deviceId: { exact: deviceId } } : {};
    try {
      this.take(
        kind === "microphone"
          ? await createLocalAudioTrack({ ...AUDIO, ...chosen })
          : await createLocalVideoTrack({ ...VIDEO, ...chosen }),
      );
    } catch (error) {
      this.errors[kind] = error instanceof Error ? error.name : "unknown";
    }
    this.listener.devicesChanged();
  }

  /** Turn one on or off; a camera that is off is really off. */
  async toggle(kind: DeviceKind): Promise<void> {
    const track = this.track(kind);
    if (!track) await this.open(kind);
    else await (track.isMuted ? track.unmute() : track.mute()).catch((error: Error) => this.fail(kind, error));
    this.listener.devicesChanged();
  }

  async choose(kind: DeviceKind, deviceId: string): Promise<void> {
    const track = this.track(kind);
    if (!track) await this.open(kind, deviceId);
    else await track.setDeviceId({ exact: deviceId }).catch((error: Error) => this.fail(kind, error));
    this.listener.devicesChanged();
  }

  isOn(kind: DeviceKind): boolean {
    const track = this.track(kind);
    return track !== undefined && !track.isMuted;
  }

  async choices(kind: DeviceKind): Promise<DeviceChoice[]> {
    const devices = await Room.getLocalDevices(kind === "microphone" ? "audioinput" : "videoinput", false);
    return devices.filter((device) => device.deviceId).map(({ deviceId, label }) => ({ id: deviceId, label }));
  }

  async chosen(kind: DeviceKind): Promise<string | undefined> {
    return this.track(kind)?.getDeviceId();
  }

  destroy(): void {
    this.microphone?.stop();
    this.camera?.stop();
    this.microphone = this.camera = undefined;
  }

  private track(kind: DeviceKind): LocalAudioTrack | LocalVideoTrack | undefined {
    return kind === "microphone" ? this.microphone : this.camera;
  }

  private take(track: LocalTrack): void {
    if (this.signal.aborted) track.stop();
    else if (track.kind === Track.Kind.Audio) this.microphone = track as LocalAudioTrack;
    else this.camera = track as LocalVideoTrack;
    delete this.errors[track.kind === Track.Kind.Audio ? "microphone" : "camera"];
  }

  private fail(kind: DeviceKind, error: Error): void {
    this.errors[kind] = error.name;
  }
}
