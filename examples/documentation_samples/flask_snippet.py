"""The Flask sample of Alohub's document "Call event webhook", written anew: it prints a call and acknowledges it.

On purpose no more than the document shows: no key, no check for duplicates, no work afterwards.
"""

import os

from flask import Flask, Response, jsonify, request

app = Flask(__name__)


@app.route("/api/alohub/webhook", methods=["POST"])
def webhook() -> tuple[Response, int]:
    event = request.json
    call_id = event.get("call_id")
    call_status = event.get("call_status")
    caller_number = event.get("caller_number")
    recording_url = event.get("recording_url")

    print(f"call {call_id} with {caller_number}: {call_status}")
    if recording_url:
        print(f"recording of {call_id}: {recording_url}")
    return jsonify({"received": True}), 200


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "3000")))
