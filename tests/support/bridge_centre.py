"""A centre of the national interface that is not ours: Python's http.server behind TLS.

usage: bridge_centre.py FOLDER TROUBLES

Makes a certificate in FOLDER (ca.pem), prints its port, and writes each message that it took, once for each
idempotency key and body, to FOLDER/taken.jsonl. The first requests meet TROUBLES, a comma-separated list: `error` HTTP 500,
`silence` no reply for 4 s, `refusal` a reply that is no success, `garbage` no JSON, `lost` the message is taken and the
connection is cut before the reply.
"""

import http.server
import json
import pathlib
import ssl
import subprocess
import sys
import time

folder, troubles = pathlib.Path(sys.argv[1]), [one for one in sys.argv[2].split(",") if one]
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    + ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth"]
    + ["-keyout", str(folder / "key.pem"), "-out", str(folder / "ca.pem")],
    check=True,
    capture_output=True,
)


class Centre(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        message = {"key": self.headers["idempotency-key"], "path": self.path, "body": json.loads(body)}
        trouble = troubles.pop(0) if troubles else ""
        if trouble == "silence":
            time.sleep(4)
            return
        if trouble == "error":
            return self.say(500, "down for maintenance")
        if trouble == "refusal":
            return self.say(200, json.dumps({"responseCode": "0", "message": "数据错误"}))
        if trouble == "garbage":
            return self.say(200, "<html>login</html>")
        with open(folder / "taken.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(message) + "\n")
        if trouble != "lost":
            self.say(200, json.dumps({"responseCode": "1"}))

    def say(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Centre)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
