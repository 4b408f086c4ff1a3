// What went wrong, in words a person understands, each with what to do about it.

export type FailureKind =
  | "page-server-away"
  | "ticket-refused"
  | "server-away"
  | "media-blocked"
  | "agent-absent"
  | "agent-gone"
  | "connection-lost"
  | "call-closed"
  | "joined-elsewhere"
  | "unknown";

export interface Words {
  title: string;
  text: string;
}

/** A call that cannot begin or go on. */
export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    detail = "",
  ) {
    super(detail || kind);
  }
}

export function failureWords(kind: FailureKind, avatar: string): Words {
  const words: Record<FailureKind, Words> = {
    "page-server-away": {
      title: "Visavis is not running",
      text: "The program that serves this page no longer answers. Start it again with “make demo”, then reload the page.",
    },
    "ticket-refused": {
      title: "The call was refused",
      text: "This page may not start calls from here. Open the exact address that Visavis printed when it started.",
    },
    "server-away": {
      title: "No connection to the call server",
      text: "The LiveKit server does not answer. Look at the terminal that Visavis runs in, then try again.",
    },
    "media-blocked": {
      title: "Sound and picture cannot get through",
      text: "The server answers, but a firewall, a VPN or a browser setting blocks the media connection. Allow WebRTC for this page and try again.",
    },
    "agent-absent": {
      title: `${avatar} does not answer`,
      text: "The agent has not come. It may still be starting, or be busy in another call: wait a moment, or try again.",
    },
    "agent-gone": {
      title: `${avatar} dropped out of the call`,
      text: "The agent has left and has not come back. Nothing is wrong on your side. Try again.",
    },
    "connection-lost": {
      title: "The connection was lost",
      text: "It did not come back in time. Check the network and that Visavis is still running, then call again.",
    },
    "call-closed": {
      title: "The call has ended",
      text: `${avatar} has ended the call.`,
    },
    "joined-elsewhere": {
      title: "The call goes on elsewhere",
      text: "The same person joined from another window, so this one was closed.",
    },
    unknown: {
      title: "Something went wrong",
      text: "The call could not go on. Try again; the browser's console has the details.",
    },
  };
  return words[kind];
}

export type DeviceKind = "microphone" | "camera";

/** Why a microphone or camera cannot be used, from the name of the browser's error. */
export function deviceWords(kind: DeviceKind, error: string): string {
  const what = kind === "microphone" ? "Microphone" : "Camera";
  switch (error) {
    case "NotAllowedError":
    case "SecurityError":
      return `${what} blocked. Allow it at the left of the address bar, then turn it on here.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `No ${kind} found. Plug one in, or go on without.`;
    case "NotReadableError":
    case "AbortError":
      return `${what} busy: another program is using it. Close that program, then turn it on here.`;
    default:
      return `${what} not available (${error}).`;
  }
}

/** What it means to call without a device. */
export function withoutWords(kind: DeviceKind, avatar: string): string {
  return kind === "microphone"
    ? `Without a microphone ${avatar} cannot hear you: you can watch and listen.`
    : `Without a camera ${avatar} cannot see you, but the conversation works.`;
}
