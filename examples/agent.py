"""A livekit-agents app of your own with a face: two lines of it are Visavis.

    LIVEKIT_URL=... LIVEKIT_API_KEY=... LIVEKIT_API_SECRET=... .venv/bin/python examples/agent.py dev

Recogniser, language model and voice are whatever you use today; these here run on this machine.
"""

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, JobProcess, cli, inference

from visavis.avatar import AvatarSession, Face
from visavis.dialogue.llm import HostLLM
from visavis.dialogue.stt import MoonshineSTT
from visavis.dialogue.tts import HibariTTS


def prewarm(process: JobProcess) -> None:
    """Have the face ready in each process that waits for its call: loading it takes a second."""
    process.userdata["face"] = Face.open("alex")


server = AgentServer(setup_fnc=prewarm)


@server.rtc_session()
async def entrypoint(ctx: JobContext) -> None:
    await ctx.connect()
    session: AgentSession[None] = AgentSession(stt=MoonshineSTT(), llm=HostLLM(), tts=HibariTTS(), vad=inference.VAD())

    avatar = AvatarSession(source=ctx.proc.userdata["face"])  # or AvatarSession(portrait="alex")
    await avatar.start(session, room=ctx.room)

    await session.start(Agent(instructions="Answer in one or two short sentences."), room=ctx.room)
    session.say("Hello, what would you like to talk about?")


if __name__ == "__main__":
    cli.run_app(server)
