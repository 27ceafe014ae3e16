"""``server-setup``, ``server-check``, ``server-upgrade`` and ``server-psql``."""

import argparse
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from db import serverfound, serversetup
from db.faults import DAMAGED, SOUND, ServerTrouble
from db.servercheck import look_at
from db.serverplace import ServerPlace
from db.types import utc_now
from shelter.language import _
from ui.messages import server_sentence
from ui.terminal import doors
from ui.terminal.doors import say


def setup(arguments: argparse.Namespace) -> int:
    """Make database, roles and certificates; leave the connection file and the owner's file."""
    text = arguments.admin or os.environ.get("TEDUH_ADMIN_URL")
    if not text:
        raise ServerTrouble(reason="not_superuser")
    admin = ServerPlace.parse(text, doors.state_root())
    files = serversetup.set_up(admin, arguments.database, arguments.host, Path(arguments.to), utc_now())
    print(files.connection)
    print(files.owner)
    say(_("Berkas pertama dibuka di setiap PC (lewat USB); tidak ada rahasia di dalamnya."))
    say(_("Berkas kedua membuka seluruh server: simpan bersama lembar pemulihan, jangan di PC mana pun."))
    if not files.encrypted:
        say(server_sentence("no_ssl"))
    say(_disk_sentence())
    return SOUND


def check(arguments: argparse.Namespace) -> int:
    """One plain sentence for whatever is wrong; with ``--user`` also about the home inside."""
    place = doors.server_of(arguments)
    reason = look_at(place, doors.owner_of(arguments))
    if reason:
        print(server_sentence(reason))
        return ServerTrouble.exit_code
    if not arguments.user:
        print(_("Server menjawab dan sambungannya terenkripsi.") if place.encrypted else _("Server menjawab."))
        say(_disk_sentence())
        return SOUND
    inside = doors.enter(argparse.Namespace(**vars(arguments), data=None), noted=False)
    try:
        report = serverfound.check_server(inside.store, None, full=False)
        apart = serverfound.clock_apart(inside.store)
    finally:
        inside.store.close()
    if apart:
        print(server_sentence("clock"))
        return ServerTrouble.exit_code
    if not report.sound:
        print(_("Server menjawab, tetapi rumah di dalamnya tidak utuh: jalankan check."))
        return DAMAGED
    print(_("Server menjawab, dan rumah di dalamnya utuh."))
    say(_disk_sentence())
    return SOUND


def upgrade(arguments: argparse.Namespace) -> int:
    """Bring the schema on a server to this program's."""
    owner = doors.owner_needed(arguments)
    serverfound.upgrade_server(owner)
    say(_("Data di server sudah dalam bentuk Teduh ini."))
    return SOUND


def psql(arguments: argparse.Namespace) -> int:
    """Open ``psql`` as a Teduh user; the login's secret goes to it by the environment, never on the screen."""
    program = shutil.which("psql")
    if program is None:
        say(_("Program psql tidak ada di PC ini."))
        return 2
    place = doors.server_of(arguments)
    secret = place.secret(arguments.user, doors.ask_password())
    url = place.url.set(drivername="postgresql", username=place.role(arguments.user))
    url = replace(place, url=url).url
    if place.encrypted:
        url = url.update_query_dict({"sslmode": "verify-full", "ssl_min_protocol_version": "TLSv1.3"})
    rest = [word for word in arguments.rest if word != "--"]
    command = [program, url.render_as_string(hide_password=False), *rest]
    return subprocess.run(command, env=os.environ | {"PGPASSWORD": secret}, check=False).returncode  # noqa: S603 - psql by its full path


def _disk_sentence() -> str:
    return _("Teduh tidak mengenkripsi disk server: nyalakan enkripsi disk (BitLocker, LUKS) di sana.")
