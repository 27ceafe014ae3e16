"""Migrations: from nothing, down and up again, and never a row, a key or a guard lost on the way."""

import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, event, inspect
from sqlalchemy.exc import DBAPIError

from db import filemigration, filestore, guarding, serverfound, upgrade
from db.audit import Action, Draft
from db.faults import Damaged, NewerStore, StoreLocked
from db.opening import Opening
from db.serverplace import ServerPlace
from db.unit import Actor
from db.verify import Wrong
from shelter.staff import actions as staff_actions
from shelter.work import Work
from tests.commandline import ROOT, call, surroundings
from tests.db.tamper import (
    break_in,
    copy_of,
    database_key,
    report_of,
    small_file_home,
    small_server_home,
    work_a_while,
)
from tests.stores import HEAD, PASSWORD, Seat, Server, TestHome, drop_from

TABLES: Final = upgrade.load_tables()
KEY: Final = bytes(range(48))
GROUND: Final = upgrade.VERSIONS / "0001_ground.py"

# A second revision as somebody might write it: accounts get a note, and their table, at which others point, is rebuilt.
REBUILD: Final = """
    def upgrade():
        always = "always" if op.get_bind().dialect.name == "sqlite" else "never"
        with op.batch_alter_table("account", recreate=always) as batch:
            batch.add_column(sa.Column("note", sa.Text(), nullable=False, server_default="baru"))

    def downgrade():
        with op.batch_alter_table("account") as batch:
            batch.drop_column("note")
"""


def revision(folder: Path, number: int, body: str, changed: Mapping[str, int] | None = None) -> None:
    """Write a revision that follows the one before."""
    head = f"""
        import sqlalchemy as sa
        from alembic import op

        revision = "{number:04}"
        down_revision = "{number - 1:04}"
        CHANGED_COUNTS = {dict(changed or {})!r}

        def downgrade():
            raise NotImplementedError
    """
    (folder / f"{number:04}_coba.py").write_text(textwrap.dedent(head) + textwrap.dedent(body), encoding="utf-8")


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A folder of revisions that begins with the program's own."""
    folder = tmp_path / "versions"
    folder.mkdir()
    shutil.copyfile(GROUND, folder / GROUND.name)
    return folder


# --- from nothing

BOTH: Final = ["file", pytest.param("server", marks=pytest.mark.server)]


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind, entered as its owner."""
    if request.param == "file":
        path = tmp_path / "teduh.db"
        yield filestore.engine_for(path, lambda: KEY, foreign_keys=False, guarded=False)
        return
    server: Server = request.getfixturevalue("pg_server")
    server.run("CREATE DATABASE kosong")
    engine = ServerPlace.parse(server.url_of("kosong"), tmp_path).engine(pooled=False)
    yield engine
    engine.dispose()
    server.run("DROP DATABASE kosong WITH (FORCE)")
    for (role,) in server.run("SELECT rolname FROM pg_roles WHERE starts_with(rolname, 'kosong__')"):
        server.run(f'DROP ROLE "{role}"')


def differences(connection: Connection) -> list[Any]:
    """What Alembic would change to make the database equal the models."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, TABLES.metadata))


def test_from_nothing_the_database_equals_the_models(empty: Engine) -> None:
    upgrade.upgrade(empty)
    with empty.connect() as connection:
        assert differences(connection) == []
        assert guarding.compare(connection, TABLES) == []
        assert set(inspect(connection).get_table_names()) == {*TABLES.metadata.tables, "alembic_version"}
        assert upgrade.revision_of(connection) == upgrade.known_revisions()[-1]
        assert not upgrade.is_due(connection)


def test_a_model_without_a_migration_would_be_noticed(empty: Engine, versions: Path) -> None:
    """The counter-proof: the comparison sees a column more."""
    revision(versions, 2, REBUILD)
    upgrade.upgrade(empty, versions=versions)
    with empty.connect() as connection:
        found = [difference[:1] + difference[2:3] for difference in differences(connection)]
    assert found == [("remove_column", "account")]


def test_down_to_nothing_and_up_again(empty: Engine) -> None:
    upgrade.upgrade(empty)
    upgrade.upgrade(empty, to="base")
    with empty.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
        assert upgrade.revision_of(connection) is None
        if connection.dialect.name == "postgresql":
            ours = "SELECT count(*) FROM pg_proc WHERE proname LIKE 'teduh%%'"
            assert connection.exec_driver_sql(ours).scalar() == 0
    upgrade.upgrade(empty)
    with empty.connect() as connection:
        assert differences(connection) == []
        assert guarding.compare(connection, TABLES) == []


def test_each_revision_goes_down_and_up_again(empty: Engine, versions: Path) -> None:
    revision(versions, 2, REBUILD)
    known = upgrade.known_revisions(versions)
    for before, here in zip(["base", *known], known, strict=False):
        for to in (here, before, here):
            upgrade.upgrade(empty, to=to, versions=versions)
            with empty.connect() as connection:
                assert upgrade.revision_of(connection) == (None if to == "base" else to)
                assert to == "base" or guarding.compare(connection, TABLES) == []


def test_an_upgrade_that_is_not_due_changes_nothing(empty: Engine) -> None:
    upgrade.upgrade(empty)
    upgrade.upgrade(empty)
    with empty.connect() as connection:
        assert differences(connection) == []
        assert guarding.compare(connection, TABLES) == []


def test_revisions_are_told_by_their_file_names(versions: Path) -> None:
    revision(versions, 2, REBUILD)
    (versions / "readme.txt").touch()
    (versions / "draft.py").touch()
    assert upgrade.known_revisions(versions) == ["0001", "0002"]
    assert upgrade.known_revisions()[0] == "0001"


# --- a home with people in it


def _seat(request: pytest.FixtureRequest, folder: Path) -> Iterator[Seat]:
    server: Server | None = None if request.param == "file" else request.getfixturevalue("pg_server")
    home = small_file_home(folder) if server is None else small_server_home(server, folder)
    seat = home.enter()
    work_a_while(seat)
    yield seat
    home.close()
    if server is not None:
        drop_from(server, home)


@pytest.fixture(params=BOTH)
def seat(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Seat]:
    """The head of a small home that has worked for some days, on each kind of store in turn."""
    yield from _seat(request, tmp_path / "rumah")


@pytest.fixture(scope="module", params=BOTH)
def steady(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seat]:
    """The same for several tests, each of which leaves it as it was: that is what they are about."""
    yield from _seat(request, tmp_path_factory.mktemp("steady") / "rumah")


def owner_of(seat: Seat) -> Engine:
    """The engine migrations run on."""
    if seat.home.owner is not None:
        return seat.home.owner.engine(pooled=False)
    key = database_key(seat)
    return filestore.engine_for(seat.home.folder / "teduh.db", lambda: key, foreign_keys=False, guarded=False)


def state(engine: Engine) -> dict[str, Any]:
    """Everything a migration must not lose: rows, columns, keys, indexes, guards, revision."""
    with engine.connect() as connection:
        inspector = inspect(connection)
        names = sorted(set(inspector.get_table_names()) & set(TABLES.metadata.tables))
        return {
            "rows": {name: _rows(connection, name) for name in names},
            "columns": {name: [column["name"] for column in inspector.get_columns(name)] for name in names},
            "keys": {name: _sorted(inspector.get_foreign_keys(name)) for name in names},
            "unique": {name: _sorted(inspector.get_unique_constraints(name)) for name in names},
            "checks": {name: _sorted(inspector.get_check_constraints(name)) for name in names},
            "indexes": {name: _sorted(inspector.get_indexes(name)) for name in names},
            "guards": guarding.compare(connection, TABLES),
            "revision": upgrade.revision_of(connection),
        }


def _rows(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    known = ", ".join(TABLES.metadata.tables[name].columns.keys())
    return sorted((tuple(row) for row in connection.exec_driver_sql(f"SELECT {known} FROM {name}")), key=repr)


def _sorted(found: Any) -> list[str]:
    return sorted(map(repr, found))


def test_rebuilding_a_parent_keeps_rows_keys_and_guards(seat: Seat, versions: Path) -> None:
    engine = owner_of(seat)
    before = state(engine)
    assert len(before["rows"]["role_grant"]) > 4
    revision(versions, 2, REBUILD)
    upgrade.upgrade(engine, versions=versions)
    after = state(engine)
    assert after["columns"]["account"] == [*before["columns"]["account"], "note"]
    assert (after["revision"], after["guards"]) == ("0002", [])
    for what in ("rows", "keys", "unique", "checks", "indexes"):
        assert after[what] == before[what], what


LOSSES: Final[dict[str, tuple[str, dict[str, int], str]]] = {
    "rows deleted": (
        'def upgrade():\n    op.execute("DELETE FROM caseload_loan")',
        {},
        "rows of caseload_loan",
    ),
    "rows added": (
        "def upgrade():\n    op.execute(\"INSERT INTO setting_value VALUES ('a', '1', 1)\")",
        {},
        "rows of setting_value",
    ),
    "fewer rows than told": (
        'def upgrade():\n    op.execute("DELETE FROM setting_value")',
        {"setting_value": -1},
        "rows of setting_value",
    ),
    "a table dropped": ('def upgrade():\n    op.drop_table("caseload_loan")', {}, "rows of caseload_loan"),
}


@pytest.mark.parametrize("name", LOSSES)
def test_lost_rows_roll_everything_back(steady: Seat, versions: Path, name: str) -> None:
    body, changed, what = LOSSES[name]
    engine = owner_of(steady)
    before = state(engine)
    revision(versions, 2, REBUILD)
    revision(versions, 3, body, changed)
    with pytest.raises(Damaged) as refused:
        upgrade.upgrade(engine, versions=versions)
    assert refused.value.facts == {"what": what}
    assert state(engine) == before
    assert report_of(steady).findings == []


def test_without_the_comparison_the_rows_would_be_gone(
    seat: Seat, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "_compare", lambda *_arguments, **_options: None)
    revision(versions, 2, LOSSES["rows deleted"][0])
    engine = owner_of(seat)
    upgrade.upgrade(engine, versions=versions)
    assert state(engine)["rows"]["caseload_loan"] == []


def test_rows_may_come_and_tables_go_when_the_revision_says_so(seat: Seat, versions: Path) -> None:
    body = """
        def upgrade():
            op.execute("INSERT INTO setting_value VALUES ('a', '1', 1), ('b', '2', 1)")
            op.drop_table("caseload_loan")
    """
    revision(versions, 2, body, {"setting_value": 2, "caseload_loan": 0})
    revision(versions, 3, "def upgrade():\n    op.execute(\"DELETE FROM setting_value WHERE name = 'a'\")",
             {"setting_value": -1})  # fmt: skip
    engine = owner_of(seat)
    heard: list[list[str]] = []
    create = guarding.create
    with pytest.MonkeyPatch.context() as patch:
        # The guards of a table that is gone cannot be made; here only the counting is on trial.
        patch.setattr(guarding, "create", lambda connection, tables: _tolerant(create, connection, tables))
        upgrade.upgrade(engine, to="0002", versions=versions, at_end=lambda _c, changed: heard.append(changed))
        upgrade.upgrade(engine, versions=versions, at_end=lambda _c, changed: heard.append(changed))
    assert heard == [["setting_value"], ["setting_value"]]


def _tolerant(create: Callable[..., None], connection: Connection, tables: Any) -> None:
    if connection.dialect.name == "sqlite":
        create(connection, tables)


def test_a_second_revision_that_fails_rolls_back_the_first(steady: Seat, versions: Path) -> None:
    engine = owner_of(steady)
    before = state(engine)
    revision(versions, 2, REBUILD)
    revision(versions, 3, 'def upgrade():\n    op.add_column("account", sa.Column("more", sa.Text()))\n    1 / 0')
    with pytest.raises(ZeroDivisionError):
        upgrade.upgrade(engine, versions=versions)
    assert state(engine) == before
    revision(versions, 3, 'def upgrade():\n    op.execute("SELECT nothing FROM nowhere")')
    with pytest.raises(DBAPIError):
        upgrade.upgrade(engine, versions=versions)
    assert state(engine) == before
    assert report_of(steady).findings == []


def test_what_is_done_last_belongs_to_the_same_transaction(steady: Seat, versions: Path) -> None:
    engine = owner_of(steady)
    before = state(engine)
    revision(versions, 2, REBUILD)

    def fail(_connection: Connection, changed: list[str]) -> None:
        assert changed == ["account"]
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        upgrade.upgrade(engine, versions=versions, at_end=fail)
    assert state(engine) == before


# --- foreign keys off, before BEGIN

WARD: Final = """
    def upgrade():
        op.create_table("ward", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.Text()))
        op.create_table(
            "ward_bed",
            sa.Column("id", sa.Integer(), primary_key=True),
            sa.Column("ward", sa.Integer(), sa.ForeignKey("ward.id", ondelete="CASCADE")),
        )
        op.execute("INSERT INTO ward VALUES (1, 'Melati'), (2, 'Kenanga')")
        op.execute("INSERT INTO ward_bed VALUES (1, 1), (2, 1), (3, 2)")
"""
REBUILD_WARD: Final = """
    def upgrade():
        with op.batch_alter_table("ward", recreate="always") as batch:
            batch.add_column(sa.Column("floor", sa.Integer()))
"""


class _Stubborn:
    """A driver's connection on which foreign keys cannot be switched off: the protection, off."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def execute(self, sql: str) -> Any:
        return self._raw.execute("SELECT 1" if sql == "PRAGMA foreign_keys=OFF" else sql)


def _beds(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM ward_bed").scalar_one())


def test_a_rebuilt_parent_keeps_its_children(tmp_path: Path, versions: Path) -> None:
    revision(versions, 2, WARD)
    revision(versions, 3, REBUILD_WARD)
    # On at first: it is the upgrade itself that switches them off.
    engine = filestore.engine_for(tmp_path / "teduh.db", lambda: KEY, foreign_keys=True, guarded=False)
    upgrade.upgrade(engine, to="0002", versions=versions)
    upgrade.upgrade(engine, versions=versions)
    assert _beds(engine) == 3


def test_with_foreign_keys_on_the_rebuilt_parent_loses_its_children(
    tmp_path: Path, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The counter-proof: SQLite empties a table before it drops it, and every child row follows by CASCADE."""
    revision(versions, 2, WARD)
    revision(versions, 3, REBUILD_WARD)
    path = tmp_path / "teduh.db"
    upgrade.upgrade(filestore.engine_for(path, lambda: KEY, guarded=False), to="0002", versions=versions)
    real = filestore.connect
    monkeypatch.setattr(filestore, "connect", lambda *args, **options: _Stubborn(real(*args, **options)))
    engine = filestore.engine_for(path, lambda: KEY, guarded=False)
    with pytest.raises(Damaged) as refused:  # the second line of defence: rows are counted
        upgrade.upgrade(engine, versions=versions)
    assert refused.value.facts == {"what": "rows of ward_bed"}
    assert _beds(engine) == 3
    monkeypatch.setattr(upgrade, "_compare", lambda *_arguments, **_options: None)
    upgrade.upgrade(engine, versions=versions)
    assert _beds(engine) == 0


def test_a_key_left_dangling_rolls_everything_back(tmp_path: Path, versions: Path) -> None:
    revision(versions, 2, WARD)
    revision(versions, 3, 'def upgrade():\n    op.execute("INSERT INTO ward_bed VALUES (4, 9)")', {"ward_bed": 1})
    engine = filestore.engine_for(tmp_path / "teduh.db", lambda: KEY, foreign_keys=False, guarded=False)
    upgrade.upgrade(engine, to="0002", versions=versions)
    with pytest.raises(Damaged) as refused:
        upgrade.upgrade(engine, versions=versions)
    assert refused.value.facts == {"what": "keys of ward_bed"}
    assert _beds(engine) == 3


# --- a store of a newer program


def test_a_newer_store_is_refused_and_left_alone(seat: Seat) -> None:
    with break_in(seat, keep=True) as intruder:
        intruder.run("UPDATE alembic_version SET version_num = '0099'")
    home = seat.home
    with owner_of(seat).connect() as connection, pytest.raises(NewerStore) as refused:
        upgrade.is_due(connection)
    assert refused.value.facts == {"revision": "0099"}
    home.close()
    with pytest.raises(NewerStore):
        home.enter()
    if home.owner is None:
        before = (home.folder / "teduh.db").read_bytes()
        for command in (("check",), ("users", "list")):
            answer = call(*command, "--data", home.folder, "--user", HEAD, TEDUH_PASSWORD=PASSWORD)
            assert (answer.code, answer.out) == (2, "")
            assert "ditulis oleh Teduh yang lebih baru" in answer.err
        assert (home.folder / "teduh.db").read_bytes() == before


def test_a_database_without_a_schema_is_damaged(empty: Engine) -> None:
    with empty.connect() as connection, pytest.raises(Damaged):
        upgrade.is_due(connection)


@pytest.mark.server
def test_an_older_server_waits_for_its_owner(
    pg_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = small_server_home(pg_server, tmp_path / "state")
    monkeypatch.setattr(upgrade, "known_revisions", lambda *_folder: ["0001", "0002"])
    with pytest.raises(StoreLocked) as refused:
        home.enter()
    assert refused.value.facts == {"reason": "upgrade_due"}
    monkeypatch.undo()
    assert home.owner is not None
    serverfound.upgrade_server(home.owner)
    assert report_of(home.enter()).findings == []
    drop_from(pg_server, home)


# --- opening: one SELECT, and no Alembic


def test_opening_asks_for_the_revision_by_one_select(file_home: TestHome) -> None:
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_rest: object) -> None:
        heard.append(statement)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        file_home.enter()
    finally:
        event.remove(Engine, "before_cursor_execute", hear)
    asked = [statement for statement in heard if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK"))]
    assert asked == ["SELECT version_num FROM alembic_version"]


OPEN: Final = """
    import sys
    from pathlib import Path

    from db.files import StoreFolder
    from db.opening import Opening
    from db.unit import Actor
    from shelter.home import queries
    from shelter.work import Work

    store = Opening(StoreFolder(Path(sys.argv[1])), Work).sign_in("kepala", sys.argv[2])
    print(store.read(Actor(store.keyring.owner, ""), queries.identity).name)
    store.close()
    print(sorted(name for name in sys.modules if name.partition(".")[0] in {"alembic", "mako"}))
"""


def test_opening_loads_no_alembic(file_home: TestHome) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(OPEN), str(file_home.folder), PASSWORD],
        cwd=ROOT,
        env=surroundings(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.splitlines() == ["Rumah Uji Coba", "[]"], done.stderr


# --- an encrypted file that is brought up to date


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> TestHome:
    """A small file home that has worked for some days, closed; to be copied."""
    home = small_file_home(tmp_path_factory.mktemp("upgrade") / "rumah")
    work_a_while(home.enter())
    home.close()
    return home


@pytest.fixture
def older(worked: TestHome, tmp_path: Path, versions: Path) -> Iterator[TestHome]:
    """A copy of it, to be opened by a program that knows the revisions in ``versions``."""
    home = copy_of(worked, tmp_path / "rumah")
    way_in = home.way_in

    def newer(work: type[Work]) -> Opening[Work]:
        opening = way_in(work)
        assert isinstance(opening, Opening)
        return replace(opening, versions=versions)

    home.way_in = newer
    yield home
    home.close()


def migrated(seat: Seat) -> list[str]:
    """The tables whose rows got an image by the migration; empty for the entry of the migration itself."""
    with break_in(seat) as intruder:
        query = "SELECT table_name FROM audit_entry WHERE action = :action ORDER BY seq"
        return [row["table_name"] for row in intruder.rows(query, action=Action.MIGRATED.value)]


def test_opening_an_older_file_upgrades_it_and_keeps_a_copy(older: TestHome, versions: Path) -> None:
    revision(versions, 2, REBUILD)
    before = (older.folder / "teduh.db").read_bytes()
    seat = older.enter()
    report = report_of(seat)
    assert report.findings == []
    assert report.anchored
    with break_in(seat) as intruder:
        accounts = intruder.value("SELECT count(*) FROM account")
        assert intruder.value("SELECT DISTINCT note FROM account") == "baru"
    assert migrated(seat) == ["", *["account"] * accounts]
    assert seat.store.anchor.read() == seat.store.head()
    kept = older.folder / "teduh.db.0001"
    assert kept.read_bytes() == before
    with filestore.plain_connection(kept, database_key(seat)) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
        assert raw.execute("PRAGMA cipher_integrity_check").fetchall() == []
    older.close()
    # Once only; and work goes on.
    seat = older.enter()
    assert len(migrated(seat)) == 1 + accounts
    seat.add("tono", "PEKSOS")
    assert report_of(seat).findings == []


FILL: Final = "def upgrade():\n    op.execute(\"UPDATE code_entry SET note = 'diisi'\")"


def test_rows_a_revision_fills_get_new_images(older: TestHome, versions: Path) -> None:
    revision(versions, 2, FILL, {"code_entry": 0})
    seat = older.enter()
    assert report_of(seat).findings == []
    assert set(migrated(seat)) == {"", "code_entry"}


def test_rows_filled_without_a_word_would_be_taken_for_tampering(older: TestHome, versions: Path) -> None:
    """The counter-proof: it is the new images that make a check sound."""
    revision(versions, 2, FILL)
    findings = report_of(older.enter()).findings
    assert {(finding.wrong, finding.table) for finding in findings} == {(Wrong.ROW_EDITED, "code_entry")}


def test_rows_a_revision_adds_get_images(older: TestHome, versions: Path) -> None:
    body = "def upgrade():\n    op.execute(\"INSERT INTO setting_value VALUES ('paper.margin', '2', 1)\")"
    revision(versions, 2, body, {"setting_value": 1})
    assert report_of(older.enter()).findings == []


def _untouched(home: TestHome, before: bytes) -> None:
    home.close()
    assert (home.folder / "teduh.db").read_bytes() == before
    with_this_program = copy_of(home, home.folder.with_name("lagi"))
    seat = with_this_program.enter()
    assert report_of(seat).findings == []
    assert migrated(seat) == []
    with_this_program.close()


def test_without_a_whole_copy_nothing_is_migrated(
    older: TestHome, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision(versions, 2, REBUILD)
    before = (older.folder / "teduh.db").read_bytes()
    real = shutil.copyfile

    def torn(source: Path, target: Path) -> None:
        real(source, target)
        content = bytearray(target.read_bytes())
        content[30_000] ^= 1
        target.write_bytes(content)

    monkeypatch.setattr("db.filemigration.shutil.copyfile", torn)
    with pytest.raises(Damaged) as refused:
        older.enter()
    assert refused.value.facts == {"what": "copy"}
    monkeypatch.undo()
    _untouched(older, before)


def test_a_migration_that_loses_rows_leaves_the_file_as_it_was(older: TestHome, versions: Path) -> None:
    revision(versions, 2, REBUILD)
    revision(versions, 3, LOSSES["rows deleted"][0])
    before = (older.folder / "teduh.db").read_bytes()
    with pytest.raises(Damaged):
        older.enter()
    _untouched(older, before)


def test_images_and_columns_change_together_or_not_at_all(
    older: TestHome, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision(versions, 2, REBUILD)
    before = (older.folder / "teduh.db").read_bytes()

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(filemigration, "_images", killed)
    with pytest.raises(KeyboardInterrupt):
        older.enter()
    monkeypatch.undo()
    _untouched(older, before)


def test_a_file_somebody_works_in_is_migrated_later(
    older: TestHome, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy would lack what still waits in the log."""
    revision(versions, 2, REBUILD)
    monkeypatch.setitem(filestore.PRAGMAS, "busy_timeout", ("50", 50))
    opening = older.way_in(Work)
    assert isinstance(opening, Opening)
    this_program = replace(opening, versions=upgrade.VERSIONS)
    reading, writing = (this_program.sign_in(HEAD, PASSWORD) for _ in range(2))
    with reading.ground() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM account").scalar()
        writing.note(Actor(writing.keyring.owner, ""), Draft(Action.SIGN_IN))
        with pytest.raises(StoreLocked) as refused:
            older.enter()
    assert refused.value.facts == {"reason": "busy"}
    assert reading.head() == writing.head()
    reading.close()
    writing.close()
    assert migrated(older.enter())


def test_a_file_whose_key_is_still_to_be_turned_is_migrated_by_the_key_it_has(
    older: TestHome, versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_arguments: object) -> None:
        raise StoreLocked(reason="busy")

    monkeypatch.setattr(filestore, "rekey", busy)
    seat = older.enter()
    gone = seat.add("tono", "PETUGAS")
    seat.write(staff_actions.remove_account, account_id=gone)
    assert seat.store.turning()
    older.close()
    revision(versions, 2, REBUILD)
    seat = older.enter()
    assert seat.store.turning()
    assert report_of(seat).findings == []
    assert migrated(seat)[0] == ""
