// The page's own server: who can be called, and a ticket into a room of one's own.

import { Failure } from "./words";

export interface About {
  /** The avatar's name. */
  avatar: string;
}

export interface Ticket {
  url: string;
  token: string;
  room: string;
  identity: string;
}

export async function about(signal: AbortSignal): Promise<About> {
  return ask<About>("/about", { signal });
}

/** A fresh ticket; joining must begin within ten minutes. */
export async function ticket(signal: AbortSignal): Promise<Ticket> {
  return ask<Ticket>("/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
    signal,
  });
}

async function ask<Answer>(path: string, request: RequestInit): Promise<Answer> {
  const answer = await fetch(path, request).catch((error: unknown) => {
    if (request.signal?.aborted) throw error;
    throw new Failure("page-server-away");
  });
  if (!answer.ok) throw new Failure("ticket-refused");
  return (await answer.json()) as Answer;
}
