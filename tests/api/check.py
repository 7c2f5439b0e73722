"""The API from outside: the running platform against its own OpenAPI document, hostile clients, and sign-in by a real identity
provider.

    check.py PLATFORM [SECTION …]      sections: start users hostile smuggling oidc schema; all of them by default

Needs `npm ci` in this folder and schemathesis beside this Python. Prints what holds, and ends with status 1 at the first thing
that does not.
"""

import http.client
import http.cookiejar
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
DEPLOY = HERE.parent.parent / "deploy"
PASSWORD = "correct horse battery"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"


def holds(what, truth, *seen):
    if not truth:
        sys.exit(f"DOES NOT HOLD: {what}: {' '.join(str(one) for one in seen)}")
    print(f"holds: {what}")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Platform:
    """One platform in a folder of its own. `oidc`: the provider's port."""

    def __init__(self, program, folder, oidc=None, api="127.0.0.1", relayed=True):
        self.program, self.folder, self.port = program, pathlib.Path(folder), free_port()
        self.host = f"127.0.0.1:{self.port}"
        text = f"""
[platform]
data_dir = "data"
sites = "{DEPLOY}/sites.example.csv"
gateways = "{DEPLOY}/gateways.example.csv"
coefficients = ["{DEPLOY}/coefficients/gbt-2589-2020.toml"]
[ingest]
listen = "127.0.0.1:{free_port()}"
[api]
listen = "{api}:{self.port}"
allow_remote = true
"""
        if relayed:
            text += f'[access]\norigin = "http://{self.host}"\n'
        if oidc:
            (self.folder / "secret").write_text("a secret of the tests alone\n")
            text += f"""
[access.oidc]
issuer = "http://127.0.0.1:{oidc}"
client_id = "mujun"
client_secret_file = "secret"
[[access.oidc.grant]]
claim = "groups"
value = "mujun-331003"
role = "operator"
regions = ["331003"]
"""
        self.config = self.folder / "platform.toml"
        self.config.write_text(text)
        self.process = None

    def command(self, *words, given=""):
        words = [self.program, "--config", self.config, "--lang", "en", *words]
        return subprocess.run(words, input=given, capture_output=True, text=True, timeout=60)

    def __enter__(self):
        log = open(self.folder / "log", "w")
        self.process = subprocess.Popen([self.program, "--config", self.config, "run"], stdout=log, stderr=log)
        for _ in range(300):
            try:
                if self.ask("GET", "/health")[0] == 200:
                    return self
            except OSError:
                time.sleep(0.1)
        sys.exit((self.folder / "log").read_text())

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def ask(self, method, path, headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    def sign_in(self, name, password=PASSWORD, headers=None):
        given = {"Content-Type": "application/json", **(headers or {})}
        return self.ask("POST", "/api/v1/session", given, json.dumps({"name": name, "password": password}))

    def raw(self, data):
        """Everything that comes back on one connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as one:
            one.sendall(data)
            one.shutdown(socket.SHUT_WR)
            back = b""
            try:
                while piece := one.recv(65536):
                    back += piece
            except ConnectionResetError:
                pass
            return back


def start(program):
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(program, folder, api="0.0.0.0", relayed=False)
        ended = subprocess.run([program, "--config", platform.config, "run"], capture_output=True, text=True, timeout=60)
        said = ended.stdout + ended.stderr
        holds("open to other machines and without a user it does not start", ended.returncode == 1, ended.returncode, said)
        holds("it says why in both languages", "user add" in said and "还没有任何用户" in said, said)


def users(program):
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(program, folder)
        weak = platform.command("user", "add", "li", "--role", "viewer", "--region", "*", given="short\n")
        holds("a short password is refused", weak.returncode == 1 and "12 characters" in weak.stderr, weak.stderr)
        wrong = platform.command("user", "add", "li", "--role", "viewer", "--region", "33x", given=PASSWORD)
        holds("what is no region is refused", wrong.returncode == 1 and "331003" in wrong.stderr, wrong.stderr)
        for name, role, region in [("admin", "administrator", "*"), ("li", "operator", "331003")]:
            added = platform.command("user", "add", name, "--role", role, "--region", region, given=PASSWORD)
            holds(f"user {name} is added where no platform ever ran", added.returncode == 0, added.stderr)
        again = platform.command("user", "add", "li", "--role", "viewer", "--region", "*", given=PASSWORD)
        holds("a name is taken once", again.returncode == 1, again.stdout)
        with platform:
            status, headers, _ = platform.sign_in("li")
            cookie = headers.get("set-cookie", "").split(";")[0]
            holds("li signs in", status == 200 and cookie, status)
            status, _, text = platform.ask("GET", "/api/v1/session", {"Cookie": cookie})
            holds("li is an operator of one county", json.loads(text)["regions"] == ["331003"], text)
            status, _, _ = platform.ask("GET", "/api/v1/audit-log", {"Cookie": cookie})
            holds("operators may do what auditors may", status == 200, status)
            done = platform.command("user", "disable", "li")
            holds("a user is disabled beside a running platform", done.returncode == 0, done.stderr)
            status, _, _ = platform.ask("GET", "/api/v1/ranking", {"Cookie": cookie})
            holds("the session ended with the user", status == 401, status)
            listed = platform.command("user", "list").stdout
            holds("users are listed without their passwords", "li\toperator\t331003\tdisabled" in listed and "argon2" not in listed, listed)
            token = platform.command("token", "add", "grafana", "--role", "viewer", "--region", "*").stdout.strip()
            bearer = {"Authorization": f"Bearer {token}"}
            holds("a token opens", platform.ask("GET", "/api/v1/ranking", bearer)[0] == 200)
            holds("a viewer sees metrics", platform.ask("GET", "/metrics", bearer)[2].endswith(b"# EOF\n"))
            platform.command("token", "revoke", "grafana")
            holds("until it is revoked", platform.ask("GET", "/api/v1/ranking", bearer)[0] == 401)
            stored = b"".join(path.read_bytes() for path in (platform.folder / "data").glob("mujun.db*"))
            secret = cookie.split("=")[1].encode()
            holds("neither password nor session nor token lies in the store", not any(one in stored for one in [PASSWORD.encode(), secret, token.encode()]))
            times = {"admin": [], "nobody": []}
            for name in list(times) * 4:
                begun = time.monotonic()
                platform.sign_in(name, "a wrong password", {"X-Forwarded-For": f"10.0.0.{len(times[name])}"})
                times[name].append(time.monotonic() - begun)
            known, unknown = (min(one) for one in times.values())
            holds("an unknown name takes the time of a known one", 0.5 < known / unknown < 2, times)


PAYLOADS = ["'; DROP TABLE account; --", "\" OR 1=1", "<script>alert(1)</script>", "../../etc/passwd", "%00", "\x00", "=cmd|' /C calc'!A1", "{{7*7}}", "9" * 400, "-1", "1e309", "\u202e", "𝟘"]


def hostile(program):
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(program, folder)
        platform.command("user", "add", "admin", "--role", "administrator", "--region", "*", given=PASSWORD)
        token = platform.command("token", "add", "test", "--role", "viewer", "--region", "*").stdout.strip()
        with platform:
            bearer = {"Authorization": f"Bearer {token}"}
            described = json.loads(platform.ask("GET", "/api/v1/openapi.json")[2])
            asked = 0
            for path, item in described["paths"].items():
                operation = item.get("get")
                if not operation:
                    continue
                for parameter in operation.get("parameters", []):
                    for payload in PAYLOADS:
                        sent = urllib.parse.quote(payload, safe="")
                        if parameter["in"] == "path":
                            uri = path.replace("{%s}" % parameter["name"], sent)
                        else:
                            uri = path.replace("{credit_code}", "91331003MA0000015F") + f"?{parameter['name']}={sent}"
                        status, headers, text = platform.ask("GET", uri, bearer)
                        asked += 1
                        if status >= 500 or b"<script>" in text or b"SQL" in text or b"/root" in text:
                            holds(f"{uri} is answered or refused", False, status, text[:300])
            holds(f"{asked} injections in every key of every address are answered or refused, and none is shown back", asked > 100)
            long = "/api/v1/gaps?gateway=" + "x" * 4000
            holds("an oversized query is refused", platform.ask("GET", long, bearer)[0] == 414)
            many = "/api/v1/gaps?" + "&".join(f"k{n}=1" for n in range(300))
            holds("a query of many keys is refused", platform.ask("GET", many, bearer)[0] in (400, 414))
            json_type = {"Content-Type": "application/json"}
            holds("an oversized body is refused", platform.ask("POST", "/api/v1/session", json_type, b"x" * ((1 << 20) + 1))[0] == 413)
            deep = b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
            holds("a deep body is refused", platform.ask("POST", "/api/v1/session", json_type, deep)[0] == 400)
            for origin in ["http://evil.example", "null", f"http://{platform.host}.evil.example", f"https://{platform.host}"]:
                status, _, _ = platform.sign_in("admin", headers={"Origin": origin})
                holds(f"a page of {origin} writes nothing", status == 403, status)
            holds("nor one that the browser calls cross-site", platform.sign_in("admin", headers={"Sec-Fetch-Site": "cross-site"})[0] == 403)
            holds("our own page signs in", platform.sign_in("admin", headers={"Origin": f"http://{platform.host}"})[0] == 200)
            statuses = [platform.sign_in("admin", "wrong", {"X-Forwarded-For": "10.9.9.9"})[0] for _ in range(9)]
            holds("guessing is slowed", statuses[:5] == [401] * 5 and statuses[-1] == 429, statuses)
            holds("and the platform is well", platform.ask("GET", "/health")[0] == 200)


def smuggling(program):
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(program, folder)
        platform.command("user", "add", "admin", "--role", "administrator", "--region", "*", given=PASSWORD)
        with platform:
            host = f"Host: {platform.host}\r\n"
            hidden = f"GET /health HTTP/1.1\r\n{host}\r\n"
            post = f"POST /api/v1/session HTTP/1.1\r\n{host}Content-Type: application/json\r\n"
            cases = {
                "a length beside a transfer encoding": post + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
                "two lengths that differ": post + f"Content-Length: 0\r\nContent-Length: {len(hidden)}\r\n\r\n" + hidden,
                "a length that is no number": post + "Content-Length: +0\r\n\r\n" + hidden,
                "an encoding of another name": post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
                "chunked twice": post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
                "a blank before the colon": post + f"Content-Length : {len(hidden)}\r\n\r\n" + hidden,
                "a folded header": post + f"X: a\r\n Content-Length: {len(hidden)}\r\n\r\n" + hidden,
                "a header with a NUL": post + "X: a\0b\r\n\r\n" + hidden,
                "a GET with a body": f"GET /health HTTP/1.1\r\n{host}Content-Length: {len(hidden)}\r\n\r\n" + hidden,
            }
            for name, sent in cases.items():
                back = platform.raw(sent.encode("latin-1"))
                # the hidden request would be answered by 200 and its JSON
                holds(f"{name} hides no request", b'"status":"ok"' not in back, back[:300])
            head = platform.raw(b"GET /health HTTP/1.1\r\n" + host.encode() + b"X: " + b"a" * 20_000 + b"\r\n\r\n")
            holds("an oversized head is refused", head.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400")) or head == b"", head[:100])
            holds("and the platform is well", platform.ask("GET", "/health")[0] == 200)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def oidc(program):
    for group, role in [("mujun-331003", "operator"), ("strangers", None)]:
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            platform = Platform(program, folder, oidc=port)
            provider = ["node", HERE / "provider.mjs", str(port), f"http://{platform.host}/api/v1/session/oidc/return", "li", group]
            provider = subprocess.Popen(provider, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            try:
                while "listening" not in (line := provider.stdout.readline()):
                    holds("the identity provider starts", line)
                with platform:
                    sign_in(platform, role)
            finally:
                provider.terminate()
                provider.wait(10)
    with tempfile.TemporaryDirectory() as folder, Platform(program, folder, oidc=free_port()) as platform:
        status, headers, _ = platform.ask("GET", "/api/v1/session/oidc")
        holds("while the provider is away the page says so", (status, headers["location"]) == (302, "/?sign_in=failed"), status)


def sign_in(platform, role):
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(NoRedirect, urllib.request.HTTPCookieProcessor(jar))

    def go(url):
        try:
            answer = browser.open(url, timeout=30)
            return answer.status, None, answer.read()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.headers.get("location"), answer.read()

    url, steps = f"http://{platform.host}/api/v1/session/oidc", []
    while url and len(steps) < 12:
        steps.append(url)
        status, to, text = go(url)
        if status not in (302, 303):
            break
        url = urllib.parse.urljoin(url, to)
        if url.startswith(f"http://{platform.host}/?") or url == f"http://{platform.host}/":
            break
    back = next((step for step in steps if "/oidc/return" in step), None)
    holds("the provider sends the browser back", back, steps, text[:500])
    holds("with S256 and a nonce", "code_challenge_method=S256" in steps[1] and "nonce=" in steps[1], steps[1])
    session = json.loads(go(f"http://{platform.host}/api/v1/session")[2])
    if role is None:
        holds("whom no grant fits does not come in", session["name"] is None and url.endswith("sign_in=not_granted"), session, url)
        return
    wanted = {"name": "oidc:li", "role": role, "regions": ["331003"], "open": False, "ways": ["password", "oidc"]}
    holds("who is granted one county is its operator", session == wanted, session, url)
    status, to, _ = go(back)
    holds("a code is taken once", to == "/?sign_in=failed", status, to)
    stranger = urllib.request.build_opener(NoRedirect)
    begun = platform.ask("GET", "/api/v1/session/oidc")[1]["location"]
    state = urllib.parse.parse_qs(urllib.parse.urlsplit(begun).query)["state"][0]
    for forged in [f"code=x&state={state}", "code=x&state=forged", "state=x", "", "error=access_denied"]:
        try:
            stranger.open(f"http://{platform.host}/api/v1/session/oidc/return?{forged}", timeout=30)
        except urllib.error.HTTPError as answer:
            holds(f"another browser's return is refused: {forged[:12]}", answer.headers["location"] == "/?sign_in=failed", answer.headers)
    log = json.loads(go(f"http://{platform.host}/api/v1/audit-log")[2])["rows"]
    holds("the sign-in stands in the audit log", log[0]["by"] == "oidc:li" and log[0]["detail"] == "identity provider", log)


def schema(program):
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(program, folder)
        platform.command("user", "add", "admin", "--role", "administrator", "--region", "*", given=PASSWORD)
        token = platform.command("token", "add", "test", "--role", "administrator", "--region", "*").stdout.strip()
        with platform:
            tool = pathlib.Path(sys.executable).parent / "schemathesis"
            words = [tool, "run", f"http://{platform.host}/api/v1/openapi.json", "--header", f"Authorization: Bearer {token}"]
            words += ["--checks", CHECKS, "--max-examples", "15", "--seed", "1", "--request-timeout", "60", "--suppress-health-check", "all"]
            # the provider is another program's, and is not there
            words += ["--exclude-path-regex", "/session/oidc"]
            ran = subprocess.run(words, cwd=folder)
            holds("every answer is as the OpenAPI document says, and none is a failure of ours", ran.returncode == 0)
            log = (platform.folder / "log").read_text()
            holds("nothing panicked", "panicked" not in log, log[-2000:])


def main():
    program, *sections = sys.argv[1:]
    program = str(pathlib.Path(program).resolve())
    known = {one.__name__: one for one in [start, users, hostile, smuggling, oidc, schema]}
    for name in sections or known:
        print(f"-- {name}")
        known[name](program)


main()
