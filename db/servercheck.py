"""Looking at a server from outside, before anybody signs in."""

from sqlalchemy.exc import DBAPIError

from db import upgrade
from db.faults import Damaged, StoreLocked
from db.serverplace import ServerPlace, reason_of

_NOBODY = "teduh nobody"


def look_at(place: ServerPlace, owner: ServerPlace | None = None) -> str:
    """One word for what is wrong with the server (see ``db.serverplace.reason_of``), empty when nothing is.

    Nobody's login is tried: a server that refuses just that is reached, by a sound connection. To strangers a server
    does not even tell whether a database is there, so that (``no_database``, ``no_home``) takes the owner.

    Raises:
        StoreLocked: the owner sees a home whose upgrade is due.
        NewerStore: the owner sees a home of a newer program.
    """
    reason = _knock(place)
    if reason not in {"", "wrong_password"}:
        return reason
    if place.encrypted and _knock_without_tls(place) in {"", "wrong_password"}:
        return "plain_accepted"
    return _look_inside(owner) if owner is not None else ""


def _look_inside(owner: ServerPlace) -> str:
    engine = owner.engine(pooled=False)
    try:
        with engine.connect() as connection:
            due = upgrade.is_due(connection)
    except DBAPIError as error:
        return reason_of(error)
    except Damaged:
        return "no_home"
    finally:
        engine.dispose()
    if due:
        raise StoreLocked(reason="upgrade_due")
    return ""


def _knock(place: ServerPlace) -> str:
    engine = place.engine(_NOBODY, "x", pooled=False)
    try:
        engine.connect().close()
    except DBAPIError as error:
        return reason_of(error)
    finally:
        engine.dispose()
    return ""


def _knock_without_tls(place: ServerPlace) -> str:
    import psycopg

    url = place.url
    try:
        psycopg.connect(
            host=url.host,
            port=url.port or 5432,
            dbname=place.database,
            user=_NOBODY,
            password="x",  # noqa: S106 - nobody's
            sslmode="disable",
            connect_timeout=10,
        ).close()
    except psycopg.OperationalError as error:
        return reason_of(error)
    return ""
