# SPDX-License-Identifier: Apache-2.0
"""Models from servers that others wrote: Python's own over TLS, and moto's S3.

The S3 of moto needs a Python that has moto and boto3: KF_MOTO_PYTHON, or this one. Where
KF_KSERVE_PYTHON has kserve-storage, what comes is compared with what KServe's own program fetches.
    python test_servers.py FETCH_MODEL
"""

import base64
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

FETCH = sys.argv.pop(1) if len(sys.argv) > 1 else "fetch_model"
MOTO_PYTHON = os.environ.get("KF_MOTO_PYTHON", sys.executable)
HAS_MOTO = subprocess.run(
    [MOTO_PYTHON, "-c", "import moto.server, boto3, flask"], capture_output=True).returncode == 0
KSERVE_PYTHON = os.environ.get("KF_KSERVE_PYTHON")
HAS_KSERVE = KSERVE_PYTHON is not None and subprocess.run(
    [KSERVE_PYTHON, "-c", "import kserve_storage"], capture_output=True).returncode == 0
HAS_OPENSSL = shutil.which("openssl") is not None


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kf-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.settings = {"HOME": str(self.folder), "KF_HOME": str(self.folder / "home"),
                         "PATH": os.environ["PATH"], "S3_MAX_ATTEMPTS": "1"}

    def fetch(self, uri, *words, **settings):
        """The status, and the path or the message; words: --put FILE."""
        done = subprocess.run([FETCH, *words, uri], env=self.settings | settings, capture_output=True,
                              text=True, timeout=60)
        return done.stdout.rstrip("\n").split(" ", 1)

    def fetched(self, uri, **settings):
        """The files of the model: name to text."""
        status, path = self.fetch(uri, **settings)
        self.assertEqual("KF_OK", status, path)
        root = pathlib.Path(path)
        return {str(file.relative_to(root)): file.read_bytes()
                for file in root.rglob("*") if file.is_file()}


KSERVE = """
import json, sys
from kserve_storage import Storage
done = []
for uri, folder in json.load(sys.stdin):
    try:
        Storage.download(uri, folder)
        done.append(True)
    except Exception:
        done.append(False)
print(json.dumps(done))
"""


class Beside(Case):
    """The same URI fetched by KServe's program and by libkf."""

    def files(self, root):
        root = pathlib.Path(root)
        return {str(file.relative_to(root)): file.read_bytes()
                for file in root.rglob("*") if file.is_file()}

    def check_same(self, *uris, **settings):
        asked = [[uri, tempfile.mkdtemp(dir=self.folder)] for uri in uris]
        run = subprocess.run([KSERVE_PYTHON, "-c", KSERVE], input=json.dumps(asked), text=True,
                             capture_output=True, env=self.settings | settings, timeout=300)
        self.assertEqual(0, run.returncode, run.stderr)
        for (uri, folder), done in zip(asked, json.loads(run.stdout.splitlines()[-1])):
            status, path = self.fetch(uri, **settings)
            self.assertEqual(done, status == "KF_OK", (uri, settings, path))
            if done:
                self.assertEqual(self.files(folder), self.files(path), (uri, settings))


TYPES = ("application/octet-stream", "application/octet-stream; charset=x", "application/json",
         "application/zip", "application/x-zip-compressed", "application/zip-compressed",
         "application/x-zip", "application/x-tar", "application/x-gtar", "application/gzip",
         "application/x-gzip", "application/tar+gzip", "text/html")


@unittest.skipUnless(HAS_KSERVE, "KF_KSERVE_PYTHON names no Python with kserve-storage")
class HTTPBesideKServe(Beside):
    def test_types_of_content(self):
        packed = self.folder / "packed"
        packed.mkdir()
        (packed / "model.pkl").write_bytes(b"model")
        bodies = {"model.pkl": b"model", "model.json": b"{}"}
        for name, kind in (("m.zip", "zip"), ("m.tar", "tar"), ("m.tar.gz", "gztar")):
            archive = shutil.make_archive(str(self.folder / "made"), kind, packed)
            bodies[name] = pathlib.Path(archive).read_bytes()

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *arguments):
                pass

            def do_GET(self):
                number, name = self.path.split("?")[0].strip("/").split("/")
                self.send_response(200)
                self.send_header("Content-Type", TYPES[int(number)])
                self.end_headers()
                self.wfile.write(bodies[name])

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.check_same(*(f"http://127.0.0.1:{server.server_port}/{number}/{name}?a=b"
                          for number in range(len(TYPES)) for name in bodies))


class Octets(http.server.SimpleHTTPRequestHandler):
    extensions_map = {"": "application/octet-stream"}

    def log_message(self, *arguments):
        pass


@unittest.skipUnless(HAS_OPENSSL, "openssl makes the certificate")
class TLS(Case):
    def setUp(self):
        super().setUp()
        site = self.folder / "site"
        site.mkdir()
        (site / "model.joblib").write_bytes(b"model")
        certificate, key = self.folder / "certificate.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", certificate,
                        "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        self.certificate = str(certificate)

        def handler(*arguments):
            return Octets(*arguments, directory=str(site))

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.port = self.server.server_address[1]

    def test_a_certificate_that_is_trusted(self):
        uri = f"https://localhost:{self.port}/model.joblib"
        self.assertEqual({"model.joblib": b"model"},
                         self.fetched(uri, REQUESTS_CA_BUNDLE=self.certificate))

    def test_a_certificate_that_nobody_vouches_for(self):
        status, message = self.fetch(f"https://localhost:{self.port}/model.joblib")
        self.assertEqual("KF_EIO", status)
        self.assertIn("certificate", message)

    def test_a_certificate_of_another_host(self):
        status, message = self.fetch(f"https://127.0.0.1:{self.port}/model.joblib",
                                     REQUESTS_CA_BUNDLE=self.certificate)
        self.assertEqual("KF_EIO", status)
        self.assertIn("127.0.0.1", message)

    def test_verification_of_s3(self):
        keys = {"AWS_ENDPOINT_URL": f"https://localhost:{self.port}",
                "awsAnonymousCredential": "true"}
        self.assertIn("certificate", self.fetch("s3://b/m", **keys)[1])
        status, message = self.fetch("s3://b/m", S3_VERIFY_SSL="0", **keys)
        self.assertEqual("KF_ENOENT", status, message)  # The server was asked.
        status, message = self.fetch("s3://b/m", AWS_CA_BUNDLE=self.certificate, **keys)
        self.assertEqual("KF_ENOENT", status, message)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


PUT = """
import base64, boto3, json, sys
from botocore.client import Config
endpoint, objects = sys.argv[1], json.loads(sys.stdin.read())
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="key",
                  aws_secret_access_key="secret", config=Config(s3={"addressing_style": "path"}))
try:
    s3.create_bucket(Bucket="models", ACL="public-read")
except s3.exceptions.ClientError:
    pass
for key, data in objects.items():
    s3.put_object(Bucket="models", Key=key, Body=base64.b64decode(data), ACL="public-read")
if len(sys.argv) > 2:
    upload = s3.create_multipart_upload(Bucket="models", Key=sys.argv[2])["UploadId"]
    parts = [{"PartNumber": n, "ETag": s3.upload_part(Bucket="models", Key=sys.argv[2], PartNumber=n,
              UploadId=upload, Body=bytes([n]) * (5 << 20))["ETag"]} for n in (1, 2)]
    s3.complete_multipart_upload(Bucket="models", Key=sys.argv[2], UploadId=upload,
                                 MultipartUpload={"Parts": parts})
"""


USER = """
import boto3, json, sys, urllib.request
endpoint = sys.argv[1]
iam = boto3.client("iam", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="key",
                   aws_secret_access_key="secret")
iam.create_user(UserName="reader")
key = iam.create_access_key(UserName="reader")["AccessKey"]
iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=json.dumps(
    {"Version": "2012-10-17",
     "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}))
urllib.request.urlopen(urllib.request.Request(
    endpoint + "/moto-api/reset-auth", b"0", {"Content-Type": "text/plain"})).read()
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1",
                  aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
try:
    for name in json.loads(sys.stdin.read()):
        s3.list_objects_v2(Bucket="models", Prefix=name.split("/")[0] + "/")
        s3.get_object(Bucket="models", Key=name)
    print(key["AccessKeyId"], key["SecretAccessKey"])
except s3.exceptions.ClientError:
    pass
"""


class Moto(Case):
    @classmethod
    def setUpClass(cls):
        port = free_port()
        cls.endpoint = f"http://127.0.0.1:{port}"
        server = subprocess.Popen(
            [MOTO_PYTHON, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.addClassCleanup(server.wait)
        cls.addClassCleanup(server.terminate)
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("moto's server does not begin")

    def setUp(self):
        super().setUp()
        self.settings |= {"AWS_ENDPOINT_URL": self.endpoint, "AWS_ACCESS_KEY_ID": "key",
                          "AWS_SECRET_ACCESS_KEY": "secret"}

    def put(self, objects, *multipart):
        data = {key: base64.b64encode(value).decode() for key, value in objects.items()}
        subprocess.run([MOTO_PYTHON, "-c", PUT, self.endpoint, *multipart], input=json.dumps(data),
                       text=True, check=True)


NO_MOTO = "KF_MOTO_PYTHON names no Python with moto[server] and boto3"


@unittest.skipUnless(HAS_MOTO, NO_MOTO)
class S3(Moto):
    def test_folders_files_and_odd_names(self):
        self.put({"iris/model.json": b"{}", "iris/sub/a b+c&d=\u00e4~'()*.txt": b"odd",
                  "iris2/model.json": b"other", "iris/empty": b""})
        self.assertEqual({"model.json": b"{}", "sub/a b+c&d=\u00e4~'()*.txt": b"odd", "empty": b""},
                         self.fetched("s3://models/iris"))
        self.assertEqual({"model.json": b"{}"}, self.fetched("s3://models/iris/model.json"))
        self.assertEqual("KF_ENOENT", self.fetch("s3://models/none")[0])
        self.assertEqual("KF_ENOENT", self.fetch("s3://nobody/iris")[0])

    def test_many_objects_in_pages(self):
        objects = {f"many/{i:04}": str(i).encode() for i in range(1100)}
        self.put(objects)
        self.assertEqual({key.removeprefix("many/"): data for key, data in objects.items()},
                         self.fetched("s3://models/many"))

    def test_an_object_of_several_parts(self):
        self.put({}, "parts/big.bin")
        found = self.fetched("s3://models/parts")
        expected = hashlib.sha256(bytes([1]) * (5 << 20) + bytes([2]) * (5 << 20)).hexdigest()
        self.assertEqual(expected, hashlib.sha256(found["big.bin"]).hexdigest())

    def test_a_changed_object(self):
        self.put({"m/a": b"one", "m/b": b"b"})
        self.assertEqual(b"one", self.fetched("s3://models/m")["a"])
        self.put({"m/a": b"two"})
        self.assertEqual({"a": b"two", "b": b"b"}, self.fetched("s3://models/m"))

    def test_anonymous(self):
        self.put({"public/a": b"one"})
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            del self.settings[name]
        self.assertEqual({"a": b"one"}, self.fetched("s3://models/public", awsAnonymousCredential="true"))
        self.assertEqual("KF_EMISSING", self.fetch("s3://models/public")[0])


@unittest.skipUnless(HAS_MOTO and HAS_KSERVE, "moto and kserve-storage are not both there")
class S3BesideKServe(Moto, Beside):
    def test_names_and_patterns(self):
        self.put({"m/a.json": b"a", "m/sub/b.bin": b"b", "m/sub/c.json": b"c", "dir/": b"",
                  "dir/a": b"a", "pre": b"p", "pre/x": b"x", "one/sp ace+\u00e4": b"odd"})
        names = "m", "m/", "m/sub", "m/a.json", "dir", "pre/", "one", "none", "none/", "pre"
        self.check_same(*(f"s3://models/{name}" for name in names))
        for allow, ignore in (("*.json", ""), ("", "*.json"), ('["*.json","*.bin"]', "sub/*"),
                              ('"*.bin"', ""), ("[ab].*", ""), ("sub/*", "*.bin"), ("m/*", ""),
                              (" *.json , *.bin ", ""), ("?.json", ""), ("*.none", "")):
            self.check_same("s3://models/m", STORAGE_ALLOW_PATTERNS=allow,
                            STORAGE_IGNORE_PATTERNS=ignore)


@unittest.skipUnless(HAS_MOTO, NO_MOTO)
class Signatures(Moto):
    def test_signatures(self):
        """With users, moto compares every signature with the one that it computes."""
        odd = "odd/a b+c&d=\u00e4~'()*.txt"
        self.put({"m/a": b"one", odd: b"odd"})
        made = subprocess.run([MOTO_PYTHON, "-c", USER, self.endpoint], check=True, text=True,
                              capture_output=True, input=json.dumps(["m/a", odd]))
        if not made.stdout:
            self.skipTest("this moto takes boto's own signatures for wrong")
        key, secret = made.stdout.split()
        self.settings |= {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}
        self.assertEqual({"a": b"one"}, self.fetched("s3://models/m"))
        self.assertEqual({odd.removeprefix("odd/"): b"odd"}, self.fetched("s3://models/odd"))
        file = self.folder / "file"
        file.write_bytes(b"written \xff")
        for name in ("new/b", odd + "/new"):
            self.assertEqual("KF_OK", self.fetch(f"s3://models/{name}", "--put", file)[0])
            self.assertEqual({name.rpartition("/")[2]: file.read_bytes()},
                             self.fetched(f"s3://models/{name}"))
        status, message = self.fetch("s3://models/m", "--put", file, AWS_SECRET_ACCESS_KEY="another")
        self.assertEqual("KF_EIO", status)
        self.assertIn("SignatureDoesNotMatch", message)
        status, message = self.fetch("s3://models/m", AWS_SECRET_ACCESS_KEY="another")
        self.assertEqual("KF_EIO", status)
        self.assertIn("SignatureDoesNotMatch", message)


if __name__ == "__main__":
    if not HAS_MOTO:
        print(f"left out: S3 of moto: {NO_MOTO}", file=sys.stderr)
    if not HAS_KSERVE:
        print("left out: beside KServe: KF_KSERVE_PYTHON has no kserve-storage", file=sys.stderr)
    unittest.main()
