"""A mail server for tests, aiosmtpd's: STARTTLS and a login are demanded. Prints its port, then each letter as JSON.

usage: mail_server.py FOLDER USER PASSWORD    (FOLDER: where its certificate is made, ca.pem)
"""

import email
import email.policy
import json
import ssl
import subprocess
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

folder, user, password = sys.argv[1:]
certificate, key = f"{folder}/ca.pem", f"{folder}/key.pem"
subprocess.run(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
     "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
     "-keyout", key, "-out", certificate],
    check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)


class Letters:
    async def handle_DATA(self, server, session, envelope):
        letter = email.message_from_bytes(envelope.content, policy=email.policy.default)
        print(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "subject": letter["subject"], "id": letter["message-id"],
            "body": letter.get_content(), "tls": session.ssl is not None, "login": session.authenticated,
        }), flush=True)
        return "250 taken"


def login(server, session, envelope, mechanism, data):
    right = isinstance(data, LoginPassword) and (data.login, data.password) == (user.encode(), password.encode())
    return AuthResult(success=right)


context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(certificate, key)
controller = Controller(
    Letters(), hostname="127.0.0.1", port=0, tls_context=context, require_starttls=True, auth_required=True,
    authenticator=login, ready_timeout=10,
)
try:
    controller.start()
except OSError:
    # it asks its own port whether it is up; with port 0 it asks the wrong one
    pass
print(controller.server.sockets[0].getsockname()[1], flush=True)
time.sleep(60)
