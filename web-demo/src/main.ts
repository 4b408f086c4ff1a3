// Wires devices, call and views together. The phase stands in <body data-phase>.

import "./style/base.css";
import "./style/join.css";
import "./style/stage.css";
import { Call, type CallListener } from "./call";
import { Captions } from "./captions";
import { Devices } from "./devices";
import { Level } from "./level";
import { about, ticket } from "./server";
import { showFace, showName } from "./view/dom";
import { EndView } from "./view/end";
import { type DeviceView, JoinView } from "./view/join";
import { StageView } from "./view/stage";
import { type DeviceKind, deviceWords, Failure, type FailureKind, failureWords, type Words } from "./words";

type Phase = "join" | "call" | "end";

class App {
  private readonly page = new AbortController();
  private readonly devices = new Devices({ devicesChanged: () => void this.drawDevices() }, this.page.signal);
  private readonly join = new JoinView(
    {
      allow: () => void this.allow(),
      toggle: (kind) => void this.toggle(kind),
      choose: (kind, id) => void this.devices.choose(kind, id),
      start: () => void this.start(),
    },
    this.page.signal,
  );
  private readonly stage = new StageView(
    { toggle: (kind) => void this.toggle(kind), hangUp: () => this.hangUp(), retry: () => void this.start() },
    this.page.signal,
  );
  private readonly end = new EndView(
    { again: () => void this.start(), back: () => this.show("join") },
    this.page.signal,
  );
  private readonly captions = new Captions();
  private avatar = "Alex";
  private asked = false;
  private level: { meter: Level; track: MediaStreamTrack } | undefined;
  private call: Call | undefined;
  private calling = new AbortController();

  async open(): Promise<void> {
    window.addEventListener("pagehide", () => this.page.abort(), { once: true });
    // a page that comes back from the browser's cache has ended its devices
    window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
    showFace("/portrait.png");
    this.show("join");
    await this.drawDevices();
    const [answer, allowed] = await Promise.all([about(this.page.signal).catch(() => undefined), Devices.allowed()]);
    if (answer) this.avatar = answer.avatar;
    showName(this.avatar);
    if (allowed) await this.allow();
  }

  private show(phase: Phase): void {
    document.body.dataset.phase = phase;
    this.join.shown = phase === "join";
    this.stage.shown = phase === "call";
    if (phase !== "end") this.end.hide();
  }

  private async allow(): Promise<void> {
    await this.devices.openBoth();
    this.asked = true;
    await this.drawDevices();
  }

  private async toggle(kind: DeviceKind): Promise<void> {
    this.asked = true;
    await this.devices.toggle(kind);
    const error = this.devices.errors[kind];
    if (error) this.stage.toast(deviceWords(kind, error));
    else await this.call?.publish(this.devices);
  }

  /** A call anew: a fresh ticket, so a room and an identity of its own. */
  private async start(): Promise<void> {
    this.leave();
    this.calling = new AbortController();
    const { signal } = this.calling;
    this.captions.clear();
    this.stage.captions([], this.avatar);
    this.show("call");
    this.stage.connection("connecting");
    this.stage.agent("away", this.avatar);
    this.call = new Call(this.listener(signal), signal);
    try {
      if (!this.asked) await this.allow();
      const pass = await ticket(signal);
      await this.call.join(pass, this.devices);
    } catch (error) {
      if (signal.aborted) return;
      console.error(error);
      this.fail(error instanceof Failure ? error.kind : "unknown");
    }
  }

  private listener(signal: AbortSignal): CallListener {
    return {
      connection: (state) => {
        if (signal.aborted) return;
        this.stage.connection(state);
        if (state === "reconnecting") this.stage.toast("The connection was interrupted. Reconnecting…");
      },
      agent: (state) => signal.aborted || this.stage.agent(state, this.avatar),
      avatarTrack: (track, added) => signal.aborted || this.stage.avatarTrack(track, added),
      caption: (caption) => {
        this.captions.put(caption);
        this.stage.captions(this.captions.all, this.avatar);
      },
      agentOverdue: (kind) => this.stage.wait(failureWords(kind, this.avatar), true),
      lost: (kind) => this.fail(kind),
    };
  }

  private hangUp(): void {
    const { duration } = this.stage;
    const text = duration ? `You talked with ${this.avatar} for ${duration}.` : `${this.avatar} had not answered yet.`;
    this.finish({ title: "You hung up", text }, false);
  }

  private fail(kind: FailureKind): void {
    this.finish(failureWords(kind, this.avatar), kind !== "call-closed");
  }

  private finish(words: Words, failed: boolean): void {
    this.leave();
    this.show("end");
    this.end.show(words, failed);
  }

  private leave(): void {
    this.calling.abort();
    this.call = undefined;
  }

  private async drawDevices(): Promise<void> {
    const picture = this.devices.isOn("camera") ? this.devices.camera?.mediaStreamTrack : undefined;
    this.measure();
    this.stage.devices({ microphone: this.devices.isOn("microphone"), camera: this.devices.isOn("camera") }, picture);
    const [microphone, camera] = await Promise.all([this.device("microphone"), this.device("camera")]);
    this.join.draw({ avatar: this.avatar, asked: this.asked, microphone, camera, picture });
  }

  private async device(kind: DeviceKind): Promise<DeviceView> {
    return {
      on: this.devices.isOn(kind),
      error: this.devices.errors[kind],
      choices: this.asked ? await this.devices.choices(kind) : [],
      chosen: await this.devices.chosen(kind),
    };
  }

  /** Keep one level meter on the microphone that is in use. */
  private measure(): void {
    const track = this.devices.microphone?.mediaStreamTrack;
    if (track === this.level?.track) return;
    this.level?.meter.destroy();
    const show = (level: number) => {
      const heard = this.devices.isOn("microphone") ? level : 0;
      this.join.level(heard);
      this.stage.level(heard);
    };
    this.level = track && { meter: new Level(track, show), track };
  }
}

void new App().open();
