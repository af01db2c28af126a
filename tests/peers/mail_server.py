"""A real mail server on loopback: Dovecot for mailboxes, Exim for transport and submission, with certificates of its own.

Both run in the foreground as children of the test run, on ports of their own, in a folder of their own, and end with it.
"""

from __future__ import annotations

import contextlib
import grp
import imaplib
import os
import pwd
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.eventually import PATIENCE_S
from tests.peers.mail_config import DOVECOT, DOVECOT_TOKENS, DOVECOT_WITHOUT_ROOT, EXIM, TOKENS
from tests.ports import free_ports

DOMAIN = "example.test"
HANDED_ON = "handed-on.test"
"""Mail for this domain goes by LMTP to the port that ``hand_on_to`` names."""

IS_ROOT = os.geteuid() == 0
PROGRAMS = ("dovecot", "doveadm", "exim4")
_PATH = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin{os.pathsep}/usr/lib/dovecot"
_START_SECONDS = 120.0
_MAILBOXES = 500


@dataclass(frozen=True)
class Mailbox:
    """Somebody's mail on the server."""

    address: str
    password: str


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _owners() -> tuple[pwd.struct_passwd, pwd.struct_passwd]:
    """Whose the mailboxes and the queue are: the system's own users for it, or whoever runs the tests."""
    if IS_ROOT:
        return pwd.getpwnam("mail"), pwd.getpwnam("Debian-exim")
    return pwd.getpwuid(os.geteuid()), pwd.getpwuid(os.geteuid())


def _group(user: pwd.struct_passwd) -> str:
    return grp.getgrgid(user.pw_gid).gr_name


class MailServer:
    """Dovecot and Exim, running between ``start`` and ``stop``. Its ports stay the same over a restart."""

    def __init__(self, folder: Path, introspection: str = "") -> None:
        """``introspection``: where Dovecot asks whose a token is; without it, it takes none."""
        self.dir = folder
        self._introspection = introspection
        ports = free_ports(6)
        self.imap, self.imaps, self.lmtp, self.smtp, self.smtps, self.submission = ports
        self.ca_file = folder / "ca.pem"
        self._mail, self._mta = _owners()
        # All at once: Dovecot looks at the file's time in whole seconds, and would not see who is added later.
        self._unused = [Mailbox(f"box{n}-{secrets.token_hex(3)}@{DOMAIN}", secrets.token_hex(8)) for n in range(_MAILBOXES)]
        self._dovecot: subprocess.Popen[bytes] | None = None
        self._exim: subprocess.Popen[bytes] | None = None
        self._prepare()

    def _prepare(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca_file)
        certificate = authority.issue_cert("localhost")
        (self.dir / "server.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
        (self.dir / "server.key").write_bytes(certificate.private_key_pem.bytes())
        for name, owner in (("run", None), ("mail", self._mail), ("spool", self._mta)):
            (self.dir / name).mkdir()
            self._give(self.dir / name, owner)
        shutil.copy(self.dir / "server.key", self.dir / "spool/server.key")
        self._give(self.dir / "spool/server.key", self._mta)
        (self.dir / "passwd").write_text("".join(f"{box.address}:{{PLAIN}}{box.password}\n" for box in self._unused))
        (self.dir / "listener").write_text("9")
        names = {
            "dir": self.dir, "user": self._mail.pw_name, "group": _group(self._mail), "mta": self._mta.pw_name,
            "mta_group": _group(self._mta), "imap": self.imap, "imaps": self.imaps, "lmtp": self.lmtp, "smtp": self.smtp,
            "smtps": self.smtps, "submission": self.submission, "mechanism": " xoauth2" if self._introspection else "",
            "tokens": DOVECOT_TOKENS.format(dir=self.dir) if self._introspection else "",
        }  # fmt: skip
        (self.dir / "oauth2.conf.ext").write_text(TOKENS.format(url=self._introspection))
        dovecot = DOVECOT if IS_ROOT else DOVECOT + DOVECOT_WITHOUT_ROOT
        (self.dir / "dovecot.conf").write_text(dovecot.format(**names))
        (self.dir / "exim.conf").write_text(EXIM.format(**names))

    @staticmethod
    def _give(path: Path, owner: pwd.struct_passwd | None) -> None:
        if IS_ROOT and owner is not None:
            os.chown(path, owner.pw_uid, owner.pw_gid)

    def start(self) -> None:
        """Returns when every port answers."""
        self.start_dovecot()
        command = [_program("exim4"), "-C", str(self.dir / "exim.conf"), "-bdf", "-q1s"]
        if IS_ROOT:  # with a configuration of our own Exim wants to be nobody special
            mta = self._mta
            self._exim = subprocess.Popen(command, user=mta.pw_uid, group=mta.pw_gid, extra_groups=[], stderr=subprocess.DEVNULL)
        else:
            self._exim = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self._await(self.smtp, self.smtps, self.submission)

    def start_dovecot(self) -> None:
        """Mailboxes only."""
        command = [_program("dovecot"), "-F", "-c", str(self.dir / "dovecot.conf")]
        self._dovecot = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
        self._await(self.imap, self.imaps, self.lmtp)

    def stop_dovecot(self) -> None:
        """Every connection to a mailbox breaks."""
        if self._dovecot is not None:
            _end(self._dovecot)
            with contextlib.suppress(ProcessLookupError):  # sessions would live on for a while
                os.killpg(self._dovecot.pid, signal.SIGKILL)
            self._dovecot = None

    def stop(self) -> None:
        """Ends what was started."""
        self.stop_dovecot()
        if self._exim is not None:
            _end(self._exim)
            self._exim = None

    def _await(self, *ports: int) -> None:
        give_up = time.monotonic() + _START_SECONDS
        while not all(_listens(port) for port in ports):
            if time.monotonic() > give_up:
                raise AssertionError(f"the mail server did not start; see {self.dir}/dovecot.log and {self.dir}/spool/*log")
            time.sleep(0.02)

    def add(self) -> Mailbox:
        """An empty mailbox that nobody else has, to keep tests apart."""
        return self._unused.pop()

    def hand_on_to(self, port: int) -> None:
        """Where mail for ``handed-on.test`` goes from now on."""
        (self.dir / "listener").write_text(str(port))

    def kick(self, box: Mailbox) -> None:
        """Breaks every connection to the mailbox."""
        self._doveadm("kick", box.address)

    def expunge(self, box: Mailbox, *query: str) -> None:
        """Removes mails for good."""
        self._doveadm("expunge", "-u", box.address, "mailbox", "INBOX", *(query or ("all",)))

    def forget_uids(self, box: Mailbox) -> None:
        """The mailbox gets another UIDVALIDITY and its mails other UIDs, as after a migration or a restored backup."""
        for path in (self.dir / "mail" / box.address).rglob("dovecot*"):
            if path.name.startswith(("dovecot.index", "dovecot-uidlist", "dovecot-uidvalidity")):
                path.unlink(missing_ok=True)
        # Dovecot takes the second it is as the new one, which may be that of the old one.
        self._doveadm("mailbox", "update", "-u", box.address, "--uid-validity", str(1 + secrets.randbelow(1 << 30)), "INBOX")

    def flags(self, box: Mailbox) -> list[str]:
        """The flags of every mail in INBOX."""
        return self._doveadm("fetch", "-u", box.address, "flags", "mailbox", "INBOX").splitlines()

    def save(self, box: Mailbox, mail: bytes, folder: str = "INBOX") -> None:
        """Puts a mail into the mailbox without any transport."""
        self._doveadm("save", "-u", box.address, "-m", folder, mail=mail)

    def append(self, box: Mailbox, mail: bytes, date: str) -> None:
        """Put a mail into INBOX as a mail program would, dated as it says (RFC 3501 section 6.3.11)."""
        trusting = ssl.create_default_context(cafile=str(self.ca_file))
        with imaplib.IMAP4_SSL("localhost", self.imaps, ssl_context=trusting) as client:
            client.login(box.address, box.password)
            assert client.append("INBOX", "", f'"{date}"', mail)[0] == "OK"

    def received(self, box: Mailbox) -> list[bytes]:
        """Every mail in the mailbox, oldest first."""
        folder = self.dir / "mail" / box.address
        paths = [path for sub in ("new", "cur") for path in (folder / sub).glob("*")]
        return [path.read_bytes() for path in sorted(paths, key=lambda path: path.name)]

    def sent_elsewhere(self) -> list[bytes]:
        """Every mail to another domain."""
        return [path.read_bytes() for path in sorted((self.dir / "spool/outbound/new").glob("*"))]

    def _doveadm(self, *arguments: str, mail: bytes = b"") -> str:
        command = [_program("doveadm"), "-c", str(self.dir / "dovecot.conf"), *arguments]
        return subprocess.run(command, input=mail, capture_output=True, check=True, timeout=PATIENCE_S).stdout.decode()


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    assert found is not None, f"{name} is not installed"
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@contextlib.contextmanager
def running_mail_server(introspection: str = "") -> Iterator[MailServer]:
    """A started server in a folder of its own that its users may enter; the folder goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="inbox-mail-"))
    folder.chmod(0o755)
    server = MailServer(folder, introspection)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
