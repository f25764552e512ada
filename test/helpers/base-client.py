"""A client of the base protocol: joins a room, says some lines, prints what it is shown, one JSON value a line.

Usage: base-client.py URL ROOM USER COUNT [LINE ...]; ends when COUNT messages were shown in order. It keeps
`expected` per room as base clients do: shows what is expected, buffers above, ignores below.
"""

import asyncio
import json
import sys

import websockets


async def main(url, room, user, count, lines):
    expected = None
    early = {}
    shown = 0
    async with websockets.connect(url) as socket:
        await socket.send(json.dumps({"type": "subscribe", "room": room, "userId": user}))
        async for text in socket:
            frame = json.loads(text)
            kind = frame.get("type")
            if kind == "presence":
                print(json.dumps(["presence", frame["userId"], frame["action"], frame["timestamp"] > 0]), flush=True)
            elif kind == "subscribed":
                expected = frame["sequence"] + 1
                print(json.dumps(["subscribed", frame["room"], frame["sequence"]]), flush=True)
                for line in lines:
                    await socket.send(json.dumps({"type": "publish", "room": room, "sender": user, "content": line}))
            elif kind == "message":
                early[frame["sequence"]] = frame
                while expected in early:
                    message = early.pop(expected)
                    print(json.dumps(["message", message["sender"], message["content"], expected]), flush=True)
                    expected += 1
                    shown += 1
                if shown >= count:
                    await socket.send(json.dumps({"type": "get_history", "room": room}))
            elif kind == "history":
                print(json.dumps(["history", [m["sequence"] for m in frame["messages"]]]), flush=True)
                return


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5:]))
