"""Bringing an encrypted file to this program's schema: a checked copy first, and new row images after."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from db import filestore, upgrade
from db.anchors import Anchor
from db.audit import Action, Draft, FileBackend, Origin, row_key
from db.faults import Damaged, StoreLocked
from db.files import StoreFolder, sync_folder
from db.keyring import Keyring


def upgrade_file(
    folder: StoreFolder,
    key: Callable[[], bytes],
    keyring: Keyring,
    now: datetime,
    *,
    versions: Path = upgrade.VERSIONS,
) -> None:
    """Upgrade the file, keeping a copy of it as it was; every row of a changed table gets a new image with it.

    Raises:
        Damaged: the copy is not whole, or rows were lost; the file is as it was.
        StoreLocked: another program is at work in it.
    """
    engine = filestore.engine_for(folder.database, key, foreign_keys=False, guarded=False)
    with engine.connect() as connection:
        before = upgrade.revision_of(connection)
    _keep_copy(folder, key(), folder.database.with_name(f"{folder.database.name}.{before}"))
    backend = FileBackend(keyring)

    def chain(connection: Connection, changed: list[str]) -> None:
        drafts = [Draft(Action.MIGRATED, reason=str(before)), *_images(connection, changed)]
        backend.append(connection, drafts, Origin(keyring.owner, "", now))

    upgrade.upgrade(engine, versions=versions, at_end=chain)
    with engine.connect() as connection:
        head = backend.head(connection)
    anchor = Anchor(folder.head, keyring.newest("house")[1])
    anchor.write(head)
    anchor.close()


def _keep_copy(folder: StoreFolder, key: bytes, copy: Path) -> None:
    if not filestore.checkpoint(folder.database, key):
        raise StoreLocked(reason="busy")
    shutil.copyfile(folder.database, copy)
    sync_folder(copy.parent)
    try:
        with filestore.plain_connection(copy, key) as raw:
            pages = raw.execute("PRAGMA cipher_integrity_check").fetchall()
            whole = not pages and raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except (Damaged, filestore.database_error()):
        whole = False
    if not whole:
        raise Damaged(what="copy")


def _images(connection: Connection, changed: list[str]) -> list[Draft]:
    metadata = upgrade.load_tables().metadata
    subjects = {model.__tablename__: model.subject_column for model in upgrade.models()}
    drafts = []
    for name in changed:
        table = metadata.tables.get(name)
        if table is None or name not in subjects:
            continue
        subject_column = subjects[name]
        for row in connection.execute(select(table)).mappings():
            values = {column.key: row[column] for column in table.columns}
            subject = str(values[subject_column]) if subject_column and values[subject_column] else ""
            drafts.append(Draft(Action.MIGRATED, name, row_key(table, values), subject, values=values))
    return drafts
