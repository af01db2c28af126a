"""What a browser is pushed can be read by it alone, says who sends, and goes to no address inside."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.jwk import ECKey

from inbox.app.outside import Outside
from inbox.app.webpush import KEPT_S, WebPush, decoded, encoded, encrypted, own_key, public_bytes, subject_of, topic_of
from inbox.core.errors import Rejected, TryLater
from inbox.core.pushing import Device, PushMessage
from inbox.store.secrets import Keyring, make_key
from inbox.testing.memory_store import MemoryStore

NOW = 1_790_000_000_000
MESSAGE = PushMessage("assigned", 1042, "t" * 24)


def private(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decoded(text), "big"), ec.SECP256R1())


BROWSER = private("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
SECRET = decoded("BTBZMqHH6r4Tts7J_aSIgg")
"""RFC 8291, appendix A."""


def opened(body: bytes) -> bytes:
    """What the browser reads (RFC 8188, 2; RFC 8291, 3.4)."""
    salt, length = body[:16], body[20]
    theirs, sealed = body[21 : 21 + length], body[21 + length :]
    shared = BROWSER.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs))
    info = b"WebPush: info\0" + public_bytes(BROWSER) + theirs
    material = HKDF(SHA256(), 32, salt=SECRET, info=info).derive(shared)
    key = HKDF(SHA256(), 16, salt=salt, info=b"Content-Encoding: aes128gcm\0").derive(material)
    nonce = HKDF(SHA256(), 12, salt=salt, info=b"Content-Encoding: nonce\0").derive(material)
    plain, _, rest = AESGCM(key).decrypt(nonce, sealed, None).rpartition(b"\x02")
    assert not rest.strip(b"\0")
    return plain


def test_the_example_of_the_standard_comes_out_byte_by_byte() -> None:
    own, salt = private("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), decoded("DGv6ra1nlYgDCS1FRnbzlw")
    body = encrypted(b"When I grow up, I want to be a watermelon", public_bytes(BROWSER), SECRET, own, salt, padded=0)
    assert encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4"
        "Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert opened(body) == b"When I grow up, I want to be a watermelon"


def test_messages_are_new_each_time_and_of_one_length() -> None:
    bodies = [encrypted(text, public_bytes(BROWSER), SECRET) for text in (b"a", b"a", b"b" * 400)]
    assert len({bytes(body) for body in bodies}) == 3
    assert len({len(body) for body in bodies}) == 1
    assert [opened(body) for body in bodies] == [b"a", b"a", b"b" * 400]


class Service:
    """A push service on loopback that answers as it is told and keeps what it got."""

    def __init__(self) -> None:
        self.status, self.headers = 201, {"Location": "/message/1"}
        self.got: list[tuple[web.Request, bytes]] = []

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request, await request.read()))
        return web.Response(status=self.status, headers=self.headers)


@pytest.fixture
async def service() -> AsyncIterator[tuple[Service, WebPush, Device]]:
    """The service, what sends to it without the guard, and a device there."""
    held, outside = Service(), Outside()
    app = web.Application()
    app.router.add_post("/device/1", held.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def post(url: str, *, headers: object, body: bytes, seconds: float) -> object:
        return await outside.request("POST", url, headers=headers, body=body, seconds=seconds)  # type: ignore[arg-type]  # see Post

    device = Device("d", f"{base}/device/1", encoded(public_bytes(BROWSER)), encoded(SECRET), "s", "", NOW)
    yield held, WebPush(post, OWN, "mailto:inbox@example.org", lambda: NOW), device  # type: ignore[arg-type]  # see Post
    await outside.close()
    await runner.cleanup()


OWN = ec.generate_private_key(ec.SECP256R1())


async def test_the_browser_reads_it_and_the_service_knows_who_sends(service: tuple[Service, WebPush, Device]) -> None:
    held, push, device = service
    await push.push(device, MESSAGE)
    ((request, body),) = held.got
    assert msgspec.json.decode(opened(body), type=PushMessage) == MESSAGE
    assert b"body" not in opened(body), "nothing of the content unless it is wanted"
    names = ("Content-Encoding", "TTL", "Urgency", "Topic")
    assert [request.headers[name] for name in names] == ["aes128gcm", str(KEPT_S), "high", topic_of(MESSAGE.tag)]
    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", topic_of(MESSAGE.tag)), "RFC 8030, 5.4"
    found = re.fullmatch(r"vapid t=(\S+), k=(\S+)", request.headers["Authorization"])
    assert found is not None
    assert decoded(found[2]) == public_bytes(OWN)
    claims = jwt.decode(found[1], ECKey.import_key(OWN.public_key()), algorithms=["ES256"]).claims
    origin = f"http://{request.host}"
    assert (claims["aud"], claims["sub"]) == (origin, "mailto:inbox@example.org")
    assert NOW // 1000 < claims["exp"] <= NOW // 1000 + 24 * 3600, "RFC 8292, 2"


@pytest.mark.parametrize(("status", "code"), [(404, "gone"), (410, "gone"), (403, "http_403"), (413, "http_413")])
async def test_what_is_over_or_refused_is_told_apart(service: tuple[Service, WebPush, Device], status: int, code: str) -> None:
    held, push, device = service
    held.status = status
    with pytest.raises(Rejected) as refused:
        await push.push(device, MESSAGE)
    assert refused.value.reason == code


async def test_a_busy_service_says_when(service: tuple[Service, WebPush, Device]) -> None:
    held, push, device = service
    held.status, held.headers = 429, {"Retry-After": "7"}
    with pytest.raises(TryLater) as later:
        await push.push(device, MESSAGE)
    assert later.value.after == 7_000


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://[::1]/x",
        "https://169.254.169.254/x",
        "http://push.example.net/x",
        "file:///x",
    ],
)
async def test_no_address_leads_inside(url: str) -> None:
    outside = Outside()
    try:
        with pytest.raises(Rejected):
            await outside.post_public(url, headers={}, body=b"x", seconds=5)
    finally:
        await outside.close()


async def test_a_key_that_is_none_is_a_device_that_is_gone(service: tuple[Service, WebPush, Device]) -> None:
    held, push, device = service
    with pytest.raises(Rejected) as refused:
        await push.push(msgspec.structs.replace(device, key="AAAA"), MESSAGE)
    assert (refused.value.reason, held.got) == ("gone", [])


async def test_the_own_key_is_made_once_and_sealed() -> None:
    store, keyring = MemoryStore(), Keyring([make_key("one")])
    first, second = await own_key(store.journal, keyring), await own_key(store.journal, keyring)
    assert public_bytes(first) == public_bytes(second)
    plain = f"{first.private_numbers().private_value:064x}"
    assert plain not in repr(store.journal.__dict__)


async def test_another_own_key_is_made_where_what_sealed_it_is_lost() -> None:
    store, new = MemoryStore(), Keyring([make_key("two")])
    first = await own_key(store.journal, Keyring([make_key("one")]))
    second = await own_key(store.journal, new)
    assert public_bytes(second) != public_bytes(first)
    assert public_bytes(await own_key(store.journal, new)) == public_bytes(second)


def test_push_services_reach_whoever_runs_this() -> None:
    assert subject_of("https://inbox.example") == "https://inbox.example"
    assert subject_of("http://inbox.local:8080") == "mailto:inbox@inbox.local"
