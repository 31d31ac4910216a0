# SPDX-License-Identifier: Apache-2.0
"""KServe's client of V1 and V2 over HTTP, for models and programs that ask other models.

    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    answer = await client.infer("http://127.0.0.1:8080", request, model_name="iris")
"""

import asyncio
import http.client
import json
import ssl
from urllib.parse import urlsplit

from kf.serving._base import PredictorProtocol
from kf.serving._errors import PredictorError, UnsupportedProtocol
from kf.serving._types import InferRequest, InferResponse, parse_json

LENGTH = "inference-header-content-length"
_DEFAULT = object()


class RESTConfig:
    """How a client asks: the protocol ("v1" or "v2"), how often it tries anew to connect, the seconds
    that the server may be silent (None: any), `verify` (False, or a file of certificates to trust) and
    `cert` (its own: a file, or one and that of its key)."""

    def __init__(self, *, protocol="v1", retries=3, timeout=60, cert=None, verify=True, verbose=False):
        self.protocol = protocol.value if isinstance(protocol, PredictorProtocol) else protocol
        self.retries = retries
        self.timeout = timeout
        self.cert = cert
        self.verify = verify
        self.verbose = verbose

    def _tls(self):
        if isinstance(self.verify, ssl.SSLContext):
            return self.verify
        context = ssl.create_default_context(
            cafile=self.verify if isinstance(self.verify, str) else None
        )
        if self.verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert is not None:
            context.load_cert_chain(*((self.cert,) if isinstance(self.cert, str) else self.cert))
        return context


class InferenceRESTClient:
    """Asks models over HTTP. What a server refuses is a PredictorError with its `status_code`, which
    the server of a model that asked hands on."""

    def __init__(self, config=None):
        self._config = config or RESTConfig()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.close()

    async def close(self):
        """Nothing is kept open between requests."""

    async def infer(
        self,
        base_url,
        data,
        model_name=None,
        headers=None,
        response_headers=None,
        is_graph_endpoint=False,
        timeout=_DEFAULT,
    ):
        """What a model makes of a dictionary or an InferRequest: a dictionary by V1, an InferResponse
        by V2. A graph is asked at the URL itself, and answers with a dictionary."""
        if is_graph_endpoint:
            url = base_url
        elif model_name is None:
            raise ValueError("model_name should not be 'None'")
        else:
            url = self._url(
                base_url, v1=f"v1/models/{model_name}:predict", v2=f"v2/models/{model_name}/infer"
            )
        got, answer = await self._ask("POST", url, headers, data, timeout)
        if response_headers is not None:
            response_headers.update(got)
        if self._config.protocol == "v2" and not is_graph_endpoint:
            return InferResponse.from_bytes(answer, int(got.get(LENGTH, len(answer))))
        return parse_json(answer)

    async def explain(self, base_url, model_name, data, headers=None, timeout=_DEFAULT):
        """What a model says of a dictionary of V1."""
        url = self._url(base_url, v1=f"v1/models/{model_name}:explain")
        return parse_json((await self._ask("POST", url, headers, data, timeout))[1])

    async def is_server_ready(self, base_url, headers=None, timeout=_DEFAULT):
        """Whether the server answers requests."""
        url = self._url(base_url, v2="v2/health/ready")
        return bool(parse_json((await self._ask("GET", url, headers, None, timeout))[1])["ready"])

    async def is_server_live(self, base_url, headers=None, timeout=_DEFAULT):
        """Whether the server is there."""
        url = self._url(base_url, v1="", v2="v2/health/live")
        said = parse_json((await self._ask("GET", url, headers, None, timeout))[1])
        return said.get("live") is True or said.get("status") == "alive"

    async def is_model_ready(self, base_url, model_name, headers=None, timeout=_DEFAULT):
        """Whether a model answers requests. By V1, one that is not there is a PredictorError."""
        url = self._url(
            base_url, v1=f"v1/models/{model_name}", v2=f"v2/models/{model_name}/ready"
        )
        try:
            await self._ask("GET", url, headers, None, timeout)
        except PredictorError as error:
            if self._config.protocol == "v2" or error.status_code == 503:
                return False
            raise
        return True

    def _url(self, base, **paths):
        path = paths.get(self._config.protocol)
        if path is None:
            raise UnsupportedProtocol(self._config.protocol)
        if urlsplit(base).scheme not in ("http", "https"):
            raise ValueError(f"{base!r} is no URL of a server: expected http:// or https://")
        return f"{base.rstrip('/')}/{path}"

    async def _ask(self, method, url, headers, data, timeout):
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        if isinstance(data, InferRequest):
            data, length = data.to_rest()
            if length is not None:
                sent.update({LENGTH: str(length), "content-type": "application/octet-stream"})
        if isinstance(data, dict):
            from kf.serving._dataplane import dump

            data = dump(data)
        if data is not None:
            sent.setdefault("content-type", "application/json")
        seconds = self._config.timeout if timeout is _DEFAULT else timeout
        return await asyncio.to_thread(self._over_http, method, url, sent, data, seconds)

    def _over_http(self, method, url, headers, body, timeout):
        for left in range(self._config.retries, -1, -1):
            connection = self._connection(url, timeout)
            try:
                connection.connect()
                break
            except OSError as error:
                connection.close()
                if left == 0:
                    raise PredictorError(f"cannot reach the server at {url}: {error}", 503) from None
        try:
            parts = urlsplit(url)
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            text = f"the server at {url} does not answer: {type(error).__name__}: {error}"
            raise PredictorError(text, 504 if isinstance(error, TimeoutError) else 502) from None
        finally:
            connection.close()
        if self._config.verbose:
            self._log(url, body, answer.status, content)
        if not 200 <= answer.status < 300:
            raise PredictorError(_refusal(url, answer, content), answer.status)
        return {name.lower(): value for name, value in answer.getheaders()}, content

    def _connection(self, url, timeout):
        parts = urlsplit(url)
        if parts.scheme == "https":
            return http.client.HTTPSConnection(
                parts.netloc, timeout=timeout, context=self._config._tls()
            )
        return http.client.HTTPConnection(parts.netloc, timeout=timeout)

    @staticmethod
    def _log(url, body, status, content):
        from kf.serving._logging import trace_logger

        trace_logger.info("%s: %s: %s: %s", url, body, status, content)


def _refusal(url, answer, content):
    try:
        said = json.loads(content)
        said = said.get("error", said) if isinstance(said, dict) else said
    except ValueError:
        said = ""
    return f"{said}, '{answer.status} {answer.reason}' for url '{url}'"
