"""A visitor's files: uploading asks the socket first; what is sent must be one's own; addresses are signed for one file."""

import pytest

from inbox.core.ids import FileId
from inbox.core.message import Attachment
from inbox.core.visitor import VisitorFile, VisitorId
from inbox.core.widget import WidgetSettings
from inbox.gateway import visitor_protocol as p
from tests.gateway.visitor_world import SHOP, World


async def test_a_picture_may_be_uploaded_and_sent() -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.send("upload", client_id="file-0001", name="a.png", type="image/png; x=y", size=1000)
    ticket = world.tickets.read_upload(tab.one(p.Ticket).ticket, world.now)
    assert (ticket.visitor, ticket.type, ticket.size) == (world.visitor_of(tab), "image/png", 1000)
    reference = world.tickets.reference(VisitorId(ticket.visitor), VisitorFile(FileId(ticket.file), "a.png", "image/png", 1000), world.now)
    await tab.say("line-0001", "", files=[reference])
    tab.one(p.Said)
    (message,) = world.place()
    assert [a.file for a in message.attachments] == [ticket.file]
    (shown,) = tab.one(p.MessageChanged).row.files
    link = world.tickets.read_link(shown.url.partition("token=")[2], world.now)
    assert (link.channel, link.file) == ("shop", ticket.file)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "application/x-msdownload"}, "file_type"),
        ({"type": "image/svg+xml"}, "file_type"),
        ({"type": "text/html"}, "file_type"),
        ({"size": 10 * 1024 * 1024 + 1}, "file_size"),
    ],
)
async def test_what_may_not_be_sent_is_refused_before_its_bytes(fields: dict[str, object], code: str) -> None:
    world = World()
    tab, _ = await world.writer()
    await tab.send("upload", **{"client_id": "file-0001", "name": "x", "type": "image/png", "size": 10, **fields})
    assert tab.frames() == [p.Refused(code, "file-0001")]


async def test_a_channel_may_take_no_files() -> None:
    world = World(WidgetSettings(files=False))
    tab, _ = await world.writer()
    await tab.send("upload", client_id="file-0001", name="x", type="image/png", size=10)
    assert tab.frames() == [p.Refused("file_type", "file-0001")]


async def test_uploads_are_limited() -> None:
    world = World()
    tab, _ = await world.writer()
    for n in range(21):
        await tab.send("upload", client_id=f"file-{n:04}", name="x", type="image/png", size=10)
    assert [type(frame) for frame in tab.frames()] == [p.Ticket] * 20 + [p.SlowDown]


async def test_somebody_elses_upload_cannot_be_sent() -> None:
    world = World()
    tab, _ = await world.writer()
    thief, _ = await world.writer("ip-2")
    file = VisitorFile(FileId("f1"), "passport.png", "image/png", 10)
    stolen = world.tickets.reference(VisitorId(world.visitor_of(tab)), file, world.now)
    for reference in (stolen, "f1", world.tickets.link(SHOP, "f1", world.now)):
        await thief.say("line-0001", "", files=[reference])
        assert thief.frames() == [p.Refused("file", "line-0001")]
    assert not world.deliveries.all


async def test_an_address_is_renewed_only_for_files_of_the_own_thread() -> None:
    world = World()
    tab, _ = await world.writer()
    thief, _ = await world.writer("ip-2")
    world.answer(world.visitor_of(tab), attachments=(Attachment(FileId("f1"), "bill.pdf", "application/pdf", 9),))
    tab.frames()
    await tab.send("link", file="f1")
    assert tab.one(p.Linked).url.startswith("/chat/shop/files/f1?token=")
    await thief.send("link", file="f1")
    assert thief.frames() == [p.Refused("file")]
