"""The server's guards: functions, row-level security, policies and grants, made and compared with its catalogue."""

from typing import Final

from sqlalchemy import Connection

from db.guards import EVERYONE, GROUND_ACCESS, Access, Tables, functions

_APPEND_ONLY: Final = ("audit_entry", "audit_image")
_LETTERS: Final = {"SELECT": "r", "INSERT": "a", "UPDATE": "w", "DELETE": "d"}


def group_role(connection: Connection, group: str) -> str:
    """The database role of a group: prefixed by the database, since roles belong to the whole server."""
    return f"{_database(connection)}__{group}"


def _database(connection: Connection) -> str:
    return str(connection.exec_driver_sql("SELECT current_database()").scalar_one())


def _run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql.replace("%", "%%"))


def drop(connection: Connection) -> None:
    """Take away our functions, triggers and policies."""
    policies = "SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public'"
    for policy, table in connection.exec_driver_sql(policies).all():
        _run(connection, f'DROP POLICY "{policy}" ON "{table}"')
    for table in _APPEND_ONLY:
        _run(
            connection,
            f"DROP TRIGGER IF EXISTS teduh_append_only ON {table}" if _exists(connection, table) else "SELECT 1",
        )
    ours = (
        "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = 'public' AND p.proname LIKE 'teduh$_%%' ESCAPE '$'"
    )
    for (signature,) in connection.exec_driver_sql(ours).all():
        _run(connection, f"DROP FUNCTION {signature} CASCADE")


def _exists(connection: Connection, table: str) -> bool:
    return connection.exec_driver_sql(f"SELECT to_regclass('public.{table}')").scalar() is not None


def create(connection: Connection, tables: Tables) -> None:
    """Make the group roles where missing, then every function, trigger, policy and grant."""
    database = _database(connection)
    for group in (EVERYONE, *tables.GROUPS):
        role = f"{database}__{group}"
        found = connection.exec_driver_sql("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).scalar()
        if not found:
            _run(connection, f'CREATE ROLE "{role}" NOLOGIN')
    everyone = f'"{database}__{EVERYONE}"'
    _run(connection, f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC')
    _run(connection, f'GRANT CONNECT ON DATABASE "{database}" TO {everyone}')
    for function in functions(tables):
        _run(connection, function.create)
        _run(connection, f"REVOKE ALL ON FUNCTION {function.signature} FROM PUBLIC")
        if function.open_to_all:
            _run(connection, f"GRANT EXECUTE ON FUNCTION {function.signature} TO {everyone}")
    for table in _APPEND_ONLY:
        events = "UPDATE OR DELETE OR TRUNCATE"
        made = f"CREATE TRIGGER teduh_append_only BEFORE {events} ON {table}"
        _run(connection, f"{made} FOR EACH STATEMENT EXECUTE FUNCTION teduh_append_only()")
    _create_access(connection, tables, database)


def _all_tables(tables: Tables) -> list[str]:
    return ["alembic_version", *(table.name for table in tables.metadata.sorted_tables)]


def _all_access(tables: Tables) -> list[Access]:
    version = Access("alembic_version", "SELECT", (EVERYONE,))
    return [version, *GROUND_ACCESS, *tables.ACCESS]


def _create_access(connection: Connection, tables: Tables, database: str) -> None:
    owner = connection.exec_driver_sql("SELECT current_user").scalar_one()
    for table in _all_tables(tables):
        _run(connection, f"REVOKE ALL ON {table} FROM PUBLIC")
        for group in (EVERYONE, *tables.GROUPS):
            _run(connection, f'REVOKE ALL ON {table} FROM "{database}__{group}"')
        _run(connection, f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        _run(connection, f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        _run(connection, f'CREATE POLICY teduh_owner ON {table} TO "{owner}" USING (true) WITH CHECK (true)')
    for access in _all_access(tables):
        roles = ", ".join(f'"{database}__{group}"' for group in access.groups)
        condition = access.where or "(true)"
        clauses = {
            "SELECT": f"USING {condition}",
            "DELETE": f"USING {condition}",
            "INSERT": f"WITH CHECK {condition}",
            "UPDATE": f"USING {condition} WITH CHECK {condition}",
        }
        policy = f"CREATE POLICY {access.name} ON {access.table} FOR {access.privilege}"
        _run(connection, f"{policy} TO {roles} {clauses[access.privilege]}")
        _run(connection, f"GRANT {access.privilege} ON {access.table} TO {roles}")


def compare(connection: Connection, tables: Tables) -> list[str]:
    """Functions, triggers, row security, policies and grants that are not as declared, by name."""
    database = _database(connection)
    return [
        *_compare_functions(connection, tables),
        *_compare_triggers(connection),
        *_compare_policies(connection, tables, database),
        *_compare_grants(connection, tables, database),
    ]


def _compare_functions(connection: Connection, tables: Tables) -> list[str]:
    query = (
        "SELECT p.oid::regprocedure::text, p.prosrc, p.prosecdef FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'"
        " AND p.proname LIKE 'teduh$_%%' ESCAPE '$'"
    )
    found = {signature: (source, definer) for signature, source, definer in connection.exec_driver_sql(query).all()}
    due = {function.signature: (function.body, "SECURITY DEFINER" in function.create) for function in functions(tables)}
    return sorted(name for name in found.keys() | due.keys() if found.get(name) != due.get(name))


def _compare_triggers(connection: Connection) -> list[str]:
    query = (
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgname = 'teduh_append_only' AND t.tgenabled = 'O' AND t.tgtype = 58"
    )
    found = set(connection.exec_driver_sql(query).scalars())
    return [f"teduh_append_only {table}" for table in _APPEND_ONLY if table not in found]


def _compare_policies(connection: Connection, tables: Tables, database: str) -> list[str]:
    secured = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity AND relforcerowsecurity"
    open_tables = set(_all_tables(tables)) - set(connection.exec_driver_sql(secured).scalars())
    query = (
        "SELECT tablename, policyname, cmd, roles::text[], coalesce(qual, ''), coalesce(with_check, '')"
        " FROM pg_policies WHERE schemaname = 'public' AND policyname <> 'teduh_owner'"
    )
    found = {(table, name): (cmd, frozenset(roles), qual, check) for table, name, cmd, roles, qual, check in
             connection.exec_driver_sql(query).all()}  # fmt: skip
    due = {}
    for access in _all_access(tables):
        condition = access.where or "true"
        qual = "" if access.privilege == "INSERT" else condition
        check = condition if access.privilege in {"INSERT", "UPDATE"} else ""
        roles = frozenset(f"{database}__{group}" for group in access.groups)
        due[access.table, access.name] = (access.privilege, roles, qual, check)
    wrong = [key for key in found.keys() | due.keys() if found.get(key) != due.get(key)]
    return [f"row security {table}" for table in sorted(open_tables)] + sorted(
        f"{name} {table}" for table, name in wrong
    )


def _compare_grants(connection: Connection, tables: Tables, database: str) -> list[str]:
    query = (
        "SELECT c.relname, coalesce(r.rolname, 'PUBLIC'), a.privilege_type FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a"
        " LEFT JOIN pg_roles r ON r.oid = a.grantee"
        " WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.grantee <> c.relowner"
    )
    found = set(connection.exec_driver_sql(query).all())
    due = {
        (access.table, f"{database}__{group}", access.privilege)
        for access in _all_access(tables)
        for group in access.groups
    }
    return sorted(f"grant {privilege} on {table} to {role}" for table, role, privilege in found ^ due)
