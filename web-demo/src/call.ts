// Transform: one call in one LiveKit room. Knows LiveKit and no DOM; ends in destroy().

import {
  ConnectionError,
  ConnectionErrorReason,
  ConnectionQuality,
  DisconnectReason,
  type Participant,
  ParticipantKind,
  type RemoteParticipant,
  type RemoteTrack,
  Room,
  RoomEvent,
  Track,
} from "livekit-client";
import type { Caption, Speaker } from "./captions";
import type { Devices } from "./devices";
import type { Ticket } from "./server";
import { Failure, type FailureKind } from "./words";

const AGENT_PATIENCE_MS = 15_000;
const CAMERA_BITRATE = 600_000;
const CAMERA_FPS = 20;
const TRANSCRIPTION = "lk.transcription";
const STATE_ATTRIBUTE = "lk.agent.state";

export type Connection = "connecting" | "good" | "weak" | "reconnecting" | "closed";
export type AgentState = "away" | "preparing" | "listening" | "thinking" | "speaking";

export interface CallListener {
  connection(state: Connection): void;
  agent(state: AgentState): void;
  avatarTrack(track: MediaStreamTrack, added: boolean): void;
  caption(caption: Caption): void;
  /** The agent has not come, or not come back, within 15 s; it may still come. */
  agentOverdue(kind: FailureKind): void;
  /** The call is over; `destroy()` was not asked for. */
  lost(kind: FailureKind): void;
}

export class Call {
  // the avatar is one picture of one size: layers and pausing by element size would only cost
  private readonly room = new Room({ adaptiveStream: false, dynacast: false, stopLocalTrackOnUnpublish: false });
  private agentTimer: number | undefined;
  private agentWasHere = false;
  private joined = false;
  private over = false;

  constructor(
    private readonly listener: CallListener,
    signal: AbortSignal,
  ) {
    this.watchConnection();
    this.watchAgent();
    this.watchTranscription();
    signal.addEventListener("abort", () => this.destroy());
  }

  /**
   * Join with what the person has turned on.
   * @throws Failure when the server or the media connection cannot be reached.
   */
  async join(ticket: Ticket, devices: Devices): Promise<void> {
    this.listener.connection("connecting");
    try {
      await this.room.connect(ticket.url, ticket.token);
      await this.publish(devices);
    } catch (error) {
      if (this.over) return;
      throw new Failure(connectFailure(error), String(error));
    }
    if (this.over) return;
    this.joined = true;
    this.listener.connection("good");
    this.expectAgent();
  }

  /** Publish what is on and not yet published: a device may be turned on for the first time in mid-call. */
  async publish(devices: Devices): Promise<void> {
    const { localParticipant } = this.room;
    const published = new Set([...localParticipant.trackPublications.values()].map((one) => one.track));
    if (devices.microphone && !published.has(devices.microphone)) {
      await localParticipant.publishTrack(devices.microphone, { source: Track.Source.Microphone });
    }
    if (devices.camera && !published.has(devices.camera)) {
      await localParticipant.publishTrack(devices.camera, {
        source: Track.Source.Camera,
        simulcast: false,
        videoEncoding: { maxBitrate: CAMERA_BITRATE, maxFramerate: CAMERA_FPS },
      });
    }
  }

  destroy(): void {
    if (this.over) return;
    this.over = true;
    window.clearTimeout(this.agentTimer);
    void this.room.disconnect(false);
  }

  private watchConnection(): void {
    this.room
      .on(RoomEvent.SignalReconnecting, () => this.listener.connection("reconnecting"))
      .on(RoomEvent.Reconnecting, () => this.listener.connection("reconnecting"))
      .on(RoomEvent.Reconnected, () => {
        this.listener.connection("good");
        this.expectAgent();
      })
      .on(RoomEvent.ConnectionQualityChanged, (quality: ConnectionQuality, participant: Participant) => {
        if (!participant.isLocal) return;
        const weak = quality === ConnectionQuality.Poor || quality === ConnectionQuality.Lost;
        this.listener.connection(weak ? "weak" : "good");
      })
      .on(RoomEvent.Disconnected, (reason?: DisconnectReason) => {
        if (this.over || !this.joined) return; // before that, join() throws
        this.destroy();
        this.listener.connection("closed");
        this.listener.lost(disconnectFailure(reason));
      });
  }

  private watchAgent(): void {
    this.room
      .on(RoomEvent.ParticipantConnected, () => this.expectAgent())
      .on(RoomEvent.ParticipantDisconnected, () => this.expectAgent())
      .on(RoomEvent.ParticipantAttributesChanged, () => this.showAgent())
      .on(RoomEvent.TrackSubscribed, (track: RemoteTrack, _publication, participant) => {
        if (isAgent(participant)) this.listener.avatarTrack(track.mediaStreamTrack, true);
      })
      .on(RoomEvent.TrackUnsubscribed, (track: RemoteTrack, _publication, participant) => {
        if (isAgent(participant)) this.listener.avatarTrack(track.mediaStreamTrack, false);
      });
  }

  /** While connected without an agent a clock runs. */
  private expectAgent(): void {
    window.clearTimeout(this.agentTimer);
    if (this.over) return;
    this.showAgent();
    if (this.agentParticipant) {
      this.agentWasHere = true;
      return;
    }
    const kind: FailureKind = this.agentWasHere ? "agent-gone" : "agent-absent";
    this.agentTimer = window.setTimeout(() => this.listener.agentOverdue(kind), AGENT_PATIENCE_MS);
  }

  private showAgent(): void {
    this.listener.agent(agentState(this.agentParticipant));
  }

  private get agentParticipant(): RemoteParticipant | undefined {
    return [...this.room.remoteParticipants.values()].find(isAgent);
  }

  private speaker(identity: string): Speaker {
    if (identity === this.room.localParticipant.identity) return "you";
    const sender = this.room.remoteParticipants.get(identity);
    return sender && !isAgent(sender) ? "caller" : "avatar";
  }

  private watchTranscription(): void {
    this.room.registerTextStreamHandler(TRANSCRIPTION, async (reader, sender) => {
      const { attributes = {}, id } = reader.info;
      const speaker = this.speaker(sender.identity);
      const segment = attributes["lk.segment_id"] ?? id;
      let text = "";
      for await (const piece of reader) {
        text += piece;
        this.listener.caption({ id: segment, speaker, text, final: false });
      }
      // a stream of the avatar's ends with its sentence; one of the person's says whether it was the last word
      const final = speaker === "avatar" || attributes["lk.transcription_final"] === "true";
      this.listener.caption({ id: segment, speaker, text, final });
    });
  }
}

function isAgent(participant: Participant): boolean {
  return participant.kind === ParticipantKind.AGENT;
}

function agentState(agent: RemoteParticipant | undefined): AgentState {
  if (!agent) return "away";
  const state = agent.attributes[STATE_ATTRIBUTE];
  return state === "listening" || state === "thinking" || state === "speaking" ? state : "preparing";
}

function connectFailure(error: unknown): FailureKind {
  if (!(error instanceof ConnectionError)) return "media-blocked";
  return error.reason === ConnectionErrorReason.NotAllowed ? "ticket-refused" : "server-away";
}

function disconnectFailure(reason: DisconnectReason | undefined): FailureKind {
  switch (reason) {
    case DisconnectReason.DUPLICATE_IDENTITY:
      return "joined-elsewhere";
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.PARTICIPANT_REMOVED:
      return "call-closed";
    default:
      return "connection-lost";
  }
}
